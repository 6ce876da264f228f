"""What a handler takes is made of what an envelope read: by ``rostra.documents``, or as a message of protobuf.

Why something does not fit is told without any value of the message: the reason is logged, and kept in the dead queue.
"""

import inspect
from collections.abc import Callable
from typing import Any, TypeAlias

from rostra import documents
from rostra.components import name_of
from rostra.handlers import bare
from rostra_messaging.errors import UndecodableError

ReadPayload: TypeAlias = Callable[[Any], Any]
"""Makes the payload of data.

Raises:
    UndecodableError: They do not fit.
"""

_MOST_FAULTS = 5


def reader_of(annotation: Any) -> ReadPayload:
    """How data become values of a type; decided once, when a handler is bound.

    Args:
        annotation: Of the parameter. Without one, or with Any, the data are taken as they are; of a class of protobuf the
            data are the bytes.

    Raises:
        UnreadableTypeError: No data can become that; it is one of ``rostra.documents``.
    """
    kind = bare(annotation)
    if annotation in (inspect.Parameter.empty, Any, object):
        return _as_they_are
    if is_protobuf(kind):
        return lambda data: _of_protobuf(data, kind)
    documents.check_readable(annotation)
    return lambda data: _of_document(data, annotation)


def is_protobuf(kind: Any) -> bool:
    """Whether it is a class of messages of protobuf."""
    return isinstance(kind, type) and hasattr(kind, "DESCRIPTOR") and hasattr(kind, "FromString")


def _as_they_are(data: Any) -> Any:
    return data


def _of_protobuf(data: Any, kind: Any) -> Any:
    from google.protobuf.message import DecodeError

    if isinstance(data, kind):
        return data
    if not isinstance(data, bytes):
        raise UndecodableError(f"expected the bytes of a {kind.DESCRIPTOR.full_name}, found other data")
    try:
        return kind.FromString(data)
    except DecodeError:
        pass
    raise UndecodableError(f"the data are no {kind.DESCRIPTOR.full_name}")


def _of_document(data: Any, annotation: Any) -> Any:
    try:
        return documents.read(data, annotation)
    except documents.UNFIT as error:
        found = [*documents.faults(error, with_values=False)]
    told = [f"{fault.pointer or 'the whole'}: {fault.detail}" for fault in found[:_MOST_FAULTS]]
    more = f" and {len(found) - _MOST_FAULTS} more" if len(found) > _MOST_FAULTS else ""
    raise UndecodableError(f"it is no {name_of(annotation)}: {'; '.join(told)}{more}")
