"""Who asks when a proxy stands between, and who may say so."""

from ipaddress import ip_address, ip_network
from typing import Any

import pytest
from aiohttp import web
from hypothesis import given
from hypothesis import strategies as st
from multidict import CIMultiDict

from rostra_aiohttp import get
from rostra_aiohttp.proxies import address_in, client_hop, forwarded, x_forwarded

TRUSTED = [ip_network("10.0.0.0/8"), ip_network("fd00::/8")]
LOCAL = {"trusted_proxies": ["127.0.0.0/8", "10.0.0.0/8"]}

addresses = st.ip_addresses().map(str)
untrusted = addresses.filter(lambda text: not any(ip_address(text) in network for network in TRUSTED))
proxies = st.sampled_from(["10.0.0.1", "10.255.255.254", "fd00::1"])
words = st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E))


def x_chain(*said: str) -> Any:
    return x_forwarded(CIMultiDict([("X-Forwarded-For", each) for each in said]))


def chain(*said: str) -> Any:
    return forwarded(CIMultiDict([("Forwarded", each) for each in said]))


def bracketed(address: str) -> str:
    return f'"[{address}]"' if ":" in address else address


@given(words, untrusted, st.lists(proxies), proxies)
def test_whatever_a_client_makes_up_the_rightmost_untrusted_address_wins(made_up, client, between, nearest):
    hop = client_hop(nearest, x_chain(", ".join([made_up, client, *between])), TRUSTED)

    assert hop is not None
    assert hop.client == address_in(client)


@given(words, untrusted, st.lists(proxies), proxies)
def test_what_a_client_makes_up_in_forwarded_is_never_taken_for_its_address(
    made_up, client, between, nearest
):
    said = ", ".join(f"for={bracketed(each)}" for each in [client, *between])

    hop = client_hop(nearest, chain(f"{made_up}, {said}"), TRUSTED)

    assert hop is None or hop.client == address_in(client)


@given(untrusted, st.lists(proxies), proxies)
def test_forwarded_is_read_as_x_forwarded_for_is(client, between, nearest):
    said = ", ".join(f"for={bracketed(each)};proto=https" for each in [client, *between])

    hop = client_hop(nearest, chain(said), TRUSTED)

    assert hop is not None
    assert (hop.client, hop.scheme) == (address_in(client), "https")


@given(words, untrusted)
def test_an_untrusted_peer_is_believed_nothing(made_up, peer):
    assert client_hop(peer, x_chain(made_up), TRUSTED) is None
    assert client_hop(peer, chain(made_up), TRUSTED) is None


@given(words, words, words)
def test_nothing_that_is_made_up_is_an_error(one, two, three):
    headers = CIMultiDict({"X-Forwarded-For": one, "X-Forwarded-Proto": two, "X-Forwarded-Host": three})

    for hop in x_forwarded(headers):
        assert hop.scheme in {None, "http", "https"}
        assert hop.host is None or not set(hop.host) & set(" /@?#\\\r\n\"'<>")
    forwarded(CIMultiDict({"Forwarded": one}))


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("192.0.2.1", "192.0.2.1"),
        (" 192.0.2.1:80 ", "192.0.2.1"),
        ("2001:db8::1", "2001:db8::1"),
        ("[2001:db8::1]", "2001:db8::1"),
        ("[2001:db8::1]:443", "2001:db8::1"),
        ("::ffff:10.0.0.1", "10.0.0.1"),
    ],
)
def test_an_address_may_have_a_port(text, address):
    assert address_in(text) == ip_address(address)


@pytest.mark.parametrize(
    "text", ["", "unknown", "_hidden", "192.0.2", "192.0.2.1:x", "fe80::1%eth0", "[::1", "::1]:80"]
)
def test_what_is_no_address_is_none(text):
    assert address_in(text) is None


@pytest.mark.parametrize(
    "said",
    [
        "for",
        "for=",
        "for=1 2",
        'for="',
        "for=192.0.2.1;for=192.0.2.2",
        "for=192.0.2.1 proto=http",
        "=",
        ";;",
        ",",
    ],
)
def test_a_malformed_chain_is_none(said):
    assert chain(said) == []


def test_a_client_that_is_not_told_is_not_guessed():
    assert client_hop("10.0.0.1", chain("for=192.0.2.1, for=_hidden"), TRUSTED) is None
    hop = client_hop("10.0.0.1", chain("for=192.0.2.1, for=unknown, for=10.0.0.2"), TRUSTED)
    assert hop is not None
    assert hop.client == ip_address("10.0.0.2")


def test_forwarded_may_come_in_several_lines_and_in_quotes():
    hops = chain('for="192.0.2.1:80"; Proto=HTTPS;host="shop.example:8443"', "For=10.0.0.2;by=_a")

    hop = client_hop("10.0.0.1", hops, TRUSTED)

    assert hop is not None
    assert (str(hop.client), hop.scheme, hop.host) == ("192.0.2.1", "https", "shop.example:8443")


@get("/")
async def seen(request: web.Request) -> list[Any]:
    return [request.remote, request.scheme, request.host, str(request.url), request.secure]


async def asked(serve: Any, headers: dict[str, str], **settings: Any) -> Any:
    async with serve(seen, **settings) as served:
        status, said = await served.ask("GET", "/", headers={"Host": "inside", **headers})
    assert status == 200
    return said


DIRECT = ["127.0.0.1", "http", "inside", "http://inside/", False]
THROUGH = {
    "X-Forwarded-For": "6.6.6.6, 203.0.113.7, 10.0.0.1",
    "X-Forwarded-Proto": "https",
    "X-Forwarded-Host": "shop.example",
}


@pytest.mark.asyncio
async def test_nobody_is_trusted_by_default(serve):
    assert await asked(serve, THROUGH) == DIRECT


@pytest.mark.asyncio
async def test_a_trusted_proxy_says_who_asks_how_and_whom(serve):
    said = await asked(serve, THROUGH, **LOCAL)

    assert said == ["203.0.113.7", "https", "shop.example", "https://shop.example/", True]


@pytest.mark.asyncio
async def test_only_the_header_in_which_the_proxies_write_is_read(serve):
    assert await asked(serve, {"Forwarded": "for=6.6.6.6"}, **LOCAL) == DIRECT
    assert await asked(serve, THROUGH, proxy_header="Forwarded", **LOCAL) == DIRECT
    said = await asked(serve, {"Forwarded": "for=203.0.113.7;proto=https"}, proxy_header="Forwarded", **LOCAL)
    assert said[:3] == ["203.0.113.7", "https", "inside"]


@pytest.mark.asyncio
@pytest.mark.parametrize("host", ["a b", "x/../y", "user@evil", "[::1", "x:999999", "x:65536", ""])
async def test_a_host_that_is_none_is_left_out(serve, host):
    headers = {"X-Forwarded-For": "203.0.113.7", "X-Forwarded-Host": host, "X-Forwarded-Proto": "gopher"}

    said = await asked(serve, headers, **LOCAL)

    assert said[:3] == ["203.0.113.7", "http", "inside"]
