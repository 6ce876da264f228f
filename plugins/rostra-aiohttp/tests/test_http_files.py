"""Files as results."""

from pathlib import Path
from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rostra_aiohttp import Answer, File, get


@pytest.mark.asyncio
async def test_a_path_is_answered_by_its_file_or_a_part_of_it(serve, tmp_path):
    (tmp_path / "a.txt").write_bytes(b"0123456789")

    @get("/{name}")
    async def show(name: str) -> Path:
        return tmp_path / name

    async with serve(show) as served:
        async with served.session.get(served.url + "/a.txt") as response:
            assert (response.status, await response.read()) == (200, b"0123456789")
            assert response.headers["Content-Type"] == "text/plain; charset=utf-8"
            tag = response.headers["ETag"]
        async with served.session.get(served.url + "/a.txt", headers={"If-None-Match": tag}) as response:
            assert (response.status, await response.read()) == (304, b"")
        async with served.session.get(served.url + "/a.txt", headers={"Range": "bytes=2-4"}) as response:
            assert (response.status, await response.read()) == (206, b"234")
            assert response.headers["Content-Range"] == "bytes 2-4/10"
        async with served.session.head(served.url + "/a.txt") as response:
            assert (response.status, response.headers["Content-Length"]) == (200, "10")
        status, problem = await served.ask("GET", "/none.txt")

    assert (status, problem) == (404, {"status": 404, "title": "Not Found"})


@pytest.mark.asyncio
async def test_a_file_has_a_name_to_save_it_under_and_headers_of_an_answer(serve, tmp_path):
    path = tmp_path / "7.bin"
    path.write_bytes(b"x")
    (tmp_path / "link").symlink_to(path)

    @get("/")
    async def show() -> Answer[File]:
        file = File(tmp_path / "link", 'Größe "7".pdf', content_type="application/pdf")
        return Answer(file, headers={"Cache-Control": "private"})

    async with serve(show) as served, served.session.get(served.url) as response:
        assert await response.read() == b"x"
        assert response.headers["Content-Type"] == "application/pdf"
        assert response.headers["Cache-Control"] == "private"
        assert response.headers["Content-Disposition"] == (
            "attachment; filename=\"Gr__e _7_.pdf\"; filename*=UTF-8''Gr%C3%B6%C3%9Fe%20_7_.pdf"
        )


@pytest.mark.asyncio
@pytest.mark.parametrize("name", ["nothing", "%00", "a" * 300])
async def test_what_no_file_is_called_is_not_found(serve, tmp_path, name):
    @get("/{name}")
    async def show(name: str) -> Path:
        return tmp_path / name

    async with serve(show) as served:
        status, _ = await served.ask("GET", f"/{name}")

    assert status == 404


def test_a_file_is_shown_or_saved_as_it_says():
    assert File("a").path == Path("a")
    assert File(Path("a")).disposition is None
    assert File(Path("a"), inline=True).disposition == "inline"
    assert File(Path("a"), "b.txt", inline=True).disposition == 'inline; filename="b.txt"'


@given(st.text(max_size=30))
def test_no_name_breaks_out_of_its_header(name):
    said = File(Path("a"), name).disposition

    assert said is not None
    assert said.isascii()
    assert said.isprintable()
    assert said.count('"') == 2
    assert "/" not in unquote(said.split("; ", 1)[1])
