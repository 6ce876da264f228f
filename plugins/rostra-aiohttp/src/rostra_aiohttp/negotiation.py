"""Does a client want its answer in msgpack rather than in JSON? Imported where the settings let it choose."""

import functools
import re
from collections.abc import Mapping

_ITEM = re.compile(r"\s*([^\s;,]+)\s*(?:;[^,]*?\bq\s*=\s*([01](?:\.\d{0,3})?))?[^,]*")
_MSGPACK = ("application/msgpack", "application/x-msgpack", "application/vnd.msgpack")
_JSON = ("application/json", "application/*", "*/*")


@functools.lru_cache(maxsize=256)
def prefers_msgpack(accept: str) -> bool:
    """Whether ``Accept`` names msgpack, and no better than that JSON (RFC 9110, section 12.5.1).

    A client that would take anything gets JSON.
    """
    weights = _weights(accept)
    packed = max((weights[name] for name in _MSGPACK if name in weights), default=0.0)
    plain = next((weights[name] for name in _JSON if name in weights), 0.0)
    return packed > 0 and packed >= plain


def _weights(accept: str) -> Mapping[str, float]:
    found = filter(None, map(_ITEM.fullmatch, accept[:1000].split(",")))
    return {match[1].lower(): float(match[2] or 1) for match in found}
