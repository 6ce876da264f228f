"""Answers made by copying are those that aiohttp would make."""

import pytest
from aiohttp import web

from rostra_aiohttp.stamps import JSON, TEXT, stamp

_KEY = web.ResponseKey("key", str)


@pytest.mark.parametrize("status", [200, 201, 404])
@pytest.mark.parametrize("content_type", [TEXT, JSON])
def test_a_copy_is_what_aiohttp_makes(status, content_type):
    made = stamp(status, content_type).answer(b"hello")

    whole = web.Response(body=b"hello", status=status, headers={"Content-Type": content_type})
    assert vars(made) == vars(whole)


def test_copies_share_nothing_that_changes():
    first, second = (stamp(200, TEXT).answer(body) for body in (b"a", b"b"))

    first.headers["X-One"] = "1"
    first[_KEY] = "value"
    first.set_cookie("one", "1")

    assert "X-One" not in second.headers
    assert _KEY not in second
    assert not second.cookies
    assert (first.text, second.text) == ("a", "b")
