"""How does the source text of a plan become a function? With a file of its own, for tracebacks, profiles and debuggers.

The text is found through the loader of its module, as ``linecache`` does it, so that it is forgotten with the
function. An exception that passes through is told for whom something was being built, by the line that raised it.
"""

import inspect
import itertools
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Any

from rostra.di.keeping import MISSING, Flight
from rostra.di.products import Way, add_note, check
from rostra.di.programs import Program
from rostra.di.running import left, opened, opened_now

_numbers = itertools.count(1)


class Loader:
    """Tells ``linecache`` the text of a module that no file has."""

    __slots__ = ("text",)

    def __init__(self, text: str) -> None:
        self.text = text

    def get_source(self, _: str) -> str:
        """The text."""
        return self.text


class Compiled:
    """A program, compiled once for contexts of all shapes.

    Args:
        program: Its text and what that takes for granted.
    """

    __slots__ = ("_code", "_module", "_name")

    def __init__(self, program: Program) -> None:
        self._name = program.name
        file = f"rostra.di/{next(_numbers)}/{program.name}.py"
        self._code = compile(program.text, file, "exec")
        self._module: dict[str, Any] = {
            **program.names,
            "MISSING": MISSING,
            "Flight": Flight,
            "awaited": awaited,
            "check": check,
            "left": left,
            "opened": opened,
            "opened_now": opened_now,
            "told": told,
            "ways": program.ways,
            "__name__": f"rostra.di.{program.name}",
            "__loader__": Loader(program.text),
        }

    def at(self, places: Mapping[str, Any]) -> Callable[..., Any]:
        """The function that it defines, where the names that differ between contexts stand for this."""
        module = {**self._module, **places}
        exec(self._code, module)  # noqa: S102  (rostra wrote the text)
        function: Callable[..., Any] = module[self._name]
        return function


async def awaited(result: Any) -> Any:
    """What a function gave, awaited if it can be."""
    return await result if inspect.isawaitable(result) else result


def told(error: BaseException, ways: dict[int, Way]) -> None:
    """Let an exception say for whom something was being built.

    Raises:
        RuntimeError: A generator ended instead of yielding.
    """
    trace: TracebackType | None = error.__traceback__
    way = ways.get(trace.tb_lineno) if trace is not None else None
    if way is None or not isinstance(error, Exception):
        return
    if isinstance(error, StopAsyncIteration) and way[-1].signature.is_generator:
        failed = RuntimeError("generator didn't yield")
        add_note(failed, way)
        raise failed from None
    add_note(error, way)
