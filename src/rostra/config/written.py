"""How is a value written down, so that it reads back as what it is? As JSON, in TOML, in YAML; secrets masked.

``plain`` makes of a setting's value what JSON knows: durations become ``1m30s``, paths text, classes tables. The
writers of TOML and YAML take that. ``load`` reads all of it back as the same value.
"""

import math
import re
import typing
from collections import deque
from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from contextlib import suppress
from datetime import date, datetime, time, timedelta
from enum import Enum
from pathlib import PurePath
from types import NoneType
from typing import Any
from uuid import UUID

from rostra.components import name_of
from rostra.config.choices import chosen
from rostra.config.declared import bare, is_section, members, settings_of
from rostra.config.hooks import own
from rostra.config.phrases import MAPPINGS, SEQUENCES
from rostra.config.quantities import Bytes, Duration
from rostra.config.references import escaped
from rostra.config.scalars import BASE64, scalar
from rostra.config.secret import MASK, Secret
from rostra.config.showing import holds_secret, with_article

__all__ = ["UnwritableError", "as_said", "in_json", "in_toml", "in_yaml", "key", "plain"]

_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+", re.ASCII)
_UNITS = (
    (86_400_000_000, "d"),
    (3_600_000_000, "h"),
    (60_000_000, "m"),
    (1_000_000, "s"),
    (1000, "ms"),
    (1, "us"),
)


class UnwritableError(ValueError):
    """A value cannot be written in this format."""


def plain(value: Any, wanted: Any = Any) -> Any:
    """What JSON knows in place of a value; every secret in it is ``***``.

    Args:
        value: As it was loaded, or as somebody said it.
        wanted: The type of its setting, which tells what of it is secret though the value does not show it.

    Raises:
        UnwritableError: It is of a class that has no text.
    """
    if value is None:
        return None
    wanted = _alternative(wanted)
    origin = typing.get_origin(wanted) or wanted
    if origin is Secret or isinstance(value, Secret):
        return MASK
    if is_section(type(value)):
        return MASK if typing.get_args(wanted) and holds_secret(wanted) else _of_instance(value)
    if isinstance(value, Mapping):
        return _of_mapping(value, wanted)
    if isinstance(value, list | tuple | deque | AbstractSet):
        return _of_items(value, wanted, origin)
    return MASK if holds_secret(wanted) else _scalar(value)


def as_said(value: Any, wanted: Any) -> Any:
    """What JSON knows in place of a value that nobody has loaded, and that may be wrong.

    What is not certainly the value of a setting that is no secret, is ``***``: also the values of keys that nobody
    knows, since a misspelt password is one.
    """
    wanted = _alternative(wanted)
    origin = typing.get_origin(wanted) or wanted
    if isinstance(value, Mapping):
        return _table_as_said(value, wanted, origin)
    if is_section(origin) or origin in MAPPINGS or holds_secret(wanted):
        return MASK
    if isinstance(value, list | tuple | deque | AbstractSet):
        return list(map(plain, value)) if origin in SEQUENCES and all(map(_is_scalar, value)) else MASK
    try:
        return plain(value)
    except UnwritableError:
        return MASK


def _table_as_said(value: Mapping[Any, Any], wanted: Any, origin: Any) -> Any:
    if is_section(origin):
        types = {each.name: each.type for each in settings_of(origin)}
        return {
            str(name): as_said(each, types[name]) if name in types else MASK for name, each in value.items()
        }
    if origin in MAPPINGS and typing.get_args(wanted):
        of_key, of_value = typing.get_args(wanted)
        if not holds_secret(of_key):
            return {str(name): as_said(each, of_value) for name, each in value.items()}
    return MASK


def _is_scalar(value: Any) -> bool:
    return value is None or isinstance(value, bool | int | float | str)


def _alternative(wanted: Any) -> Any:
    """The type without None as an alternative to it."""
    wanted = bare(wanted)
    others = [bare(each) for each in members(wanted) if each is not NoneType]
    return others[0] if len(others) == 1 else wanted


def _of_instance(value: Any) -> dict[str, Any]:
    return {
        each.name: plain(getattr(value, each.attribute), each.type)
        for each in settings_of(type(value))
        if hasattr(value, each.attribute)
    }


def _of_mapping(value: Mapping[Any, Any], wanted: Any) -> Any:
    is_known = (typing.get_origin(wanted) or wanted) in MAPPINGS and typing.get_args(wanted)
    of_key, of_value = typing.get_args(wanted) if is_known else (Any, Any)
    if holds_secret(of_key) or (not is_known and holds_secret(wanted)):
        return MASK
    return {str(plain(name, of_key)): plain(each, of_value) for name, each in value.items()}


def _of_items(value: Iterable[Any], wanted: Any, origin: Any) -> Any:
    parts = typing.get_args(wanted) if origin in SEQUENCES else ()
    if not parts and holds_secret(wanted):
        return MASK
    items = sorted(value, key=repr) if isinstance(value, AbstractSet) else list(value)
    if origin is tuple and parts and parts[-1] is not Ellipsis:
        return [plain(item, part) for item, part in zip(items, parts, strict=False)]
    return [plain(item, parts[0] if parts else Any) for item in items]


def _scalar(value: Any) -> Any:
    match value:
        case Enum():
            return _option(value)
        case bool() | None:
            return value
        case int() | float():
            return _number(value)
        case bytes() | bytearray():
            return _of_bytes(bytes(value))
        case timedelta():
            return _span(value)
        case datetime() | date() | time():
            return value.isoformat()
        case re.Pattern():
            return _scalar(value.pattern)
        case _:
            return _as_text(value)


def _number(value: float) -> Any:
    if isinstance(value, Bytes | Duration):
        return str(value)
    if isinstance(value, int):
        return int(value)
    return float(value) if math.isfinite(value) else repr(float(value))


def _as_text(value: Any) -> str:
    """The text of a value that reads back as that value, as of addresses and decimal numbers."""
    cls = type(value)
    if isinstance(value, str | PurePath | UUID):
        return str(value)
    known, read = own(cls), scalar(cls)
    reader = known.read if known else read.read if read else None
    if reader is not None:
        with suppress(Exception):  # whatever a user's class raises, its text does not say it
            if reader(str(value)) == value:
                return str(value)
    raise UnwritableError(with_article(name_of(cls)))


def _option(value: Enum) -> Any:
    """The value of an enum's member if that reads back as this member, else its name."""
    inner = value.value
    if isinstance(inner, bool | int | float | str):
        try:
            if chosen(inner, type(value)) is value:
                return inner
        except ValueError:
            pass
    return value.name


def _of_bytes(value: bytes) -> str:
    try:
        text = value.decode()
    except UnicodeDecodeError:
        text = BASE64
    if not text.startswith(BASE64):
        return text
    import base64

    return f"{BASE64}{base64.b64encode(value).decode()}"


def _span(value: timedelta) -> str:
    rest = abs(value) // timedelta(microseconds=1)
    written = ""
    for length, unit in _UNITS:
        count, rest = divmod(rest, length)
        written += f"{count}{unit}" if count else ""
    return f"-{written}" if value < timedelta() else written or "0s"


def in_json(value: Any, indent: int | None = None) -> str:
    """JSON for what ``plain`` gave; on one line, if it is not indented."""
    import json

    written = json.dumps(value, ensure_ascii=False, allow_nan=False, indent=indent)
    if any("\ud800" <= char <= "\udfff" for char in written):  # bytes of a variable that are no text
        return json.dumps(value, allow_nan=False, indent=indent)
    return written


def in_toml(value: Any) -> str:
    """What stands behind ``=`` in a file of TOML; what looks like a reference is escaped.

    Raises:
        UnwritableError: TOML has no null.
    """
    match value:
        case None:
            raise UnwritableError("TOML has no null")
        case bool():
            return "true" if value else "false"
        case str():
            return _quoted(escaped(value))
        case Mapping():
            inside = ", ".join(f"{key(name)} = {in_toml(each)}" for name, each in value.items())
            return f"{{ {inside} }}" if inside else "{}"
        case list():
            return f"[{', '.join(map(in_toml, value))}]"
        case _:
            return repr(value)


def in_yaml(value: Any) -> str:
    """What stands behind ``:`` in a file of YAML."""
    match value:
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case str():
            return _quoted(escaped(value))
        case float():
            written = repr(value)  # YAML 1.1 takes 1e+16 for text
            return written if "." in written else written.replace("e", ".0e")
        case Mapping():
            return f"{{{', '.join(f'{_quoted(name)}: {in_yaml(each)}' for name, each in value.items())}}}"
        case list():
            return f"[{', '.join(map(in_yaml, value))}]"
        case _:
            return repr(value)


def key(name: Any) -> str:
    """A key as TOML writes it, bare if it may be."""
    return str(name) if _BARE_KEY.fullmatch(str(name)) else _quoted(str(name))


def _quoted(text: str) -> str:
    """A text in double quotes, as TOML and YAML both read it."""
    return f'"{"".join(map(_character, text))}"'


def _character(char: str) -> str:
    if char in '"\\':
        return f"\\{char}"
    if char == "\n":
        return "\\n"
    if char.isprintable():
        return char
    if "\ud800" <= char <= "\udfff":
        raise UnwritableError("bytes that are no text")
    return f"\\U{ord(char):08x}"
