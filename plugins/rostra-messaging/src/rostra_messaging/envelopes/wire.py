"""The messages of protobuf that stand around the payload, built at run time as no compiler of protobuf is at hand.

::

    package proto;
    message SNSSQSMessage {
      message Service { string name = 1; string uuid = 2; }
      message Metadata {
        string message_uuid = 1; string protocol_version = 2; double timestamp = 3; string topic = 4;
        string data_encoding = 5;
      }
      Service service = 1; Metadata metadata = 2; bytes data = 3;
    }

They live in a pool of their own: a program may have generated code of the same names, from tomodachi's.
"""

import functools
from collections.abc import Mapping
from typing import Any

_PACKAGE, _NAME = "proto", "SNSSQSMessage"
_DOUBLE, _STRING, _MESSAGE, _BYTES = 1, 9, 11, 12
_OPTIONAL = 1
"""Of types and labels, as descriptor.proto numbers them."""
_SERVICE = {"name": _STRING, "uuid": _STRING}
_METADATA = {
    "message_uuid": _STRING,
    "protocol_version": _STRING,
    "timestamp": _DOUBLE,
    "topic": _STRING,
    "data_encoding": _STRING,
}


@functools.cache
def wire_class() -> Any:
    """The class of what is sent.

    Raises:
        ImportError: protobuf is not installed.
    """
    descriptor_pb2, descriptor_pool, message_factory = _library()
    file = descriptor_pb2.FileDescriptorProto(name="rostra_envelope.proto", package=_PACKAGE, syntax="proto3")
    outer = file.message_type.add(name=_NAME)
    for number, (name, fields) in enumerate({"Service": _SERVICE, "Metadata": _METADATA}.items(), start=1):
        _add_fields(outer.nested_type.add(name=name), fields)
        outer.field.add(
            name=name.lower(),
            number=number,
            type=_MESSAGE,
            type_name=f".{_PACKAGE}.{_NAME}.{name}",
            label=_OPTIONAL,
        )
    outer.field.add(name="data", number=3, type=_BYTES, label=_OPTIONAL)
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return message_factory.GetMessageClass(pool.FindMessageTypeByName(f"{_PACKAGE}.{_NAME}"))


def _library() -> tuple[Any, Any, Any]:
    try:
        from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
    except ImportError:
        pass
    else:
        return descriptor_pb2, descriptor_pool, message_factory
    raise ImportError("the envelope protobuf needs protobuf: pip install rostra-messaging[protobuf]")


def _add_fields(message: Any, fields: Mapping[str, Any]) -> None:
    for number, (name, kind) in enumerate(fields.items(), start=1):
        message.field.add(name=name, number=number, type=kind, label=_OPTIONAL)
