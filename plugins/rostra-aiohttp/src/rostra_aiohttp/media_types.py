"""Which type has a file of this name? What browsers need is known here, the same on every machine."""

import functools
import mimetypes

_OF_THE_WEB = {
    ".avif": "image/avif",
    ".css": "text/css",
    ".csv": "text/csv",
    ".gz": "application/gzip",
    ".htm": "text/html",
    ".html": "text/html",
    ".ico": "image/x-icon",
    ".js": "text/javascript",
    ".json": "application/json",
    ".map": "application/json",
    ".md": "text/markdown",
    ".mjs": "text/javascript",
    ".otf": "font/otf",
    ".svg": "image/svg+xml",
    ".ttf": "font/ttf",
    ".txt": "text/plain",
    ".wasm": "application/wasm",
    ".webmanifest": "application/manifest+json",
    ".webp": "image/webp",
    ".woff": "font/woff",
    ".woff2": "font/woff2",
    ".xml": "application/xml",
}
_UNKNOWN = "application/octet-stream"


@functools.lru_cache(maxsize=512)
def media_type(name: str) -> str:
    """The type of a file by its name, with a charset for texts: UTF-8, as nothing else is written today.

    What is not known is ``application/octet-stream``. A file that is compressed as a whole, ``orders.csv.gz``, is of
    the type of its compression.
    """
    dot, _, suffix = name.rpartition("/")[2].rpartition(".")
    known = _OF_THE_WEB.get(f".{suffix.lower()}") if dot else None
    if known is None:
        guessed, encoding = mimetypes.guess_type(f"file.{suffix}") if dot else (None, None)
        known = guessed if guessed is not None and encoding is None else _UNKNOWN
    return f"{known}; charset=utf-8" if known.startswith("text/") else known
