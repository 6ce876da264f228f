"""What may be repeated of what others say? Validators, converters and functions of users quote what they like.

Their words are told unless they hold a secret or a part of one. Anything that four letters in a row have in common
with a secret counts, in any case: sooner a reason is left out than a password shown.
"""

import dataclasses
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import attrs

from rostra.config.declared import is_section, settings_of
from rostra.config.secret import Secret
from rostra.config.showing import without_password

LEFT_OUT = "for a reason that may tell a secret"

_LONGEST = 160
_PART = 4
_MOST_BITS = 10_000  # Python refuses to write integers of thousands of digits


def words_of(error: BaseException) -> str:
    """What an exception says, on one line, or its class if it says nothing."""
    try:
        said = error.args[0] if error.args and isinstance(error.args[0], str) else str(error)
    except Exception:  # noqa: BLE001  (somebody's __str__ may raise anything)
        said = ""
    line = without_password(said.strip().partition("\n")[0])
    return line[:_LONGEST] or type(error).__name__


def tells(text: str, values: Iterable[Any]) -> bool:
    """Whether a text holds a secret that is in ``values``, or a part of one."""
    said = text.casefold()
    return any(_overlap(said, secret) for value in values for secret in secrets_in(value))


def overlaps(text: str, hidden: Iterable[str]) -> bool:
    """Whether a text holds one of these, or a part of one, though no type says that they are secrets.

    What has fewer than four letters does not count: it stands in every other sentence.
    """
    said = text.casefold()
    return any(len(each) >= _PART and _overlap(said, each) for each in hidden)


def secrets_in(value: Any) -> Iterator[str]:
    """The texts of all secrets that an object has in it."""
    if isinstance(value, Secret):
        yield from _texts(value.reveal())
        return
    for part in _parts(value):
        yield from secrets_in(part)


def _texts(value: Any) -> Iterator[str]:
    """Everything in a value, as texts."""
    if isinstance(value, Secret):
        value = value.reveal()
    parts = _parts(value)
    for part in parts:
        yield from _texts(part)
    if isinstance(value, bytes | bytearray):
        yield value.decode("utf-8", "backslashreplace")
    elif isinstance(value, str):
        yield str.__str__(value)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        yield from _digits(value)


def _digits(value: float) -> Iterator[str]:
    """A number as it is and, for durations and sizes, with its unit."""
    if not isinstance(value, int):
        yield float.__repr__(value)
        yield str(value)
    elif value.bit_length() < _MOST_BITS:
        yield int.__repr__(value)
        yield str(value)


def _parts(value: Any) -> list[Any]:
    if isinstance(value, Mapping):
        return [*value, *value.values()]
    if isinstance(value, list | tuple | set | frozenset):
        return list(value)
    return [getattr(value, name, None) for name in _attributes(type(value))]


def _attributes(cls: Any) -> Iterable[str]:
    """What an instance of a class of settings keeps."""
    if attrs.has(cls):
        return [field.name for field in attrs.fields(cls)]
    if dataclasses.is_dataclass(cls):
        return [field.name for field in dataclasses.fields(cls)]
    return [setting.attribute for setting in settings_of(cls)] if is_section(cls) else ()


def _overlap(said: str, secret: str) -> bool:
    secret = secret.casefold()
    if len(secret) < _PART:
        return bool(secret) and secret in said
    return any(said[at : at + _PART] in secret for at in range(len(said) - _PART + 1))
