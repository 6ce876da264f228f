"""A service of tomodachi 0.29 that sends back whatever it gets; run by its own Python, in the tests of interoperation."""

import json
import os

import tomodachi
from google.protobuf.wrappers_pb2 import StringValue
from tomodachi.envelope import JsonBase, ProtobufBase

PREFIX = os.environ["ECHO_PREFIX"]


class Echo(tomodachi.Service):
    name = "echo"
    options = tomodachi.Options(
        amqp=tomodachi.Options.AMQP(
            host="127.0.0.1",
            port=int(os.environ["ECHO_PORT"]),
            login="guest",
            password="guest",  # what a new node has
            routing_key_prefix=PREFIX,
            queue_name_prefix=PREFIX,
        )
    )

    @tomodachi.amqp("echo.json", queue_name="echo.json", competing=True, message_envelope=JsonBase)
    async def json(self, data, metadata, message_uuid) -> None:
        heard = {
            "data": data,
            "topic": metadata["topic"],
            "id": message_uuid,
            "encoding": metadata["data_encoding"],
        }
        await tomodachi.amqp_publish(
            self, heard, routing_key="echoed.json", message_envelope=JsonBase, wait=True
        )

    @tomodachi.amqp(
        "echo.proto",
        queue_name="echo.proto",
        competing=True,
        message_envelope=ProtobufBase,
        proto_class=StringValue,
    )
    async def proto(self, data, metadata) -> None:
        heard = json.dumps({"value": data.value, "encoding": metadata["data_encoding"]})
        await tomodachi.amqp_publish(
            self,
            StringValue(value=heard),
            routing_key="echoed.proto",
            message_envelope=ProtobufBase,
            wait=True,
        )
