"""One event by the thousand: what is the same in all its lines is found out once, and lines go out together.

What a line looks like whose values are of certain types is a function with one f-string, written and compiled when such a
line first comes: to look how each value is written takes three times as long as to write them all. That is so where lines
are JSON on stderr and nobody else hears the logger. Else each is a record, as of any event.
"""

import logging
import math
import time
from collections.abc import Callable, Container, Mapping
from types import NoneType
from typing import Any, TypeAlias

from rostra.log.binding import Keys, bound_here, known_keys, process, structlog_keys
from rostra.log.output import (
    FIELDS,
    HEAD,
    Event,
    JsonFormatter,
    Later,
    StderrHandler,
    Teller,
    encode,
    quoted,
    utc_time,
)

Line: TypeAlias = Callable[..., str]

_LEVEL = logging.INFO
_MOST_LINES = 64
"""So many kinds of lines of one event are remembered; then they are written anew."""


class QuickTeller(Teller):
    """Tells of one event by lines that were prepared.

    Args:
        stdlib: Where the lines go.
        event: The fixed text.
        constant: Keys whose values are known.
        keys: The others. A value given for a constant one wins.
        later: Calls a function soon; None is at once.
        covered: What ``bind_late`` was given whose keys are all among these.
    """

    __slots__ = ("_constant", "_covered", "_event", "_keys", "_later", "_lines", "_names", "_stdlib", "_text")

    def __init__(
        self,
        stdlib: logging.Logger,
        event: str,
        constant: Mapping[str, Any],
        keys: tuple[str, ...],
        later: Later | None,
        covered: Keys | None,
    ) -> None:
        self._stdlib = stdlib
        self._event = event
        self._constant = {key: value for key, value in constant.items() if key not in keys}
        self._keys = keys
        self._later = later or _at_once
        self._covered = covered
        self._names = frozenset(("event", *constant, *keys))
        self._lines: dict[tuple[type, ...], Line] = {}
        self._text: tuple[Any, Any, str] = None, None, ""

    def __call__(self, *values: Any) -> None:
        """Tell it, with a value for each key."""
        stdlib = self._stdlib
        if not stdlib.isEnabledFor(_LEVEL):
            return
        handler = _only_json(stdlib)
        if handler is None:
            self._hand_on(
                {
                    "event": self._event,
                    **self._constant,
                    **dict(zip(self._keys, values, strict=True)),
                    **_bound_besides(self._names, self._covered),
                }
            )
            return
        kinds = tuple(map(type, values))
        line = self._lines.get(kinds) or self._line_of(kinds)
        if handler.put(line(utc_time(time.time()), self._bound(), *values)):
            self._flush_later(handler)

    def _bound(self) -> str:
        """What is bound, as text: that of the line before, if nothing else is bound and none of it can have changed."""
        sources = _bound_in(self._covered)
        if sources is not None:
            known, of_process, text = self._text
            if sources[0] is known and sources[1] is of_process:
                return text
        bound = _bound_besides(self._names, self._covered)
        text = _more(bound) if bound else ""
        if sources is not None and all(type(value) in _AS for value in bound.values()):
            self._text = *sources, text
        return text

    def _line_of(self, kinds: tuple[type, ...]) -> Line:
        if len(self._lines) >= _MOST_LINES:
            self._lines.clear()
        line = self._lines[kinds] = _line(self._stdlib.name, self._event, self._constant, self._keys, kinds)
        return line

    def _hand_on(self, fields: dict[str, Any]) -> None:
        stdlib, event = self._stdlib, Event(fields)
        extra = {FIELDS: fields}
        stdlib.handle(stdlib.makeRecord(stdlib.name, _LEVEL, __file__, 0, event, (), None, "tell", extra))

    def _flush_later(self, handler: StderrHandler) -> None:
        try:
            self._later(handler.flush)
        except RuntimeError:  # the loop is closed
            handler.flush()


def _bound_besides(names: Container[str], covered: Keys | None = None) -> Mapping[str, Any]:
    """What is bound to the running task, but for these names, in no order.

    Args:
        names: What the line has already.
        covered: What ``bind_late`` was given whose keys are all among them, so that it need not be called.
    """
    here, theirs = bound_here(covered), structlog_keys()
    found: dict[str, Any] = {}
    if here or theirs or process.keys:
        for source in (theirs, *here, process.keys):
            for key in source:
                if key not in names and key not in found:
                    found[key] = source[key]
    return found


def _bound_in(covered: Keys | None) -> tuple[Mapping[str, Any], Mapping[str, Any]] | None:
    """Where ``_bound_besides`` would look: what is bound to the running task and to the process, neither of which ever changes.

    None where something else is bound: late, unless it is ``covered``, or by structlog itself.
    """
    known = known_keys.get()
    while known.__class__ is tuple:
        known, keys, _ = known
        if keys is not covered:
            return None
    return None if structlog_keys() else (known, process.keys)


def _line(
    logger: str, event: str, constant: Mapping[str, Any], keys: tuple[str, ...], kinds: tuple[type, ...]
) -> Line:
    """What makes a line of the time, of what more there is, and of a value of each kind."""
    level = logging.getLevelName(_LEVEL).lower()
    known = {"level": level, "logger": logger, "event": event, **_renamed(constant)}
    names = [f"value_{number}" for number in range(len(kinds))]
    fields = ['"timestamp": "{moment}"']
    fields += [f"{quoted(key)}: {_encoded(value)}".translate(_LITERAL) for key, value in known.items()]
    fields += [
        f"{quoted(key)}: ".translate(_LITERAL) + _AS.get(kind, "{encoded(?)}").replace("?", name)
        for key, name, kind in zip(_renamed(dict.fromkeys(keys)), names, kinds, strict=True)
    ]
    template = f"{{{{{', '.join(fields)}{{more}}}}}}\n"
    text = f"lambda {', '.join(['moment', 'more', *names])}: f{template!r}"
    line: Line = eval(text, {"quoted": quoted, "number": _number, "encoded": _encoded})  # noqa: S307  (we wrote it; keys and constants are literals in it)
    return line


def _renamed(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Keys that are called as what every line has give way."""
    return {f"{key}_" if key in HEAD else key: value for key, value in fields.items()}


def _more(bound: Mapping[str, Any]) -> str:
    return "".join(f", {quoted(key)}: {_encoded(value)}" for key, value in _renamed(bound).items())


def _only_json(logger: logging.Logger) -> StderrHandler | None:
    """The handler that hears this logger, if there is one only, and it writes JSON."""
    found: logging.Handler | None = None
    each: logging.Logger | None = logger
    while each is not None:
        if each.handlers:
            if found is not None or len(each.handlers) > 1:
                return None
            found = each.handlers[0]
        each = each.parent if each.propagate else None
    if not isinstance(found, StderrHandler) or type(found.formatter) is not JsonFormatter:
        return None
    is_heard_as_it_is = not (logger.filters or found.filters) and found.level <= _LEVEL
    return found if is_heard_as_it_is and logging.getLogRecordFactory() is logging.LogRecord else None


def _encoded(value: object) -> str:
    """One value as JSON; what JSON cannot say as the text of its ``repr``."""
    try:
        return encode(value)
    except (TypeError, ValueError):  # a key that is no text, or a value that contains itself
        return quoted(repr(value))


def _at_once(write: Callable[[], None]) -> None:
    write()


def _number(value: float) -> str:
    return float.__repr__(value) if math.isfinite(value) else _encoded(value)


_AS: dict[type, str] = {
    str: "{quoted(?)}",
    int: "{?}",
    float: "{number(?)}",
    NoneType: "null",
}
"""How the values are written of which most lines are made."""
_LITERAL = str.maketrans({"{": "{{", "}": "}}"})
"""What stands for itself in an f-string."""
