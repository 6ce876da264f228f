"""Connections taken from a socket on which several workers listen, so that each of them has about as many as the others.

Whoever has more than another lets that one have a moment to take the next. One that takes none, because it hangs or
computes, is waited for so seldom that nobody notices.
"""

import asyncio
import errno
import select
import socket
import ssl
from collections.abc import Callable

from rostra import log
from rostra.fork import Balance
from rostra.values import Values
from rostra_aiohttp.connections import Connection

_MOMENT = 0.001
"""Seconds until to look for the first time whether somebody else has taken what waits; each further time twice as many."""

_PATIENCE = 0.03
"""Seconds after which it is taken all the same; looking more often would cost more than it brings."""

_SPELL = 0.5
"""Seconds after that, in which nobody is waited for."""

_MOST_AT_A_GO = 16
"""Connections to take before the loop turns again."""

_RECOVERY = 1.0
"""Seconds to go on after the system has no more room for connections."""

_EXHAUSTED = (errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM)

_log = log.get("rostra.http")


class Share(Values):
    """The part that this worker has of all connections.

    Args:
        balance: What the workers know of each other.
        here: How many there are here.
    """

    balance: Balance
    here: Callable[[], int]


class Accepting:
    """Takes connections from one socket.

    Args:
        listener: It listens, and does not block.
        opened: Makes what speaks on a connection.
        tls: To speak TLS.
        handshake: Seconds for the handshake; None is asyncio's minute.
        share: Which of them are for this worker.
    """

    __slots__ = (
        "_balance",
        "_count",
        "_handshake",
        "_is_over",
        "_listener",
        "_loop",
        "_opened",
        "_opening",
        "_readable",
        "_spell",
        "_timer",
        "_tls",
        "_waiting",
    )

    def __init__(
        self,
        listener: socket.socket,
        opened: Callable[[], Connection],
        tls: ssl.SSLContext | None,
        handshake: float | None,
        share: Share,
    ) -> None:
        self._loop = asyncio.get_running_loop()
        self._listener = listener
        self._opened = opened
        self._tls = tls
        self._handshake = handshake
        self._balance, self._count = share
        self._opening: set[asyncio.Task[None]] = set()
        self._waiting: float | None = None
        self._spell = 0.0
        self._timer: asyncio.TimerHandle | None = None
        self._is_over = False
        self._readable = select.poll()
        self._readable.register(listener, select.POLLIN)
        self._balance.tell(self._count())
        self._look()

    def close(self) -> None:
        """Take no more, and listen no more in this process. Connections that exist go on."""
        if self._is_over:
            return
        self._is_over = True
        self._balance.leave()
        self._loop.remove_reader(self._listener)
        if self._timer is not None:
            self._timer.cancel()
        self._listener.close()

    def _look(self) -> None:
        self._timer = None
        if not self._readable.poll(0):  # somebody else has taken what was waited for
            self._waiting = None
        self._loop.add_reader(self._listener, self._take)

    def _look_later(self, seconds: float) -> None:
        self._loop.remove_reader(self._listener)
        self._timer = self._loop.call_later(seconds, self._look)

    def _take(self) -> None:
        """Somebody waits; it may be for another one."""
        self._tell()
        if not self._balance.is_due and self._is_patient():
            waited = self._loop.time() - (self._waiting or 0.0)
            self._look_later(max(_MOMENT, waited))
            return
        self._waiting = None
        for _ in range(_MOST_AT_A_GO):
            if not self._took_one():
                return
            self._tell()
            if not self._balance.is_due:  # then others may take what is left, or this one does next
                return

    def _tell(self) -> None:
        """Let the others know how many there are, also when one has ended: they look before this one takes the next."""
        if not self._is_over:
            self._balance.tell(self._count() + len(self._opening))

    def _took_one(self) -> bool:
        try:
            connection, _ = self._listener.accept()
        except (BlockingIOError, InterruptedError, ConnectionAbortedError):
            return False
        except OSError as error:
            if error.errno not in _EXHAUSTED:
                raise
            _log.error("http.exhausted", reason=error.strerror)
            self._look_later(_RECOVERY)
            return False
        opening = self._loop.create_task(self._open(connection))
        self._opening.add(opening)
        opening.add_done_callback(self._opening.discard)
        return True

    def _is_patient(self) -> bool:
        """Whether the others may have a moment more."""
        now = self._loop.time()
        if now < self._spell:
            return False
        self._waiting = self._waiting or now
        if now - self._waiting < _PATIENCE:
            return True
        self._spell = now + _SPELL
        return False

    async def _open(self, connection: socket.socket) -> None:
        try:
            _, opened = await self._loop.connect_accepted_socket(
                self._opened,
                connection,
                ssl=self._tls,
                ssl_handshake_timeout=self._handshake if self._tls is not None else None,
            )
            opened.on_end = self._tell
        except OSError as error:  # the client has gone, or does not speak TLS as we do
            connection.close()
            _log.debug("http.unopened", reason=str(error))


def accepting(
    listener: socket.socket,
    opened: Callable[[], Connection],
    tls: ssl.SSLContext | None,
    handshake: float | None,
    *,
    share: Share,
) -> Callable[[], None]:
    """Take connections from a socket, as ``Accepting`` does; what is returned ends that."""
    return Accepting(listener, opened, tls, handshake, share).close
