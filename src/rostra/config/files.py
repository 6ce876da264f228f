"""Reading files: settings by the suffix of their name, secrets as they are. Bounded in size."""

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

MOST_SETTINGS_BYTES = 16 * 1024**2
MOST_SECRET_BYTES = 1024**2

_PLACE = r"(?P<reason>.*) \(at (?:(?P<place>line \d+, column \d+)|end of document)\)"


class UnreadableError(ValueError):
    """A file cannot be read. Its text says why, and holds nothing of the file's content."""


def settings_in(path: Path) -> Mapping[str, Any]:
    """What a file of settings says.

    Raises:
        UnreadableError: It is not there, is no file, has a suffix that nobody reads, or is malformed.
    """
    reader = READERS.get(path.suffix)
    if reader is None and not path.is_dir():
        known = ", ".join(f"*{suffix}" for suffix in sorted(READERS))
        raise UnreadableError(f"nobody here reads such files; known are {known}")
    content = _content(path, MOST_SETTINGS_BYTES)
    return reader(content) if reader else {}


def secret_in(path: Path) -> str:
    """The text of a file without the newlines at its end.

    Raises:
        UnreadableError: It is not there, is no file, or holds no text.
    """
    text = _content(path, MOST_SECRET_BYTES)
    if "\0" in text:
        raise UnreadableError("holds binary data, not text")
    return text.rstrip("\r\n")


def _content(path: Path, most_bytes: int) -> str:
    try:
        with path.open("rb") as file:
            content = file.read(most_bytes + 1)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "no file can have this name"
    else:
        return _decoded(content, most_bytes)
    raise UnreadableError(f"cannot be read: {reason}")


def _decoded(content: bytes, most_bytes: int) -> str:
    if len(content) > most_bytes:
        raise UnreadableError(f"is larger than {most_bytes // 1024**2} MiB")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        pass
    raise UnreadableError("holds binary data, not text in UTF-8")


def _toml(content: str) -> Mapping[str, Any]:
    import tomllib

    try:
        return tomllib.loads(content)
    except tomllib.TOMLDecodeError as error:
        said = str(error)
    except RecursionError:
        said = "nested too deeply"
    except ValueError:  # of the parts that tomllib leaves to int() and datetime
        said = "a number or a date is out of range"
    raise UnreadableError(_placed(said, content))


def _placed(said: str, content: str) -> str:
    """What tomllib says, with the place in front."""
    match = re.fullmatch(_PLACE, said, re.DOTALL)
    if match is None:
        return f"is not TOML: {said}"
    lines = content.splitlines() or [""]
    place = match["place"] or f"line {len(lines)}, column {len(lines[-1]) + 1}"
    return f"{place}: is not TOML: {match['reason']}"


READERS: dict[str, Callable[[str], Mapping[str, Any]]] = {".toml": _toml}
"""Who reads files of settings, by suffix."""
