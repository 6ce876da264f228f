"""Why is there no such plugin, and which one was meant? And why is what there is no plugin?"""

import inspect
import sys
from collections.abc import Iterator
from pathlib import Path
from pkgutil import iter_modules
from sysconfig import get_path
from types import ModuleType

from rostra import di
from rostra.di.registry import defined_in
from rostra.errors import PluginError, PluginNotFoundError, closest
from rostra.handlers import collect
from rostra.installed import PLUGINS, entry_points, names


def no_module(name: str, asked_by: str, module: str, reason: str) -> PluginNotFoundError:
    """A module cannot be imported, since it is not there.

    Args:
        name: As the plugin was named.
        asked_by: The plugin that asks, and where; empty if none does.
        module: What the name means.
        reason: What Python says.
    """
    return PluginNotFoundError(name, asked_by, _looked_at(name, reason), _close_to(module))


def no_attribute(name: str, asked_by: str, module: str, inside: object, part: str) -> PluginNotFoundError:
    """A module, or what was found in it, has nothing of this name."""
    near = closest(part, (each for each, found in vars(inside).items() if inspect.isroutine(found)))
    if near:
        fix = f'did you mean "{module}:{near}"?'
    elif isinstance(inside, ModuleType) and _is_plugin(inside):
        fix = f'name the whole module: "{module}"'
    else:
        fix = "name one of its functions"
    return PluginNotFoundError(name, asked_by, (f"{module} has no {part}",), (fix,))


def no_function(name: str, asked_by: str, meant: str, found: object) -> PluginNotFoundError:
    """There is something of this name, which cannot be a ``prepare``."""
    reason = f"{meant} is {_kind(found)}, not a function"
    return PluginNotFoundError(
        name, asked_by, (reason,), ("name a coroutine function or an async generator function",)
    )


def bare_yield(plugin: str, place: str) -> PluginError:
    """A ``prepare`` is written like a context manager."""
    return PluginError(
        "prepare has a bare yield",
        (f"plugin {plugin}, {place}",),
        ("a prepare runs to its end before any task starts; it is no context manager",),
        (
            "what is to be put away: resource = await teardown.enter(open_resource())",
            "with a parameter of prepare: teardown: plugin.Teardown",
        ),
    )


def no_prepare(plugin: str, found: object, asked_by: tuple[str, ...]) -> PluginError:
    """What the plugin has under the name of ``prepare`` cannot be one.

    Args:
        plugin: Its name.
        found: What it has.
        asked_by: By whom it is loaded, and where.
    """
    place = di.signature(found).place if inspect.isfunction(found) else ""
    return PluginError(
        f"prepare of plugin {plugin} is no async function",
        (f"plugin {plugin}", *((place,) if place else ()), *asked_by),
        ("it is written with def alone" if place else f"found {found!r}",),
        ("write it as: async def prepare(...):",),
    )


def nothing_in(plugin: str, lineage: str) -> PluginError:
    """A module was named that does nothing that a plugin does."""
    return PluginError(
        f"module {plugin} is no plugin",
        (f"plugin {lineage}",),
        ("it has no prepare, and defines neither handlers nor adapters",),
        ("write in it: async def prepare(...):",),
    )


def _kind(thing: object) -> str:
    return f"the class {thing.__name__}" if isinstance(thing, type) else f"of type {type(thing).__name__}"


def _looked_at(name: str, reason: str) -> tuple[str, ...]:
    installed = ", ".join(sorted(names(PLUGINS)))
    if not name.isidentifier() and "-" not in name:
        return (reason,)
    return (f"no module: {reason}", f"no entry point of {PLUGINS}: there are {installed or 'none'}")


def _close_to(module: str) -> tuple[str, ...]:
    parent, _, last = module.rpartition(".")
    if not parent:
        return _meant(closest(last, _that_can_be_meant()))
    if hasattr(sys.modules.get(parent), last):
        return (f'did you mean "{parent}:{last}"?',)
    if (around := _module_around(parent)) is not None:
        return (f'did you mean "{around}"? That is a module, in which there are no others',)
    path = getattr(sys.modules.get(parent), "__path__", ())
    near = closest(last, (each.name for each in iter_modules(path)))
    return _meant(f"{parent}.{near}" if near else None)


def _meant(near: str | None) -> tuple[str, ...]:
    if near is None:
        return ("install it, or start in the folder where it lies, or name that in PYTHONPATH",)
    return (f'did you mean "{near}"?',)


def _module_around(name: str) -> str | None:
    """The nearest module around a name, if that is one in which there can be no other."""
    while name not in sys.modules and name:
        name = name.rpartition(".")[0]
    return name if name and not hasattr(sys.modules[name], "__path__") else None


def _that_can_be_meant() -> Iterator[str]:
    """What is installed as a plugin, by either name, and the modules of the project; not all that can be imported."""
    for each in entry_points(PLUGINS):
        yield each.name
        yield each.value.partition(":")[0]
    yield from (each.name for each in iter_modules(list(_own_folders())))


def _own_folders() -> Iterator[str]:
    """Where on ``sys.path`` neither Python's own modules are nor what was installed."""
    pythons = tuple(Path(get_path(each)) for each in ("stdlib", "platstdlib"))
    for folder in sys.path:
        found = Path(folder or ".")
        is_installed = not {"site-packages", "dist-packages"}.isdisjoint(found.parts)
        if found.is_dir() and not is_installed and not any(map(found.is_relative_to, pythons)):
            yield folder or "."


def _is_plugin(module: ModuleType) -> bool:
    """Whether a module as a whole does something that a plugin does."""
    registry, defined = di.Registry(), defined_in(module)
    registry.collect(module, defined)
    return hasattr(module, "prepare") or bool(collect(module, defined) or registry.adapters)
