"""Who is this request? An id for the log, the answer, and whoever asks what became of it."""

import os
import re

from aiohttp import web

HEADER = "X-Request-ID"

_ID = web.RequestKey("rostra_request_id", str)
_HARMLESS = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:+/=@-]{0,127}", re.ASCII).fullmatch
"""What common makers of ids write: UUIDs, ULIDs, base64, traces. Nothing that a log or a shell would stumble over."""
_SIZE_BYTES = 16


def request_id(request: web.BaseRequest) -> str:
    """The id of this request; empty if ``[http] request_id`` is off, or if the request could not even be read."""
    known: str = request.get(_ID, "")
    return known


def identify(request: web.BaseRequest) -> None:
    """Give the request its id: the one that the client says, if that is harmless, else a new one."""
    said = request.headers.get(HEADER)
    request[_ID] = said if said is not None and _HARMLESS(said) else os.urandom(_SIZE_BYTES).hex()


async def tell_id(request: web.BaseRequest, response: web.StreamResponse) -> None:
    """Put the id into the header of an answer that is about to be sent."""
    chosen = request.get(_ID)
    if chosen is not None:
        response.headers[HEADER] = chosen
