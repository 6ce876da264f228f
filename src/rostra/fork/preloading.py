"""What will workers import? A process of its own prepares the plugins, tells what that has imported, and is gone.

Then the parent imports the same, once, and its workers share it. Much is imported only where it is needed, so that the
modules of the plugins alone would be little. What the process says besides goes nowhere: the workers say it again.
"""

import importlib
import json
import os
import select
import signal
import sys
from collections.abc import Iterable, Sequence
from contextlib import suppress
from math import ceil
from time import monotonic

from rostra import log, plugin
from rostra.config import ConfigSource
from rostra.fork.waking import forked
from rostra.plugin import Named
from rostra.plugin.finding import LISTED, find
from rostra.plugin.listing import plugins_in

_log = log.get("rostra.fork")


def preload(plugins: Sequence[Named], source: ConfigSource, seconds: float) -> None:
    """Import the plugins, and what they import when they are prepared; no ``prepare`` runs in this process.

    Args:
        plugins: As for a stage.
        source: The settings.
        seconds: How long preparing may take; without an answer the plugins alone are imported.

    Raises:
        PluginNotFoundError: There is no such plugin.
        Exception: Whatever importing one raises.
    """
    _find(plugins, source)
    for name in _learned(plugins, source, seconds):
        try:
            importlib.import_module(name)
        except ImportError as error:  # some modules are made by others, and cannot be imported by their name
            _log.debug("preload.skipped", module=name, error=str(error))


def _find(plugins: Iterable[Named], source: ConfigSource) -> None:
    for each in plugins:
        if each == LISTED:
            _find((listed.name for listed in plugins_in(source)), source)
        else:
            find(each)


def _learned(plugins: Sequence[Named], source: ConfigSource, seconds: float) -> list[str]:
    """The names of the modules that preparing imports, in their order."""
    reading, writing = os.pipe()
    for stream in (sys.stdout, sys.stderr):
        with suppress(ValueError, OSError, AttributeError):
            stream.flush()
    try:
        pid = forked(lambda mask: _learn(plugins, source, seconds, writing, mask))
    finally:
        os.close(writing)
    try:
        told = _read(reading, monotonic() + seconds)
    finally:
        os.close(reading)
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
    return json.loads(told) if told else []


def _learn(
    plugins: Sequence[Named], source: ConfigSource, seconds: float, writing: int, mask: Iterable[int]
) -> None:
    """Prepare them in this process, which is nobody's parent and ends at the latest when its time is up."""
    signal.pthread_sigmask(signal.SIG_SETMASK, mask)
    signal.alarm(ceil(seconds) + 1)
    nowhere = os.open(os.devnull, os.O_RDWR)
    for stream in (1, 2):
        os.dup2(nowhere, stream)
    known = set(sys.modules)
    plugin.rehearse(*plugins, look=lambda _: None, config=source, start_timeout=seconds)
    names = [name for name in sys.modules if name not in known and _has_spec(name)]
    with open(writing, "w") as parent:
        json.dump(names, parent)
    os._exit(0)


def _has_spec(name: str) -> bool:
    return getattr(sys.modules[name], "__spec__", None) is not None


def _read(reading: int, last: float) -> bytes:
    """All that comes until the other end is closed; nothing if that takes too long."""
    told = b""
    readable = select.poll()
    readable.register(reading, select.POLLIN)
    while (left := last - monotonic()) > 0 and readable.poll(left * 1000):
        data = os.read(reading, 65536)
        if not data:
            return told
        told += data
    return b""
