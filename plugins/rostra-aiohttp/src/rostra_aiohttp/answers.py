"""What a handler returns becomes an answer."""

import functools
from collections.abc import Callable
from http import HTTPStatus
from ipaddress import IPv4Address, IPv6Address
from pathlib import PurePath
from typing import Any

from aiohttp import web

_AS_TEXT = (str, PurePath, IPv4Address, IPv6Address)


def answer(result: Any, status: int | None = None) -> web.StreamResponse:
    """The answer that ``result`` stands for.

    Args:
        result: An answer of aiohttp's is sent as it is. ``(status, body)`` says the status, too. Of bodies, a text is
            sent as text/plain, bytes as application/octet-stream, None as nothing, and everything else as JSON.
        status: Where the result says none; by default 200, and 204 for None.

    Raises:
        TypeError: The result is nothing that JSON can say.
    """
    if isinstance(result, web.StreamResponse):
        return result
    if type(result) is tuple and len(result) == 2 and _is_status(result[0]):  # noqa: PLR2004  (a pair)
        status, result = result
    if result is None:
        return web.Response(status=status or HTTPStatus.NO_CONTENT)
    status = status or HTTPStatus.OK
    if isinstance(result, str):
        return web.Response(text=result, status=status)
    if isinstance(result, bytes | bytearray | memoryview):
        return web.Response(body=bytes(result), status=status, content_type="application/octet-stream")
    return web.Response(body=encoded(result), status=status, content_type="application/json")


def _is_status(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 100 <= value <= 599  # noqa: PLR2004  (RFC 9110)


def encoded(value: Any) -> bytes:
    """A value as JSON.

    Raises:
        TypeError: There is something in it that JSON cannot say.
    """
    return _encode()(value)


@functools.cache
def _encode() -> Callable[[Any], bytes]:
    import msgspec  # a service that only answers with texts does without

    return msgspec.json.Encoder(enc_hook=_plain).encode


def _plain(value: Any) -> Any:
    """What msgspec does not know itself. Secrets are not known, on purpose."""
    if isinstance(value, _AS_TEXT):
        return str(value)
    if isinstance(value, int):  # a class of somebody's own on top of a plain one
        return int(value)
    if isinstance(value, float):
        return float(value)
    msg = f"a handler returned a {type(value).__qualname__}, which JSON cannot say"
    raise TypeError(msg)
