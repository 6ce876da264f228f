"""The page on which people read the document and try it: one file, with all that it needs in it.

Its policy lets nothing run but what stands in it, and lets it ask nobody but the service itself.
"""

import base64
import functools
import hashlib
import html
import posixpath
from collections.abc import Mapping
from pathlib import Path
from string import Template

_FOLDER = Path(__file__).parent


@functools.cache
def page(path: str, document: str) -> str:
    """The page, as HTML.

    It finds the document and the service by where it stands itself, so that a proxy may put a prefix before all paths.

    Args:
        path: Of the page.
        document: The path of the document.
    """
    folder = posixpath.dirname(path)
    root = posixpath.relpath("/", folder)
    return Template(_text("page.html")).substitute(
        style=_text("page.css"),
        script=_text("page.js"),
        document=html.escape(posixpath.relpath(document, folder)),
        root="" if root == "." else f"{root}/",
    )


@functools.cache
def policy() -> Mapping[str, str]:
    """The headers that go with it.

    Source: https://www.w3.org/TR/CSP3/
    """
    rules = (
        "default-src 'none'",
        f"script-src '{_digest('page.js')}'",
        f"style-src '{_digest('page.css')}'",
        "img-src data:",
        "connect-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
        "require-trusted-types-for 'script'",
    )
    return {
        "Content-Security-Policy": "; ".join(rules),
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
    }


@functools.cache
def _text(name: str) -> str:
    return (_FOLDER / name).read_text(encoding="utf-8")


def _digest(name: str) -> str:
    digest = hashlib.sha256(_text(name).encode()).digest()
    return f"sha256-{base64.b64encode(digest).decode()}"
