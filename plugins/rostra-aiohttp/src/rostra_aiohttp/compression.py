"""Answers are compressed for clients that want it: those of a type and size for which it pays.

Streams and files are not: events would be held back, and files are better compressed once, beforehand.
"""

from collections.abc import Awaitable, Callable
from typing import TypeAlias

from aiohttp import hdrs, web

from rostra_aiohttp.cors import vary_by
from rostra_aiohttp.settings import CompressionConfig

Handler: TypeAlias = Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]

_TAKEN_APART = frozenset({206, 204, 304})
"""A part of an answer, or none: what its headers say is meant for the bytes as they are."""


def compressing(handler: Handler, settings: CompressionConfig) -> Handler:
    """Compress what ``handler`` answers, if its client takes that."""
    smallest, types = int(settings.smallest), tuple(settings.types)

    async def compressed(request: web.BaseRequest) -> web.StreamResponse:
        response = await handler(request)
        if _is_worth_it(response, smallest, types):
            vary_by(response, hdrs.ACCEPT_ENCODING)
            if accepts_gzip(request.headers.get(hdrs.ACCEPT_ENCODING, "")):
                _compress(response)
        return response

    return compressed


def accepts_gzip(said: str) -> bool:
    """Whether ``Accept-Encoding`` lets answers be compressed by gzip (RFC 9110, section 12.5.3)."""
    weights = {}
    for item in said.lower().split(","):
        coding, _, parameters = item.partition(";")
        weights[coding.strip()] = _weight(parameters)
    return weights.get("gzip", weights.get("x-gzip", weights.get("*", 0.0))) > 0


def _weight(parameters: str) -> float:
    name, _, value = parameters.strip().partition("=")
    if name.strip() != "q":
        return 1.0
    try:
        return float(value)
    except ValueError:
        return 0.0


def _is_worth_it(response: web.StreamResponse, smallest: int, types: tuple[str, ...]) -> bool:
    if not isinstance(response, web.Response) or response.prepared or response.status in _TAKEN_APART:
        return False
    body = response.body
    return (
        isinstance(body, bytes | bytearray)
        and len(body) >= smallest
        and hdrs.CONTENT_ENCODING not in response.headers
        and _is_of(response.content_type, types)
        and "no-transform" not in response.headers.get(hdrs.CACHE_CONTROL, "")
    )


def _is_of(content_type: str, types: tuple[str, ...]) -> bool:
    return any(
        content_type.startswith(each) if each.endswith("/") else content_type.endswith(each)
        for each in types
        if each == content_type or each.endswith("/") or each.startswith("+")
    )


def _compress(response: web.StreamResponse) -> None:
    response.enable_compression(web.ContentCoding.gzip)
    tag = response.headers.get(hdrs.ETAG, "")
    if tag.startswith('"'):  # the bytes are others, so it is the same by meaning only
        response.headers[hdrs.ETAG] = f"W/{tag}"
