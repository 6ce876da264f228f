"""What does an exception of the wire mean: is the connection gone, did RabbitMQ refuse, or can it never be sent? Pure."""

import asyncio
import os
import ssl
import struct
from typing import Literal, NamedTuple

from aiormq import exceptions as amqp
from pamqp.exceptions import PAMQPException

Kind = Literal[
    "lost", "refused", "mismatched", "missing", "locked", "unroutable", "full", "silent", "unsendable"
]

LASTING: frozenset[Kind] = frozenset({"refused", "mismatched", "missing", "locked", "unsendable"})
"""What waiting is unlikely to mend."""

_BY_CLASS: tuple[tuple[type[BaseException], Kind], ...] = (
    (amqp.PublishError, "unroutable"),
    (amqp.DeliveryError, "full"),
    (amqp.ChannelAccessRefused, "refused"),
    (amqp.ChannelNotFoundEntity, "missing"),
    (amqp.ChannelLockedResource, "locked"),
    (amqp.ChannelPreconditionFailed, "mismatched"),
    (amqp.ProbableAuthenticationError, "refused"),
    (amqp.AuthenticationError, "refused"),
    (amqp.ConnectionNotAllowed, "refused"),
    (amqp.AMQPError, "lost"),
    (amqp.ChannelInvalidStateError, "lost"),
    (PAMQPException, "unsendable"),
    (asyncio.CancelledError, "lost"),
    (OSError, "lost"),
    (TimeoutError, "lost"),
    (RecursionError, "lost"),  # of headers too deep to be read, which ends the connection
    (TypeError, "unsendable"),
    (ValueError, "unsendable"),
    (struct.error, "unsendable"),
    (OverflowError, "unsendable"),
)
_ENDS = (Exception, RuntimeError)
"""Neither of a subclass: by these aiormq ends what waits for a connection, or asks for one, that is closed."""
LOST = "the connection to RabbitMQ was lost"
_IN_OTHER_WORDS: tuple[tuple[tuple[type[BaseException], ...], str], ...] = (
    ((asyncio.CancelledError, amqp.ChannelInvalidStateError), LOST),
    ((amqp.ProbableAuthenticationError, amqp.AuthenticationError), "RabbitMQ refused the login"),
    ((amqp.IncompatibleProtocolError,), "what answers there does not speak AMQP 0-9-1"),
    ((amqp.InvalidFrameError,), "what came cannot be read as AMQP 0-9-1"),
    ((amqp.ConnectionClosed,), ""),
    ((amqp.AMQPConnectionError,), LOST),
)
"""What is said of exceptions whose own words are aiormq's or Python's; of a ConnectionClosed they are RabbitMQ's."""
_TRANSIENT = ("down or inaccessible", "timeout", "not available")
"""In what RabbitMQ says of queues whose node is still starting."""


class Fault(NamedTuple):
    """What became of something that was tried.

    Args:
        kind: ``lost``: connection or channel ended first. ``refused``: no permission. ``mismatched``: it exists
            otherwise, or is too big. ``missing``: it does not exist. ``locked``: another connection has it. ``unroutable``:
            no queue takes it. ``full``: a queue would not store it. ``silent``: RabbitMQ answers, but does not confirm. ``unsendable``: AMQP
            cannot carry it.
        reason: One line, without any value of a message.
    """

    kind: Kind
    reason: str

    @property
    def is_of_channel(self) -> bool:
        """Whether RabbitMQ closed the channel for it, with all that was on its way there."""
        return self.kind in {"refused", "missing", "locked", "mismatched"}


def diagnose(error: BaseException) -> Fault | None:
    """What an exception means; None for one that has nothing to do with the wire."""
    kind = _kind(error)
    if kind is None:
        return None
    reason = _reason(error, kind)
    if kind in {"missing", "mismatched"} and any(sign in reason for sign in _TRANSIENT):
        return Fault("lost", reason)
    return Fault(kind, reason)


def _kind(error: BaseException) -> Kind | None:
    for cls, kind in _BY_CLASS:
        if isinstance(error, cls):
            return kind
    return "lost" if type(error) in _ENDS else None


def _reason(error: BaseException, kind: Kind) -> str:
    """RabbitMQ's own words where there are some; never those of exceptions that may quote a message."""
    match kind:
        case "unroutable":
            return "no queue takes messages on this topic"
        case "full":
            return "RabbitMQ would not store it: a queue is full, or has no leader at the moment"
        case "unsendable":
            return f"AMQP cannot carry it ({type(error).__name__})"
    if isinstance(error, TimeoutError):
        return "RabbitMQ did not answer in time"
    said = " ".join(str(part) for part in error.args if isinstance(part, str)).strip().partition("\n")[0]
    if isinstance(error, OSError) and not isinstance(error, amqp.AMQPError):
        return _of_socket(error, said)
    instead = next((words for classes, words in _IN_OTHER_WORDS if isinstance(error, classes)), "")
    return instead or said or LOST


def _of_socket(error: OSError, said: str) -> str:
    """The system's words, and not how asyncio quotes the address, which stands beside them."""
    if isinstance(error, ssl.SSLError) and "WRONG_VERSION_NUMBER" in (error.strerror or ""):
        return "what answers there does not speak TLS: amqp:// is without, and amqps:// has a port of its own"
    if error.errno and "Connect call failed" in (error.strerror or ""):
        return os.strerror(error.errno)
    return error.strerror or said or LOST
