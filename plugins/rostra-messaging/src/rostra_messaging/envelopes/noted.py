"""What senders note beside their data, as far as it makes sense: what does not is as good as nothing."""

import datetime as dt
from typing import Any


def text_of(value: Any) -> str | None:
    """A text that says something."""
    return value if isinstance(value, str) and value else None


def time_of(value: Any) -> dt.datetime | None:
    """A moment: seconds since 1970, or a text as of RFC 3339; without a time zone it is UTC."""
    try:
        if isinstance(value, str):
            found = dt.datetime.fromisoformat(value)
            return found if found.tzinfo else found.replace(tzinfo=dt.UTC)
        if type(value) in (int, float):
            return dt.datetime.fromtimestamp(value, dt.UTC)
    except (ValueError, OverflowError, OSError):
        return None
    return None
