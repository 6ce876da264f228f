"""What would fill the gap? A plugin that is not loaded, or the class that is missing, if it is registered.

Asked when an error is worded, never while planning: nothing that nobody registered is ever built.
"""

import inspect
import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

from rostra.components import name_of
from rostra.di.adapters import adapter_of
from rostra.di.annotations import origin_of
from rostra.di.answering import Answer, answer
from rostra.di.drawing import drawn
from rostra.di.plans import Failure
from rostra.di.registry import is_injected
from rostra.errors import AdapterError, AnnotationError, ResolveError
from rostra.installed import PLUGINS, EntryPoint, entry_points
from rostra.values import Values

_OURS = "rostra"
_INSTALLED = ("site-packages", "dist-packages")


class Asker(Values):
    """Who asks, as far as that decides what they can do about what they lack.

    Args:
        gives: How they give a value of some ``name``; empty where rostra asks, which is given none.
        earlier: Where a plugin can still add and register, before rostra asks.
    """

    gives: str
    earlier: str = ""


ROSTRA = Asker("", "in prepare:")
"""Calls what was prepared, when all is."""
_PREPARE = Asker("", "in a prepare before this one:")


def asker_of(found: Answer, failure: Failure) -> Asker:
    """Who asks for this here and now. Of the functions that rostra calls, those called by now are ``prepare``."""
    function = found.function
    if function is None:
        return Asker("nject(..., {name}=...)")
    target = inspect.unwrap(function.target)
    roots = [root for root in found.view.registry.roots if inspect.unwrap(root.function) == target]
    if not roots:
        return Asker("di.call(..., {name}=...)")
    if not is_injected(roots[0].function):
        return _PREPARE
    is_for_itself = failure.through is None  # what a caller passes is not for what is built
    return Asker(f"{function.label}(..., {{name}}=...)" if is_for_itself else "")


def missing(found: Answer, failure: Failure, asker: Asker | None = None) -> ResolveError:
    """The error for what cannot be had.

    Args:
        found: The question.
        failure: What it lacks.
        asker: Who asks it, if not whoever does so here and now.
    """
    who = asker_of(found, failure) if asker is None else asker
    return drawn(found.wanted, failure, found.function, found.view, partial(_fix, who))


def _fix(asker: Asker, leaf: Failure, is_near: bool) -> str:
    """What to do about what is missing; ``is_near`` if something comes close, so that it was not forgotten."""
    if not is_near and (loading := to_be_loaded(leaf)):
        return loading
    name, _, annotation = leaf.subject.partition(": ")
    if leaf.fix:
        return leaf.fix
    if leaf.is_circle:
        return f"let one of them take the other lazily: {name}: di.Lazy[{annotation}]"
    takes_none = leaf.view is not None and leaf.view.is_stage
    given = "" if takes_none or not annotation else asker.gives.format(name=name)
    if leaf.is_name_only:
        return _for_builtin(name, is_givable=bool(given))
    ways = _in_a_plugin(asker, leaf, is_near) if asker.earlier else _anywhere(leaf, is_near)
    return ", or ".join([*ways, *filter(None, [given])])


def _for_builtin(name: str, *, is_givable: bool) -> str:
    if is_givable:
        return f"give it by name: {name}=..., or give the parameter a default"
    return "give the parameter a default, or let it take a section of the settings, or a type of your own"


def _anywhere(leaf: Failure, is_near: bool) -> tuple[str, str]:
    if not is_near and can_be_registered(leaf):
        return f"di.register({_class_of(leaf)})", _added(leaf)
    return _added(leaf), f"register an adapter -> {_spelt(leaf)}"


def _in_a_plugin(asker: Asker, leaf: Failure, is_near: bool) -> tuple[str, ...]:
    if is_near or not can_be_registered(leaf):
        return f"mark a function -> {_spelt(leaf)} with @di.adapter", f"{asker.earlier} {_added(leaf)}"
    marked = ("mark the class with @di.adapter",) if _is_of_plugin(leaf) else ()
    return *marked, f"{asker.earlier} di.register({_class_of(leaf)}) or {_added(leaf)}"


def _is_of_plugin(leaf: Failure) -> bool:
    """Whether the stage looks for marks where the class that is missing stands."""
    cls: Any = leaf.option and (origin_of(leaf.option.key) or leaf.option.key)
    return leaf.view is not None and cls.__module__ in leaf.view.registry.modules


def _class_of(leaf: Failure) -> str:
    return _made(leaf).partition("[")[0]


def _made(leaf: Failure) -> str:
    return name_of(leaf.option.key) if leaf.option else leaf.subject


def _spelt(leaf: Failure) -> str:
    """What an adapter has to say that it returns."""
    named = leaf.option and leaf.option.name
    return f'Annotated[{_made(leaf)}, di.Named("{named}")]' if named else _made(leaf)


def _added(leaf: Failure) -> str:
    made, key = _made(leaf), leaf.option and leaf.option.key
    named = f', name="{leaf.option.name}"' if leaf.option and leaf.option.name else ""
    return f"context.add({made}(...){named})" if isinstance(key, type) else f"context.add(..., {made}{named})"


def can_be_registered(leaf: Failure) -> bool:
    """Whether what is missing is a class of the user's whose constructor could be filled as it is.

    Not one that is data: an order is not made of what there is, even if all that it says has defaults.
    """
    if leaf.option is None or leaf.option.name or leaf.view is None or leaf.through is not None:
        return False
    cls = origin_of(leaf.option.key) or leaf.option.key
    if leaf.fix or leaf.is_circle or leaf.is_name_only or not isinstance(cls, type) or not _is_users(cls):
        return False
    try:
        made = answer(leaf.view, adapter_of(cls).signature)
    except (AdapterError, AnnotationError):
        return False
    if made.failures or made.flaws:
        return False
    import dataclasses

    import attrs

    is_data = attrs.has(cls) or dataclasses.is_dataclass(cls)
    return bool(made.arguments) or not is_data


def to_be_loaded(leaf: Failure) -> str:
    """What loads the plugin whose package has the class that is missing; empty if none does, or it is loaded.

    It is loaded if the stage has looked for adapters in a module of its package.
    """
    view = leaf.view
    if leaf.option is None or view is None or leaf.through is not None or not (view.is_stage or view.stage):
        return ""
    cls = origin_of(leaf.option.key) or leaf.option.key
    if leaf.fix or leaf.is_circle or leaf.is_name_only or not isinstance(cls, type):
        return ""
    if _package(cls.__module__) in {_OURS, *map(_package, view.registry.modules)}:
        return ""
    found = plugin_of(cls.__module__, entry_points(PLUGINS))
    if found is None:
        return ""
    return f'await load("{found.value}") first, or run it before this one: rostra run {found.name} ...'


def plugin_of(module: str, installed: Sequence[EntryPoint]) -> EntryPoint | None:
    """The plugin of the same package whose module is nearest above a module, or else the first of that package."""
    among = [each for each in installed if _package(each.value) == _package(module)]
    above = [each for each in among if f"{module}.".startswith(f"{each.value.partition(':')[0]}.")]
    return max(above, key=lambda each: len(each.value.partition(":")[0]), default=among[0] if among else None)


def _package(name: str) -> str:
    return name.partition(":")[0].partition(".")[0]


def _is_users(cls: Any) -> bool:
    """Whether it is neither Python's nor a library's, which has its own way to be made, nor derived from a builtin."""
    module: str = cls.__module__
    if module.partition(".")[0] in sys.stdlib_module_names:
        return False
    if any(base.__module__ == "builtins" and base is not object for base in cls.__mro__):
        return False
    try:
        file = inspect.getfile(cls)
    except (TypeError, OSError):
        return module == "__main__"
    return not any(part in _INSTALLED for part in Path(file).parts)
