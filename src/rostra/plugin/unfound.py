"""Why is there no such plugin, and which one was meant? And why is what there is no plugin?"""

import inspect
import sys
from collections.abc import Iterator
from pkgutil import iter_modules

from rostra import di
from rostra.errors import PluginError, PluginNotFoundError, closest
from rostra.installed import PLUGINS, names


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
    near = closest(part, vars(inside))
    fix = (f'did you mean "{module}:{near}"?',) if near else ("name one of its functions",)
    return PluginNotFoundError(name, asked_by, (f"{module} has no {part}",), fix)


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


def no_prepare(plugin: str, lineage: str, found: object) -> PluginError:
    """What the plugin has under the name of ``prepare`` cannot be one."""
    place = di.signature(found).place if inspect.isfunction(found) else ""
    return PluginError(
        f"prepare of plugin {plugin} is no async function",
        (f"plugin {lineage}", *((place,) if place else ())),
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
    options = dict.fromkeys(_beside(parent))
    if not parent:
        options |= dict.fromkeys(names(PLUGINS))
    elif hasattr(sys.modules.get(parent), last):
        return (f'did you mean "{parent}:{last}"?',)
    near = closest(last, options)
    if near is None:
        return ("install it, or start in the folder where it lies, or name that in PYTHONPATH",)
    return (f'did you mean "{parent}.{near}"?' if parent else f'did you mean "{near}"?',)


def _beside(package: str) -> Iterator[str]:
    """Modules in the package, or those that can be imported without one."""
    path = getattr(sys.modules.get(package), "__path__", None) if package else None
    if path is not None or not package:
        yield from (each.name for each in iter_modules(path))
