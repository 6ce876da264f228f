"""What does ``rostra run`` do, and what did the user type, where that is as plain as nearly always?

Plain are plugins, files, a prefix and settings, each option written in full; they are read here, purely, since to import click
takes longer. Whatever else there is, and all that is wrong, click has to read. What a stage needs takes long to import, too;
it is imported when it is known that there is one.
"""

import os
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from rostra.cli.ending import reported
from rostra.garbage import uncollected
from rostra.values import Values

__all__ = ["Plain", "plainly", "run"]


_OPTIONS = {"-c": "files", "--config": "files", "--env-prefix": "env_prefix", "--set": "overrides"}


class Plain(Values):
    """What a plain command line says; called as the parameters of ``rostra run`` are."""

    plugins: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    env_prefix: str | None = None
    overrides: tuple[str, ...] = ()


def plainly(arguments: Sequence[str]) -> Plain | None:
    """What these arguments of ``rostra`` say; None if click has to read them."""
    if not arguments or arguments[0] != "run":
        return None
    said: dict[str, list[str]] = {"plugins": [], **{name: [] for name in _OPTIONS.values()}}
    for name, value in _read(iter(arguments[1:])):
        if name is None or value is None or (name == "overrides" and not _is_assignment(value)):
            return None
        said[name].append(value)
    prefix = said["env_prefix"][-1] if said["env_prefix"] else None
    return Plain(tuple(said["plugins"]), tuple(said["files"]), prefix, tuple(said["overrides"]))


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
    with uncollected():
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
        if workers != 1 or watch or any(most_requests) or most_memory:
            from rostra.cli.several import run_several

            run_several(
                (answering, LISTED, *named),
                forks=workers,
                sockets=addresses,
                reuse_port=reuse_port,
                heartbeat=heartbeat,
                preload=preload,
                watched=files if watch else None,
                recycling=(*most_requests, most_memory),
                **stage,
            )
        else:
            components, supervised = _given(addresses, reuse_port)
            plugin.stage(answering, *supervised, LISTED, *named, components=components, **stage)


def _read(left: Iterator[str]) -> Iterator[tuple[str | None, str | None]]:
    """What each one is, and its value; None in place of what is not plain."""
    for each in left:
        if not each.startswith("-"):
            yield "plugins", each
            continue
        option, equals, value = each.partition("=") if each.startswith("--") else (each, "", "")
        yield _OPTIONS.get(option), value if equals else _value(next(left, None))


def _value(typed: str | None) -> str | None:
    return None if typed is None or typed.startswith("-") else typed


def _is_assignment(value: str) -> bool:
    key, equals, _value = value.partition("=")
    return bool(key.strip() and equals)


def _given(addresses: tuple[str, ...], reuse_port: bool) -> tuple[Any, tuple[str, ...]]:
    """What a lone process is given from outside, and the plugin that tells systemd how it is; mostly neither."""
    if not (addresses or reuse_port or "LISTEN_FDS" in os.environ or "NOTIFY_SOCKET" in os.environ):
        return None, ()
    from rostra.fork import lone

    return lone.given(addresses, reuse_port=reuse_port), (lone.__name__,)


def _loop_factory(name: str) -> Callable[[], Any] | None:
    if name == "asyncio":
        return None
    try:
        from uvloop import new_event_loop
    except ImportError:
        from rostra.errors import CommandLineError

        raise CommandLineError("uvloop is not installed", fix=('pip install "rostra[uvloop]"',)) from None
    return new_event_loop
