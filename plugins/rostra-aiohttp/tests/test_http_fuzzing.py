"""Whatever is sent, it is read or it is the fault of whoever sent it: never an error of ours."""

import asyncio
import dataclasses
import datetime as dt
import json
from decimal import Decimal
from typing import Any, Literal, TypedDict
from uuid import UUID

import attrs
import msgspec
import pytest
from aiohttp import web
from aiohttp.base_protocol import BaseProtocol
from aiohttp.streams import StreamReader
from aiohttp.test_utils import make_mocked_request
from hypothesis import given
from hypothesis import strategies as st

from rostra import documents
from rostra_aiohttp.bodies import Body
from rostra_aiohttp.forms import pairs_of, shape_of
from rostra_aiohttp.multipart import closing, parts_of
from rostra_aiohttp.problems import Fault, UnfitError, of_body, problem
from rostra_aiohttp.settings import UploadConfig
from rostra_aiohttp.uploads import Upload


class Options(TypedDict, total=False):
    depth: int


@dataclasses.dataclass
class Point:
    x: float
    at: dt.datetime | None = None


@attrs.frozen
class Everything:
    text: str
    number: int | None
    amount: Decimal
    flag: bool
    day: dt.date | Literal["never"]
    id: UUID
    raw: bytes
    many: list[int]
    pairs: dict[int, Point]
    either: Point | Options | str


@attrs.frozen
class Flat:
    text: str
    number: int | None
    amount: Decimal = Decimal(0)
    flag: bool = False
    day: dt.date | str = ""
    many: set[float] = attrs.field(factory=set)
    raw: bytes = b""
    file: Upload | None = None


VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats()
    | st.text(max_size=5)
    | st.binary(max_size=5)
    | st.datetimes(timezones=st.just(dt.UTC)),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(max_size=3) | st.integers(0, 9) | st.binary(max_size=2), inner, max_size=3)
    ),
    max_leaves=8,
)
FIELDS = (
    "text",
    "number",
    "amount",
    "flag",
    "day",
    "id",
    "raw",
    "many",
    "pairs",
    "either",
    "file",
    "x",
    "at",
)
DOCUMENTS = VALUES | st.dictionaries(st.sampled_from(FIELDS), VALUES)


def shown(faults: list[Fault]) -> None:
    assert faults
    json.dumps([fault.as_json() for fault in faults])


def read(value: Any, kind: Any, *, of_texts: bool = False) -> None:
    try:
        documents.read(value, kind, of_texts=of_texts)
    except documents.UNFIT as error:
        shown(list(of_body(error)))


@given(DOCUMENTS)
@pytest.mark.parametrize("kind", [Everything, Point, Options, dict[dt.date, int], list[Point | None], Any])
def test_what_msgpack_says_is_read_or_faulty(kind, value):
    read(documents.unpack(msgspec.msgpack.encode(value)), kind)


@given(st.binary(max_size=60))
def test_bytes_are_msgpack_or_not(content):
    try:
        value = documents.unpack(content)
    except ValueError:
        return
    read(value, Everything)


@given(st.binary(max_size=60) | st.text("abc=&%;+[]0f", max_size=40).map(str.encode))
def test_bytes_are_a_form_or_not(content):
    shape = shape_of(Flat)
    assert shape is not None
    try:
        pairs = pairs_of(content, 10)
    except ValueError:
        return
    read(shape.arranged(pairs)[0], Flat, of_texts=True)


@given(st.lists(st.tuples(st.sampled_from(FIELDS), st.text(max_size=12))))
@pytest.mark.parametrize("kind", [Flat, Point, Options, dict[str, int], dict[str, list[str]]])
def test_pairs_fit_or_are_faulty(kind, pairs):
    shape = shape_of(kind)
    assert shape is not None
    values, faults = shape.arranged(pairs)
    if faults:
        shown(faults)
    read(values, kind, of_texts=True)


LINES = st.sampled_from(
    [
        b"--a", b"--a--", b"--b", b"", b"x" * 30, b"\xff\0", b"--",
        b'Content-Disposition: form-data; name="text"',
        b'Content-Disposition: form-data; name="file"; filename="a"',
        b'Content-Disposition: form-data; name="file"; filename=""',
        b"Content-Disposition: attachment; filename*=utf-8''%ff",
        b"Content-Type: multipart/mixed; boundary=b",
        b"Content-Type: multipart/mixed",
        b"Content-Type: text/plain; charset=none",
        b"Content-Length: 3", b"Content-Length: x", b"Content-Length: -1",
        b"Content-Transfer-Encoding: base64", b"Content-Encoding: gzip", b": x", b"no header",
    ]
)  # fmt: skip


@given(st.lists(LINES, max_size=14), st.sampled_from([b"\r\n", b"\n"]), st.integers(1, 40))
def test_bytes_are_a_form_in_parts_or_not(lines, line_end, chunk_bytes):
    asyncio.run(_sent(b"--a\r\n" + line_end.join(lines), chunk_bytes))


async def _sent(content: bytes, chunk_bytes: int) -> None:
    payload = StreamReader(BaseProtocol(asyncio.get_running_loop()), 2**16)
    for place in range(0, len(content), chunk_bytes):
        payload.feed_data(content[place : place + chunk_bytes])
    payload.feed_eof()
    headers = {"Content-Type": "multipart/form-data; boundary=a", "Content-Length": str(len(content))}
    request = make_mocked_request("POST", "/", headers, payload=payload)
    request.protocol.max_field_size = request.protocol.max_headers = 8190
    uploads: list[Upload] = []

    async def take(request: web.Request) -> None:
        pairs = await parts_of(request, UploadConfig(), with_files=True)
        uploads.extend(value for _, value in pairs if isinstance(value, Upload))
        shape = shape_of(Flat)
        body = Body("flat", Flat, (), shape, is_needed=True, is_optional=False)
        body._arranged(pairs)

    try:
        async with asyncio.timeout(5):
            await closing(take)(request)
    except web.HTTPException as error:
        if error.status not in (400, 413):
            raise
    except UnfitError as error:
        shown(list(error.faults))
    for upload in uploads:
        with pytest.raises(ValueError, match="closed file"):
            await upload.read()


def test_a_problem_spells_what_is_no_text() -> None:
    answer = problem(400, "there is no field \udcff")

    assert isinstance(answer.body, bytes)
    assert json.loads(answer.body)["detail"] == "there is no field \udcff"
