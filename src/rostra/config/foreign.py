"""Types that are not ours to know, such as named tuples and generic classes: cattrs reads them, with our hooks for their parts."""

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any, TypeAlias

import cattrs

from rostra.components import name_of
from rostra.config.declared import is_section
from rostra.config.hooks import Fault, Hook, WrongError
from rostra.config.phrases import phrase
from rostra.config.scalars import SCALARS
from rostra.config.showing import unexpected, with_article

__all__ = ["foreign_hook"]

Find: TypeAlias = Callable[[Any, Mapping[str, Any]], Hook]
Own: TypeAlias = Callable[[Any, Find, Mapping[str, Any]], Hook | None]


def foreign_hook(wanted: Any, find: Find, own: Own) -> Hook:
    """The hook of cattrs, so that it raises nothing but WrongError.

    Args:
        wanted: The type.
        find: Finds the hook for any type.
        own: Finds the hook for a type that we know.
    """
    try:
        theirs: Hook = _converter(find, own).get_structure_hook(wanted)
    except Exception:  # noqa: BLE001  (whatever cattrs raises, it knows no hook)
        return _unreadable(wanted)

    def structure(value: Any, _: Any) -> Any:
        try:
            return theirs(value, wanted)
        except WrongError:
            raise
        except Exception:  # noqa: BLE001, S110  (whatever cattrs and foreign classes raise, the value is wrong)
            pass
        raise unexpected(phrase(wanted), value, wanted)

    return structure


@lru_cache(maxsize=1)
def _converter(find: Find, own: Own) -> Any:
    """The cattrs converter, with our hooks for what is within foreign types."""

    def is_ours(wanted: Any) -> bool:
        return is_section(wanted) or own(wanted, find, {}) is not None

    made = cattrs.Converter(detailed_validation=False, structure_fallback_factory=_unreadable)
    for known in SCALARS:  # of which cattrs has hooks that outrank the factory
        made.register_structure_hook(known, lambda value, wanted: find(wanted, {})(value, wanted))
    made.register_structure_hook_factory(is_ours, lambda wanted: find(wanted, {}))
    return made


def _unreadable(wanted: Any) -> Hook:
    def structure(value: Any, _: Any) -> Any:
        if wanted in type(value).__mro__:
            return value
        name = name_of(wanted)
        teach = f"; teach it: config.reads({name})" if isinstance(wanted, type) else ""
        raise WrongError(Fault((), f"nobody knows how to read {with_article(name)}{teach}"))

    return structure
