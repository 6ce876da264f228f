"""Hooks for types of one's own: a value becomes what their function takes, and then what it makes of that."""

from typing import Any, Union

from rostra.components import name_of
from rostra.config.declared import UnknownTypeError, bare, members
from rostra.config.discretion import words_of
from rostra.config.hooks import Hook, HookFor, Own, WrongError, own
from rostra.config.phrases import phrase
from rostra.config.showing import holds_secret, unexpected
from rostra.config.taught import place_of, taken_by


def own_hook(wanted: Any, hook_for: HookFor) -> Hook:
    """The hook for a type that somebody registered a function for, or a class with ``from_config``."""
    known = own(wanted)
    if known is None:
        msg = f"nobody reads {name_of(wanted)}"
        raise LookupError(msg)
    takes = _taken(known, wanted)
    hook = hook_for(takes)

    def structure(value: Any, _: Any) -> Any:
        if isinstance(wanted, type) and isinstance(value, wanted):
            return value
        try:
            taken = hook(value, takes)
        except WrongError as error:
            inner = error.with_traceback(None)
        else:
            return _made(known, taken, wanted, value)
        if any(fault.path for fault in inner.faults):
            raise inner
        raise unexpected(phrase(wanted), value, wanted)

    return structure


def _taken(known: Own, wanted: Any) -> Any:
    try:
        takes = bare(taken_by(known))
    except NameError as error:
        raise UnknownTypeError(f"nobody knows the type that {place_of(known)} takes: {error}") from None
    others = tuple(each for each in members(takes) if bare(each) is not wanted)
    if takes is wanted:
        return Any
    return Union[others] if others else takes  # noqa: UP007  (of a tuple)


def _made(known: Own, taken: Any, wanted: Any, value: Any) -> Any:
    try:
        return known.read(taken)
    except Exception as error:  # noqa: BLE001  (a user's function may raise anything, and means that the value is wrong)
        said = words_of(error)
    secret = holds_secret(wanted)
    raise unexpected(phrase(wanted), value, wanted, "" if secret else said)
