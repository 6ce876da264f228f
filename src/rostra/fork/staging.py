"""One stage in several workers, as a whole program."""

import os
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack
from signal import SIGINT, SIGTERM
from typing import Any

from rostra import log
from rostra.components import Components
from rostra.config import ConfigSource
from rostra.errors import ConfigError, PluginError, WorkerError
from rostra.fork.anew import import_anew
from rostra.fork.child import put_off, settle_memory
from rostra.fork.holding import Held
from rostra.fork.inherited import inherited
from rostra.fork.notifying import Notifying
from rostra.fork.parent import Parent
from rostra.fork.preloading import preload as import_for_all
from rostra.fork.program import Program, beat_of
from rostra.fork.recycling import Recycling
from rostra.fork.refusals import bind_uris
from rostra.fork.states import Rules, State
from rostra.fork.titles import set_title
from rostra.fork.waking import HEARD, Waking, waking
from rostra.fork.watcher import Watcher, start_watcher
from rostra.fork.watching import Watched
from rostra.log.setup import is_taken
from rostra.plugin import Named, Restart
from rostra.plugin.finding import LISTED
from rostra.plugin.running import check_no_loop_runs


def stage(
    *plugins: Named,
    forks: int = 0,
    sockets: Iterable[str] = (),
    components: Components | None = None,
    config: ConfigSource | Mapping[str, Any] | None = None,
    start_timeout: float = 60,
    stop_timeout: float = 25,
    loop_factory: Callable[[], Any] | None = None,
    heartbeat: float = 30,
    restart: Restart | None = None,
    recycling: Recycling | None = None,
    reuse_port: bool = False,
    preload: bool = False,
    watch: Watched | None = None,
    reported: Callable[[], AbstractContextManager[None]] | None = None,
    where: str = "fork.stage(sockets=...)",
) -> None:
    """Run an application in several workers until they are done or told to stop.

    This process becomes their parent: it binds the sockets, forks, and keeps the workers alive. Each of them runs the stage
    as ``plugin.stage`` would. One that dies is replaced, after a pause that grows, until the budget is used up; one whose
    loop gives no sign of life is made to show its stacks, ended and replaced. One that does not start the first time ends
    all. Workers that end because their work is done are not replaced, and when all are done, so is this.

    SIGTERM and SIGINT stop all in order, a second one at once, a third one kills. SIGHUP reads the settings again and
    replaces the workers one after another, each when its successor runs; if the settings are broken, or the first new worker
    does not start, the old ones stay. SIGTTIN and SIGTTOU make it one worker more or less, SIGUSR1 logs the tasks of all.

    What signals do is the same for all that have a parent, so there is no ``signals`` as for ``plugin.stage``; a worker that
    is signalled itself stops, and is replaced. Nothing is returned either: the results of tasks, and their exceptions, stay in
    the workers. A task that has a result writes it where it is wanted, and one that fails ends its worker.

    Args:
        plugins: What to load, in order, as for ``plugin.stage``.
        forks: How many workers; 0 is one per CPU that this process may use.
        sockets: Where to listen, for the transports of the stage: ``tcp://:8080``, ``unix:///run/orders.sock?mode=660``. Those
            that systemd hands over come before.
        components: Components that the stage of each worker sees below its own; nothing that has a loop or a thread.
        config: The settings, or mappings of them; empty if left out.
        start_timeout: Seconds for preparing and starting a worker.
        stop_timeout: Seconds for draining and teardown of a worker.
        loop_factory: Makes the event loop of a worker.
        heartbeat: Seconds within which the loop of a worker that runs has to give a sign of life; 0: nobody looks.
        restart: How soon and how often dead workers are replaced; its budget is that of each of them. Left out, 6 times
            a minute, after a tenth of a second and then longer.
        recycling: After what a worker is replaced by a new one; left out, never.
        reuse_port: Each worker has sockets of its own at the same ports (SO_REUSEPORT), in place of shared ones.
        preload: Import the plugins here, and what they import when they are prepared, so that workers share that memory and
            start faster. What that is, a process finds out that prepares them beforehand, and is gone. A reload then
            imports nothing anew.
        watch: Of which code, templates and settings a change starts the workers anew; ``Watched.of_here()`` is the usual.
            Workers that do not start, end nothing then: the old ones go on, or the next change is waited for.
        reported: In this each worker runs; it tells what went wrong, and leaves with ``SystemExit``. Left out, that is a line
            of the log.
        where: Who says where to listen, for errors.

    Raises:
        PluginError: An event loop or a thread runs here already, or this is not the main thread.
        AddressError: Of ``sockets``, one is no address.
        ListenError: At one of the sockets nobody can listen.
        WorkerError: Workers did not start, died again and again, or did not stop in order.
    """
    check_no_loop_runs("fork.stage()")
    _check_main_thread()
    _check_no_threads()
    source = config if isinstance(config, ConfigSource) else ConfigSource(config or {})
    del config  # it may hold secrets, and tracebacks may show what stands here
    wanted = plugins if LISTED in plugins else (LISTED, *plugins)
    program = Program(
        wanted,
        components,
        start_timeout,
        stop_timeout,
        loop_factory,
        beat_of(heartbeat),
        recycling or Recycling(),
        reported,
        _title(plugins),
    )
    rules = Rules(heartbeat, start_timeout, stop_timeout, restart or Rules().restart, watch is not None)
    _configure_log(source)
    if preload:
        import_for_all(wanted, source, start_timeout)
        _check_no_threads()
    set_title(f"rostra parent: {program.title}")
    settle_memory()
    if watch is not None:
        import_anew(watch.folders)
    _run(program, State(rules, forks or _cpus()), source, sockets, where, watch, reuse_port=reuse_port)


def _run(
    program: Program,
    state: State,
    source: ConfigSource,
    uris: Iterable[str],
    where: str,
    watched: Watched | None,
    *,
    reuse_port: bool,
) -> None:
    """Signals are heard before anything is bound, so that nothing is left behind whenever they come."""
    with waking() as heard, ExitStack() as held_by_parent:
        bound = (*inherited(os.environ), *bind_uris(uris, where, reuse_port=reuse_port))
        held = Held(bound, reuse_port=reuse_port)
        held_by_parent.callback(held.remove)
        held_by_parent.callback(held.close)
        notifying = Notifying.taken_from(os.environ)
        watcher = None if watched is None else _watcher(watched, heard, held)
        if watcher is not None:
            held_by_parent.callback(watcher.close)
        failure = Parent(program, state, source, held, notifying, heard, watcher).run()
    if failure is not None:
        raise WorkerError(*failure)


def _watcher(watched: Watched, heard: Waking, held: Held) -> Watcher:
    def abandon() -> None:
        heard.close()
        held.close()

    others = {*HEARD} - {SIGINT, SIGTERM}  # these go to whole groups, and its end is the parent's to say
    return start_watcher(watched, lambda mask: put_off(others, abandon, mask))


def _title(plugins: Sequence[Named]) -> str:
    return " ".join(each for each in plugins if isinstance(each, str) and each != LISTED)


def _cpus() -> int:
    """How many CPUs this process may use."""
    count: Callable[[], int | None] | None = getattr(os, "process_cpu_count", None)  # since Python 3.13
    if count is not None:
        return count() or 1
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _configure_log(source: ConfigSource) -> None:
    """Write lines as the workers do. What is wrong with the settings, they tell; references are resolved by them, too."""
    try:
        settings = source.load(log.LogConfig)
    except ConfigError:
        settings = log.LogConfig()
    if "logging" in source or settings != log.LogConfig() or not is_taken():
        log.configure(settings)


def _check_main_thread() -> None:
    if threading.current_thread() is not threading.main_thread():
        raise PluginError(
            "fork.stage() cannot be called in this thread",
            where=(threading.current_thread().name,),
            why=("it hears signals, and only the main thread can",),
            fix=("call it in the main thread",),
        )


def _check_no_threads() -> None:
    others = [each for each in threading.enumerate() if each is not threading.main_thread()]
    if others:
        raise PluginError(
            "fork.stage() cannot fork while other threads run",
            where=tuple(f"thread {each.name}" for each in others),
            why=("what they hold at that moment, such as a lock, the workers would hold for ever",),
            fix=("start threads in a plugin's prepare, which runs in the workers",),
        )
