"""What JSON Schema says of each type of a setting: everything that ``load`` reads as it, texts included. Pure."""

import typing
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from enum import Enum, EnumMeta, Flag
from pathlib import Path, PurePath
from types import NoneType
from typing import Any, TypeAlias
from uuid import UUID

from rostra.config.choices import written
from rostra.config.declared import bare, is_alias, is_section, members, options
from rostra.config.hooks import Own, own
from rostra.config.phrases import MAPPINGS, SEQUENCES, hidden
from rostra.config.quantities import Bytes, Duration
from rostra.config.scalars import BASE64
from rostra.config.secret import Secret
from rostra.config.taught import taken_by

__all__ = ["TABLE_AS_TEXT", "fragment", "of_scalar"]

Fragment: TypeAlias = dict[str, Any]
Ref: TypeAlias = Callable[[Any], Fragment]
"""What stands for something that is described elsewhere: a class of settings, an alias, a type with a long pattern."""

_REFERENCE = r"\$\{"
"""What a text has that is not yet what it will be."""


def _or_reference(pattern: str) -> str:
    return f"{pattern}|{_REFERENCE}"


TABLE_AS_TEXT = _or_reference(r"^[ \t\r\n]*\{")
"""The pattern of texts that may be tables."""

_AMOUNT = r"[0-9]+(\.[0-9]+)?"
_SPAN = "".join(rf"({_AMOUNT}\s*{unit}\s*)?" for unit in ("w", "d", "h", r"m(?!s)", "s", "ms", "(us|µs)"))
_SPAN_AS_TEXT = rf"\s*-?({_AMOUNT}|(?=[0-9]){_SPAN})\s*$"
_NOT_NEGATIVE = r"(?!\s*-[^1-9]*[1-9])"
_DAY = r"[0-9]{4}(-?[0-9]{2}-?[0-9]{2}|-?W[0-9]{2}(-?[1-7])?)"
_WORDS = "|".join(
    "".join(f"[{char}{char.upper()}]" for char in word)
    for word in ("on", "true", "yes", "off", "false", "no")
)
_NUMBER = r"([0-9]+(_[0-9]+)*\.?([0-9]+(_[0-9]+)*)?|\.[0-9]+)([eE][+-]?[0-9]+)?"
_INFINITE = r"[iI][nN][fF]([iI][nN][iI][tT][yY])?|[nN][aA][nN]"
_UUID = r"(urn:)?(uuid:)?\{*(-*[0-9a-fA-F]-*){32}\}*"

_A_NUMBER = rf"^\s*[+-]?({_NUMBER}|{_INFINITE})\s*$"

_SCALARS: dict[Any, tuple[str | None, str | None, Fragment]] = {
    str: (None, None, {}),
    bool: ("boolean", rf"^\s*([01]|{_WORDS})\s*$", {}),
    int: ("integer", r"^\s*[+-]?[0-9]+(_[0-9]+)*\s*$", {}),
    float: ("number", _A_NUMBER, {}),
    bytes: (None, rf"^(?!{BASE64})|^{BASE64}[A-Za-z0-9+/=]*$", {}),
    timedelta: ("number", f"^{_SPAN_AS_TEXT}", {}),
    Duration: ("number", f"^{_NOT_NEGATIVE}{_SPAN_AS_TEXT}", {"minimum": 0}),
    Bytes: ("integer", rf"^\s*{_AMOUNT}\s*([bB]|[kKmMgGtTpPeE][iI]?[bB])?\s*$", {"minimum": 0}),
    date: (None, f"^{_DAY}$", {}),
    datetime: (None, rf"^{_DAY}([\s\S][0-9]{{2}}[\s\S]*)?$", {}),
    time: (None, r"^T?[0-9]{2}[0-9:.,Z+-]*$", {}),
    UUID: (None, f"^{_UUID}$", {}),
    Path: (None, r"^[^\u0000]+$", {}),
    PurePath: (None, r"^[^\u0000]+$", {}),
}
"""JSON's type beside texts, the pattern of the texts, and what else is to be said, by type."""

_WORDY = (timedelta, Duration, Bytes)
"""Those that are better said once."""

_STANDARD: dict[str, tuple[str | None, str | None, Fragment]] = {
    "decimal.Decimal": ("number", _A_NUMBER, {}),
    "fractions.Fraction": ("number", None, {}),
    "ipaddress": (None, r"^[0-9A-Fa-f:./%\w]+$", {}),
    "re.Pattern": (None, None, {}),
    "zoneinfo.ZoneInfo": (None, r"^[^\u0000]+$", {}),
}
"""The same by the name of the class, or of the module of the class."""


def fragment(wanted: Any, ref: Ref) -> Fragment:
    """The schema of the values that ``load`` reads as ``wanted``.

    A type that nobody here knows is described by no more than nothing: any value may be one.

    Args:
        wanted: The type.
        ref: Called with what is described once for all of its uses.
    """
    if is_alias(wanted):
        return ref(wanted)
    wanted = bare(wanted)
    origin = typing.get_origin(wanted) or wanted
    if (known := own(origin)) is not None:
        return _of_own(known, wanted, ref)
    if origin is Secret:
        return {**fragment(hidden(wanted), ref), "writeOnly": True}
    if members(wanted):
        return _of_union(wanted, ref)
    if options(wanted):
        return _of_options(wanted)
    if origin in SEQUENCES:
        return _of_sequence(wanted, origin, ref)
    if origin in MAPPINGS:
        return _of_mapping(wanted, ref)
    if is_section(wanted) or wanted in _WORDY:
        return ref(wanted)
    return of_scalar(origin)


def _of_own(known: Own, wanted: Any, ref: Ref) -> Fragment:
    """What users say about a type of their own; else what their function takes."""
    takes = taken_by(known) if known.schema is None else Any
    made = dict(known.schema) if known.schema is not None else {} if takes is wanted else fragment(takes, ref)
    titled = {"title": known.expected} if known.expected else {}
    if is_section(wanted):  # a table is always a table of its settings
        return {"anyOf": [ref(wanted), *([made] if made else [])], **titled} if made else {}
    if made and known.schema is not None:
        made = {"anyOf": [made, {"type": "string", "pattern": _REFERENCE}]}
    return {**made, **titled}


def of_scalar(wanted: Any) -> Fragment:
    """The schema of a type of single values; nothing for one that nobody here knows."""
    if wanted is NoneType:
        return {"type": "null"}
    found = next(filter(None, map(_known, getattr(wanted, "__mro__", ()))), None)
    if found is None:
        return {}
    kind, pattern, more = found
    return {
        "type": [kind, "string"] if kind else "string",
        **({"pattern": _or_reference(pattern)} if pattern else {}),
        **more,
    }


def _known(cls: type) -> tuple[str | None, str | None, Fragment] | None:
    by_name = _STANDARD.get(f"{cls.__module__}.{cls.__qualname__}") or _STANDARD.get(cls.__module__)
    return _SCALARS.get(cls) or by_name


def _of_union(wanted: Any, ref: Ref) -> Fragment:
    alternatives = [fragment(each, ref) for each in members(wanted)]
    if {} in alternatives:
        return {}
    is_secret = [each.pop("writeOnly", False) for each in alternatives]
    return {"anyOf": alternatives, **({"writeOnly": True} if any(is_secret) else {})}


def _of_options(wanted: Any) -> Fragment:
    """The options as they are, and the texts that stand for them: editors offer the first."""
    admitted = [each.value if isinstance(each, Enum) else each for each in options(wanted)]
    values = [each for each in admitted if each is None or isinstance(each, bool | int | float | str)]
    texts = {written(each) for each in values}
    if isinstance(wanted, EnumMeta):
        texts |= set(wanted.__members__)
    texts -= {each for each in values if isinstance(each, str)}
    enums = [{"enum": each} for each in (values, sorted(texts)) if each]
    if isinstance(wanted, EnumMeta) and _has_its_own_say(wanted):
        return {"examples": values} if values else {}
    flags = [{"type": "array"}] if _is_flag(wanted) else []
    return {
        "anyOf": [
            *enums,
            *flags,
            {"type": "string", "pattern": _or_reference(r"\|") if flags else _REFERENCE},
        ]
    }


def _is_flag(wanted: Any) -> bool:
    return isinstance(wanted, EnumMeta) and issubclass(wanted, Flag)


def _has_its_own_say(wanted: Any) -> bool:
    """Whether an enum itself takes values that are none of its members'."""
    usual = (Enum.__dict__["_missing_"], Flag.__dict__["_missing_"])
    return next(vars(each)["_missing_"] for each in wanted.__mro__ if "_missing_" in vars(each)) not in usual


def _of_sequence(wanted: Any, origin: Any, ref: Ref) -> Fragment:
    parts = typing.get_args(wanted)
    made: Fragment = {"type": ["array", "string"]}
    if origin is tuple and parts and parts[-1] is not Ellipsis:
        fixed = [fragment(each, ref) for each in parts]
        return {**made, "prefixItems": fixed, "minItems": len(fixed), "maxItems": len(fixed)}
    items = fragment(parts[0], ref) if parts else {}
    return {**made, "items": items} if items else made


def _of_mapping(wanted: Any, ref: Ref) -> Fragment:
    of_key, of_value = typing.get_args(wanted) or (Any, Any)
    keys, values = fragment(of_key, ref), fragment(of_value, ref)
    return {
        "type": ["object", "string"],
        "pattern": TABLE_AS_TEXT,
        **({"propertyNames": keys} if keys not in ({}, {"type": "string"}) else {}),
        **({"additionalProperties": values} if values else {}),
    }
