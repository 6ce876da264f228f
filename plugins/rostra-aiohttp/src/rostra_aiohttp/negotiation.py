"""Does a client want its answer in msgpack rather than in JSON? Imported where the settings let it choose."""

import functools
import re
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from aiohttp import hdrs, web

from rostra_aiohttp.answers import MSGPACK
from rostra_aiohttp.stamps import JSON

Respond: TypeAlias = Callable[[web.Request, Any], web.StreamResponse]

_ITEM = re.compile(r"\s*([^\s;,]+)\s*(?:;[^,]*?\bq\s*=\s*([01](?:\.\d{0,3})?))?[^,]*")
_MSGPACK = ("application/msgpack", "application/x-msgpack", "application/vnd.msgpack")
_JSON = ("application/json", "application/*", "*/*")


def negotiating(answer: Callable[..., web.StreamResponse]) -> Respond:
    """What was returned as an answer in the way that the client prefers.

    Args:
        answer: Makes it of the request and the result, as msgpack where ``packs`` says so.
    """

    def respond(request: web.Request, result: Any) -> web.StreamResponse:
        packs = prefers_msgpack(request.headers.get(hdrs.ACCEPT, ""))
        response = answer(request, result, packs=packs)
        if response is not result and response.content_type in (JSON, MSGPACK):
            response.headers.add(hdrs.VARY, hdrs.ACCEPT)
        return response

    return respond


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
