"""What does a module look like that does what a plan says? Its text, and what the names in it stand for.

A name stands for a value that is known beforehand, for a place in the context's list of values, or for an object of the
stage. The latter two are filled in where there is a context, and so the text is the same for contexts of all shapes. Which
line belongs to whose making is known beside the text, so that an exception can say for whom something was built.
"""

import inspect
import keyword
import re
from collections.abc import Iterable
from typing import Any, NamedTuple

from rostra.components import Added, Key, name_of
from rostra.di.offers import Way
from rostra.di.plans import Argument, Plan
from rostra.di.signatures import Signature


class Program(NamedTuple):
    """A function as source text.

    Args:
        name: Its name.
        text: The module that defines it.
        names: What the names in it stand for, but for those that every program has.
        ways: By line: the adapter that is called there, and those for which it is.
        slots: The names in it that are places in the list of values, each by the type and name of what lies there.
        of_stage: The names in it of objects of the stage, each by its product.
    """

    name: str
    text: str
    names: dict[str, Any]
    ways: dict[int, Way]
    slots: dict[Added, str]
    of_stage: dict[Any, str]


class Task(NamedTuple):
    """What a program is to do.

    Args:
        plan: How everything is made.
        label: What is asked for, by name.
        given: The names of the given values, in the order in which they are passed.
        function: The function to call in the end, if it is for one.
        arguments: What that is called with.
        is_one: One object is returned, not a tuple.
        passes: The caller passes further arguments for the function, as ``args`` and ``kwargs``.
        can_wait: It may use ``await``.
        is_told_what_to_call: The caller passes the function itself, as ``function``.
    """

    plan: Plan
    label: str
    given: tuple[str, ...]
    function: Signature | None = None
    arguments: tuple[Argument, ...] = ()
    is_one: bool = True
    passes: bool = False
    can_wait: bool = True
    is_told_what_to_call: bool = False

    @property
    def name(self) -> str:
        """What the program is called."""
        return f"{'nject' if self.function is None else 'call'}_{safe(self.label)}"

    @property
    def takes(self) -> list[str]:
        """What it is passed."""
        first = ["values", "function"] if self.is_told_what_to_call else ["values"]
        return [*first, *map(given, self.given), *(["args", "kwargs"] if self.passes else [])]

    @property
    def returns_awaitable(self) -> bool:
        """The call of the function surely gives something to be awaited."""
        return self.function is not None and inspect.iscoroutinefunction(self.function.target)


class Unwritable(Exception):  # noqa: N818  (never seen by anybody)
    """This plan is better interpreted, for now or for ever."""


class Page:
    """A program that is being written.

    Args:
        taken: Names in it that stand for something else.
    """

    def __init__(self, taken: Iterable[str]) -> None:
        self._used = {*_TAKEN, *taken}
        self._names: dict[str, Any] = {}
        self._named_by: dict[Any, str] = {}
        self._slots: dict[Added, str] = {}
        self._of_stage: dict[Any, str] = {}
        self._lines: list[str] = []
        self._ways: dict[int, Way] = {}

    def line(self, depth: int, text: str, way: Way | None = None) -> None:
        """Write a line.

        Args:
            depth: How far it is indented.
            text: What it says.
            way: The adapter that is called there, and those for which it is.
        """
        self._lines.append("    " * depth + text)
        if way is not None:
            self._ways[len(self._lines)] = way

    def named(self, wanted: str, value: Any) -> str:
        """The name of a value; what is like ``wanted``, if it has none yet."""
        if id(value) not in self._named_by:
            name = self._new(wanted)
            self._named_by[id(value)], self._names[name] = name, value
        return self._named_by[id(value)]

    def slot(self, key: Key, name: str | None) -> str:
        """What lies in the context's list of values under a type and a name."""
        called = f"at_{name_of(key)}" if name is None else f"at_{name_of(key)}_{name}"
        return f"values[{self._later(self._slots, (key, name), called)}]"

    def of_stage(self, product: Any, wanted: str) -> str:
        """An object of the stage."""
        return self._later(self._of_stage, product, wanted)

    def program(self, name: str) -> Program:
        """What was written; ``name`` is that of its function."""
        text = "\n".join([*self._lines, ""])
        return Program(name, text, self._names, self._ways, self._slots, self._of_stage)

    def _later(self, places: dict[Any, str], place: Any, wanted: str) -> str:
        """A name for what is not known before there is a context."""
        if place not in places:
            places[place] = self._new(wanted)
        return places[place]

    def _new(self, wanted: str) -> str:
        name = wanted = safe(wanted)
        while name in self._used:
            name = f"{wanted}_{len(self._used)}"
        self._used.add(name)
        return name


_TAKEN = frozenset(
    (
        *("values", "function", "args", "kwargs", "error", "scope", "first"),
        *("kept", "find", "there", "flying", "flight", "opening"),
        *("MISSING", "Flight", "awaited", "broken_off", "check", "driven", "handed_over", "landed", "left"),
        *("opened", "opened_now", "told", "ways", "yielded_nothing"),
        *("isinstance", "BaseException", "Exception", "StopAsyncIteration"),
    )
)


def given(name: str) -> str:
    """What a program calls a given value."""
    return f"given_{name}"


def safe(text: str) -> str:
    """A name that is like ``text``."""
    name = re.sub(r"\W+", "_", text).strip("_") or "it"
    return name if name.isidentifier() and not keyword.iskeyword(name) else f"_{name}"
