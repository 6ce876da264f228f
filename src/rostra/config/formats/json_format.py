"""Settings in JSON: strictly what RFC 8259 says, each key once, one table at the top."""

import functools
import json
import math
import re
from typing import Any, NoReturn

from rostra.config.formats.content import Keys, Said, found_once, mistake
from rostra.config.unreadable import UnreadableError
from rostra.errors import Mistake


class _AmissError(ValueError):
    """What the parser itself would let pass; it does not say where."""


def json_settings(content: str, name: str) -> Said:
    """What a text in JSON says.

    Raises:
        UnreadableError: It is no JSON, or no table.
    """
    values: Any = None
    wrong: tuple[Mistake, ...] = ()
    try:
        values = json.loads(
            content,
            object_pairs_hook=_table,
            parse_constant=_constant,
            parse_float=_float,
            parse_int=_integer,
        )
    except json.JSONDecodeError as error:
        reason = re.sub(r": .*$|( '.*')? at$", "", error.msg)
        wrong = (mistake(name, f"is not JSON: {reason}", error.lineno, error.colno),)
    except (RecursionError, _AmissError):
        wrong = _amiss(content, name)
    else:
        if "\\ud" in content.lower():
            wrong = _amiss(content, name)
    if isinstance(values, dict) and not wrong:
        return Said(values, found_once(functools.partial(_lines, content)))
    raise UnreadableError(*(wrong or [mistake(name, "expected an object in braces at the top", 1)]))


def _table(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise _AmissError
    return found


def _constant(_: str) -> NoReturn:
    raise _AmissError


def _float(digits: str) -> float:
    number = float(digits)
    if not math.isfinite(number):
        raise _AmissError
    return number


def _integer(digits: str) -> int:
    try:
        return int(digits)
    except ValueError:  # thousands of digits
        pass
    raise _AmissError


def _amiss(content: str, name: str) -> tuple[Mistake, ...]:
    from rostra.config.formats.json_lines import amiss

    return amiss(content, name)


def _lines(content: str) -> dict[Keys, int]:
    from rostra.config.formats.json_lines import lines_of

    return lines_of(content)
