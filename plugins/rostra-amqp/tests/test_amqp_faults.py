"""What an exception of the wire is called, and the words in which RabbitMQ refuses a connection."""

import errno
import ssl

import pytest
from aiormq import exceptions as amqp
from pamqp import frame
from pamqp.commands import Connection as Method

from rostra_amqp.faults import diagnose
from rostra_amqp.greeting import refusal_in


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (OSError("Multiple exceptions: a, b"), "Multiple exceptions: a, b"),
        (OSError(errno.ECONNREFUSED, "Connect call failed ('::1', 1, 0, 0)"), "Connection refused"),
        (ssl.SSLCertVerificationError(1, "certificate verify failed"), "certificate verify failed"),
        (amqp.AMQPConnectionError("Server connection reset: X(104)"), "the connection to RabbitMQ was lost"),
        (amqp.ConnectionClosed(320, "CONNECTION_FORCED - shutdown"), "CONNECTION_FORCED - shutdown"),
        (amqp.InvalidFrameError("<Close at 0x7f>"), "what came cannot be read as AMQP 0-9-1"),
    ],
)
def test_no_reason_quotes_the_objects_of_a_library(error: Exception, reason: str) -> None:
    fault = diagnose(error)

    assert fault is not None
    assert fault.reason == reason


def test_the_words_of_a_refusal_are_found_behind_what_was_said_before() -> None:
    start = frame.marshal(Method.Start(), 0)
    close = frame.marshal(Method.Close(530, "NOT_ALLOWED - vhost x\nnot found", 10, 40), 0)

    assert refusal_in(start + close) == "NOT_ALLOWED - vhost x not found"
    assert refusal_in(start + close[:-1]) is None
    assert refusal_in(start) is None
    assert refusal_in(b"HTTP/1.1 400 Bad Request\r\n") is None
    assert refusal_in(b"") is None
