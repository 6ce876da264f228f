"""Settings in TOML."""

import re
from collections.abc import Hashable

from rostra.config.formats.content import Said, UnreadableError, mistake
from rostra.errors import Mistake

_PLACE = r"(?P<reason>.*) \(at (?:line (?P<line>\d+), column (?P<column>\d+)|end of document)\)"


def toml(content: str, name: str) -> Said:
    """What a text in TOML says.

    Raises:
        UnreadableError: It is no TOML.
    """
    import tomllib

    try:
        return Said(tomllib.loads(content), _nowhere)
    except tomllib.TOMLDecodeError as error:
        said = str(error)
    except RecursionError:
        said = "nested too deeply"
    except ValueError:  # of the parts that tomllib leaves to int() and datetime
        said = "a number or a date is out of range"
    raise UnreadableError(_placed(said, content, name))


def _nowhere(_path: tuple[Hashable, ...]) -> None:
    return None


def _placed(said: str, content: str, name: str) -> Mistake:
    """What tomllib says, and where; it does not count where the end is."""
    match = re.fullmatch(_PLACE, said, re.DOTALL)
    if match is None:
        return mistake(name, f"is not TOML: {said}")
    end = content.count("\n") + 1, len(content) - content.rfind("\n")
    line, column = (int(match["line"]), int(match["column"])) if match["line"] else end
    return mistake(name, f"is not TOML: {match['reason']}", line, column)
