"""What does a log line look like? An event and its keys, as text for people or as JSON for machines.

``get`` gives a logger that works at once, like any library's. ``configure`` decides what becomes of the lines of the
whole process, structlog's and the standard library's too; as the plugin ``log`` it does so from ``[logging]``,
unless the application has configured logging in its own way. Local variables never stand in a traceback here.
"""

import asyncio

from rostra.config import ConfigSource
from rostra.log.binding import bind, bind_late, bind_process, bound, bound_keys, unbind, with_bound_keys
from rostra.log.logger import Logger, get
from rostra.log.output import Teller
from rostra.log.setup import Format, Level, LogConfig, configure, is_only_json, is_taken, restore, watch

__all__ = [
    "Format",
    "Level",
    "LogConfig",
    "Logger",
    "Teller",
    "bind",
    "bind_late",
    "bind_process",
    "bound",
    "bound_keys",
    "configure",
    "get",
    "is_only_json",
    "prepare",
    "restore",
    "unbind",
    "with_bound_keys",
]


async def prepare(settings: LogConfig, source: ConfigSource) -> None:
    """Configure the logging of the process as ``[logging]`` says.

    Where there is no such section and the application has given the root logger handlers, its ways are left alone.
    """
    if "logging" in source or settings != LogConfig() or not is_taken():
        configure(settings)
    watch(asyncio.get_running_loop())
