"""A request as this server knows it: it tells its id with each answer, streams and refusals included.

What else is to be said in all answers is said here, too, just before their headers are sent, whoever answers.
"""

from typing import Any

from aiohttp import hdrs, web
from aiohttp.http import HttpVersion11

from rostra_aiohttp.identity import HEADER, known_id

COMPRESSION = web.RequestKey("rostra_compression", object)
"""Of a request whose answer may be compressed: a ``compression.Compression``, which is not imported where none is."""
_ODD_METHODS = frozenset({hdrs.METH_HEAD, hdrs.METH_CONNECT})


class Asked(web.Request):
    """A request that came over a ``Connection``."""

    async def _prepare_hook(self, response: web.StreamResponse) -> None:
        """What aiohttp calls with each answer. Its signal for that costs as much as all else that we do."""
        chosen = known_id(self)
        if chosen is not None:
            response.headers[HEADER] = chosen
        connection: Any = self.protocol
        for mark in connection.marks:
            mark(self, response)
        await super()._prepare_hook(response)


def is_plain(request: web.BaseRequest) -> bool:
    """Whether the head of an ordinary answer to this request follows from the answer and the id alone."""
    if type(request) is not Asked:
        return False
    message = request._message  # noqa: SLF001  (three properties cost more than all else here)
    if message.should_close or message.version != HttpVersion11 or message.method in _ODD_METHODS:
        return False
    connection: Any = request.protocol
    writer: Any = request.writer
    if connection.marks or writer.output_size or writer._headers_buf:  # noqa: SLF001  (of an answer that was given up)
        return False
    found = request._match_info  # noqa: SLF001  (of what is answered before anybody has looked it is None)
    if found is not None:
        for app in found._apps:  # noqa: SLF001  (no copies)
            if app.on_response_prepare:
                return False
    return True
