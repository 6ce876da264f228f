"""Brokers are opened beside everything else, each in a task of its own, and closed after all who use them.

So whoever is built with a ``Publisher`` need not wait until a broker answers, and a stage that stops meanwhile waits for
none. Who publishes waits, as long as the deadline says.
"""

import asyncio
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import ExitStack, asynccontextmanager, contextmanager
from functools import partial
from types import MappingProxyType
from typing import Any, NamedTuple

import attrs

from rostra import log, plugin
from rostra.errors import together
from rostra.health import Checks
from rostra_messaging.brokers import Broker, Connect
from rostra_messaging.connecting import (
    Brokers,
    FindConnect,
    Known,
    connect_of,
    known_brokers,
    no_broker,
    scheme_of,
)
from rostra_messaging.envelopes import Envelopes
from rostra_messaging.settings import DEFAULT, MessagingConfig
from rostra_messaging.waits import Waits

_LOOK_EVERY = 1.0
"""Seconds for which a look at whether all is well is good; it costs nothing."""

_LOOK_EVERY_WHEN_STOPPING = 0.1
"""Seconds between two looks at whether a broker is away."""

_log = log.get("rostra.messaging")


class Opening:
    """The brokers of a stage, those included that do not answer yet. A component of the stage.

    Args:
        known: What the settings say of them.
        opened: Those that are open already.
    """

    def __init__(self, known: Mapping[str, Known], opened: Mapping[str, Broker] | None = None) -> None:
        self.known = known
        self.waits = Waits()
        self.opened: dict[str, Broker] = dict(opened or {})
        self._changed = asyncio.Event()
        self._failures: dict[str, BaseException] = {}
        self._reasons: dict[str, str] = {}

    def envelope_of(self, name: str | None) -> str:
        """How messages to this broker are written, unless somebody says otherwise.

        Raises:
            BrokerNotFoundError: There is none of that name.
        """
        known = self.known.get(name or DEFAULT)
        if known is None:
            raise no_broker(name or DEFAULT, self.known)
        return known.envelope

    async def broker(self, name: str | None = None) -> Broker:
        """The broker of this name, when it is open.

        Raises:
            BrokerNotFoundError: There is none.
            Exception: Why it cannot be opened.
        """
        known_as = name or DEFAULT
        if known_as not in self.known:
            raise no_broker(known_as, self.known)
        while known_as not in self.opened:
            if known_as in self._failures:
                raise self._failures[known_as]
            self._changed.clear()
            await self._changed.wait()
        return self.opened[known_as]

    def trouble(self, name: str) -> str | None:
        """Why the broker of this name cannot be used at the moment; None if all is well."""
        broker = self.opened.get(name)
        if broker is not None:
            return broker.trouble
        return self._reasons.get(name, "it has not answered yet")

    def missing(self) -> str:
        """Those that are not open yet, and why, a line for each."""
        closed = [name for name in self.known if name not in self.opened]
        return "\n".join(f"broker {name}: {self.trouble(name)}" for name in closed)

    async def all(self) -> Brokers:
        """All of them, when they are open.

        Raises:
            Exception: Why one cannot be opened.
        """
        return Brokers({name: await self.broker(name) for name in self.known}, self.known)

    async def live(self, name: str, connect: Connect, leave: asyncio.Event) -> None:
        """Keep one open until it is to be left."""
        try:
            asked = attrs.evolve(self.known[name].connection, delayed=partial(self._delayed, name))
            async with connect(asked) as broker:
                self.opened[name] = broker
                self._changed.set()
                _log.info("broker.opened", broker=name, kind=scheme_of(self.known[name].connection.url))
                await leave.wait()
        except Exception as error:
            if name in self.opened:
                raise
            self._failures[name] = error
            self._changed.set()

    def _delayed(self, name: str, reason: str) -> None:
        self._reasons[name] = " ".join(reason.split())  # it is told on a line of its own


@asynccontextmanager
async def opening(
    settings: MessagingConfig,
    checks: Checks,
    lifecycle: plugin.Lifecycle,
    find: FindConnect = connect_of,
    options: Mapping[str, Any] = MappingProxyType({}),
) -> AsyncIterator[Opening]:
    """The brokers of the settings, which are being opened when the body begins, and closed, the last first, after it.

    When the stage stops, nobody waits any longer for those that are away.

    Raises:
        BrokerNotFoundError: Nothing speaks the URL of one.
    """
    found = Opening(known_brokers(settings, options))
    connects = {name: find(scheme_of(known.connection.url), name) for name, known in found.known.items()}
    lives: list[_Life] = []
    with ExitStack() as checked:
        try:
            for name, connect in connects.items():
                checked.enter_context(_checked(name, found, checks))
                leave = asyncio.Event()
                living = asyncio.create_task(found.live(name, connect, leave), name=f"broker {name}")
                lives.append(_Life(name, living, leave))
            async with _breaking_waits(found, lifecycle):
                yield found
        finally:
            await _close(lives, found)


@asynccontextmanager
async def _breaking_waits(found: Opening, lifecycle: plugin.Lifecycle) -> AsyncIterator[None]:
    async def breaking() -> None:
        await lifecycle.wait_for(plugin.Phase.STOPPING)
        while True:
            for name in found.known:
                if (trouble := found.trouble(name)) is not None:
                    found.waits.give_up(name, trouble)
            await asyncio.sleep(_LOOK_EVERY_WHEN_STOPPING)

    watching = asyncio.create_task(breaking(), name="brokers that are away")
    try:
        yield
    finally:
        watching.cancel()
        await asyncio.wait({watching})


class _Life(NamedTuple):
    name: str
    living: "asyncio.Task[None]"
    leave: asyncio.Event


async def _close(lives: Sequence[_Life], found: Opening) -> None:
    """Leave what is open, the last first; what is not open yet never will be."""
    try:
        for life in reversed(lives):
            life.leave.set()
            if life.name not in found.opened:
                life.living.cancel()
            await asyncio.wait({life.living})
    except asyncio.CancelledError:
        for life in lives:
            life.living.cancel()
        await asyncio.wait({life.living for life in lives})
        raise
    ended = [life.living for life in lives if not life.living.cancelled()]
    problems = [error for living in ended if isinstance(error := living.exception(), Exception)]
    if problems:
        raise together("brokers cannot be closed", problems)


async def wait_for_brokers(started: plugin.Started, opening: Opening, envelopes: Envelopes) -> None:
    """Let the stage be starting until its brokers are open: nothing is consumed before.

    It is cancelled when the stage is to stop.

    Raises:
        EnvelopeNotFoundError: The settings name one that there is not.
    """
    started.waits_for(opening.missing)
    for name in opening.known:
        envelopes.choose(opening.envelope_of(name))
    await opening.all()
    started()


@contextmanager
def _checked(name: str, found: Opening, checks: Checks) -> Iterator[None]:
    """Readiness depends on the broker during the body."""
    check = "broker" if name == DEFAULT else f"broker {name}"

    def is_well() -> None:
        if (trouble := found.trouble(name)) is not None:
            raise ConnectionError(trouble)

    checks.add(check, is_well, every=_LOOK_EVERY)
    try:
        yield
    finally:
        checks.remove(check)
