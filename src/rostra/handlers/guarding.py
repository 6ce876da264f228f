"""What is asked before a handler is called: guards, which may answer instead of it."""

from collections.abc import Callable
from typing import Any, TypeVar

Handler = TypeVar("Handler", bound=Callable[..., Any])

_MARK = "__rostra_guards__"


def guard(function: Callable[..., Any]) -> Callable[[Handler], Handler]:
    """Ask ``function`` before the handler is called, on whatever transport.

    Its parameters are filled like a handler's, in the scope of the call: names in the path, markers, what the trigger
    provides, components and what adapters make. It raises to refuse, returns None to go on, and anything else is
    returned instead of what the handler would return. Several are asked in the order in which they are written; those
    of a class come before those of its methods.

    Args:
        function: A function or coroutine function, of any module.
    """

    def guarded(handler: Handler) -> Handler:
        setattr(handler, _MARK, (function, *guards_of(handler)))
        return handler

    return guarded


def guards_of(marked: object) -> tuple[Callable[..., Any], ...]:
    """What is asked before a handler, or before all of a class, in order."""
    return tuple(getattr(marked, _MARK, ()))
