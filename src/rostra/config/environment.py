"""Which variables are there? The only room that reads ``os.environ``; what they say is in ``variables``.

Files of variables (dotenv) speak as the environment does, and lie under it.
"""

import os
import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from rostra.config.layers import Layer
from rostra.config.tree import Path
from rostra.values import Values

FILE = "_FILE"

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
        return None if self.prefix is None else variable_of(self.prefix, path)

    def all(self) -> Mapping[str, str]:
        """What all variables are now, with the prefix or without."""
        of_files = {name: text for file in self.files for name, text in file.values.items()}
        return {**of_files, **of_process(self.given)}


_SILENT = Environment()


def of_process(given: Mapping[str, str] | None) -> Mapping[str, str]:
    """The variables of this process, or those given in their place."""
    return os.environ if given is None else given


def variable_of(prefix: str, path: Path) -> str:
    """The variable that sets what stands at ``path``."""
    name = "_".join([prefix, *map(str, path)]).upper()
    return name if name.isascii() and name.isidentifier() else re.sub(r"[^A-Z0-9_]", "_", name)


def without_settings(files: tuple[Layer, ...], given: Mapping[str, str] | None) -> Environment:
    """The environment where no variable is a setting; references may still name some."""
    return Environment(files=files, given=given) if files or given is not None else _SILENT


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


NO_VARIABLES = Variables()


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
