"""From where a page may come."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rostra.config import ConfigSource
from rostra.errors import ConfigError, HandlerError
from rostra_aiohttp import HttpConfig
from rostra_aiohttp.origins import is_allowed
from rostra_aiohttp.websockets import websocket


@pytest.mark.parametrize(
    ("origin", "host", "scheme", "expected"),
    [
        ("http://shop.example", "shop.example", "http", True),
        ("http://shop.example:80", "shop.example", "http", True),
        ("http://shop.example:8080", "shop.example:8080", "http", True),
        ("HTTP://Shop.Example", "shop.EXAMPLE", "http", True),
        ("https://shop.example", "shop.example", "http", True),  # TLS ends before the service
        ("https://shop.example", "shop.example:443", "https", True),
        ("http://[::1]:8080", "[::1]:8080", "http", True),
        ("http://shop.example", "shop.example", "https", False),  # a page without TLS may be anybody's
        ("http://shop.example:8080", "shop.example", "http", False),
        ("http://shop.example.evil.example", "shop.example", "http", False),
        ("http://evil.example", "shop.example", "http", False),
        ("http://shop.example@evil.example", "shop.example", "http", False),
        ("http://evil.example/shop.example", "shop.example", "http", False),
        ("null", "shop.example", "http", False),
        ("", "shop.example", "http", False),
        ("http://*.example", "*.example", "http", False),
    ],
)
def test_pages_of_the_same_host_may(origin, host, scheme, expected):
    assert is_allowed([origin], host, scheme, ()) is expected


@pytest.mark.parametrize(
    ("origin", "allowed", "expected"),
    [
        ("https://partner.example", ["https://partner.example"], True),
        ("https://partner.example:443", ["https://PARTNER.example"], True),
        ("http://partner.example", ["https://partner.example"], False),
        ("https://partner.example:8443", ["https://partner.example"], False),
        ("https://www.partner.example", ["https://partner.example"], False),
        ("https://www.partner.example", ["https://*.partner.example"], True),
        ("https://a.b.partner.example", ["https://*.partner.example"], True),
        ("https://partner.example", ["https://*.partner.example"], False),
        ("https://evilpartner.example", ["https://*.partner.example"], False),
        ("https://anybody.example", ["*"], True),
        ("null", ["*"], True),
    ],
)
def test_others_may_if_they_are_named(origin, allowed, expected):
    assert is_allowed([origin], "shop.example", "https", allowed) is expected


def test_who_names_no_origin_is_no_browser_and_two_are_a_lie():
    assert is_allowed([], "shop.example", "https", ())
    assert not is_allowed(["https://shop.example", "https://shop.example"], "shop.example", "https", ["*"])


@given(st.text(max_size=40))
def test_whatever_an_origin_says_another_host_is_another_host(origin):
    assert not is_allowed([origin], "shop.example", "https", ["https://*.partner.example"])


def test_what_says_no_origin_is_an_error_of_the_setting_and_of_the_decorator():
    source = ConfigSource({"http": {"websocket": {"origins": ["https://shop.example/path"]}}})

    with pytest.raises(ConfigError, match=r"http\.websocket\.origins"):
        source.load(HttpConfig, "http")
    with pytest.raises(HandlerError, match=r'"shop\.example" is no origin'):
        websocket("/chat", origins=["shop.example"])
