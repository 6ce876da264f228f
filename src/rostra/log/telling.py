"""One event by the thousand: what is the same in all its lines is found out once, and lines go out together.

That is so where lines are JSON on stderr and nobody else hears the logger. Else each is a record, as of any event.
"""

import logging
import math
import time
from collections.abc import Callable, Mapping
from types import NoneType
from typing import Any, TypeAlias

from rostra.log.binding import Keys, bound_besides
from rostra.log.output import HEAD, JsonFormatter, StderrHandler, encoded, quoted, utc_time
from rostra.log.records import FIELDS, Event

Later: TypeAlias = Callable[[Callable[[], None]], object]

_LEVEL = logging.INFO


class Teller:
    """Tells of one event; called with the values of its keys.

    Args:
        stdlib: Where the lines go.
        event: The fixed text.
        constant: Keys whose values are known.
        keys: The others. A value given for a constant one wins.
        later: Calls a function soon; None is at once.
        covered: What ``bind_late`` was given whose keys are all among these.
    """

    __slots__ = ("_constant", "_covered", "_event", "_keys", "_later", "_names", "_pattern", "_stdlib")

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
        self._pattern = _pattern(stdlib.name, event, self._constant, keys)

    def __call__(self, *values: Any) -> None:
        """Tell it, with a value for each key."""
        stdlib = self._stdlib
        if not stdlib.isEnabledFor(_LEVEL):
            return
        bound = bound_besides(self._names, self._covered)
        handler = _only_json(stdlib)
        if handler is None:
            self._hand_on(
                {
                    "event": self._event,
                    **self._constant,
                    **dict(zip(self._keys, values, strict=True)),
                    **bound,
                }
            )
            return
        told = [_AS.get(each.__class__, encoded)(each) for each in values]
        if handler.put(self._pattern % (utc_time(time.time()), *told, _more(bound) if bound else "")):
            self._flush_later(handler)

    def _hand_on(self, fields: dict[str, Any]) -> None:
        stdlib, event = self._stdlib, Event(fields)
        extra = {FIELDS: fields}
        stdlib.handle(stdlib.makeRecord(stdlib.name, _LEVEL, __file__, 0, event, (), None, "tell", extra))

    def _flush_later(self, handler: StderrHandler) -> None:
        try:
            self._later(handler.flush)
        except RuntimeError:  # the loop is closed
            handler.flush()


def _pattern(logger: str, event: str, constant: Mapping[str, Any], keys: tuple[str, ...]) -> str:
    """A line, with places for the time, for the value of each key, and for what more there is."""
    level = logging.getLevelName(_LEVEL).lower()
    known = {"level": level, "logger": logger, "event": event, **_renamed(constant)}
    parts = [f'{quoted("timestamp")}: "%s"']
    parts += [f"{quoted(key)}: {encoded(value)}".replace("%", "%%") for key, value in known.items()]
    parts += [f"{quoted(key)}".replace("%", "%%") + ": %s" for key in _renamed(dict.fromkeys(keys))]
    return f"{{{', '.join(parts)}%s}}\n"


def _renamed(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Keys that are called as what every line has give way."""
    return {f"{key}_" if key in HEAD else key: value for key, value in fields.items()}


def _more(bound: Mapping[str, Any]) -> str:
    return "".join(f", {quoted(key)}: {encoded(value)}" for key, value in _renamed(bound).items())


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


def _at_once(write: Callable[[], None]) -> None:
    write()


def _number(value: float) -> str:
    return float.__repr__(value) if math.isfinite(value) else encoded(value)


_AS: dict[type, Callable[[Any], str]] = {
    str: quoted,
    int: int.__repr__,
    float: _number,
    NoneType: lambda _: "null",
}
"""How the values are written of which most lines are made."""
