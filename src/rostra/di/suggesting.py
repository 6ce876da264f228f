"""What would fill the gap? A plugin that is not loaded, or the class that is missing, if it is registered.

Asked when an error is worded, never while planning: nothing that nobody registered is ever built.
"""

import inspect
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rostra.di.adapters import adapter_of
from rostra.di.annotations import origin_of
from rostra.di.answering import Answer, answer
from rostra.di.drawing import drawn
from rostra.di.plans import Failure
from rostra.errors import AdapterError, AnnotationError, ResolveError
from rostra.installed import PLUGINS, EntryPoint, entry_points

_OURS = "rostra"
_INSTALLED = ("site-packages", "dist-packages")


def missing(found: Answer, failure: Failure) -> ResolveError:
    """The error for what cannot be had."""
    return drawn(found.wanted, failure, found.function, found.view, can_be_registered, to_be_loaded)


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
    if _package(cls.__module__) in {_OURS, *view.registry.packages}:
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
