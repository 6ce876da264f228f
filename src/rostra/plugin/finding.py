"""Which module, and which ``prepare``? Imports what a name means, or says what comes close.

A name is an entry point of ``rostra.plugins``, a dotted module, ``module:function``, or a relative name. Most are plainly
those of modules; what others mean is read in ``rostra.plugin.reading``.
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
from rostra.values import Values


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
        PluginError: ``what`` cannot be a plugin, or its ``prepare`` is no async function.
    """
    found = _found(what, asker)
    if found.prepare is not None and not is_prepare(found.prepare):
        from rostra.plugin.unfound import no_prepare

        raise no_prepare(found.name, found.prepare, where_of(asker))
    return found


def _found(what: Named, asker: Asker | None) -> Plugin:
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
    package = None if asker is None else asker.plugin.package
    plain = name if isinstance(name, ModuleName) else None if is_installed(name) else plainly(name, package)
    if plain is not None:
        return _of_module(_module(name, str(plain), asker))
    from rostra.plugin.reading import function_of, read

    asked_by = str(asker or "")
    reference = read(name, package, installed(name), asked_by)
    module = _module(name, reference.module, asker)
    if reference.attribute is None:
        return _of_module(module)
    found = _of_callable(function_of(reference, module, name, asked_by))
    return found._replace(name=str(reference), module=module)


def plainly(name: str, package: str | None) -> str | None:
    """The module that is meant by its whole name, or by that of one beside the plugin that asks; None for all other names.

    Args:
        name: No entry point.
        package: Of the plugin that asks, or None if none does.
    """
    rest = name.removeprefix(".")
    if name.endswith(".py") or not all(map(str.isidentifier, rest.split("."))):
        return None
    if rest == name or package == "":
        return rest
    return None if package is None else f"{package}.{rest}"


def _module(name: str, meant: str, asker: Asker | None) -> ModuleType:
    """What a name means, imported."""
    if (script := _script_called(meant)) is not None:
        return script
    try:
        return importlib.import_module(meant)
    except ModuleNotFoundError as missing:
        if not f"{meant}.".startswith(f"{missing.name}."):
            raise
        reason = str(missing)
    from rostra.plugin.unfound import no_module

    raise no_module(name, str(asker or ""), meant, reason) from None


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
    if name == "__main__" or not (name.isidentifier() or "-" in name):
        return False
    from rostra.installed import PLUGINS, names

    return name in names(PLUGINS)


def installed(name: str) -> Mapping[str, str]:
    """The entry points, name to ``module`` or ``module:function``; none if ``name`` is not one."""
    return all_installed() if is_installed(name) else {}


def all_installed() -> Mapping[str, str]:
    """All entry points."""
    from rostra.installed import PLUGINS, entry_points

    return {each.name: each.value for each in entry_points(PLUGINS)}
