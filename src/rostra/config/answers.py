"""What came of asking a resolver, and what may be told of an exception that it raised.

Told are the type of an exception, the line that raised it, what the operating system says for its number, and the
module that could not be imported. Not told is its text, nor are its causes: they may hold the secret, the token that
unlocks it, or the answer of a server.
"""

import os
from pathlib import Path
from traceback import walk_tb
from typing import Any, TypeAlias

import attrs

from rostra.components import name_of
from rostra.config.references import LONGEST
from rostra.config.resolvers import UnknownResolverError
from rostra.config.showing import with_article
from rostra.config.unreadable import UnreadableError
from rostra.errors import ResolverDeniedError, ResolverError, ResolverTimeoutError, RostraError


@attrs.frozen
class Found:
    """There is one."""

    text: str = attrs.field(repr=False)


@attrs.frozen
class Lacking:
    """There is none that can be used: a mistake in the settings.

    Args:
        reason: For people.
        is_absent: There is none at all, so that a default takes its place.
        fix: What to do about it, if the reason does not say that itself.
    """

    reason: str
    is_absent: bool = True
    fix: tuple[str, ...] = ()


@attrs.frozen
class Failed:
    """The resolver did not do its work.

    Args:
        kind: What to raise.
        reason: For people; nothing that the resolver itself said.
    """

    kind: type[ResolverError]
    reason: str


Answer: TypeAlias = Found | Lacking | Failed | RostraError
"""An error of rostra, raised by a resolver, is told as it is: it holds no secrets."""

_NONE: dict[str, str] = {"env": "the variable {} is not set", "file": "there is no file {}"}


def answer_for(op: str, name: str, given: object) -> Answer:
    """What a resolver gave, if it is a text and not too long."""
    if not isinstance(given, str):
        return Failed(
            ResolverError, f"what it gave for {name} is no text, but {with_article(name_of(type(given)))}"
        )
    if len(given) > LONGEST:
        return Lacking(f"what {op} has at {name} is longer than {LONGEST} characters", is_absent=False)
    return Found(str(given))


def usable(opened: Any) -> Any:
    """What a resolver was opened to, if it can be asked."""
    if callable(opened):
        return opened
    return Failed(ResolverError, f"what it opened is no function, but {with_article(name_of(type(opened)))}")


def objection(op: str, name: str, error: BaseException) -> Answer:
    """What it means that a resolver raised this for a reference."""
    if isinstance(error, UnreadableError):
        return Lacking(f"the file {name} {error}", is_absent=False)
    if isinstance(error, LookupError) and not isinstance(error, RostraError):
        return Lacking(_NONE.get(op, f"{op} has nothing at {{}}").format(name))
    return failure(error)


def failure(error: BaseException) -> Answer:
    """What it means that a resolver raised this while it was opened or closed."""
    if isinstance(error, RostraError):
        error.__cause__ = error.__context__ = None
        return error
    if isinstance(error, UnknownResolverError):
        installed = f"installed resolvers: {', '.join(error.installed)}"
        return Lacking(str(error), is_absent=False, fix=(installed,))
    kinds: tuple[tuple[type[Exception], type[ResolverError]], ...] = (
        (PermissionError, ResolverDeniedError),
        (TimeoutError, ResolverTimeoutError),
    )
    kind = next((ours for theirs, ours in kinds if isinstance(error, theirs)), ResolverError)
    return Failed(kind, f"it raised {_told(error)}")


def _told(error: BaseException) -> str:
    """The type of an exception, and what else of it is no secret."""
    told = f"{name_of(type(error))}{_detail(error)}"
    if isinstance(error, BaseExceptionGroup):
        told += f" of {', '.join(dict.fromkeys(name_of(type(each)) for each in error.exceptions))}"
    return f"{told}{_line(error)}"


def _detail(error: BaseException) -> str:
    if isinstance(error, ModuleNotFoundError) and error.name:
        return f" for {error.name}"
    if isinstance(error, OSError) and isinstance(error.errno, int):
        return f" ({os.strerror(error.errno)})"
    return ""


def _line(error: BaseException) -> str:
    """The innermost line that the exception has passed in code that is neither Python's nor ours."""
    places = [(frame.f_code.co_filename, line) for frame, line in walk_tb(error.__traceback__)]
    theirs = [(name, line) for name, line in places if _is_theirs(name)]
    return " at {}:{}".format("/".join(Path(theirs[-1][0]).parts[-2:]), theirs[-1][1]) if theirs else ""


def _is_theirs(file: str) -> bool:
    if file.startswith("<") or Path(__file__).parents[1] in Path(file).parents:
        return False
    return not file.startswith(f"{Path(os.__file__).parent}/") or "/site-packages/" in file
