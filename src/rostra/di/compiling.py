"""How does a plan become a function? Its source text gets a file of its own, for tracebacks, profiles and debuggers.

The text is found through the loader of its module, as ``linecache`` does it, so that it is forgotten with the
function. An exception that passes through is told for whom something was being built, by the line that raised it.
"""

import inspect
import itertools
from collections.abc import AsyncGenerator, Callable, Mapping
from types import TracebackType
from typing import Any, Never

from rostra.components import Sight
from rostra.di.closing import Stack, leave
from rostra.di.driving import driven
from rostra.di.keeping import MISSING, Flight
from rostra.di.offers import Way, add_note, check
from rostra.di.plans import Build, Plan
from rostra.di.programs import Program, Task, Unwritable
from rostra.di.recipes import At, Recipe, Ways
from rostra.di.running import opened, opened_now
from rostra.di.scopes import StageObjects
from rostra.di.under_way import broken_off, handed_over
from rostra.di.waiting import landed
from rostra.di.writing import Writer

_numbers = itertools.count(1)


def function_of(recipe: Recipe, at: At, given: Mapping[str, Any], ways: Ways) -> Callable[..., Any] | None:
    """The plan as a function of the context's values and the given values, or None if it is better interpreted."""
    program = program_of(recipe, tuple(given), ways)
    if program is None:
        return None
    places = places_of(program, (at.values, at.shape))
    if places is None:
        return None
    key = (tuple(given), ways)
    if key not in recipe.compiled:
        recipe.compiled[key] = Compiled(program)
    compiled: Compiled = recipe.compiled[key]
    return compiled.at(places)


def program_of(recipe: Recipe, given: tuple[str, ...], ways: Ways) -> Program | None:
    """The source text of a plan; None if it cannot be written."""
    key = (given, ways)
    if key not in recipe.programs:
        try:
            recipe.programs[key] = Writer(_task(recipe, given, ways)).program()
        except Unwritable:
            recipe.programs[key] = None
    program: Program | None = recipe.programs[key]
    return program


def places_of(program: Program, at: Sight) -> dict[str, Any] | None:
    """What the names in a program stand for in this context; None as long as an object of the stage is to be made."""
    values, shape = at
    slot = shape.find(StageObjects, None)
    there: Mapping[Any, Any] = {} if slot is None else values[slot].kept.values
    slots = {name: shape.find(*added) for added, name in program.slots.items()}
    if None in slots.values() or not there.keys() >= program.of_stage.keys():
        return None
    return {**slots, **{name: there[product] for product, name in program.of_stage.items()}}


def _task(recipe: Recipe, given: tuple[str, ...], ways: Ways) -> Task:
    keeps_nothing = ways.is_alone and not _is_made_twice(recipe.plan)
    plan = recipe.plan._replace(kept=frozenset()) if keeps_nothing else recipe.plan
    shared = (recipe.wanted, given, recipe.function, recipe.arguments)
    return Task(plan, *shared, ways.is_one, ways.passes, ways.can_wait, ways.is_told_what_to_call)


def _is_made_twice(plan: Plan) -> bool:
    """Whether two ways of making the same thing are in one plan, so that the first that is made is for both."""
    products = [node.offer.product for node in plan.kept if isinstance(node, Build)]
    return len(set(products)) < len(products)


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
            "broken_off": broken_off,
            "check": check,
            "driven": driven,
            "handed_over": handed_over,
            "landed": landed,
            "left": left,
            "opened": opened,
            "opened_now": opened_now,
            "told": told,
            "ways": program.ways,
            "yielded_nothing": yielded_nothing,
            "__name__": f"rostra.di.{program.name}",
            "__loader__": Loader(program.text),
            "__tracebackhide__": True,  # so that pytest shows the user's code
        }

    def at(self, places: Mapping[str, Any]) -> Callable[..., Any]:
        """The function that it defines, where the names that differ between contexts stand for this."""
        module = {**self._module, **places}
        exec(self._code, module)  # noqa: S102  (rostra wrote the text)
        function: Callable[..., Any] = module[self._name]
        return function


async def left(stack: Stack, generator: AsyncGenerator[Any, None]) -> None:
    """Leave a generator that yielded while the scope was closing.

    Raises:
        ClosedError: Always.
    """
    await leave(generator, None)
    stack.check_open()


def yielded_nothing() -> Never:
    """A generator has ended instead of yielding.

    Raises:
        RuntimeError: Always.
    """
    msg = "generator didn't yield"
    raise RuntimeError(msg) from None


async def awaited(result: Any) -> Any:
    """What a function gave, awaited if it can be."""
    return await result if inspect.isawaitable(result) else result


def told(error: BaseException, ways: dict[int, Way]) -> None:
    """Let an exception say for whom something was being built."""
    trace: TracebackType | None = error.__traceback__
    way = ways.get(trace.tb_lineno) if trace is not None else None
    if way is not None and isinstance(error, Exception):
        add_note(error, way)
