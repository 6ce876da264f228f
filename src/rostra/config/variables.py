"""What do variables say about a class of settings?

The type decides what a variable means, so the environment is asked class by class: ``APP_FOO_BAR`` is setting
``bar`` of ``[foo]``, and ``APP_FOO_BAR_FILE`` names a file with its value, unless a setting of that name exists.
"""

import re
from collections.abc import Collection, Hashable, Iterable, Iterator, Mapping
from typing import Any, TypeVar

from rostra.config.declared import UnknownTypeError, classes_in, names_around, settings_of
from rostra.config.environment import (
    FILE,
    NO_VARIABLES,
    Asked,
    Environment,
    Variables,
    of_process,
    variable_of,
)
from rostra.config.layers import Layer, Origin
from rostra.config.tree import Path, Text, branch, dotted
from rostra.errors import ConfigError, Mistake

__all__ = ["environment", "paths_of", "said_about", "variables_of"]

_KEPT = "__rostra_variables__"

Meant = TypeVar("Meant")


def environment(prefix: str, files: tuple[Layer, ...], given: Mapping[str, str] | None) -> Environment:
    """The variables that begin with ``prefix`` and an underscore, as they are now.

    Args:
        prefix: Letters, digits and underscores, in any case.
        files: What files of variables say.
        given: Instead of the variables of this process.

    Raises:
        ConfigError: No variable can begin with this prefix.
    """
    proper = prefix.rstrip("_").upper()
    if not re.fullmatch(r"[A-Z_][A-Z0-9_]*", proper, re.ASCII):
        raise ConfigError(f'"{prefix}" cannot begin the name of a variable', fix=("use letters, as in APP",))
    begin, own = f"{proper}_", of_process(given)
    process = {name: own[name] for name in own if name.startswith(begin)}
    said_by = {name: file for file in files for name in file.values if name.startswith(begin)}
    variables = {name: file.values[name] for name, file in said_by.items()} | process
    filed = {name: file for name, file in said_by.items() if name not in process}
    return Environment(proper, variables, files, filed, given)


def variables_of(cls: type, place: Path, prefix: str) -> Variables:
    """The variables that set something of a class at a place; kept on the class itself, and so gone with it."""
    kept: dict[tuple[str, Path], Variables] | None = vars(cls).get(_KEPT)
    if kept is None:
        kept = {}
        setattr(cls, _KEPT, kept)
    if (prefix, place) not in kept:
        try:
            kept[prefix, place] = _variables(paths_of(cls, place), prefix)
        except UnknownTypeError:
            return NO_VARIABLES
    return kept[prefix, place]


def _variables(paths: Iterable[Path], prefix: str) -> Variables:
    known: dict[str, Path] = {}
    shared = []
    for path in paths:
        name = variable_of(prefix, path)
        if known.setdefault(name, path) != path:
            shared.append((name, known[name], path))
    return Variables(known, {f"{name}{FILE}": name for name in known}, tuple(shared))


def said_about(
    asked: Asked, known: Environment, taken: Collection[str]
) -> tuple[tuple[Layer, ...], tuple[Mistake, ...]]:
    """What variables say about a section, and on top of that the files that variables name.

    Args:
        asked: The class that wants it.
        known: What is set.
        taken: All variables that are settings' own: none of them is the ``_FILE`` of another one.

    Returns:
        A layer for each, within the section; and what is wrong with the files.
    """
    if known.prefix is None:
        return (), ()
    of_class, depth = asked.variables, len(asked.place)
    layers = [
        Layer(branch(path[depth:], Text(known.variables[name])), _origin(name, known))
        for name, path in _set(of_class.paths, known)
    ]
    mistakes = []
    for name, variable in _set(of_class.files, known):
        if name in taken:
            continue
        from rostra.config.formats import UnreadableError, secret_in

        path = of_class.paths[variable]
        file = known.variables[name]
        try:
            values = branch(path[depth:], Text(secret_in(file)))
        except UnreadableError as error:
            mistakes.append(Mistake(dotted(path), f"the file that it names {error}", f"from {name}"))
        else:
            layers.append(Layer(values, Origin("secret file", f"{file} ({name})")))
    return tuple(layers), tuple(mistakes)


def _set(names: Mapping[str, Meant], known: Environment) -> Iterator[tuple[str, Meant]]:
    """Those that are set, in the order of the settings."""
    if found := names.keys() & known.variables.keys():
        yield from ((name, meant) for name, meant in names.items() if name in found)


def _origin(name: str, known: Environment) -> Origin:
    """Who says what a variable is."""
    file = known.said_by.get(name)
    return file.origin_at((name,)) if file else Origin("variable", name)


def paths_of(cls: type, place: tuple[Hashable, ...]) -> Iterator[tuple[Hashable, ...]]:
    """The paths of all settings of a class and of the classes within it; a table comes before its parts.

    Args:
        cls: A class for which ``is_section`` is true.
        place: The path of its section.
    """
    return _paths(cls, place, names_around(cls), frozenset({cls}))


def _paths(
    cls: type, place: tuple[Hashable, ...], around: Mapping[str, Any], seen: frozenset[type]
) -> Iterator[tuple[Hashable, ...]]:
    for setting in settings_of(cls, around):
        path = (*place, setting.name)
        yield path
        for inner in classes_in(setting.type):
            if inner not in seen:  # a class that holds itself ends here
                yield from _paths(inner, path, around, seen | {inner})
