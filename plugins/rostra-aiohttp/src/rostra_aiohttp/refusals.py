"""What handlers and their results are refused for, in words. Imported when something is refused."""

import inspect
from collections.abc import Mapping
from typing import Any

from rostra import di
from rostra.documents import UnsayableError
from rostra.errors import HandlerError
from rostra.handlers import Bound, where_of
from rostra_aiohttp.handling import described


def no_path(decorator: str, found: Any) -> HandlerError:
    """Who writes ``@get`` alone hands over the function itself."""
    if not inspect.isroutine(found):
        example = f'write @{decorator}("/path")'
        return HandlerError(f"@{decorator} needs a path", why=(f"{found!r} is no text",), fix=(example,))
    return HandlerError(
        f"@{decorator} needs a path",
        (f"handler {found.__name__}, {di.signature(found).place}",),
        ("without parentheses it takes the function for the path",),
        (f'write @{decorator}("/{found.__name__}")',),
    )


def unread_path(path: str, reason: str) -> HandlerError:
    """What is no path to aiohttp."""
    fix = 'as in "/orders/{id}" or "/orders/{id:[0-9]+}"'
    return HandlerError(f'"{path}" is no path', why=(reason,), fix=(fix,))


def no_prefix(path: str) -> HandlerError:
    """A path that no other can follow."""
    return HandlerError(
        f'"{path}" is no prefix',
        why=("paths begin with a slash, so it ends without one",),
        fix=(f'Prefix("{path.rstrip("/") or "/api"}")',),
    )


def several_prefixes(where: str, count: int, found: Mapping[str, object]) -> HandlerError:
    """More than one for all of a module or class."""
    return HandlerError(
        f"{where} has {count} prefixes",
        tuple(f"{name} = {each!r}" for name, each in found.items()),
        ("its paths begin with one",),
        ("put those of the other into a module or class of their own",),
    )


def no_method(wrong: str | None, path: str) -> HandlerError:
    """A word that is no method, or None at all."""
    what = f'"{wrong}" is no method' if wrong is not None else "there is no method"
    fix = f'methods=["{wrong.upper()}"]' if wrong else 'methods=["GET", "POST"]'
    return HandlerError(what, (f'route("{path}")',), ("methods are words in capitals",), (fix,))


def twice(bound: Bound, other: str) -> HandlerError:
    """Two handlers of one path."""
    return HandlerError(
        f"{bound.declared.trigger.describe()} is answered twice",
        (other, described(bound)),
        ("only one can answer",),
        ("give one of them another path or method",),
    )


def too_late(bound: Bound) -> HandlerError:
    """A handler that comes when the routes are fixed."""
    return HandlerError(
        f"{bound.declared.trigger.describe()} comes too late",
        where_of(bound.declared),
        ("the server runs already, and its routes are fixed then",),
        ("load its plugin in a prepare, before the server starts",),
    )


def unsayable(bound: Bound, error: UnsayableError) -> HandlerError:
    """A result that cannot be answered."""
    return HandlerError(
        f"{bound.declared.label} returned {error.what}", where_of(bound.declared), (error.why,), (error.fix,)
    )
