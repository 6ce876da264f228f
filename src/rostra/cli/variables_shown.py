"""Which variables are there, and are they set? For ``rostra config --env``."""

from collections.abc import Iterable, Sequence
from typing import Any

import attrs

from rostra.cli.look import Line, good, name, quiet, wrong
from rostra.config import ConfigSource
from rostra.config.described import Described, DescribedClass, every, in_words
from rostra.config.effective import variables_set
from rostra.config.environment import FILE
from rostra.config.tree import Path, dotted
from rostra.config.written import UnwritableError, in_json, plain

__all__ = ["COLUMNS", "Variable", "as_data", "as_rows", "variables"]

COLUMNS = ("variable", "type", "default", "set")


@attrs.frozen
class Variable:
    """A variable and the setting that it sets.

    Args:
        name: Of the variable.
        setting: The setting, with its section.
        type: What it must be, in words.
        default: What it is otherwise; None if there is none to show.
        is_required: The setting has no default.
        is_secret: It has a secret in it.
        set_by: The variables that are set of the two: this one, and the one that names a file.
        text: The setting's documentation.
    """

    name: str
    setting: str
    type: str
    default: Any
    is_required: bool
    is_secret: bool
    set_by: tuple[str, ...]
    text: str

    @property
    def file(self) -> str:
        """The variable that names a file with the value."""
        return f"{self.name}{FILE}"


def variables(source: ConfigSource, classes: Iterable[DescribedClass]) -> list[Variable]:
    """All variables that set something, in the order of the settings."""
    found = variables_set(source)
    settings: dict[Path, Described] = {}
    for section in classes:
        for each in every(section):
            settings.setdefault(each.path, each)  # the classes of a union may have one of the same name
    return [_variable(source, each, found) for each in settings.values()]


def _variable(source: ConfigSource, each: Described, found: Any) -> Variable:
    called = source.variable(dotted(each.path)) or ""
    words = in_words(each.setting.type)
    return Variable(
        called,
        dotted(each.path),
        words if not each.classes else f"{words}, as JSON",
        _default(each),
        each.setting.required and not each.classes,
        each.is_secret,
        tuple(variable for variable in (called, f"{called}{FILE}") if variable in found),
        each.text,
    )


def _default(each: Described) -> Any:
    if each.default is attrs.NOTHING or each.is_secret or each.classes:
        return None
    try:
        return plain(each.default, each.setting.type)
    except UnwritableError as error:
        return str(error)


def as_rows(found: Sequence[Variable]) -> list[tuple[Line, ...]]:
    """A row for each, for ``COLUMNS``."""
    return [(name(each.name), _type(each), _shown(each), _set(each)) for each in found]


def _type(each: Variable) -> str:
    return f"{each.type}, secret" if each.is_secret else each.type


def _shown(each: Variable) -> Line:
    if each.is_required:
        return "required"
    return quiet("") if each.default is None else quiet(in_json(each.default))


def _set(each: Variable) -> Line:
    if each.set_by:
        return good("yes" if each.set_by == (each.name,) else f"by {each.set_by[-1]}")
    return wrong("no") if each.is_required else quiet("no")


def as_data(found: Sequence[Variable]) -> dict[str, Any]:
    """What ``--env --format json`` writes; see the reference of the command line."""
    return {
        "variables": [
            {
                "variable": each.name,
                "file": each.file,
                "setting": each.setting,
                "type": each.type,
                "default": each.default,
                "required": each.is_required,
                "secret": each.is_secret,
                "set": list(each.set_by),
                "documentation": each.text,
            }
            for each in found
        ]
    }
