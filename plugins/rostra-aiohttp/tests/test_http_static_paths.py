"""Whatever path somebody thinks of, what is found lies in the folder."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rostra_aiohttp.folders import look_up, parts_of
from rostra_aiohttp.media_types import media_type
from rostra_aiohttp.static import HASHED


@given(
    st.lists(
        st.one_of(
            st.sampled_from(
                ["..", ".", "", "docs", "up", "out.txt", "plain.txt", "secret.txt", "\\", "\0", ".env", "~"]
            ),
            st.text(max_size=6),
        ),
        max_size=8,
    )
)
def test_whatever_is_asked_for_what_is_found_lies_in_the_folder(tmp_path_factory, names):
    root = tmp_path_factory.getbasetemp() / "property"
    if not root.exists():
        (root / "assets/docs").mkdir(parents=True)
        (root / "assets/plain.txt").write_text("plain")
        (root / "assets/.env").write_text("hunter2")
        (root / "secret.txt").write_text("hunter2")
        (root / "assets/out.txt").symlink_to(root / "secret.txt")
        (root / "assets/up").symlink_to(root)
    parts = parts_of("/".join(names))

    found = look_up(root / "assets", parts, "index.html") if parts is not None else None

    assert found is None or found.path == root.resolve() / "assets/plain.txt"
    assert parts is None or not {"..", ".", ".env"} & {*parts}


def test_a_path_with_what_no_name_has_is_refused():
    for path in ("a\0b", "a\\b", "a\nb", "\udcff", "a//b", "../a", "a/..", "a/./b", ".git/config", "a/.b"):
        assert parts_of(path) is None
    assert parts_of("a/b.c/") == ("a", "b.c", "")
    assert parts_of("") == ("",)


@pytest.mark.parametrize(
    ("name", "is_hashed"),
    [
        ("app.3f2a91bc.js", True),
        ("docs/index-B4kX9a3f.css", True),
        ("app-5PVKQ3YA.js.map", True),
        ("app.js", False),
        ("annual-report2024.pdf", False),
        ("my-document.pdf", False),
        ("report-20240101.csv", False),
        ("3f2a91bc/app.js", False),
    ],
)
def test_names_that_bundlers_make_are_known(name, is_hashed):
    assert bool(re.search(HASHED, name)) is is_hashed


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("a.html", "text/html; charset=utf-8"),
        ("b/a.JS", "text/javascript; charset=utf-8"),
        ("a.svg", "image/svg+xml"),
        ("a.woff2", "font/woff2"),
        ("orders.csv.gz", "application/gzip"),
        ("Makefile", "application/octet-stream"),
        ("a.unheard-of", "application/octet-stream"),
        ("folder.html/file", "application/octet-stream"),
    ],
)
def test_types_are_known_by_the_name(name, expected):
    assert media_type(name) == expected
