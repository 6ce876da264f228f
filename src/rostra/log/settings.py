"""The section ``[logging]``."""

import enum
import logging
from collections.abc import Mapping
from typing import Any

from rostra.config import Config, field, frozen


class Level(enum.StrEnum):
    """From which weight on lines are written. Upper case is understood, too."""

    DEBUG = "debug"
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"
    CRITICAL = "critical"

    @classmethod
    def _missing_(cls, value: object) -> "Level | None":
        word = value.lower() if isinstance(value, str) else value
        return next((level for level in cls if level.value == word), None)

    @property
    def number(self) -> int:
        """As the standard library counts."""
        return logging.getLevelNamesMapping()[self.name]


class Format(enum.StrEnum):
    """What a line looks like."""

    AUTO = "auto"
    """Text if stderr is a terminal, JSON otherwise."""
    TEXT = "text"
    JSON = "json"


def _levels(levels: Mapping[str, Level]) -> dict[str, Level]:
    return {name: Level(level) for name, level in levels.items()}


def _format(formatter: str | None) -> Format | None:
    return None if formatter is None else Format(formatter)


def _check_one_format(settings: Any, _: object, formatter: Format | None) -> None:
    if formatter is not None and settings.format not in (Format.AUTO, formatter):
        raise ValueError(f"format is {settings.format}, and both are the same setting")


@frozen
class LogConfig(Config, section="logging"):
    """What is written, and how. It is written to stderr.

    ::

        [logging]
        level = "info"
        levels = {"aiohttp" = "warning", "myapp.db" = "debug"}
    """

    format: Format = field(default=Format.AUTO, converter=Format)
    """``text`` for people, ``json`` for machines, or ``auto``."""
    level: Level = field(default=Level.INFO, converter=Level)
    """Of all loggers that ``levels`` does not name."""
    levels: dict[str, Level] = field(factory=dict, converter=_levels)
    """Of single loggers and those below them, by name."""
    formatter: Format | None = field(default=None, converter=_format, validator=_check_one_format)
    """Another word for ``format``."""

    def __attrs_post_init__(self) -> None:
        if self.formatter is not None:
            object.__setattr__(self, "format", self.formatter)  # the class is frozen
