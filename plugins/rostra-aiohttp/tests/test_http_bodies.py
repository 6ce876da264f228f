"""Bodies in all the ways in which clients write them: documents, forms, and forms with files."""

import dataclasses
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, Literal

import aiohttp
import attrs
import msgspec
import pytest

from rostra.errors import HandlerError
from rostra_aiohttp import Body, Form, FromBody, Upload, post

pytestmark = pytest.mark.asyncio

FORM = {"Content-Type": "application/x-www-form-urlencoded"}
MSGPACK = {"Content-Type": "application/msgpack"}


@attrs.frozen
class Search:
    text: str
    limit: int = attrs.field(default=10, validator=attrs.validators.ge(1))
    tags: list[int] = attrs.field(factory=list)
    order: Literal["up", "down"] | None = None
    exact: bool = False
    since: int | str | None = attrs.field(kw_only=True)


@dataclasses.dataclass
class Point:
    x: float
    seen: datetime


@attrs.frozen
class Letter:
    subject: str
    files: list[Upload]
    cover: Upload | None = None


@post("/searches")
async def search(search: Form[Search]) -> Search:
    return search


@post("/any")
async def either_of(search: Body[Search]) -> str:
    return search.text


async def test_a_form_is_made_into_a_class(serve):
    async with serve(search) as served:
        everything = await served.ask(
            "POST",
            "/searches",
            data="text=a+%C3%BC&limit=3&tags=1&tags=2&order=up&exact=on&since=5&more=1",
            headers=FORM,
        )
        little = await served.ask("POST", "/searches", data="text=&limit=&order=&since=", headers=FORM)
        in_parts = await served.ask("POST", "/searches", data=aiohttp.FormData({"text": "a", "since": "x"}))

    made = {"text": "a ü", "limit": 3, "tags": [1, 2], "order": "up", "exact": True, "since": 5}
    nothing = {"text": "", "limit": 10, "tags": [], "order": None, "exact": False, "since": None}
    assert everything == (200, made)
    assert little == (200, {**nothing, "since": ""})
    assert in_parts == (200, {**nothing, "text": "a", "since": "x"})


async def test_all_that_is_wrong_with_a_form_is_told_at_once(serve):
    async with serve(search) as served:
        status, problem = await served.ask(
            "POST", "/searches", data="limit=0&tags=1&tags=x&order=aside&exact=no&exact=yes", headers=FORM
        )

    assert status == 422
    assert sorted(problem["errors"], key=lambda error: error["pointer"]) == [
        {"in": "body", "pointer": "#/exact", "detail": "expected one value, found 2"},
        {"in": "body", "pointer": "#/limit", "detail": "'limit' must be >= 1: 0"},
        {"in": "body", "pointer": "#/order", "detail": 'expected "up" or "down", found "aside"'},
        {"in": "body", "pointer": "#/tags/1", "detail": 'expected a whole number, found "x"'},
        {"in": "body", "pointer": "#/text", "detail": "it is missing"},
    ]


async def test_a_body_is_read_as_its_type_says(serve):
    document = {"text": "a", "since": None}

    async with serve(either_of) as served:
        answers = [
            await served.ask("POST", "/any", json=document),
            await served.ask("POST", "/any", data=msgspec.msgpack.encode(document), headers=MSGPACK),
            await served.ask("POST", "/any", data={"text": "a"}),
            await served.ask("POST", "/any", data=aiohttp.FormData({"text": "a"}, default_to_multipart=True)),
        ]
        wrong, problem = await served.ask("POST", "/any", data="a", headers={"Content-Type": "text/plain"})

    assert answers == [(200, "a")] * 4
    assert wrong == 415
    assert problem["detail"] == (
        "send the body as application/json, application/msgpack, application/x-www-form-urlencoded"
        " or multipart/form-data"
    )


async def test_what_is_not_marked_is_no_form_so_that_no_page_of_another_site_can_send_it(serve):
    @post("/orders")
    async def place(search: Search) -> None: ...

    @post("/json")
    async def json_only(search: Annotated[Search, FromBody("application/json")]) -> None: ...

    async with serve(place, json_only) as served:
        async with served.session.post(served.url + "/orders", data={"text": "a"}) as response:
            assert response.status == 415
            assert response.headers["Accept"] == "application/json, application/msgpack"
        status, _ = await served.ask("POST", "/json", data=b"\x80", headers=MSGPACK)

    assert status == 415


async def test_msgpack_says_bytes_and_dates_as_they_are(serve):
    @post("/points")
    async def place(point: Body[Point]) -> str:
        return point.seen.isoformat()

    @post("/blobs")
    async def blob(blobs: dict[int, bytes]) -> list[int]:
        return [len(blobs[1])]

    seen = datetime(2026, 1, 31, tzinfo=UTC)
    async with serve(place, blob) as served:
        point = await served.ask(
            "POST", "/points", data=msgspec.msgpack.encode(Point(1, seen)), headers=MSGPACK
        )
        blobs = await served.ask("POST", "/blobs", data=msgspec.msgpack.encode({1: b"abc"}), headers=MSGPACK)
        broken = await served.ask("POST", "/blobs", data=b"\xc1", headers=MSGPACK)

    assert point == (200, seen.isoformat())
    assert blobs == (200, [3])
    assert broken[0] == 400
    assert broken[1]["detail"].startswith("the body is no msgpack: ")


@pytest.mark.parametrize(
    ("data", "headers", "status", "detail"),
    [
        ("text=%ff", FORM, 400, "the body is no form: it is not percent-encoded UTF-8"),
        (b"text=\xff", FORM, 400, "the body is no form: it is not percent-encoded UTF-8"),
        (
            "text=a",
            {"Content-Type": FORM["Content-Type"] + "; charset=latin-1"},
            415,
            "send the body in UTF-8",
        ),
        ("x" * 2000, FORM, 413, "Maximum request body size"),
        (b"", {"Content-Type": "multipart/form-data"}, 422, ""),
        (
            b'--a\r\nContent-Disposition: form-data; name="\xff"\r\n\r\n1\r\n--a--\r\n',
            {"Content-Type": "multipart/form-data; boundary=a"},
            400,
            "the name of a part of the form, or of its file, is not in UTF-8",
        ),
        (b"x", {"Content-Type": "multipart/form-data"}, 400, "the body is no form in parts"),
        (
            b"--a\r\n",
            {"Content-Type": "multipart/form-data; boundary=a"},
            400,
            "the body is no form in parts",
        ),
        (
            b"--b\r\n\r\n--b--",
            {"Content-Type": "multipart/form-data; boundary=a"},
            400,
            "the body is no form",
        ),
    ],
)
async def test_a_form_that_cannot_be_read_is_a_problem(serve, data, headers, status, detail):
    async with serve(search, body_limit="1000B" if status == 413 else "1MiB") as served:
        found, problem = await served.ask("POST", "/searches", data=data, headers=headers)

    assert (found, problem.get("detail", "")[: len(detail)]) == (status, detail)


def letter_of(*files: bytes, subject: str = "hello") -> aiohttp.FormData:
    form = aiohttp.FormData()
    form.add_field("subject", subject)
    for number, content in enumerate(files):
        form.add_field("files", content, filename=f"{number}.txt", content_type="text/plain")
    return form


async def test_files_are_streamed_to_disk_and_closed_whatever_happens(serve, tmp_path):
    seen: list[Upload] = []

    @post("/letters")
    async def send(letter: Form[Letter], fail: bool = False) -> list[Any]:
        seen.extend(letter.files)
        if fail:
            raise RuntimeError
        first, second = letter.files
        await second.save(tmp_path / "second")
        chunks = [len(chunk) async for chunk in second]
        return [letter.subject, first.name, first.content_type, (await first.read()).decode(), chunks]

    large = b"x" * 200_000
    async with serve(send) as served:
        sent = await served.ask("POST", "/letters", data=letter_of(b"a", large))
        failed = await served.ask("POST", "/letters?fail=yes", data=letter_of(b"a", large))

    assert sent == (200, ["hello", "0.txt", "text/plain", "a", [65536, 65536, 65536, 3392]])
    assert (tmp_path / "second").read_bytes() == large
    assert failed[0] == 500
    for upload in seen:
        with pytest.raises(ValueError, match="closed file"):
            await upload.read()


async def test_a_file_where_a_text_should_be_and_the_other_way_round_are_faults(serve):
    @post("/letters")
    async def send(letter: Form[Letter]) -> None: ...

    form = aiohttp.FormData()
    form.add_field("subject", b"x", filename="a.txt")
    form.add_field("files", "text")
    form.add_field("cover", b"", filename="", content_type="application/octet-stream")
    async with serve(send) as served:
        status, problem = await served.ask("POST", "/letters", data=form)
        in_line = await served.ask("POST", "/letters", data={"subject": "a"})

    assert status == 422
    assert problem["errors"] == [
        {"in": "body", "pointer": "#/subject", "detail": "expected a text, found a file"},
        {"in": "body", "pointer": "#/files/0", "detail": 'expected a file, found "text"'},
    ]
    assert in_line[0] == 415


@pytest.mark.parametrize(
    ("limits", "form", "detail"),
    [
        ({"part": "1000B"}, letter_of(b"x" * 1001), "a part has at most 1000 bytes"),
        ({"parts": 2}, letter_of(b"x", b"y"), "a form has at most 2 parts"),
        ({"total": "1000B"}, letter_of(b"x" * 600, b"x" * 600), "Maximum request body size 1000B exceeded"),
        ({}, letter_of(b"x", subject="x" * 3000), "the texts of the form are too long"),
    ],
)
async def test_a_form_that_is_too_large_is_told_why(serve, limits, form, detail):
    @post("/letters")
    async def send(letter: Form[Letter]) -> None: ...

    async with serve(send, uploads=limits, body_limit="2000B") as served:
        status, problem = await served.ask("POST", "/letters", data=form)

    assert status == 413
    assert problem["detail"].startswith(detail)


async def test_so_it_is_with_one_that_is_encoded_as_addresses_are(serve):
    async with serve(search, uploads={"parts": 2}) as served:
        status, problem = await served.ask("POST", "/searches", data="text=a&b=1&c=2", headers=FORM)

    assert (status, problem["detail"]) == (413, "a form has at most 2 parts")


async def test_a_form_with_a_class_in_it_is_an_error_before_anything_is_served(serve):
    @attrs.frozen
    class Nested:
        inside: Search

    @post("/")
    async def send(nested: Form[Nested]) -> None: ...

    with pytest.raises(HandlerError) as caught:
        async with serve(send):
            pass

    assert caught.value.why[0].startswith(
        "a body of application/x-www-form-urlencoded or multipart/form-data is"
    )


async def test_an_upload_is_saved_over_what_is_there(tmp_path: Path):
    upload = Upload("a", "text/plain", 4)
    (tmp_path / "a").write_bytes(b"0123456789")

    await upload.add(b"abc")
    await upload.add(b"def")
    await upload.save(tmp_path / "a")

    assert (tmp_path / "a").read_bytes() == b"abcdef"
    assert await upload.read(2) == b"ab"
    upload.close()
