"""What of a value may be seen in a message: something short, on one line, and never a secret."""

import json
import re
import typing
from collections.abc import Iterable, Mapping
from datetime import date, time
from inspect import get_annotations
from typing import Any

from rostra.config.declared import bare, is_alias, is_section, settings_of
from rostra.config.hooks import Fault, WrongError
from rostra.config.secret import MASK, Secret

# Patterns are compiled on first use: most programs that import this never show a value.
_IN_ADDRESS = r"(?<=://)([^/@:\s]*:)(?:(?!\d+/)(?:(?!://)\S)*|[^/\s]*)(?=@)"
"""What stands between the account and the last ``@``. A password may have a slash in it that ought to be written as %2F; what
begins with a number and a slash is a port and a path."""
_AFTER_NAME = r"([\w-]*(?:pass(?:word|wd|phrase)?|pwd|secret|token|credentials?|(?:api|private|access)[_-]?key)=)[^&;\s\"']+"
_LONGEST = 60
_LARGEST = 10**_LONGEST  # Python refuses to write integers of thousands of digits


def holds_secret(wanted: Any, seen: frozenset[Any] = frozenset()) -> bool:
    """Whether a value of this type has a secret in it, so that it must not be shown as it was found."""
    if is_alias(wanted):
        if wanted in seen:  # it stands in what it stands for
            return False
        seen |= {wanted}
    wanted = bare(wanted)
    cls = typing.get_origin(wanted) or wanted
    if cls is Secret:
        return True
    if isinstance(wanted, str):  # in a class whose annotations are not resolved for us
        return Secret.__name__ in wanted
    if is_section(cls) and cls not in seen:
        parts: Iterable[Any] = (setting.type for setting in settings_of(cls))
    elif isinstance(cls, type) and cls not in seen:
        parts = get_annotations(cls).values()  # of a named tuple or a TypedDict
    else:
        parts = ()
    arguments = typing.get_args(wanted) if cls is not typing.Literal else ()
    return any(holds_secret(part, seen | {cls}) for part in (*parts, *arguments))


def unexpected(phrase: str, value: Any, wanted: Any, said: str = "") -> WrongError:
    """What to raise when ``value`` is not what ``phrase`` says.

    Args:
        phrase: What was expected.
        value: What was found.
        wanted: The type that it was to become, which tells whether it may be shown.
        said: Why it is not, if somebody else said so; it may hold the value.
    """
    masked = f"expected {phrase}, found {MASK}"
    if holds_secret(wanted):
        return WrongError(Fault((), masked))
    more = f": {said}" if said else ""
    return WrongError(Fault((), f"expected {phrase}, found {shown(value)}{more}", discreet=masked))


def shown(value: Any) -> str:
    """A value as it is shown in an error: short, on one line. Tables and lists may hold secrets."""
    if isinstance(value, Mapping):
        return "a table" if value else "an empty table"
    if isinstance(value, list | tuple | set | frozenset):
        return f"a list of {len(value)}" if value else "[]"
    if isinstance(value, date | time):
        return value.isoformat()
    if value is None:
        return "nothing"
    if isinstance(value, str):
        value = without_password(value)
    if isinstance(value, bool | str):
        written = json.dumps(value, ensure_ascii=False).encode("utf-8", "backslashreplace").decode()
    elif isinstance(value, int):
        written = repr(int(value)) if abs(value) < _LARGEST else "a huge number"
    elif isinstance(value, float):
        written = repr(float(value))
    else:
        written = with_article(type(value).__name__)
    return written if len(written) <= _LONGEST else f"{written[: _LONGEST - 1]}…"


def with_article(name: str) -> str:
    """``a Color``, ``an IPv4Address``."""
    return f"{'an' if name[:1].lower() in tuple('aeiou') else 'a'} {name}"


def without_password(text: str) -> str:
    """An address without the password in it: ``amqp://guest:***@broker``, ``pg://db?password=***``.

    Other texts stay as they are.
    """
    masked = rf"\1{MASK}"
    return re.sub(_AFTER_NAME, masked, re.sub(_IN_ADDRESS, masked, text), flags=re.IGNORECASE)
