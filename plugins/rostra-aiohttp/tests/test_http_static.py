"""Static files: what is served, what is not, and how much of it."""

import asyncio
import os
import subprocess
import sys
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any, TypeAlias

import pytest
from yarl import URL

from rostra.errors import HandlerError
from rostra_aiohttp import get
from rostra_aiohttp.static import static

pytestmark = pytest.mark.asyncio

PATIENCE = 20.0
ServeFolder: TypeAlias = Callable[..., AbstractAsyncContextManager[Any]]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder as a bundler leaves it, and secrets all around."""
    folder = tmp_path / "assets"
    (folder / "docs").mkdir(parents=True)
    (folder / "empty").mkdir()
    (folder / ".git").mkdir()
    (folder / ".well-known").mkdir()
    files = {
        "index.html": "<h1>home</h1>",
        "app.3f2a91bc.js": "let a = 1",
        "plain.txt": "0123456789",
        "größe.txt": "umlaut",
        "docs/index.html": "<h1>docs</h1>",
        "docs/page.html": "<h1>page</h1>",
        ".env": "hunter2",
        ".git/config": "hunter2",
        ".well-known/security.txt": "mail us",
        "blob": "?",
        "nothing.txt": "",
    }
    for name, text in files.items():
        (folder / name).write_text(text)
    (tmp_path / "secret.txt").write_text("hunter2")
    (folder / "out.txt").symlink_to(tmp_path / "secret.txt")
    (folder / "up").symlink_to(tmp_path)
    (folder / "in.txt").symlink_to("plain.txt")
    os.mkfifo(folder / "pipe")
    return folder


@pytest.fixture
def serve_folder(serve, folder: Path) -> ServeFolder:
    """Serves the folder below /assets."""

    def served(
        path: str = "/assets", source: Path = folder, **options: Any
    ) -> AbstractAsyncContextManager[Any]:
        async def prepare() -> None:
            static(path, source, **options)

        return serve(prepare)

    return served


async def test_files_have_their_type_a_tag_a_date_and_a_word_for_caches(serve_folder):
    async with serve_folder() as served, served.session.get(f"{served.url}/assets/plain.txt") as answer:
        assert (answer.status, await answer.text()) == (200, "0123456789")
        headers = answer.headers

    assert headers["Content-Type"] == "text/plain; charset=utf-8"
    assert headers["Content-Length"] == "10"
    assert headers["Accept-Ranges"] == "bytes"
    assert headers["Cache-Control"] == "no-cache"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["ETag"].startswith('"')
    assert headers["Last-Modified"].endswith("GMT")


@pytest.mark.parametrize(
    ("name", "status", "text"),
    [
        ("index.html", 200, "<h1>home</h1>"),
        ("", 200, "<h1>home</h1>"),
        ("docs/", 200, "<h1>docs</h1>"),
        ("docs/page.html", 200, "<h1>page</h1>"),
        ("gr%C3%B6%C3%9Fe.txt", 200, "umlaut"),
        ("in.txt", 200, "0123456789"),
        (".well-known/security.txt", 200, "mail us"),
        ("nothing.txt", 200, ""),
        ("empty/", 404, None),
        ("empty", 404, None),
        ("missing.txt", 404, None),
        ("plain.txt/", 404, None),
        ("plain.txt/x", 404, None),
        ("pipe", 404, None),
        ("a" * 300, 404, None),
    ],
)
async def test_what_is_there_is_served_and_nothing_else(serve_folder, name, status, text):
    async with serve_folder() as served:
        found = await raw(served.url, f"/assets/{name}")

    assert found[0] == status
    assert text is None or found[1].decode() == text


def files_open() -> int:
    """How many files and sockets this process has."""
    return len(list(Path("/proc/self/fd").iterdir()))


async def raw(url: str, target: str, method: str = "GET") -> tuple[int, bytes]:
    """The status and the body, of a target that no client would let through."""
    parts = URL(url)
    reader, writer = await asyncio.open_connection(parts.host, parts.port)
    writer.write(f"{method} {target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
    content = await asyncio.wait_for(reader.read(), PATIENCE)
    writer.close()
    head, _, body = content.partition(b"\r\n\r\n")
    return int(head.split(b" ")[1]), body


@pytest.mark.parametrize(
    "target",
    [
        "/assets/../secret.txt",
        "/assets/docs/../../secret.txt",
        "/assets/%2e%2e/secret.txt",
        "/assets/%2e%2e%2fsecret.txt",
        "/assets/..%2fsecret.txt",
        "/assets/docs%2f..%2f..%2fsecret.txt",
        "/assets/%252e%252e/secret.txt",
        "/assets/..%5csecret.txt",
        "/assets/..\\secret.txt",
        "/assets/%c0%ae%c0%ae/secret.txt",
        "/assets/%2fetc%2fpasswd",
        "/assets//etc/passwd",
        "/assets/plain.txt%00.html",
        "/assets/plain.txt%0a",
        "/assets/./plain.txt",
        "/assets/out.txt",
        "/assets/up/secret.txt",
        "/assets/.env",
        "/assets/.git/config",
        "/assets/%2egit/config",
        "/assets/%ff",
        "/assets",
        "/assets/~root",
        "/assets/C:/secret.txt",
    ],
)
async def test_nothing_outside_of_the_folder_and_nothing_hidden_is_ever_served(serve_folder, target):
    async with serve_folder(index=None) as served:
        status, body = await raw(served.url, target)

    assert status in {400, 404}
    assert b"hunter2" not in body
    assert b"root:" not in body


async def test_hidden_files_may_be_asked_for_but_links_never_lead_out(serve_folder):
    async with serve_folder(hidden=True) as served:
        assert await served.ask("GET", "/assets/.env") == (200, "hunter2")
        assert (await served.ask("GET", "/assets/up/secret.txt"))[0] == 404


async def test_a_folder_as_kubernetes_mounts_it_is_served(serve_folder, tmp_path):
    mounted = tmp_path / "mounted"
    (mounted / "..2024_01_01").mkdir(parents=True)
    (mounted / "..2024_01_01/page.html").write_text("first")
    (mounted / "..data").symlink_to("..2024_01_01")
    (mounted / "page.html").symlink_to("..data/page.html")

    async with serve_folder(source=mounted) as served:
        assert await served.ask("GET", "/assets/page.html") == (200, "first")
        assert (await served.ask("GET", "/assets/..data/page.html"))[0] == 404


async def test_head_says_what_get_would_and_other_methods_are_405(serve_folder):
    async with serve_folder() as served:
        url = f"{served.url}/assets/plain.txt"
        async with (
            served.session.head(url, headers={"Range": "bytes=0-1"}) as head,
            served.session.get(url) as get,
        ):
            assert (head.status, await head.read()) == (200, b"")
            same = ("Content-Length", "Content-Type", "ETag", "Last-Modified", "Cache-Control")
            assert [head.headers[name] for name in same] == [get.headers[name] for name in same]
        async with served.session.post(url) as post:
            assert (post.status, post.headers["Allow"]) == (405, "GET,HEAD")


async def test_what_has_not_changed_is_not_sent_again(serve_folder):
    async with serve_folder() as served:
        url = f"{served.url}/assets/plain.txt"
        async with served.session.get(url) as first:
            tag, date = first.headers["ETag"], first.headers["Last-Modified"]
        for headers in ({"If-None-Match": tag}, {"If-Modified-Since": date}):
            async with served.session.get(url, headers=headers) as again:
                assert (again.status, await again.read(), again.headers["ETag"]) == (304, b"", tag)
                assert again.headers["Cache-Control"] == "no-cache"
                assert "Content-Length" not in again.headers
        async with served.session.get(url, headers={"If-Match": '"other"'}) as failed:
            assert (failed.status, await failed.read()) == (412, b"")


async def test_a_change_changes_the_tag(serve_folder, folder):
    async with serve_folder() as served:
        url = f"{served.url}/assets/plain.txt"
        async with served.session.get(url) as first:
            tag = first.headers["ETag"]
        (folder / "plain.txt").write_text("9876543210")
        async with served.session.get(url, headers={"If-None-Match": tag}) as changed:
            assert (changed.status, await changed.text()) == (200, "9876543210")


async def test_parts_are_sent(serve_folder):
    async with serve_folder() as served:
        url = f"{served.url}/assets/plain.txt"
        async with served.session.get(url, headers={"Range": "bytes=2-4"}) as part:
            assert (part.status, await part.text(), part.headers["Content-Range"]) == (
                206,
                "234",
                "bytes 2-4/10",
            )
            tag = part.headers["ETag"]
        async with served.session.get(url, headers={"Range": "bytes=50-"}) as beyond:
            assert (beyond.status, beyond.headers["Content-Range"]) == (416, "bytes */10")
        async with served.session.get(url, headers={"Range": "bytes=2-4", "If-Range": tag}) as same:
            assert (same.status, await same.text()) == (206, "234")
        async with served.session.get(url, headers={"Range": "bytes=2-4", "If-Range": '"old"'}) as other:
            assert (other.status, await other.text()) == (200, "0123456789")


async def test_what_is_compressed_already_goes_to_who_takes_it(serve_folder, folder):
    (folder / "app.3f2a91bc.js.gz").write_bytes(b"gzipped")
    (folder / "app.3f2a91bc.js.br").write_bytes(b"brotli")
    async with serve_folder() as served:
        url = f"{served.url}/assets/app.3f2a91bc.js"
        tags = set()
        for accepted, sent in (("gzip", b"gzipped"), ("br, gzip", b"brotli"), ("gzip;q=0", b"let a = 1")):
            status, headers, body = await asyncio.to_thread(curl, url, "-H", f"Accept-Encoding: {accepted}")
            assert (status, body) == (200, sent)
            assert headers["content-type"] == "text/javascript; charset=utf-8"
            assert headers["vary"] == "Accept-Encoding"
            tags.add(headers["etag"])
        assert len(tags) == 3


async def test_names_that_change_with_their_content_are_kept_for_ever(serve_folder):
    async with serve_folder(immutable=True, cache="public, max-age=60") as served:
        for name, said in (
            ("app.3f2a91bc.js", "public, max-age=31536000, immutable"),
            ("plain.txt", "public, max-age=60"),
        ):
            async with served.session.get(f"{served.url}/assets/{name}") as answer:
                assert answer.headers["Cache-Control"] == said


async def test_a_folder_without_its_slash_is_sent_there_and_never_elsewhere(serve_folder, folder):
    (folder / "http:").mkdir()
    (folder / "http:/index.html").write_text("strange")
    async with serve_folder() as served:
        for path, said in (
            ("/assets/docs?a=1", "./docs/?a=1"),
            ("/assets", "./assets/"),
            ("/assets/http:", "./http:/"),
        ):
            async with served.session.get(f"{served.url}{path}", allow_redirects=False) as moved:
                assert (moved.status, moved.headers["Location"]) == (301, said)
        assert (await served.ask("GET", "/assets/docs"))[1] == "<h1>docs</h1>"


async def test_an_application_of_one_page_answers_for_its_paths(serve_folder):
    page = {"Accept": "text/html,*/*"}
    async with serve_folder("/", fallback="index.html") as served:
        assert await served.ask("GET", "/orders/7", headers=page) == (200, "<h1>home</h1>")
        assert (await served.ask("GET", "/missing.js", headers=page))[0] == 404
        assert (await served.ask("GET", "/orders/7", headers={"Accept": "application/json"}))[0] == 404
        assert (await served.ask("GET", "/livez", headers=page))[0] == 200


async def test_routes_win_over_a_folder_at_the_root(serve, folder):
    @get("/api/orders")
    async def orders() -> str:
        return "orders"

    async def prepare() -> None:
        static("/", folder)

    async with serve(orders, prepare) as served:
        assert await served.ask("GET", "/api/orders") == (200, "orders")
        assert await served.ask("GET", "/") == (200, "<h1>home</h1>")
        assert await served.ask("GET", "/docs/page.html") == (200, "<h1>page</h1>")


async def test_one_file_is_served_alone(serve_folder, folder):
    async with serve_folder("/robots.txt", source=folder / "plain.txt") as served:
        assert await served.ask("GET", "/robots.txt") == (200, "0123456789")
        assert (await served.ask("GET", "/index.html"))[0] == 404


async def test_what_is_not_there_or_nobody_would_serve_is_an_error_of_its_line(serve_folder, tmp_path):
    with pytest.raises(
        HandlerError,
        match=r"has nothing to serve[\s\S]*test_http_static.py:\d+[\s\S]*there is no folder or file",
    ):
        async with serve_folder(source=tmp_path / "dist"):
            pass
    with pytest.raises(HandlerError, match="no stage is being prepared"):
        static("/assets", tmp_path)


async def test_two_folders_at_one_path_are_a_conflict_that_names_both(serve, folder):
    async def prepare() -> None:
        static("/assets", folder)
        static("/assets", folder / "docs")

    with pytest.raises(ExceptionGroup) as conflict:
        async with serve(prepare):
            pass

    assert str(conflict.value.exceptions[0]).count("test_http_static.py:") == 2


async def test_a_large_file_comes_whole_and_a_client_that_leaves_leaves_no_file_open(serve_folder, folder):
    content = os.urandom(20_000_000)
    (folder / "large.bin").write_bytes(content)

    async with serve_folder() as served:
        before = files_open()
        async with served.session.get(f"{served.url}/assets/large.bin") as answer:
            assert await answer.read() == content
        parts = URL(served.url)
        for _ in range(5):
            _, writer = await asyncio.open_connection(parts.host, parts.port)
            writer.write(b"GET /assets/large.bin HTTP/1.1\r\nHost: x\r\n\r\n")
            await writer.drain()
            writer.transport.abort()
        async with asyncio.timeout(PATIENCE):
            while files_open() > before + 2:  # noqa: ASYNC110  (nobody tells; two are the session's connection)
                await asyncio.sleep(0)


def curl(url: str, *options: str) -> tuple[int, dict[str, str], bytes]:
    """Status, headers and body, as curl got them; nothing is decompressed."""
    done = subprocess.run(
        ["curl", "-s", "-i", "--max-time", "20", *options, url], stdout=subprocess.PIPE, check=True
    )
    head, _, body = done.stdout.partition(b"\r\n\r\n")
    first, *lines = head.decode().split("\r\n")
    headers = {line.partition(": ")[0].lower(): line.partition(": ")[2] for line in lines}
    return int(first.split()[1]), headers, body


async def test_curl_resumes_a_download(serve_folder, tmp_path):
    half = tmp_path / "half.txt"
    half.write_text("01234")

    async with serve_folder() as served:
        command = ["curl", "-s", "-C", "-", "-o", str(half), f"{served.url}/assets/plain.txt"]
        done = await asyncio.to_thread(subprocess.run, command, check=False)

    assert (done.returncode, half.read_text()) == (0, "0123456789")


async def test_curl_asks_by_tag_and_by_date(serve_folder, tmp_path):
    tag = tmp_path / "tag"
    async with serve_folder() as served:
        url = f"{served.url}/assets/plain.txt"
        _, headers, _ = await asyncio.to_thread(curl, url, "--etag-save", str(tag))
        by_tag = await asyncio.to_thread(curl, url, "--etag-compare", str(tag))
        by_date = await asyncio.to_thread(curl, url, "-z", headers["last-modified"])

    assert [by_tag[0], by_date[0]] == [304, 304]


async def test_a_service_without_static_files_and_web_sockets_does_not_import_them():
    code = "import sys, rostra_aiohttp; print([name for name in sys.modules if name.startswith('rostra_aiohttp.')])"

    done = await asyncio.to_thread(
        subprocess.run, [sys.executable, "-c", code], stdout=subprocess.PIPE, check=True
    )

    for name in ("static", "websockets", "sending", "conditions", "media_types"):
        assert f"rostra_aiohttp.{name}'" not in done.stdout.decode()
