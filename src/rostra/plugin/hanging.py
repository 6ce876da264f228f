"""Where does a task await? The chain of awaits, from the task's own coroutine down to what it hangs on.

``Task.get_stack`` shows only the outermost frame of a task that waits. Here the chain of ``await``, ``async
for`` and ``yield from`` is followed, through other tasks and ``gather`` too. It must be read while the task
still waits: a cancellation unwinds what was to be shown.
"""

import asyncio
import gc
import sys
from collections.abc import Iterator
from pathlib import Path
from types import AsyncGeneratorType, CodeType, CoroutineType, FrameType, GeneratorType
from typing import Any, NamedTuple

from rostra.log.tracebacks import is_ours, is_pythons, part_folders, roots

_ASYNCIO = f"{Path(asyncio.__file__).parent}/"
_DEEPEST = 200


class Place(NamedTuple):
    """A line of code that waits.

    Args:
        function: Its qualified name.
        file: As Python knows it.
        line: Counted from 1.
        depth: How many tasks away from the one asked about.
        is_outermost: It is where its task begins.
    """

    function: str
    file: str
    line: int
    depth: int = 0
    is_outermost: bool = False

    @property
    def is_ours(self) -> bool:
        """Whether it is rostra's own code."""
        return is_ours(self.file)

    @property
    def is_pythons(self) -> bool:
        """Whether it is the standard library's code."""
        return is_pythons(self.file)

    def __str__(self) -> str:
        return f"{self.function} {shortened(self.file)}:{self.line}"


def awaits(task: "asyncio.Task[Any]", *without: "asyncio.Task[Any]") -> tuple[Place, ...]:
    """Every frame that waits in ``task`` and in the tasks it waits for, outermost first.

    Args:
        task: Any task of the running loop.
        without: Tasks that are not looked into, because they are shown elsewhere.
    """
    return tuple(_walk(task.get_coro(), 0, {id(each) for each in (task, *without)}))


def calls(thread: int) -> tuple[Place, ...]:
    """Every frame of a thread that may not await at all, outermost first.

    Args:
        thread: Its ident.
    """
    frame = sys._current_frames().get(thread)  # noqa: SLF001  (there is no other way)
    found: list[Place] = []
    while frame is not None:
        found.append(Place(frame.f_code.co_qualname, frame.f_code.co_filename, frame.f_lineno))
        frame = frame.f_back
    return tuple(reversed(found))


def telling(places: tuple[Place, ...]) -> tuple[Place, ...]:
    """Those of the user's code and of libraries, and the innermost one of Python's own below them.

    How rostra's plugins come to call the user's code tells nothing, nor do the libraries by which they do. If there are none
    but rostra's and Python's, the last one says at least what is awaited.
    """
    theirs = {position for position, place in enumerate(places) if not place.is_ours and not place.is_pythons}
    if parts := part_folders():
        theirs = theirs - _leading(places, parts) or theirs
    kept = {*theirs, *([len(places) - 1] if places and not places[-1].is_ours else [])}
    return tuple(places[position] for position in sorted(kept)) or places[-1:]


def _leading(places: tuple[Place, ...], parts: tuple[str, ...]) -> set[int]:
    """The plugins' places in each task above the user's first one, and those of libraries above them."""
    found: set[int] = set()
    around = (*parts, *roots()[0])
    above: list[int] = []
    is_above = True
    for position, place in enumerate(places):
        if place.is_outermost:
            above, is_above = [], True
        is_above = is_above and (place.is_ours or place.is_pythons or place.file.startswith(around))
        above.append(position)
        if is_above and place.file.startswith(parts):
            found.update(above)
    return found


def drawn(places: tuple[Place, ...]) -> tuple[str, ...]:
    """A line per place, with what stands there in the file; deeper tasks are indented."""
    from linecache import getline

    first = min((place.depth for place in places), default=0)
    shown = [("  " * (place.depth - first) + str(place), place) for place in places]
    width = max((len(text) for text, _ in shown), default=0)
    return tuple(
        f"{text:<{width}}  {getline(place.file, place.line).strip()}".rstrip() for text, place in shown
    )


def at(task: "asyncio.Task[Any]") -> str:
    """Where ``task`` awaits, in one line for the log, outermost first."""
    return " → ".join(str(place) for place in telling(awaits(task))) or "nothing"


def shortened(file: str) -> str:
    """The path from the working directory, or from where modules are found, if it is below one of them."""
    installed, pythons = roots()
    for root in (f"{Path.cwd()}/", *installed, *pythons):
        if file.startswith(root):
            return file.removeprefix(root)
    return file


def _walk(waiting: Any, depth: int, seen: set[int]) -> Iterator[Place]:
    innermost: FrameType | None = None
    is_outermost = True
    for _ in range(_DEEPEST):
        if waiting is None:
            return
        if isinstance(waiting, asyncio.Future):
            for future in (waiting, *_held_by(innermost)):
                yield from _walk_future(future, depth, seen)
            return
        frame, code, waiting = _opened(waiting)
        if frame is not None and code is not None:
            innermost = frame
            yield Place(code.co_qualname, code.co_filename, frame.f_lineno, depth, is_outermost)
            is_outermost = False


def _walk_future(future: "asyncio.Future[Any]", depth: int, seen: set[int]) -> Iterator[Place]:
    if id(future) in seen or future.done():
        return
    seen.add(id(future))
    if isinstance(future, asyncio.Task):
        yield from _walk(future.get_coro(), depth + 1, seen)
    for child in getattr(future, "_children", ()):  # what gather waits for; there is no public way to ask
        yield from _walk_future(child, depth, seen)


def _held_by(frame: FrameType | None) -> "Iterator[asyncio.Future[Any]]":
    """Tasks that ``wait``, ``wait_for`` or a ``TaskGroup`` wait for by a future that does not know them."""
    if frame is None or not frame.f_code.co_filename.startswith(_ASYNCIO):
        return
    for local in list(frame.f_locals.values()):
        held = getattr(local, "_tasks", local)
        for each in held if isinstance(held, list | set | tuple) else (held,):
            if isinstance(each, asyncio.Task):
                yield each


def _opened(waiting: Any) -> tuple[FrameType | None, CodeType | None, Any]:
    """The frame and code of something that waits, and what it waits for."""
    if isinstance(waiting, CoroutineType):
        return waiting.cr_frame, waiting.cr_code, waiting.cr_await
    if isinstance(waiting, AsyncGeneratorType):
        return waiting.ag_frame, waiting.ag_code, waiting.ag_await
    if isinstance(waiting, GeneratorType):
        return waiting.gi_frame, waiting.gi_code, waiting.gi_yieldfrom
    if hasattr(waiting, "cr_await"):  # a coroutine of an extension module
        return getattr(waiting, "cr_frame", None), getattr(waiting, "cr_code", None), waiting.cr_await
    return None, None, _within(waiting)


def _within(wrapper: Any) -> Any:
    """What an iterator of the interpreter stands for: ``anext``, the ``__await__`` of something."""
    inner = (asyncio.Future, CoroutineType, AsyncGeneratorType, GeneratorType)
    candidates = gc.get_referents(wrapper)
    for candidate in candidates:
        if isinstance(candidate, inner):
            return candidate
    named = [
        each
        for each in candidates
        if "async_generator" in type(each).__name__ or "anext" in type(each).__name__
    ]
    return named[0] if named else None
