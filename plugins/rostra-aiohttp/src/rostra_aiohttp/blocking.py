"""Which handler keeps the loop from everything else? A thread looks, since nothing on the loop could.

The loop says again and again that it goes on; a request pays nothing for that. When the loop has been silent for too long
the thread finds out whose task runs, and where it is, and says so once per silence.
"""

import asyncio
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

from rostra import log
from rostra_aiohttp.handling import Serving, handler_of

_PER_SILENCE = 4
"""So often the loop is to be heard before it counts as silent."""

_log = log.get("rostra.http")


@contextmanager
def watched(serving: Serving, seconds: float) -> Iterator[None]:
    """Watch the running loop during the body.

    Args:
        serving: Knows whose tasks run.
        seconds: The loop may be silent for so long.
    """
    watch = _Watch(serving, seconds)
    watch.beat()
    thread = threading.Thread(target=watch.look, name="http: watch", daemon=True)
    thread.start()
    try:
        yield
    finally:
        watch.end()
        thread.join()


class _Watch:
    """What loop and thread tell each other."""

    __slots__ = ("_beat", "_ended", "_loop", "_seconds", "_serving", "_thread", "_timer")

    def __init__(self, serving: Serving, seconds: float) -> None:
        self._serving = serving
        self._seconds = seconds
        self._loop = asyncio.get_running_loop()
        self._thread = threading.get_ident()
        self._ended = threading.Event()
        self._beat = 0.0
        self._timer: asyncio.TimerHandle | None = None

    def beat(self) -> None:
        """The loop goes on."""
        self._beat = time.monotonic()
        self._timer = self._loop.call_later(self._seconds / _PER_SILENCE, self.beat)

    def end(self) -> None:
        """Nobody is watched any more."""
        self._ended.set()
        if self._timer is not None:
            self._timer.cancel()

    def look(self) -> None:
        """What the thread does."""
        told = 0.0
        while not self._ended.wait(self._seconds / _PER_SILENCE):
            beat = self._beat
            silence = time.monotonic() - beat
            if silence > self._seconds and told != beat:
                told = beat
                self._tell(silence)

    def _tell(self, silence: float) -> None:
        keys: dict[str, Any] = {"seconds": round(silence, 3), "where": self._where()}
        request = self._serving.running.get(asyncio.current_task(self._loop))
        if request is not None:
            keys |= {"handler": handler_of(request), "method": request.method, "path": request.path}
        _log.warning("http.blocked", **keys)

    def _where(self) -> str:
        frame: FrameType | None = sys._current_frames().get(self._thread)  # noqa: SLF001  (there is no other way)
        return f"{frame.f_code.co_filename}:{frame.f_lineno}" if frame is not None else ""
