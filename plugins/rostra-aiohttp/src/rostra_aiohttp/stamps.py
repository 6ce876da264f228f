"""Answers that differ in their body only: what aiohttp finds out about each is found out once for all of them.

A stamp is an answer that aiohttp made. Its copies have its attributes, and headers, keys and a body of their own. Where
another aiohttp keeps these elsewhere, each answer is made the long way.
"""

import functools
from typing import Any

from aiohttp import hdrs, web
from multidict import CIMultiDict

TEXT = "text/plain; charset=utf-8"
JSON = "application/json"

_OWN = frozenset({"_headers", "_state", "_body"})
_MUTABLE = (dict, list, set, CIMultiDict)


class Stamp:
    """Makes answers of one status and type.

    Args:
        status: Of all of them.
        content_type: The header.
    """

    __slots__ = ("_attributes", "_headers", "content_type", "status")

    def __init__(self, status: int, content_type: str) -> None:
        self.status = status
        self.content_type = content_type
        made = self._made(b"")
        self._headers = CIMultiDict(made.headers)
        self._attributes: dict[str, Any] | None = dict(vars(made)) if _is_as_known(made) else None

    def answer(self, body: bytes) -> web.Response:
        """An answer with this body."""
        if self._attributes is None:
            return self._made(body)
        made = web.Response.__new__(web.Response)
        attributes = vars(made)
        attributes.update(self._attributes)
        attributes["_headers"] = CIMultiDict(self._headers)
        attributes["_state"] = {}
        attributes["_body"] = body
        return made

    def _made(self, body: bytes) -> web.Response:
        return web.Response(body=body, status=self.status, headers={hdrs.CONTENT_TYPE: self.content_type})


@functools.cache
def stamp(status: int, content_type: str) -> Stamp:
    """The one for answers of this status and type."""
    return Stamp(status, content_type)


def _is_as_known(made: web.Response) -> bool:
    """Whether nothing that changes is kept elsewhere than in what each copy has of its own."""
    attributes = vars(made)
    others = [value for name, value in attributes.items() if name not in _OWN]
    return attributes.keys() >= _OWN and not any(isinstance(value, _MUTABLE) for value in others)
