"""What does the name of a plugin mean? A module, or a function in one; nothing is imported to find out.

It is read as an entry point of ``rostra.plugins``, a dotted module, ``module:function``, or a relative name, in this order.
Who asks decides what a relative name is relative to.
"""

from collections.abc import Callable, Mapping
from types import ModuleType
from typing import Any

from rostra import errors
from rostra.values import Values

_HOW = 'name a module: "myapp", "myapp.storage" or "myapp:prepare"'


class Reference(Values):
    """What a name means.

    Args:
        module: The absolute dotted name of a module.
        attribute: The function in it, or None for the module as a whole.
    """

    module: str
    attribute: str | None = None

    def __str__(self) -> str:
        return self.module if self.attribute is None else f"{self.module}:{self.attribute}"


def read(name: str, package: str | None, entry_points: Mapping[str, str], asked_by: str = "") -> Reference:
    """What ``name`` means.

    Args:
        name: As the user wrote it.
        package: Of the plugin that asks: its dotted package, "" for a module that is in none (what is
            relative to it are the modules beside it), or None if no plugin asks.
        entry_points: Name to ``module`` or ``module:function``. An entry point is nearer than a module of its
            name.
        asked_by: The plugin that asks, for the error.

    Raises:
        PluginNotFoundError: The name can mean nothing: it is a path, is empty, or is relative to nothing.
    """
    try:
        is_relative = name.startswith(".") and not _is_path(name)
        return _split(_absolute(name, package) if is_relative else entry_points.get(name, name))
    except _MeaninglessError as problem:
        raise errors.PluginNotFoundError(name, asked_by, (problem.reason,), (problem.fix,)) from None


class _MeaninglessError(Exception):
    def __init__(self, reason: str, fix: str = _HOW) -> None:
        super().__init__(reason, fix)
        self.reason = reason
        self.fix = fix


def _split(name: str) -> Reference:
    module, colon, attribute = name.partition(":")
    dotted = [*module.split("."), *(attribute.split(".") if colon else ())]
    if all(map(str.isidentifier, dotted)) and dotted[-1] != "py":
        return Reference(module, attribute or None)
    if _is_path(name):
        stem = name.replace("\\", "/").rpartition("/")[2].removesuffix(".py")
        reason = "this is a path, and a plugin is named by its module"
        raise _MeaninglessError(
            reason, f'name it "{stem}", with its folder on sys.path; or: rostra run {name}'
        )
    raise _MeaninglessError("this is neither a dotted name nor module:function")


def _is_path(name: str) -> bool:
    return "/" in name or "\\" in name or name.endswith(".py")


def _absolute(name: str, package: str | None) -> str:
    rest = name.lstrip(".")
    climbs = len(name) - len(rest) - 1
    if package is None:
        raise _MeaninglessError(
            "it is relative, and no plugin asks for it", f'name it in full: "myapp{name}"'
        )
    parts = package.split(".") if package else []
    if climbs and climbs >= len(parts):
        reason = (
            f"it climbs out of the package {package}" if package else "the plugin that asks is in no package"
        )
        raise _MeaninglessError(reason, "use fewer dots, or name it in full")
    base = ".".join(parts[: len(parts) - climbs])
    return f"{base}.{rest}" if base and rest and not rest.startswith(":") else base + rest


def function_of(reference: Reference, module: ModuleType, name: str, asked_by: str) -> Callable[..., Any]:
    """The function that is meant, in its module.

    Raises:
        PluginNotFoundError: There is nothing of this name in it, or no function.
    """
    found: Any = module
    for part in (reference.attribute or "").split("."):
        if not hasattr(found, part):
            from rostra.plugin.unfound import no_attribute

            raise no_attribute(name, asked_by, reference.module, found, part)
        found = getattr(found, part)
    if callable(found) and not isinstance(found, type):
        function: Callable[..., Any] = found
        return function
    from rostra.plugin.unfound import no_function

    raise no_function(name, asked_by, str(reference), found)
