"""Files of a folder, or one file, served as they lie there.

``static`` is called in ``prepare``, since where the files are is often a setting. What is asked for is looked up below
the folder and nowhere else: not above it, not through links that lead out of it, and no names that begin with a dot.
Folders are never listed. A service without static files does not import this.
"""

import asyncio
import functools
import os
import re
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote

from aiohttp import hdrs, web

from rostra import context, handlers
from rostra.errors import HandlerError
from rostra_aiohttp.conditions import preferred
from rostra_aiohttp.folders import ENCODINGS, Found, look_up, parts_of
from rostra_aiohttp.media_types import media_type
from rostra_aiohttp.routes import get
from rostra_aiohttp.sending import FileAnswer

__all__ = ["HASHED", "static"]

HASHED = r"[.-](?=[^.]*\d)(?:(?=[^.]*[a-f])[0-9a-f]{8,}|(?=[^.]*[a-z])(?=[^.]*[A-Z])\w{8}|(?=[^.]*[A-Z])[A-Z2-7]{8})\.[^/]+$"
"""Names that bundlers make from the content of a file: ``app.3f2a91bc.js``, ``index-B4kX9a3f.css``, ``app-5PVKQ3YA.js``."""

_FOREVER = "public, max-age=31536000, immutable"


class _Rules(NamedTuple):
    root: Path
    index_name: str | None
    fallback: str | None
    cache: str
    immutable: re.Pattern[str] | None
    hidden: bool


def static(
    path: str,
    source: str | os.PathLike[str],
    *,
    index: str | None = "index.html",
    fallback: str | None = None,
    cache: str = "no-cache",
    immutable: bool | str = False,
    hidden: bool = False,
) -> None:
    """Serve a folder below ``path``, or one file at ``path``. Called in ``prepare``.

    ::

        async def prepare(settings: ShopConfig) -> None:
            static("/assets", settings.assets, immutable=True)

    Of a file that lies there as ``app.js.br`` or ``app.js.gz``, too, that is sent to clients that take it.

    Args:
        path: ``/assets``, ``/favicon.ico``, ``/``. Routes with handlers win over a folder at ``/``.
        source: A folder, or a file.
        index: What stands for a folder, if it has a file of this name; None for nothing.
        fallback: A file of the folder for pages that are no file, for applications that route in the browser: given to
            who asks for text/html by a path whose last part has no dot.
        cache: What caches are told: ``Cache-Control``. By default they keep it, and ask each time whether it has changed.
        immutable: Whether files are kept for ever whose names change with their content, as ``HASHED`` knows them; or a
            regular expression, searched for in the path below the folder.
        hidden: Whether files and folders whose names begin with a dot are served. ``.well-known`` always is.

    Raises:
        HandlerError: There is no such folder or file, or no stage is being prepared.
    """
    where = _caller()
    root = Path(source)
    if not root.exists():
        raise _nothing_there(path, root, where)
    known = context.get(handlers.Handlers, default=None)
    if known is None:
        raise _no_stage(path, where)
    pattern = re.compile(HASHED if immutable is True else immutable) if immutable else None
    rules = _Rules(root, index, fallback, cache, pattern, hidden)
    for function in _of_folder(path, rules) if root.is_dir() else _of_file(path, rules):
        function.__qualname__ = f'static("{path}") of {where}'
        known.declare(handlers.Declared(trigger, function) for trigger in handlers.triggers_of(function))


def _of_folder(prefix: str, rules: _Rules) -> tuple[Callable[..., Awaitable[Any]], ...]:
    prefix = prefix.rstrip("/")

    @get(f"{prefix}/{{path:.*}}", in_openapi=False)
    async def asset(path: str, request: web.Request) -> web.StreamResponse:
        return await _asset(rules, path, request)

    @get(prefix or "/", in_openapi=False)
    async def folder(request: web.Request) -> web.StreamResponse:
        if rules.index_name is None or await _looked_up(rules, rules.index_name) is None:
            raise web.HTTPNotFound
        raise _moved(prefix, request)

    return (asset, folder) if prefix else (asset,)


def _of_file(path: str, rules: _Rules) -> tuple[Callable[..., Awaitable[Any]], ...]:
    parent = rules._replace(root=rules.root.parent, hidden=True)

    @get(path, in_openapi=False)
    async def file(request: web.Request) -> web.StreamResponse:
        found = await _looked_up(parent, rules.root.name)
        if found is None or found.is_folder:
            raise web.HTTPNotFound
        return _answer(rules, found, request)

    return (file,)


async def _asset(rules: _Rules, path: str, request: web.Request) -> web.StreamResponse:
    found = await _looked_up(rules, path)
    if found is None and _is_page(rules, path, request):
        found = await _looked_up(rules, rules.fallback or "")
    if found is None:
        raise web.HTTPNotFound
    if found.is_folder:
        raise _moved(path, request)
    return _answer(rules, found, request)


def _answer(rules: _Rules, found: Found, request: web.Request) -> FileAnswer:
    encoding = preferred(",".join(request.headers.getall(hdrs.ACCEPT_ENCODING, [])), found.encodings)
    suffix = ENCODINGS[encoding] if encoding is not None else ""
    is_for_ever = rules.immutable is not None and rules.immutable.search(found.name) is not None
    headers: dict[str, str] = {
        hdrs.CACHE_CONTROL: _FOREVER if is_for_ever else rules.cache,
        "X-Content-Type-Options": "nosniff",
        **({hdrs.VARY: hdrs.ACCEPT_ENCODING} if found.encodings else {}),
    }
    path = found.path.with_name(found.path.name + suffix)
    return FileAnswer(path, media_type(found.name), encoding=encoding, headers=headers)


def _is_page(rules: _Rules, path: str, request: web.Request) -> bool:
    """Whether the browser's own routing is meant, and not a file that is missing."""
    wants_page = "text/html" in request.headers.get(hdrs.ACCEPT, "")
    return rules.fallback is not None and wants_page and "." not in path.rpartition("/")[2]


def _moved(path: str, request: web.Request) -> web.HTTPMovedPermanently:
    """To the same with a slash, relative to where it was asked for, so that it never leads to another host."""
    query = f"?{request.rel_url.raw_query_string}" if request.rel_url.raw_query_string else ""
    return web.HTTPMovedPermanently(f"./{quote(path.rpartition('/')[2])}/{query}")


async def _looked_up(rules: _Rules, path: str) -> Found | None:
    parts = parts_of(path, hidden=rules.hidden)
    if parts is None:
        return None
    look = functools.partial(look_up, rules.root, parts, rules.index_name)
    return await asyncio.get_running_loop().run_in_executor(None, look)


def _caller() -> str:
    frame = sys._getframe(2)  # noqa: SLF001  (who calls static)
    return f"{Path(frame.f_code.co_filename).name}:{frame.f_lineno}"


def _nothing_there(path: str, root: Path, where: str) -> HandlerError:
    return HandlerError(
        f'static("{path}") has nothing to serve',
        (where,),
        (f"there is no folder or file {root}", *(() if root.is_absolute() else (f"in {Path.cwd()}",))),
        ('name it from where the module lies: Path(__file__).parent / "assets"',),
    )


def _no_stage(path: str, where: str) -> HandlerError:
    return HandlerError(
        f'static("{path}") is called where no stage is being prepared',
        (where,),
        ("nobody would serve it",),
        ("call it in prepare: async def prepare() -> None: static(...)",),
    )
