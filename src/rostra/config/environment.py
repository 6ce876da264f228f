"""What the environment says about a class of settings. The only room that reads ``os.environ``.

The type decides what a variable means, so the environment is asked class by class: ``APP_FOO_BAR`` is setting
``bar`` of ``[foo]``, and ``APP_FOO_BAR_FILE`` names a file with its value, unless a setting of that name exists.
Files of variables (dotenv) speak as the environment does, and lie under it.
"""

import os
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import Any, TypeVar

from rostra.config.declared import UnknownTypeError, paths_of
from rostra.config.faults import UnreadableError
from rostra.config.layers import Layer, Origin
from rostra.config.tree import Path, Text, branch, dotted
from rostra.errors import ConfigError, Mistake
from rostra.values import Values

FILE = "_FILE"
_KEPT = "__rostra_variables__"

Meant = TypeVar("Meant")


_NOTHING: Mapping[str, Any] = MappingProxyType({})


class Environment:
    """Variables, of the process and of files. Those that begin with the prefix are copied.

    Args:
        prefix: In capitals, without the underscore; None if no variable is ever read as a setting.
        variables: Those with the prefix: name and content.
        files: What files of variables say; the later wins, and the process wins over all of them.
        said_by: Which file said a variable, if one did.
        given: What is read in place of ``os.environ``.
    """

    __slots__ = ("files", "given", "prefix", "said_by", "variables")

    def __init__(
        self,
        prefix: str | None = None,
        variables: Mapping[str, str] = _NOTHING,
        files: tuple[Layer, ...] = (),
        said_by: Mapping[str, Layer] = _NOTHING,
        given: Mapping[str, str] | None = None,
    ) -> None:
        self.prefix = prefix
        self.variables = variables
        self.files = files
        self.said_by = said_by
        self.given = given

    def variable(self, path: Path) -> str | None:
        """The variable that sets what stands at ``path``, or None if none can."""
        return None if self.prefix is None else _variable(self.prefix, path)

    def origin(self, name: str) -> Origin:
        """Who says what a variable is."""
        file = self.said_by.get(name)
        return file.origin_at((name,)) if file else Origin("variable", name)

    def all(self) -> Mapping[str, str]:
        """What all variables are now, with the prefix or without."""
        of_files = {name: text for file in self.files for name, text in file.values.items()}
        return {**of_files, **_of_process(self.given)}


_SILENT = Environment()


def _of_process(given: Mapping[str, str] | None) -> Mapping[str, str]:
    return os.environ if given is None else given


def _variable(prefix: str, path: Path) -> str:
    name = "_".join([prefix, *map(str, path)]).upper()
    return name if name.isascii() and name.isidentifier() else re.sub(r"[^A-Z0-9_]", "_", name)


def environment(
    prefix: str | None, given: Mapping[str, str] | None = None, files: Iterable[Layer] = ()
) -> Environment:
    """The variables that begin with ``prefix`` and an underscore, as they are now.

    Args:
        prefix: Letters, digits and underscores, in any case; None and an empty one read nothing.
        given: Instead of the variables of this process.
        files: What files of variables say.

    Raises:
        ConfigError: No variable can begin with this prefix.
    """
    files = tuple(files)
    if not prefix:
        return Environment(files=files, given=given) if files or given is not None else _SILENT
    proper = prefix.rstrip("_").upper()
    if not re.fullmatch(r"[A-Z_][A-Z0-9_]*", proper, re.ASCII):
        raise ConfigError(f'"{prefix}" cannot begin the name of a variable', fix=("use letters, as in APP",))
    begin, own = f"{proper}_", _of_process(given)
    process = {name: own[name] for name in own if name.startswith(begin)}
    said_by = {name: file for file in files for name in file.values if name.startswith(begin)}
    variables = {name: file.values[name] for name, file in said_by.items()} | process
    filed = {name: file for name, file in said_by.items() if name not in process}
    return Environment(proper, variables, files, filed, given)


class Variables(Values):
    """The variables that set something of a class.

    Args:
        paths: The path of each one's setting; a table comes before its parts.
        files: For each name that a variable with the name of a file has, the variable itself.
        shared: Names that two settings of the class would have, with the paths of both.
    """

    paths: Mapping[str, Path] = _NOTHING
    files: Mapping[str, str] = _NOTHING
    shared: tuple[tuple[str, Path, Path], ...] = ()


_NONE = Variables()


class Asked(Values):
    """A class that wants its section.

    Args:
        cls: The class.
        place: The path of its section.
        variables: All that set something of it.
    """

    cls: type
    place: Path
    variables: Variables


def asked_by(cls: type, place: Path, known: Environment) -> Asked:
    """A class and all variables that set something of it.

    If its settings cannot be known it has none: that is told when it is made.
    """
    return Asked(cls, place, _NONE if known.prefix is None else variables_of(cls, place, known.prefix))


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
            return _NONE
    return kept[prefix, place]


def _variables(paths: Iterable[Path], prefix: str) -> Variables:
    known: dict[str, Path] = {}
    shared = []
    for path in paths:
        name = _variable(prefix, path)
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
        Layer(branch(path[depth:], Text(known.variables[name])), known.origin(name))
        for name, path in _set(of_class.paths, known)
    ]
    mistakes = []
    for name, variable in _set(of_class.files, known):
        if name in taken:
            continue
        from rostra.config.formats import secret_in

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
