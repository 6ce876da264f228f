"""Bytes of foreign senders, made readable with care: nothing grows beyond its limit, nothing says what it says twice."""

import base64
import binascii
import zlib

from rostra_messaging.errors import UndecodableError

MOST_BYTES = 64 * 1024**2
"""How large data may become when they are decompressed, unless an envelope is told otherwise: 64 MiB."""

_ZLIB_OR_GZIP = zlib.MAX_WBITS | 32


def unbase64(text: str | bytes) -> bytes:
    """The bytes that a text in base64 (standard alphabet, padded) stands for.

    Raises:
        UndecodableError: It is none.
    """
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):  # the latter: a text with more than ASCII in it
        pass
    raise UndecodableError("what should be base64 is none")


def inflated(content: bytes, most_bytes: int) -> bytes:
    """A stream of zlib or gzip, decompressed, which is given up when it becomes too large.

    Args:
        content: The stream, whole.
        most_bytes: How large it may become.

    Raises:
        UndecodableError: It is no such stream, is broken off, or becomes larger.
    """
    stream = zlib.decompressobj(_ZLIB_OR_GZIP)
    try:
        found = stream.decompress(content, most_bytes + 1)
    except zlib.error:
        found = None
    if found is None:
        raise UndecodableError("what should be compressed by zlib is not")
    if len(found) > most_bytes:
        raise UndecodableError(f"decompressed it is larger than {most_bytes} bytes, which is the limit")
    if not stream.eof:
        raise UndecodableError("what is compressed by zlib is broken off")
    if stream.unused_data:
        raise UndecodableError("behind what is compressed by zlib there is more")
    return found
