"""How a wrong value is told: as a path and a sentence, collected, never as the value of a secret; and a file that cannot
be read.
"""

import json
import re
from collections.abc import Hashable, Mapping
from datetime import date, time
from typing import Any

from rostra.config.declared import holds_secret
from rostra.config.secret import MASK
from rostra.errors import Mistake
from rostra.values import Values

# Patterns are compiled on first use: most programs that import this never show a value.
_IN_ADDRESS = r"(?<=://)([^/@:\s]*:)[^/\s]*(?=@)"
_AFTER_NAME = r"([\w-]*(?:pass(?:word|wd|phrase)?|pwd|secret|token|credentials?|(?:api|private|access)[_-]?key)=)[^&;\s\"']+"
_LONGEST = 60
_LARGEST = 10**_LONGEST  # Python refuses to write integers of thousands of digits


class Fault(Values):
    """One thing wrong with a value.

    Args:
        path: Where within the value.
        reason: What was expected and what was found.
        missing: Nothing was found: there is no origin, but a variable that would set it.
        discreet: What to say in place of ``reason`` where even a value that is no ``Secret`` is not to be shown,
            since it came from where secrets are kept. Empty: the reason tells nothing of the value.
        is_default: The value is the default of its class, which nobody has said.
    """

    path: tuple[Hashable, ...]
    reason: str
    missing: bool = False
    discreet: str = ""
    is_default: bool = False

    def under(self, key: Hashable) -> "Fault":
        """The same fault, seen from the table or list in which the value stands."""
        return self._replace(path=(key, *self.path))


class WrongError(Exception):
    """A value cannot be read as its type. It never leaves this room, and nothing is chained to it."""

    def __init__(self, *faults: Fault) -> None:
        super().__init__()
        self.faults = faults


class UnreadableError(ValueError):
    """Files cannot be read. Its text says why, and holds nothing of their content.

    Args:
        mistakes: All that is wrong, each with its file, line and column as editors understand them.
    """

    def __init__(self, *mistakes: Mistake) -> None:
        super().__init__(*mistakes)
        self.mistakes = mistakes

    def __str__(self) -> str:
        return "; ".join(each.reason for each in self.mistakes)


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
