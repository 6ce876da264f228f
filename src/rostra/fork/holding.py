"""The sockets that a parent keeps, so that they outlive every worker.

What was given is there from the start. What workers ask for is bound when the first one asks, kept for all that come later,
and closed when no worker is left that asked for it.
"""

import errno
from collections.abc import Iterable, Sequence
from itertools import chain
from typing import Any

from rostra.fork.messages import Granted, Refused, Wanted
from rostra.fork.overlapping import overlap
from rostra.fork.sockets import Bound, SocketAddress, TcpAddress, UnixAddress, bind, discard
from rostra.fork.uris import read_address


class _Kept:
    """Sockets that were asked for, and the newest generation of workers that did."""

    __slots__ = ("bound", "generation")

    def __init__(self, bound: tuple[Bound, ...], generation: int) -> None:
        self.bound = bound
        self.generation = generation


class Held:
    """The sockets of a parent.

    Args:
        given: Those bound before the first fork.
        reuse_port: Each number of a worker has sockets of its own, at the same ports, which its successor takes over. The
            given ones must be bound so.
    """

    def __init__(self, given: Sequence[Bound] = (), *, reuse_port: bool = False) -> None:
        self._given = tuple(given)
        self._reuse_port = reuse_port
        self._own: dict[int, tuple[Bound, ...]] = {}
        self._is_closed = False
        self._asked: dict[tuple[Any, ...], _Kept] = {}

    @property
    def is_shared(self) -> bool:
        """Whether all workers listen on the same sockets."""
        return not self._reuse_port

    def given(self, number: int) -> tuple[Bound, ...]:
        """Those for the worker of this number, which inherits them.

        Raises:
            OSError: A further socket at its ports cannot be bound.
        """
        if not self._reuse_port:
            return self._given
        if number not in self._own:
            self._own[number] = self._given if not self._own else tuple(map(_again, self._given))
        return self._own[number]

    def answer(
        self, wanted: Wanted, number: int, generation: int
    ) -> tuple[Granted | Refused, tuple[int, ...]]:
        """What to answer a worker that wants sockets, and the descriptors to send with it.

        Args:
            wanted: Which.
            number: Of the worker.
            generation: Of the worker; each reload makes a new one.
        """
        if self._is_closed:
            return Refused(wanted.ticket, errno.ESHUTDOWN, "its parent stops"), ()
        try:
            bound = self._asked_for(wanted, number, generation)
        except OSError as error:
            return Refused(wanted.ticket, error.errno, error.strerror or str(error)), ()
        return Granted(wanted.ticket, len(bound)), tuple(each.socket.fileno() for each in bound)

    def _asked_for(self, wanted: Wanted, number: int, generation: int) -> tuple[Bound, ...]:
        addresses = tuple(map(read_address, wanted.at))
        is_shared = not self._reuse_port or any(isinstance(each, UnixAddress) for each in addresses)
        key = (wanted.server, tuple(map(_place, addresses)), 0 if is_shared else number)
        kept = self._asked.get(key)
        if kept is None:
            at = self._same_port(key) or addresses
            self._check_free(at, key)
            kept = self._asked[key] = _Kept(bind(at, reuse_port=self._reuse_port), generation)
        kept.generation = max(kept.generation, generation)
        for address in addresses:
            if isinstance(address, UnixAddress):
                address.path.chmod(address.mode)  # a reload may have changed it
        return kept.bound

    def _check_free(self, addresses: Iterable[SocketAddress], key: tuple[Any, ...]) -> None:
        """Refuse what another server has, or had before a reload: whoever replaces its workers comes too early.

        Also where ports are shared: who connects meanwhile would be given to workers that go.
        """
        others = (kept.bound for other, kept in self._asked.items() if other[:2] != key[:2])
        for bound in chain(self._given, *others):
            if any(overlap(bound.address, each) for each in addresses):
                raise OSError(errno.EADDRINUSE, f"this service itself listens at {bound.address}")

    def _same_port(self, key: tuple[Any, ...]) -> tuple[SocketAddress, ...]:
        """Where the workers of other numbers listen for the same: a port that was free is one for all of them."""
        others = (kept for other, kept in self._asked.items() if other[:2] == key[:2])
        return next((tuple(each.address for each in kept.bound) for kept in others), ())

    def retire(self, generation: int) -> None:
        """Close what only workers before this generation have asked for: they have gone."""
        for key, kept in list(self._asked.items()):
            if kept.generation < generation:
                discard(kept.bound)
                del self._asked[key]

    def leave_to(self, number: int) -> None:
        """Close all but what was given to the worker of this number: called in that worker, just after the fork."""
        for each in self._all():
            if each not in self.given(number):
                each.close()

    def drop(self, number: int) -> None:
        """Close the sockets that are this number's alone: there is no worker for them any more."""
        if not self._reuse_port:
            return
        for bound in self._own.pop(number, ()):
            if bound not in self._given:  # those in the file system are shared
                bound.close()
        for key in [key for key in self._asked if key[2] == number]:
            for bound in self._asked.pop(key).bound:
                bound.close()

    def close(self) -> None:
        """Listen no more in this process; workers that still do are the last."""
        self._is_closed = True
        for each in self._all():
            each.close()

    def remove(self) -> None:
        """Remove the files of sockets, when nobody listens any more."""
        for each in self._all():
            each.remove()

    def _all(self) -> Iterable[Bound]:
        yield from self._given
        for bound in (*self._own.values(), *(kept.bound for kept in self._asked.values())):
            yield from bound


def _place(address: SocketAddress) -> object:
    return address.path if isinstance(address, UnixAddress) else address[:2]


def _again(bound: Bound) -> Bound:
    """Another socket at the same port; one in the file system, which can have only one, is shared."""
    address = bound.address
    return bind((address,), reuse_port=True)[0] if isinstance(address, TcpAddress) else bound
