"""What the environment says about a class of settings. The only room that reads ``os.environ``.

The type decides what a variable means, so the environment is asked class by class: ``APP_FOO_BAR`` is setting
``bar`` of ``[foo]``, and ``APP_FOO_BAR_FILE`` names a file with its value, unless a setting of that name exists.
"""

import os
import re
from collections.abc import Collection, Mapping

import attrs

from rostra.config.declared import UnknownTypeError, paths_of
from rostra.config.formats import UnreadableError, secret_in
from rostra.config.origin import Origin
from rostra.config.text import Text
from rostra.config.tree import Node, Path, Value, dotted, replaced
from rostra.errors import ConfigError, Mistake

FILE = "_FILE"


@attrs.frozen
class Environment:
    """A copy of the variables that begin with a prefix.

    Args:
        prefix: In capitals, without the underscore; None if no variable is ever read.
        variables: Name and content.
    """

    prefix: str | None = None
    variables: Mapping[str, str] = attrs.field(factory=dict, repr=False)

    def variable(self, path: Path) -> str | None:
        """The variable that sets what stands at ``path``, or None if none can."""
        if self.prefix is None:
            return None
        name = "_".join([self.prefix, *map(str, path)]).upper()
        return name if name.isascii() and name.isidentifier() else re.sub(r"[^A-Z0-9_]", "_", name)


def environment(prefix: str | None, variables: Mapping[str, str] | None = None) -> Environment:
    """The variables that begin with ``prefix`` and an underscore, as they are now.

    Args:
        prefix: Letters, digits and underscores, in any case; None and an empty one read nothing.
        variables: Instead of those of this process.

    Raises:
        ConfigError: No variable can begin with this prefix.
    """
    if not prefix:
        return Environment()
    proper = prefix.rstrip("_").upper()
    if not re.fullmatch(r"[A-Z_][A-Z0-9_]*", proper, re.ASCII):
        raise ConfigError(f'"{prefix}" cannot begin the name of a variable', fix=("use letters, as in APP",))
    said = os.environ if variables is None else variables
    return Environment(proper, {name: text for name, text in said.items() if name.startswith(f"{proper}_")})


@attrs.frozen
class Asked:
    """A class that wants its section.

    Args:
        cls: The class.
        place: The path of its section.
        variables: All that set something of it; those of a table before those of its parts.
    """

    cls: type
    place: Path
    variables: tuple["Variable", ...]


@attrs.frozen
class Variable:
    """A variable and the setting that it sets.

    Args:
        name: Of the variable.
        path: Of the setting.
    """

    name: str
    path: Path


def asked_by(cls: type, place: Path, known: Environment) -> Asked:
    """A class and all variables that set something of it.

    If its settings cannot be known it has none: that is told when it is made.
    """
    try:
        paths = tuple(paths_of(cls, place)) if known.prefix is not None else ()
    except UnknownTypeError:
        paths = ()
    return Asked(cls, place, tuple(Variable(known.variable(path) or "", path) for path in paths))


def overlaid(
    node: Node, asked: Asked, known: Environment, taken: Collection[str]
) -> tuple[Node, tuple[Mistake, ...]]:
    """What stands at a section, with what variables and then the files that variables name say on top of it.

    Args:
        node: The section, without the environment.
        asked: The class that wants it.
        known: What is set.
        taken: All variables that are settings' own: none of them is the ``_FILE`` of another one.
    """
    for each in asked.variables:
        if (said := known.variables.get(each.name)) is not None:
            value = Value(Text(said), Origin("variable", each.name))
            node = replaced(node, each.path[len(asked.place) :], value)
    mistakes = []
    for each in asked.variables:
        name = f"{each.name}{FILE}"
        if name in taken or (file := known.variables.get(name)) is None:
            continue
        try:
            value = Value(Text(secret_in(file)), Origin("secret file", f"{file} ({name})"))
        except UnreadableError as error:
            mistakes.append(Mistake(dotted(each.path), f"the file that it names {error}", f"from {name}"))
        else:
            node = replaced(node, each.path[len(asked.place) :], value)
    return node, tuple(mistakes)
