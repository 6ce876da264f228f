"""What ``rostra run`` does, whoever has read the command line: a stage, in this process or in several.

What a stage needs takes long to import; it is imported when it is known that there is one.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

from rostra.cli.ending import reported
from rostra.garbage import collected_seldom

__all__ = ["run"]


def run(
    *,
    plugins: tuple[str, ...],
    files: tuple[str, ...] = (),
    env_prefix: str | None = None,
    overrides: tuple[str, ...] = (),
    start_timeout: float = 60,
    stop_timeout: float = 25,
    addresses: tuple[str, ...] = (),
    reuse_port: bool = False,
    workers: int = 1,
    heartbeat: float = 30,
    watch: bool = False,
    preload: bool = False,
    most_requests: tuple[int, int] = (0, 0),
    most_memory: int = 0,
    log_format: str | None = None,
    loop: str = "asyncio",
) -> None:
    """Run plugins until they are done or told to stop. Parameters and defaults are those of the command."""
    with collected_seldom():
        from rostra import plugin
        from rostra.cli import answering
        from rostra.cli.naming import plugins_named, see_working_directory
        from rostra.config import ConfigSource
        from rostra.plugin.finding import LISTED

    with reported():
        if log_format is not None:
            overrides = (*overrides, f"logging.format={log_format}", f"logging.formatter={log_format}")
        see_working_directory()
        source = ConfigSource.from_files(*files, env_prefix=env_prefix, overrides=overrides)
        named = plugins_named(plugins, source)
        stage: dict[str, Any] = {
            "config": source,
            "start_timeout": start_timeout,
            "stop_timeout": stop_timeout,
            "loop_factory": _loop_factory(loop),
        }
        watched = _watched(files, preload=preload) if watch else None
        if workers != 1 or watch or any(most_requests) or most_memory:
            from rostra import fork

            fork.stage(
                answering,
                LISTED,
                *named,
                forks=workers,
                sockets=addresses,
                reuse_port=reuse_port,
                heartbeat=heartbeat,
                preload=preload,
                watch=watched,
                recycling=fork.Recycling(*most_requests, most_memory),
                reported=_reported_of(os.getpid()),
                where="--bind",
                **stage,
            )
        else:
            components, supervised = _given(addresses, reuse_port)
            plugin.stage(answering, *supervised, LISTED, *named, components=components, **stage)


def _reported_of(parent: int) -> Callable[[], AbstractContextManager[None]]:
    """How a worker runs: what goes wrong is printed as always, and probes find it by its parent."""
    from rostra.cli.sockets import worker_of

    @contextmanager
    def in_a_worker() -> Iterator[None]:
        with worker_of(parent), reported():
            yield

    return in_a_worker


def _given(addresses: tuple[str, ...], reuse_port: bool) -> tuple[Any, tuple[str, ...]]:
    """What a lone process is given from outside, and the plugin that tells systemd how it is; mostly neither."""
    if not (addresses or reuse_port or "LISTEN_FDS" in os.environ or "NOTIFY_SOCKET" in os.environ):
        return None, ()
    from rostra.fork import lone

    return lone.given(addresses, reuse_port=reuse_port), (lone.__name__,)


def _watched(files: tuple[str, ...], *, preload: bool) -> Any:
    """What is watched, if it can be.

    Raises:
        CommandLineError: It cannot.
    """
    from importlib.util import find_spec

    from rostra import fork
    from rostra.errors import CommandLineError

    if find_spec("watchfiles") is None:
        raise CommandLineError("watchfiles is not installed", fix=('pip install "rostra[watch]"',))
    if preload:
        why = ("what is imported before the workers are forked is never imported anew",)
        raise CommandLineError("--watch and --preload exclude each other", why, ("leave out one of them",))
    return fork.Watched.of_here(files)


def _loop_factory(name: str) -> Callable[[], Any] | None:
    if name == "asyncio":
        return None
    try:
        from uvloop import new_event_loop
    except ImportError:
        from rostra.errors import CommandLineError

        raise CommandLineError("uvloop is not installed", fix=('pip install "rostra[uvloop]"',)) from None
    return new_event_loop
