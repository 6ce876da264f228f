"""In which order? Each plugin is prepared once, in the order first asked for; a Loader knows who asks.

Every prepare that may wait runs in a task of its own, so that loading inside ``gather`` or with a timeout does what it
looks like. Most plugins of a large application never wait while they are prepared, and are begun without one: a task with its
two turns of the loop takes longer than all else that is done for them. Who waits for whom is written down; a wait that would
close a circle is an error instead.
"""

import asyncio
import itertools
import sys
from collections.abc import Awaitable, Callable, Coroutine, Hashable, Iterable, Mapping
from contextvars import Context
from typing import Any, TypeAlias, TypeVar

from rostra import context, errors, log
from rostra.clock import Clock
from rostra.components import Components
from rostra.plugin.finding import Asker, Call, Named, Plugin, find, where_of
from rostra.plugin.noting import Elapsed, Listed, Record, note_here

_log = log.get("rostra.plugin")

_TURN = 0.01
"""Seconds after which the loop gets a turn, for signals and timers, between plugins that are imported, or never wait."""


class Loading:
    """The plugins of one stage.

    Args:
        layer: Of the stage; prepares run in it.
        prepare: Prepares one plugin. It is called once for each.
    """

    def __init__(self, layer: Components, prepare: Callable[[Record], Awaitable[None]]) -> None:
        self._layer = layer
        self._prepare = prepare
        self._now = layer.get(Clock).monotonic
        self._records: dict[Hashable, Record] = {}
        self._listed: dict[Hashable, Listed] = {}
        self._is_closed = False
        self._importing = Components(None, "import")
        self._ahead: dict[Hashable, tuple[str, float]] = {}
        """The names of those that nobody has asked to prepare yet, and how long it took to import them."""
        self._named: list[tuple[Named, Plugin]] = []
        self._turned = 0.0

    @property
    def records(self) -> tuple[Record, ...]:
        """All plugins, in the order in which they were first asked for."""
        return tuple(self._records.values())

    @property
    def is_settled(self) -> bool:
        """Whether nothing is being prepared."""
        return all(each.running is None for each in self.records)

    @property
    def seconds(self) -> Mapping[str, float]:
        """How long each plugin took until now, to be imported and prepared, without those that it loads."""
        return {
            **dict(self._ahead.values()),
            **{each.name: each.elapsed.own_seconds for each in self.records},
        }

    def close(self) -> None:
        """Load nothing more: the stage stops."""
        self._is_closed = True

    async def find(self, what: Named) -> None:
        """Import a plugin that is named to the stage; it is among those that are ``taken`` next.

        So all can be imported before the first one is prepared, and what is misspelt or broken is told before anything is opened.
        It is also sooner by a seventh, since the processor has at hand what imports take.

        Args:
            what: As its user named it.

        Raises:
            PluginNotFoundError: There is no such plugin.
            Exception: Whatever its import raised.
        """
        self._named.append((what, self._found_ahead(what)))
        await self._give_a_turn()

    def taken(self) -> list[tuple[Named, Plugin]]:
        """The plugins that were found for the stage since this was asked last: how each was named, and what it is."""
        taken, self._named = self._named, []
        return taken

    async def load(self, what: "Named | Plugin", asker: Record | None = None, call: Call | str = "") -> None:
        """Prepare a plugin, or wait until it is prepared.

        Args:
            what: As its user named it, or what was found.
            asker: Who asks, or None for the stage.
            call: Where it does.

        Raises:
            PluginNotFoundError: There is no such plugin.
            PluginCycleError: It waits for the one that asks.
            Exception: Whatever its preparation raised, each time it is asked for.
        """
        if self._is_closed and asker is not None and asker.running is not None:
            await asyncio.Event().wait()  # until the stop, which is on its way, cancels it
        if asker is None:
            await self._wait_for(self._record(what, None, call))
        else:
            with asker.elapsed.waiting():
                await self._load_for(asker, what, call)

    async def _load_for(self, asker: Record, what: "Named | Plugin", call: Call | str) -> None:
        record = self._record(what, asker, call)
        if record is asker or record.is_prepared:
            return
        self._check_for_circle(record, asker, call)
        asker.waits_for.append((record, call))
        try:
            await self._wait_for(record)
        finally:
            asker.waits_for.remove((record, call))

    def find_listed(self, listed: Listed) -> Plugin:
        """Find a plugin that the settings list. Whoever loads it, it has its options.

        Raises:
            PluginNotFoundError: There is no such plugin.
            Exception: Whatever its import raised.
        """
        found = self._found_ahead(listed.name)
        self._listed.setdefault(found.identity, listed)
        return found

    async def settle(self) -> None:
        """Wait for what is still being prepared though nobody waits for it any more.

        Raises:
            Exception: What failed unseen.
        """
        while unsettled := [each for each in self.records if each.running is not None]:
            for record in unsettled:
                await self._wait_for(record)

    def cancel(self) -> list["asyncio.Task[None]"]:
        """Cancel every preparation; return the tasks that will end by that."""
        running = [each.running for each in self.records if each.running is not None]
        for task in running:
            task.cancel()
        return running

    def tell_the_rest(self) -> None:
        """Log what failed without anybody having been there to be told, and what does not end."""
        for record in self.records:
            if record.running is not None:
                _log.error("plugin.abandoned", plugin=record.name, why="its prepare ignores its cancellation")
            elif record.failure is not None and not record.is_told:
                _log.error("plugin.failed", plugin=record.name, exc_info=record.failure)

    def _record(self, what: "Named | Plugin", asker: Record | None, call: Call | str) -> Record:
        calling = None if asker is None else Asker(asker.plugin, call)
        if self._is_closed:
            name = what.name if isinstance(what, Plugin) else getattr(what, "__name__", what)
            what_now = f"plugin {name} cannot be loaded any more"
            raise errors.PluginError(what_now, where_of(calling), ("the stage stops",))
        elapsed = Elapsed(self._now)
        begun = self._now()
        plugin = what if isinstance(what, Plugin) else self._found(what, asker, calling)
        elapsed.count_since(begun)
        identity = plugin.identity
        record = self._records.get(identity)
        if record is None:
            record = self._records[identity] = Record(plugin, asker, elapsed, self._listed.get(identity))
            record.count_ahead(self._ahead.pop(identity, ("", 0.0))[1])
            self._begin(record)
        return record

    def _found_ahead(self, what: Named) -> Plugin:
        """Find a plugin before anybody asks for it to be prepared."""
        begun = self._now()
        plugin = self._found(what, None, None)
        if plugin.identity not in self._records:
            self._ahead.setdefault(plugin.identity, (plugin.name, self._now() - begun))
        return plugin

    def _begin(self, record: Record) -> None:
        """Prepare it: in a task of its own, unless nothing in it waits, and the one that asks does nothing else."""
        running, name, own = self._run(record), f"prepare of plugin {record.name}", context.bound(self._layer)
        asker = record.asked_by
        is_alone = asker is None or asker.running is asyncio.current_task()
        if is_alone and record.plugin.is_instant:
            record.running = begun(running, name, own)
        else:
            record.running = asyncio.get_running_loop().create_task(running, name=name, context=own)
            record.running.add_done_callback(lambda _: self._note_end(record))

    def _found(self, what: Named, asker: Record | None, calling: Asker | None) -> Plugin:
        # A module is imported once per process: what its top level registers must not end with this stage.
        if len(self._importing.values) > 1:  # besides what every list begins with
            self._importing = Components(None, "import")
        token = context.enter(self._importing)
        try:
            return find(what, calling)
        except (errors.PluginError, errors.PluginNotFoundError):
            raise
        except Exception as error:
            error.add_note(f"while importing plugin {what}{f', loaded by {asker.lineage}' if asker else ''}")
            raise
        finally:
            context.leave(token)

    def _check_for_circle(self, record: Record, asker: Record, call: Call | str) -> None:
        path = path_between(record, asker, lambda each: [after for after, _ in each.waits_for])
        if path is not None:
            steps = [
                next(where for after, where in a.waits_for if after is b) for a, b in itertools.pairwise(path)
            ]
            circle = (*path, record)
            raise errors.PluginCycleError(tuple(each.name for each in circle), (*map(str, steps), str(call)))

    async def _wait_for(self, record: Record) -> None:
        if record.running is None:
            await self._give_a_turn()
        else:
            ended = asyncio.get_running_loop().create_future()
            record.waiting.append(ended)
            try:
                await ended
            except asyncio.CancelledError:
                record.waiting.remove(ended)
                await self._let_go(record)
                raise
        if record.failure is not None:
            record.is_told = True
            raise record.failure

    async def _give_a_turn(self) -> None:
        if self._now() - self._turned > _TURN:
            await asyncio.sleep(0)
            self._turned = self._now()

    async def _let_go(self, record: Record) -> None:
        """Nobody waits any longer: end the preparation, as if it were a part of the one that was waiting."""
        if not record.waiting and record.running is not None:
            record.running.cancel()
            await asyncio.wait({record.running})

    async def _run(self, record: Record) -> None:
        note_here(record.brought)
        begun = self._now()
        try:
            await self._prepare(record)
            record.is_prepared = True
        except asyncio.CancelledError as error:
            task = asyncio.current_task()
            record.is_told = bool(task is not None and task.cancelling())
            nobody = "" if record.is_told else ", though nobody cancelled it"
            record.failure = errors.PluginError(f"preparing plugin {record.lineage} ended cancelled{nobody}")
            record.failure.__cause__ = error
        except BaseException as error:  # noqa: BLE001  (whoever waits gets it)
            self._note(error, record)
            record.failure = error
        finally:
            record.elapsed.count_since(begun)
            self._note_end(record)  # a turn of the loop sooner than its done callback

    def _note_end(self, record: Record) -> None:
        if not record.is_prepared and record.failure is None:  # cancelled before its first step
            record.is_told = True
            record.failure = errors.PluginError(f"preparing plugin {record.lineage} ended cancelled")
        record.running = None
        for each in record.waiting:
            if not each.done():
                each.set_result(None)

    def _note(self, error: BaseException, record: Record) -> None:
        if all(each.failure is not error for each in self.records):
            error.add_note(f"while preparing plugin {record.lineage}")


class Loader:
    """Loads further plugins from a ``prepare``; each has one of its own, which knows who asks.

    ::

        async def prepare(load: plugin.Loader):
            await load("rostra_aiohttp", ".storage")       # one after the other; both are prepared then
    """

    __slots__ = ("_asker", "_loading")

    def __init__(self, loading: Loading, asker: Record | None = None) -> None:
        self._loading = loading
        self._asker = asker

    def __call__(self, *plugins: Named) -> Coroutine[Any, Any, None]:
        """Prepare the plugins, one after the other, and return when all are prepared.

        One that is prepared already is not prepared again; for one that is being prepared this waits; for the
        plugin that asks it is nothing. While the stage runs, the tasks of new plugins start at once.

        Args:
            plugins: Modules, dotted names, ``module:function``, names relative to the plugin that asks
                (``.storage``), entry points of ``rostra.plugins``, or functions.

        Raises:
            PluginNotFoundError: There is no such plugin.
            PluginCycleError: It waits for the one that asks.
            Exception: Whatever its preparation raised.
        """
        caller = sys._getframe(1)  # noqa: SLF001  (the only cheap way to know the caller's line)
        return self._load(plugins, Call(caller.f_code.co_filename, caller.f_lineno))

    async def _load(self, plugins: tuple[Named, ...], call: Call) -> None:
        for plugin in plugins:
            await self._loading.load(plugin, self._asker, call)


def begun(coroutine: Coroutine[Any, Any, None], name: str, context: Context) -> "asyncio.Task[None] | None":
    """Run a coroutine up to where it first waits, and return the task in which it goes on; None if it has ended.

    Until then ``asyncio.current_task()`` is the task of who calls this: nothing that asks may come before.

    Args:
        coroutine: It raises nothing before it waits.
        name: Of the task.
        context: In which it runs.
    """
    try:
        awaited = context.run(coroutine.send, None)
    except StopIteration:
        return None
    return asyncio.get_running_loop().create_task(_Rest(coroutine, awaited), name=name, context=context)


class _Rest(Coroutine[Any, Any, None]):
    """What is left of a coroutine that waits for something already."""

    def __init__(self, coroutine: Coroutine[Any, Any, None], awaited: Any) -> None:
        self._coroutine = coroutine
        self._awaited: tuple[Any, ...] = (awaited,)

    def send(self, value: Any) -> Any:
        if not self._awaited:
            return self._coroutine.send(value)
        (awaited,), self._awaited = self._awaited, ()
        return awaited

    def throw(self, *error: Any) -> Any:
        self._awaited = ()
        return self._coroutine.throw(*error)

    def close(self) -> None:
        self._coroutine.close()

    def __await__(self) -> Any:
        return self._coroutine.__await__()

    def __getattr__(self, name: str) -> Any:  # cr_frame and the like, for who looks where it waits
        return getattr(self._coroutine, name)


Maker: TypeAlias = Callable[[Loading, Record], Any]

MAKERS: dict[Any, Maker] = {Loader: Loader}
"""By type, what makes that which each ``prepare`` has of its own.

Whoever asks for such a type has imported its module, which says here how it is made: few need them all.
"""


Node = TypeVar("Node")


def path_between(
    start: Node, goal: Node, waits_for: Callable[[Node], Iterable[Node]]
) -> tuple[Node, ...] | None:
    """A shortest path of waiting from ``start`` to ``goal``, both included, or None if there is none.

    If there is one, ``goal`` must not wait for ``start``: neither would ever be done.
    """
    came_from: dict[int, tuple[Node, Node | None]] = {id(start): (start, None)}
    frontier = [start]
    while frontier and id(goal) not in came_from:
        reached = [(node, after) for node in frontier for after in waits_for(node)]
        frontier = []
        for node, after in reached:
            if id(after) not in came_from:
                came_from[id(after)] = (after, node)
                frontier.append(after)
    if id(goal) not in came_from:
        return None
    path = [goal]
    while (before := came_from[id(path[-1])][1]) is not None:
        path.append(before)
    return tuple(reversed(path))
