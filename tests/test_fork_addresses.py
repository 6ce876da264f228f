"""Where to listen, as people write it."""

from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from rostra.errors import AddressError
from rostra.fork import TcpAddress, UnixAddress, read_address

HOSTS = st.one_of(
    st.ip_addresses().map(str),
    st.from_regex(r"[a-z][a-z0-9-]{0,20}(\.[a-z]{1,5})?", fullmatch=True),
    st.just(""),
)
NAMES = st.one_of(st.just(""), st.from_regex(r"[a-z]{1,8}(\.[a-z &=?%]{1,8})?", fullmatch=True))
PATHS = st.text(
    st.characters(exclude_categories=("Cs",), exclude_characters="\0/"), min_size=1, max_size=12
).filter(lambda name: name not in {".", ".."})
ADDRESSES = st.one_of(
    st.builds(TcpAddress, HOSTS, st.integers(0, 65535), NAMES),
    st.builds(
        UnixAddress,
        st.lists(PATHS, min_size=1, max_size=3).map(lambda names: Path("/", *names)),
        st.integers(0, 0o777),
        NAMES,
    ),
)


@pytest.mark.parametrize(
    ("uri", "address"),
    [
        ("tcp://:8080", TcpAddress("", 8080)),
        ("tcp://127.0.0.1:0", TcpAddress("127.0.0.1", 0)),
        ("tcp://localhost:8080/", TcpAddress("localhost", 8080)),
        ("tcp://[::1]:8080", TcpAddress("::1", 8080)),
        ("tcp://:8081?name=http.admin", TcpAddress("", 8081, "http.admin")),
        ("unix:///run/x.sock", UnixAddress(Path("/run/x.sock"), 0o660)),
        (
            "unix:///run/x.sock?mode=600&name=http.admin",
            UnixAddress(Path("/run/x.sock"), 0o600, "http.admin"),
        ),
        ("unix:///run/my%20x.sock", UnixAddress(Path("/run/my x.sock"))),
    ],
)
def test_an_address_is_read(uri, address):
    assert read_address(uri) == address


@given(address=ADDRESSES)
def test_an_address_that_is_written_is_read_as_the_same(address):
    assert read_address(str(address)) == address


@pytest.mark.parametrize(
    ("uri", "reason", "fix"),
    [
        ("8080", "it does not say what it is", "tcp://:8080"),
        (":8080", "it does not say what it is", "tcp://:8080"),
        ("localhost:8080", "it does not say what it is", "tcp://localhost:8080"),
        ("/run/x.sock", "it does not say what it is", "unix:///run/x.sock"),
        (
            "http://:8080/",
            "what is spoken there is said by the settings; an address is only where",
            "tcp://:8080",
        ),
        ("tcp://127.0.0.1", "it has no port", "tcp://127.0.0.1:8080"),
        ("tcp://127.0.0.1:", "it has no port", "tcp://127.0.0.1:8080"),
        ("tcp://[::1]", "it has no port", "tcp://[::1]:8080"),
        ("tcp://::1:8080", "an IPv6 address stands in brackets", "tcp://[::1]:8080"),
        ("tcp://[::1:8080", "its brackets are not those of an IPv6 address", "tcp://[::1]:8080"),
        ("tcp://:80a", 'a port is a whole number from 0 to 65535, found "80a"', "tcp://:8080"),
        ("tcp://[::1]:65536", 'a port is a whole number from 0 to 65535, found "65536"', "tcp://[::1]:8080"),
        ("tcp://:8080/orders", "a port has no path", "tcp://:8080"),
        ("tcp://:8080?nam=admin", 'it has an option "nam"; there are name', "tcp://:8080?name=..."),
        (
            "unix://run/x.sock",
            "its path is not absolute: it begins with a third slash",
            "unix:///run/x.sock",
        ),
        ("unix:///run/", "it names a folder, and not a file", "unix:///run/orders.sock"),
        ("unix:///x?mode=9", 'a mode is three octal digits as for chmod, found "9"', "unix:///x?mode=660"),
        (
            "unix:///x?mode=1777",
            'a mode is three octal digits as for chmod, found "1777"',
            "unix:///x?mode=660",
        ),
    ],
)
def test_what_is_no_address_is_told_with_what_was_meant(uri, reason, fix):
    with pytest.raises(AddressError) as caught:
        read_address(uri, "--bind")

    assert (caught.value.reason, caught.value.fix, caught.value.where) == (reason, (fix,), ("--bind",))


@given(text=st.text())
@example("tcp://[")
@example("tcp://\u0661:\u0661")
@example("unix://")
@example("tcp://:8080?mode")
def test_any_text_is_an_address_or_an_error_that_says_so(text):
    with suppress(AddressError):
        assert isinstance(read_address(text), TcpAddress | UnixAddress)


@pytest.mark.parametrize(
    "uri", ["amqp://me:hunter2@host:1", "tcp://me:hunter2@host:1", "me:hunter2@host:1", "me:hunter2://@x:1"]
)
def test_a_password_in_what_is_no_address_is_shown_nowhere(uri):
    with pytest.raises(AddressError) as caught:
        read_address(uri)

    assert "hunter2" not in str(caught.value)
    assert "hunter2" not in repr(caught.value)
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None
