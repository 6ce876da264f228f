"""What a record of the standard library knows of an event: one attribute, in which its keys are."""

from collections.abc import Mapping
from typing import Any

FIELDS = "rostra_fields"
"""The attribute of a LogRecord under which the event and its keys are kept: one, so that no key clashes with those
that the standard library uses."""


class Event:
    """What a record says to those who know nothing of keys: ``plugin.prepared plugin=myapp seconds=0.2``."""

    __slots__ = ("fields",)

    def __init__(self, fields: Mapping[str, Any]) -> None:
        self.fields = fields

    def __str__(self) -> str:
        keys = (f"{key}={_shown(value)}" for key, value in self.fields.items() if key != "event")
        return " ".join((str(self.fields.get("event", "")), *keys))


def _shown(value: object) -> str:
    """As one word; what a value from outside has in it can neither end the line nor look like another key."""
    text = str(value)
    is_word = text.isprintable() and not any(character in " \"'=" for character in text)
    return text if text and is_word else repr(text)
