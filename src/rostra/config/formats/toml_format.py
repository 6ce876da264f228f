"""Settings in TOML."""

import functools
import re
from typing import Any

from rostra.config.formats.content import TOO_DEEP, Keys, Said, found_once, mistake, place_in
from rostra.config.tree import DEEPEST
from rostra.config.unreadable import UnreadableError
from rostra.errors import Mistake

# As many parts of a key in a row as are too many; they may also stand in a string.
_DEEP = r"""(?:\.[ \t]*+(?:[\w-]++|"(?:[^"\\\n]|\\.)*+"|'[^'\n]*+')[ \t]*+)""" + f"{{{DEEPEST}}}"

_PLACE = r"(?P<reason>.*) \(at (?:line (?P<line>\d+), column (?P<column>\d+)|end of document)\)"


def toml(content: str, name: str) -> Said:
    """What a text in TOML says.

    Raises:
        UnreadableError: It is no TOML.
    """
    import tomllib

    _check_keys(content, name)
    try:
        values = tomllib.loads(content)
        return Said(values, found_once(functools.partial(_lines, content, values)))
    except tomllib.TOMLDecodeError as error:
        said = str(error)
    except RecursionError:
        said = "nested too deeply"
    except ValueError:  # of the parts that tomllib leaves to int() and datetime
        said = "a number or a date is out of range"
    raise UnreadableError(_placed(said, content, name))


def _check_keys(content: str, name: str) -> None:
    """Refuse keys of very many parts, on which the parser's time and memory grow with the square of their number."""
    if re.search(_DEEP, content):
        from rostra.config.formats.toml_lines import too_deep

        if line := too_deep(content):
            raise UnreadableError(mistake(name, TOO_DEEP, line))


def _lines(content: str, values: dict[str, Any]) -> dict[Keys, int]:
    from rostra.config.formats.toml_lines import lines_of

    return lines_of(content, values)


def _placed(said: str, content: str, name: str) -> Mistake:
    """What tomllib says, and where; it does not count where the end is."""
    match = re.fullmatch(_PLACE, said, re.DOTALL)
    if match is None:
        return mistake(name, f"is not TOML: {said}")
    end = place_in(content, len(content))
    line, column = (int(match["line"]), int(match["column"])) if match["line"] else end
    return mistake(name, f"is not TOML: {match['reason']}", line, column)
