"""Where the document and its page are found, what keeps the page safe, and ``rostra openapi``."""

import base64
import hashlib
import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from openapi_spec_validator import validate

from rostra import di
from rostra_aiohttp import get, route
from rostra_aiohttp.static import static
from rostra_aiohttp.websockets import WebSocket, websocket

ON = {"openapi": {"enabled": True, "title": "Shop <b>", "version": "1.2"}}


@get("/hello/{name}")
async def hello(name: str) -> str:
    """Greet somebody."""
    return f"Hello, {name}!"


@pytest.mark.asyncio
async def test_nothing_is_told_unless_settings_say_so(serve: Any) -> None:
    async with serve(hello) as served:
        assert (await served.ask("GET", "/openapi.json"))[0] == 404
        assert (await served.ask("GET", "/docs"))[0] == 404


@pytest.mark.asyncio
async def test_the_document_is_served_and_is_what_openapi_allows(serve: Any) -> None:
    async with serve(hello, **ON) as served:
        status, made = await served.ask("GET", "/openapi.json")

    assert status == 200
    validate(made)
    assert made["info"] == {"title": "Shop <b>", "version": "1.2"}
    assert made["paths"]["/hello/{name}"]["get"]["summary"] == "Greet somebody."


@pytest.mark.asyncio
async def test_files_sockets_routes_by_hand_and_what_does_not_want_to_be_told_of_are_not_in_it(
    serve: Any, tmp_path: Path
) -> None:
    (tmp_path / "logo.svg").write_text("<svg/>")

    async def by_hand(request: web.Request) -> web.Response:
        return web.Response()

    @websocket("/echo")
    async def echo(socket: WebSocket) -> None: ...

    @route("/internal", methods=["GET", "POST"], in_openapi=False)
    async def internal() -> str:
        return "among us"

    async def prepare() -> None:
        static("/assets", tmp_path)
        static("/logo.svg", tmp_path / "logo.svg")
        (await di.nject(web.Application)).router.add_route("GET", "/by-hand", by_hand)

    async with serve(hello, echo, internal, prepare, **ON) as served:
        _, made = await served.ask("GET", "/openapi.json")
        assert (await served.ask("GET", "/internal")) == (200, "among us")

    assert [*made["paths"]] == ["/hello/{name}"]
    assert "x-left-out" not in made


@pytest.mark.asyncio
@pytest.mark.parametrize("path", ["/openapi.json", "/docs"])
async def test_a_client_that_has_it_already_gets_it_no_more(serve: Any, path: str) -> None:
    async with serve(hello, **ON) as served:
        async with served.session.get(served.url + path) as first:
            tag = first.headers["ETag"]
        async with served.session.get(served.url + path, headers={"If-None-Match": tag}) as second:
            assert (second.status, await second.read()) == (304, b"")


@pytest.mark.asyncio
async def test_the_paths_are_those_of_the_settings_and_the_page_finds_the_document_by_its_own(
    serve: Any,
) -> None:
    settings = {"openapi": {"enabled": True, "path": "/api/v1/spec.json", "page": "/about/api/page"}}

    async with serve(hello, **settings) as served:
        _, page = await served.ask("GET", "/about/api/page")
        status, _ = await served.ask("GET", "/api/v1/spec.json")

    assert status == 200
    assert 'data-document="../../api/v1/spec.json" data-root="../../"' in page


@pytest.mark.asyncio
async def test_a_handler_may_take_the_path_of_the_page(serve: Any) -> None:
    @get("/docs")
    async def docs() -> str:
        return "mine"

    async with serve(docs, **ON) as served:
        assert await served.ask("GET", "/docs") == (200, "mine")
        assert (await served.ask("GET", "/openapi.json"))[0] == 200


@pytest.mark.asyncio
async def test_the_page_needs_nothing_from_elsewhere_and_only_what_stands_in_it_runs(serve: Any) -> None:
    async with serve(hello, **ON) as served, served.session.get(f"{served.url}/docs") as answer:
        page, policy = await answer.text(), answer.headers["Content-Security-Policy"]

    (script,) = re.findall(r"<script>(.*?)</script>", page, re.DOTALL)
    (style,) = re.findall(r"<style>(.*?)</style>", page, re.DOTALL)
    assert f"script-src 'sha256-{digest(script)}'" in policy
    assert f"style-src 'sha256-{digest(style)}'" in policy
    assert policy.startswith("default-src 'none'; ")
    assert "unsafe" not in policy
    assert re.findall(r"https?://", page) == []
    assert "innerHTML" not in script


def digest(text: str) -> str:
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def test_a_service_that_is_not_asked_imports_nothing_for_it(tmp_path: Path) -> None:
    program = "import sys, rostra_aiohttp; print([name for name in sys.modules if 'rostra_aiohttp.openapi' in name])"

    shown = subprocess.run(
        [sys.executable, "-c", program], check=True, capture_output=True, text=True, timeout=60
    )

    assert shown.stdout.strip() == "[]"


def run(folder: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "rostra", "openapi", *arguments]
    return subprocess.run(command, check=False, cwd=folder, capture_output=True, text=True, timeout=60)


def test_the_document_is_printed_without_a_server(tmp_path: Path) -> None:
    (tmp_path / "shop.py").write_text(
        'from rostra_aiohttp import get\n\n@get("/")\nasync def root() -> int:\n    """Say one."""\n    return 1\n'
    )

    printed = run(tmp_path, "shop.py", "--set", "http.openapi.title=Shop")

    assert printed.returncode == 0, printed.stderr
    made = json.loads(printed.stdout)
    assert made["info"]["title"] == "Shop"
    assert made["paths"]["/"]["get"]["summary"] == "Say one."


def test_what_keeps_plugins_from_starting_is_told_instead(tmp_path: Path) -> None:
    (tmp_path / "shop.py").write_text(
        'from rostra_aiohttp import get\n\n@get("/{name}")\nasync def root() -> int:\n    return 1\n'
    )

    printed = run(tmp_path, "shop.py")

    assert (printed.returncode, printed.stdout) == (1, "")
    assert "HandlerError" in printed.stderr
