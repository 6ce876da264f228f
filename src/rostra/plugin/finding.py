"""Which module, and which ``prepare``? Imports what a name means, or says what comes close.

A name is an entry point of ``rostra.plugins``, a dotted module, ``module:function``, or a relative name; it is read in this
order, before anything is imported. Who asks decides what a relative name is relative to.
"""

import functools
import importlib
import importlib.util
import inspect
import sys
from collections.abc import Callable, Hashable, Mapping
from opcode import opmap
from pathlib import Path
from types import FunctionType, MethodType, ModuleType
from typing import Any, TypeAlias

from rostra import di, errors
from rostra.errors.base import shortened
from rostra.installed import PLUGINS, entry_points, names
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


class Script(Values):
    """The running script, which Python calls ``__main__`` whatever its file is called.

    Args:
        module: Its name as ``python -m`` was told, or None if it was started as a file.
        stem: The name of its file without the ending, or None if it has no file.
    """

    module: str | None = None
    stem: str | None = None

    def may_be(self, module: str) -> bool:
        """Whether ``module`` may be this script under its other name; only its file can tell for sure."""
        return module == self.module or module.rpartition(".")[2] == self.stem


def read(name: str, package: str | None, entry_points: Mapping[str, str], asked_by: object = "") -> Reference:
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
        raise errors.PluginNotFoundError(name, str(asked_by), (problem.reason,), (problem.fix,)) from None


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


_ASYNC = inspect.CO_COROUTINE | inspect.CO_ASYNC_GENERATOR
_WAITS = opmap["SEND"]

Named: TypeAlias = "str | ModuleType | Callable[..., Any]"
"""What a plugin may be named by."""

LISTED = "the setting plugins"
"""Stands among the plugins of a stage for those that its settings list."""


class ModuleName(str):
    """The absolute name of a module, whatever the entry points are called: nobody need look which there are."""

    __slots__ = ()


class Plugin(Values):
    """A module or function that was found.

    Args:
        name: How messages call it.
        module: Where handlers and adapters are collected, or None for a function that no module knows by
            name.
        prepare: What is run, or None if the module has nothing of the kind.
        package: What its relative names are relative to: a dotted package, or "" if it is in none.
    """

    name: str
    module: ModuleType | None
    prepare: Callable[..., Any] | None
    package: str

    @property
    def place(self) -> str:
        """File and line of its ``prepare``, or the file of its module; empty if neither can be told."""
        if callable(self.prepare):
            return di.signature(self.prepare).place
        return shortened(getattr(self.module, "__file__", None) or "")

    @property
    def is_instant(self) -> bool:
        """Whether its ``prepare``, if it has one, takes nothing and never waits."""
        return self.prepare is None or (di.takes_nothing(self.prepare) and never_waits(self.prepare))

    @property
    def identity(self) -> Hashable:
        """Equal for two that are one plugin, by whatever name each was found."""
        if isinstance(self.prepare, MethodType):
            return id(self.prepare.__self__), self.prepare.__func__
        return id(self.module if self.prepare is None else self.prepare)


class Call(Values):
    """The line of code that loads something."""

    file: str
    line: int

    def __str__(self) -> str:
        return f"{shortened(self.file)}:{self.line}"


class Asker(Values):
    """A plugin that loads another one, and where it does so."""

    plugin: Plugin
    call: Call | str

    def __str__(self) -> str:
        return f"{self.plugin.name}, {self.call}"


def where_of(asker: Asker | None) -> tuple[str, ...]:
    """For errors: by whom something is loaded."""
    return () if asker is None else (f"loaded by {asker}",)


def find(what: Named, asker: Asker | None = None) -> Plugin:
    """Find and import the plugin.

    Args:
        what: How it was named.
        asker: Who loads it: relative names are relative to that.

    Raises:
        PluginNotFoundError: There is none.
        PluginError: ``what`` cannot be a plugin.
    """
    if isinstance(what, str):
        return _by_name(what, asker)
    if isinstance(what, ModuleType):
        return _of_module(what)
    if not isinstance(what, type) and callable(what):
        return _of_callable(what)
    why = ("it is neither a name, a module nor a function",)
    fix = ('name a module: "myapp", "myapp.storage" or "myapp:prepare"; or pass the function itself',)
    raise errors.PluginError(f"{what!r} is no plugin", where_of(asker), why, fix)


def is_prepare(function: Callable[..., Any]) -> bool:
    """Whether it is a coroutine function or an async generator function."""
    return _is_async(function) or _is_async(getattr(function, "__call__", None))  # noqa: B004  (what, not whether)


def never_waits(function: Callable[..., Any]) -> bool:
    """Whether it surely ends without waiting, since there is no ``await`` in it, nor ``async with`` or ``async for``."""
    return type(function) is FunctionType and _WAITS not in function.__code__.co_code[::2]


def _is_async(function: Any) -> bool:
    if type(function) is FunctionType and function.__code__.co_flags & _ASYNC:
        return True
    return inspect.iscoroutinefunction(function) or inspect.isasyncgenfunction(function)


def _by_name(name: str, asker: Asker | None) -> Plugin:
    if isinstance(name, ModuleName) or (name.isidentifier() and not is_installed(name)):
        reference = Reference(str(name), None)
    else:
        reference = read(name, None if asker is None else asker.plugin.package, installed(name), asker or "")
    module = _script_called(reference.module) or _import(name, reference, asker)
    if reference.attribute is None:
        return _of_module(module)
    found = _of_callable(_attribute(name, module, reference, asker))
    return found._replace(name=str(reference), module=module)


def _import(name: str, reference: Reference, asker: Asker | None) -> ModuleType:
    try:
        return importlib.import_module(reference.module)
    except ModuleNotFoundError as missing:
        if not f"{reference.module}.".startswith(f"{missing.name}."):
            raise
        reason = str(missing)
    from rostra.plugin.unfound import no_module

    raise no_module(name, str(asker or ""), reference.module, reason) from None


def _attribute(
    name: str, module: ModuleType, reference: Reference, asker: Asker | None
) -> Callable[..., Any]:
    found: Any = module
    for part in (reference.attribute or "").split("."):
        if not hasattr(found, part):
            from rostra.plugin.unfound import no_attribute

            raise no_attribute(name, str(asker or ""), reference.module, found, part)
        found = getattr(found, part)
    if callable(found) and not isinstance(found, type):
        function: Callable[..., Any] = found
        return function
    from rostra.plugin.unfound import no_function

    raise no_function(name, str(asker or ""), str(reference), found)


def _script_called(module: str) -> ModuleType | None:
    """The running script, if ``module`` is its name: importing that would run it a second time."""
    main = sys.modules.get("__main__")
    if main is None or not _script(main).may_be(module):
        return None
    if module == _script(main).module:
        return main
    try:
        found = importlib.util.find_spec(module)
    except ModuleNotFoundError:
        return None
    same = (
        found is not None
        and found.origin
        and Path(found.origin).resolve() == Path(main.__file__ or "").resolve()
    )
    return main if same else None


@functools.lru_cache(maxsize=1)
def _script(main: ModuleType) -> Script:
    spec, file = getattr(main, "__spec__", None), getattr(main, "__file__", None)
    return Script(spec and spec.name, file and Path(file).stem)


def _of_module(module: ModuleType) -> Plugin:
    name = module.__name__
    package = getattr(module, "__package__", None)
    if not package:  # it is in none, or it is a script that was not started by python -m
        package = name if "__path__" in vars(module) else name.rpartition(".")[0]
    return Plugin(name, module, getattr(module, "prepare", None), package)


def _of_callable(function: Callable[..., Any]) -> Plugin:
    module = sys.modules.get(getattr(function, "__module__", None) or "")
    qualname: str = getattr(function, "__qualname__", None) or type(function).__qualname__
    called = qualname.rpartition("<locals>.")[2]
    if module is None:
        return Plugin(called, None, function, "")
    known = getattr(module, qualname, None) is function
    found = _of_module(module)
    return found._replace(name=f"{found.name}:{called}", module=module if known else None, prepare=function)


def is_installed(name: str) -> bool:
    """Whether there is an entry point of this name."""
    return (name.isidentifier() or "-" in name) and name != "__main__" and name in names(PLUGINS)


def installed(name: str) -> Mapping[str, str]:
    """The entry points, name to ``module`` or ``module:function``; none if ``name`` is not one."""
    return all_installed() if is_installed(name) else {}


def all_installed() -> Mapping[str, str]:
    """All entry points."""
    return {each.name: each.value for each in entry_points(PLUGINS)}
