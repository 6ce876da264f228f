"""Listening sockets: bound, handed over by systemd, kept by a parent and asked for by its workers."""

import asyncio
import errno
import json
import os
import socket
import stat
import sys
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import pytest
import systemd

from rostra.errors import AddressError, ListenError
from rostra.fork import Bound, Sockets, TcpAddress, UnixAddress, refusal
from rostra.fork.asking import Asking
from rostra.fork.channel import Channel, pair
from rostra.fork.holding import Held
from rostra.fork.messages import Granted, Refused, Wanted
from rostra.fork.notifying import Notifying
from rostra.fork.refusals import bind_uris
from rostra.fork.sockets import bind, discard
from rostra.fork.uris import read_address

HERE = TcpAddress("127.0.0.1", 0)


def has_ipv6() -> bool:
    try:
        with socket.socket(socket.AF_INET6) as probe:
            probe.bind(("::1", 0))
    except OSError:
        return False
    return True


needs_ipv6 = pytest.mark.skipif(not has_ipv6(), reason="this machine has no ::1")


@pytest.fixture
def kept() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


def is_answered(bound: Bound) -> bool:
    address = bound.address
    family = socket.AF_UNIX if isinstance(address, UnixAddress) else bound.socket.family
    where = str(address.path) if isinstance(address, UnixAddress) else (address.host, address.port)
    with socket.socket(family) as client:
        return client.connect_ex(where) == 0


def test_a_port_is_bound_and_listens(kept):
    [bound] = bind([HERE])
    kept.callback(discard, [bound])

    assert bound.address.port > 0
    assert is_answered(bound)
    assert bound.socket.getblocking() is False
    assert bound.socket.get_inheritable() is False


def test_a_port_is_bound_again_at_once_though_connections_to_it_have_just_ended(kept):
    [bound] = bind([HERE])
    address = bound.address
    with socket.create_connection(bound.socket.getsockname(), timeout=20) as client:
        bound.socket.accept()[0].close()  # who closes first remembers the connection for a minute
        assert client.recv(1) == b""
    discard([bound])

    [again] = bind([address])
    kept.callback(discard, [again])

    assert again.address == address


def test_hundreds_may_wait_to_be_accepted(kept):
    [bound] = bind([HERE])
    kept.callback(discard, [bound])

    for _ in range(500):  # asyncio's own would be 100
        kept.enter_context(socket.create_connection(bound.socket.getsockname(), timeout=20))


@needs_ipv6
def test_any_port_is_one_port_at_all_hosts(kept):
    bound = bind([HERE, TcpAddress("::1", 0)])
    kept.callback(discard, bound)

    assert [each.address.host for each in bound] == ["127.0.0.1", "::1"]
    assert len({each.address.port for each in bound}) == 1
    assert all(map(is_answered, bound))


@needs_ipv6
def test_all_addresses_of_the_machine_are_those_of_both_families_with_one_port(kept):
    bound = bind_uris(["tcp://:0"], "--bind")
    kept.callback(discard, bound)

    assert {each.socket.family for each in bound} == {socket.AF_INET, socket.AF_INET6}
    assert len({each.address.port for each in bound}) == 1


def test_an_address_that_this_machine_does_not_have_is_left_out_if_there_is_another(kept):
    [bound] = bind([TcpAddress("192.0.2.1", 0), HERE])
    kept.callback(discard, [bound])

    assert bound.address.host == "127.0.0.1"
    with pytest.raises(OSError, match="annot assign"):
        bind([TcpAddress("192.0.2.1", 0)])


def test_a_port_where_somebody_listens_is_refused_unless_both_share_it(kept):
    [first] = bind([HERE])
    [shared] = bind([HERE], reuse_port=True)
    kept.callback(discard, [first, shared])

    with pytest.raises(OSError, match="already in use"):
        bind([first.address])
    [another] = bind([shared.address], reuse_port=True)
    kept.callback(discard, [another])

    assert another.address == shared.address


def test_all_are_bound_or_none(tmp_path, kept):
    [taken] = bind([HERE])
    kept.callback(discard, [taken])
    path = tmp_path / "x.sock"

    with pytest.raises(ListenError) as caught:
        bind_uris([f"unix://{path}", str(taken.address)], "--bind")

    assert not path.exists()
    assert caught.value.reason == "another process listens there already"
    assert caught.value.where == (f"--bind {taken.address}",)
    assert caught.value.fix[1].startswith("--bind tcp://127.0.0.1:")


@needs_ipv6
@pytest.mark.parametrize("order", [(0, 1, 2, 3), (3, 2, 1, 0), (1, 3, 0, 2)])
def test_what_another_address_gets_as_well_is_bound_once(tmp_path, kept, order):
    [probe] = bind([HERE])
    port = probe.address.port
    discard([probe])
    uris = [f"tcp://:{port}", f"tcp://[::1]:{port}", f"unix://{tmp_path / 'x.sock'}", f"tcp://:{port}"]

    bound = bind_uris([uris[place] for place in order], "--bind")
    kept.callback(discard, bound)

    assert sorted(str(each.address) for each in bound) == [
        f"tcp://0.0.0.0:{port}", f"tcp://[::]:{port}", f"unix://{tmp_path / 'x.sock'}",
    ]  # fmt: skip


def test_what_is_for_another_server_is_refused_where_one_listens_already(kept):
    [probe] = bind([HERE])
    port = probe.address.port
    discard([probe])

    with pytest.raises(ListenError, match="cannot listen on 127"):
        bind_uris([f"tcp://127.0.0.1:{port}", f"tcp://127.0.0.1:{port}?name=http.admin"], "--bind")


def test_addresses_are_all_read_before_any_is_bound(tmp_path):
    path = tmp_path / "x.sock"

    with pytest.raises(AddressError):
        bind_uris([f"unix://{path}", "8080"], "--bind")

    assert not path.exists()


def test_a_host_that_nobody_knows_is_told_with_who_asked():
    with pytest.raises(ListenError) as caught:
        bind_uris(["tcp://no.such.host.invalid:8080"], "fork.stage(sockets=...)")

    assert caught.value.reason.startswith("its name cannot be resolved: ")
    assert caught.value.fix == ("fork.stage(sockets=...) tcp://127.0.0.1:8080",)


def test_a_file_is_bound_with_its_mode_and_removed(tmp_path):
    path = tmp_path / "x.sock"

    [bound] = bind([UnixAddress(path, 0o600)])

    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert bound.address == UnixAddress(path, 0o600)
    assert is_answered(bound)
    discard([bound])
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_a_dead_process_has_left_is_replaced_and_none_other(tmp_path, kept):
    stale, used, other = tmp_path / "stale", tmp_path / "used", tmp_path / "other"
    with socket.socket(socket.AF_UNIX) as left:
        left.bind(str(stale))
    using = kept.enter_context(socket.socket(socket.AF_UNIX))
    using.bind(str(used))
    using.listen()
    other.write_text("mine")

    [bound] = bind([UnixAddress(stale)])
    kept.callback(discard, [bound])
    refused = []
    for path in (used, other, tmp_path / "none" / "x.sock"):
        with pytest.raises(OSError, match=r".") as caught:
            bind([UnixAddress(path)])
        refused.append(caught.value.errno)

    assert is_answered(bound)
    assert refused == [errno.EADDRINUSE, errno.EEXIST, errno.ENOENT]
    assert other.read_text() == "mine"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["other", "stale", "used"]


def test_a_file_is_not_removed_by_a_process_that_was_forked(tmp_path, kept):
    [bound] = bind([UnixAddress(tmp_path / "x.sock")])
    kept.callback(discard, [bound])

    child = os.fork()
    if child == 0:
        discard([bound])
        os._exit(0)
    os.waitpid(child, 0)

    assert is_answered(bound)


def test_a_place_that_another_has_taken_is_left_to_it(tmp_path):
    path = tmp_path / "x.sock"
    [bound] = bind([UnixAddress(path)])
    path.unlink()
    path.write_text("mine")

    discard([bound])

    assert path.read_text() == "mine"


HANDED_OVER = """
import json, os, subprocess, sys
from rostra.fork.inherited import inherited
from rostra.fork.notifying import Notifying
bound = inherited(os.environ)
line = Notifying.taken_from(os.environ)
left = [name for name in os.environ if name.startswith(("LISTEN_", "NOTIFY_", "WATCHDOG_"))]
seen = subprocess.run(["ls", "/proc/self/fd"], capture_output=True, text=True, close_fds=False).stdout.split()
line.reloading("settings")
line.ready(json.dumps([[str(each.address), each.name] for each in bound] + [left, line.watchdog, seen]))
"""


def test_systemd_hands_sockets_over_and_is_told_what_goes_on(tmp_path, kept):
    path = tmp_path / "x.sock"
    web, admin = (kept.enter_context(closing(socket.create_server(("127.0.0.1", 0)))) for _ in range(2))
    local = kept.enter_context(closing(socket.socket(socket.AF_UNIX)))
    local.bind(str(path))
    local.listen()
    given = {"orders.socket": web, "http.admin": admin, "unknown": local}

    with systemd.started([sys.executable, "-c", HANDED_OVER], tmp_path, given, watchdog=4.0) as unit:
        reloading = unit.wait_for("RELOADING")
        *sockets, left, watchdog, seen = json.loads(unit.wait_for("READY")["STATUS"])

    ports = [each.getsockname()[1] for each in (web, admin)]
    assert sockets == [
        [f"tcp://127.0.0.1:{ports[0]}", ""],
        [f"tcp://127.0.0.1:{ports[1]}?name=http.admin", "http.admin"],
        [f"unix://{path}?mode={stat.S_IMODE(path.stat().st_mode):o}", ""],
    ]
    assert int(reloading["MONOTONIC_USEC"]) > 0
    assert (left, watchdog) == ([], 4.0)
    assert not {"3", "4", "5"} & set(seen) - {"3"}  # 3 is that of ls itself


def test_what_was_handed_over_to_another_process_is_not_ours():
    from rostra.fork.inherited import inherited

    environ = {"LISTEN_PID": "1", "LISTEN_FDS": "1", "LISTEN_FDNAMES": "x", "HOME": "/"}

    assert inherited(environ, pid=2) == ()
    assert environ == {"HOME": "/"}


REFUSED = """
import os
from rostra.fork.inherited import inherited
try:
    inherited(os.environ)
except Exception as error:
    print(error)
"""


@pytest.mark.parametrize("kind", ["file", "datagrams", "connection"])
def test_what_does_not_listen_is_told_with_the_line_of_the_unit(tmp_path, kept, kind):
    server = kept.enter_context(closing(socket.create_server(("127.0.0.1", 0))))
    handed = {
        "file": lambda: (tmp_path / "x").open("w"),
        "datagrams": lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM),
        "connection": lambda: socket.create_connection(server.getsockname()),
    }[kind]()
    kept.callback(handed.close)
    why = {
        "file": "it is no socket",
        "datagrams": "it is no socket of connections",
        "connection": "it is a connection, and does not listen for any",
    }[kind]

    with systemd.started([sys.executable, "-c", REFUSED], tmp_path, {"x.socket": handed}) as unit:
        said, _ = unit.process.communicate(timeout=systemd.PATIENCE)

    assert said == (
        "cannot listen on descriptor 3\n"
        '  where   systemd handed it over as "x.socket"\n'
        f"  why     {why}\n"
        "  to fix  in its unit: ListenStream= with an address, and Accept=no\n"
    )


def test_systemd_is_told_by_one_datagram_per_event(tmp_path):
    path = f"@rostra-test-{os.getpid()}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as heard:
        heard.bind(f"\0{path[1:]}")
        environ = {"NOTIFY_SOCKET": path, "WATCHDOG_USEC": "3000000", "WATCHDOG_PID": "2"}
        line = Notifying.taken_from(environ, pid=1)

        line.ready("2 workers")
        line.status("one\nline")
        line.alive()
        line.stopping()

        assert [heard.recv(100) for _ in range(4)] == [
            b"READY=1\nSTATUS=2 workers", b"STATUS=one line", b"WATCHDOG=1", b"STOPPING=1",
        ]  # fmt: skip
    assert (line.watchdog, environ) == (0.0, {})
    line.ready()  # nobody listens any more: nothing happens
    Notifying().ready()


def named(*names: str) -> tuple[Bound, ...]:
    return tuple(Bound(bind([HERE])[0].socket, name) for name in names)


@pytest.mark.asyncio
async def test_given_sockets_win_each_for_its_server_and_the_nameless_for_the_main_one(kept):
    given = named("", "http.admin", "http", "zmq")
    kept.callback(discard, given)
    sockets = Sockets(given)

    main = await sockets.listening("http", HERE, is_main=True)
    admin = await sockets.listening("http.admin", HERE)
    again = await sockets.listening("http", HERE, is_main=True)
    kept.callback(discard, again)

    assert main == (given[0], given[2])
    assert admin == (given[1],)
    assert again != main
    assert sockets.unused == (given[3],)


def answer(held: Held, parents: Channel, number: int = 1, generation: int = 1) -> None:
    """What the parent does when its poll says that a worker wants something."""
    for wanted in parents.received():
        assert isinstance(wanted, Wanted)
        message, descriptors = held.answer(wanted, number, generation)
        parents.send(message, *descriptors)


async def asked(
    held: Held, server: str, *uris: str, number: int = 1, generation: int = 1
) -> tuple[Bound, ...]:
    """What a worker gets over a real channel."""
    parents, workers = pair()
    with closing(parents), closing(workers):
        asking = Asking(workers.send, workers.descriptor)
        question = asyncio.create_task(asking.ask(server, tuple(map(read_address, uris))))
        await asyncio.sleep(0)
        answer(held, parents, number, generation)
        for message in workers.received():
            assert isinstance(message, Granted | Refused)
            (asking.granted if isinstance(message, Granted) else asking.refused)(message)
        return await question


@pytest.mark.asyncio
async def test_every_worker_that_asks_gets_the_one_socket_that_its_parent_keeps(kept):
    held = Held()
    kept.callback(held.close)

    [first] = await asked(held, "http", "tcp://127.0.0.1:0")
    [second] = await asked(held, "http", "tcp://127.0.0.1:0", number=2)
    [admin] = await asked(held, "http.admin", "tcp://127.0.0.1:0")
    kept.callback(discard, [first, second, admin])

    assert first.address == second.address
    assert admin.address != first.address
    discard([first, second])
    assert is_answered(Bound(admin.socket))
    [third] = await asked(held, "http", "tcp://127.0.0.1:0", generation=2)
    kept.callback(discard, [third])
    assert third.address.port != admin.address.port


@pytest.mark.asyncio
async def test_a_socket_that_the_newest_workers_do_not_ask_for_is_closed_when_the_old_ones_have_gone(
    tmp_path,
):
    held, path = Held(), tmp_path / "x.sock"
    old = [
        *await asked(held, "http", f"unix://{path}"),
        *await asked(held, "http.admin", "tcp://127.0.0.1:0"),
    ]
    [new] = await asked(held, "http.admin", "tcp://127.0.0.1:0", generation=2)
    assert path.exists()

    discard(old)
    held.retire(2)

    assert not path.exists()
    assert is_answered(new)
    new.close()
    held.close()


@pytest.mark.asyncio
async def test_a_file_that_is_asked_for_with_another_mode_gets_it(tmp_path, kept):
    held, path = Held(), tmp_path / "x.sock"
    kept.callback(held.close)

    [old] = await asked(held, "http", f"unix://{path}?mode=660")
    [new] = await asked(held, "http", f"unix://{path}?mode=600", generation=2)
    kept.callback(discard, [old, new])

    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert new.address == UnixAddress(path, 0o600)
    assert is_answered(new)
    discard([old, new])
    assert path.exists()  # it is its parent's


@pytest.mark.asyncio
async def test_what_the_parent_cannot_bind_is_told_as_if_the_worker_had_tried(kept):
    [taken] = bind([HERE])
    kept.callback(discard, [taken])

    with pytest.raises(OSError, match="already in use") as caught:
        await asked(Held(), "http", str(taken.address))

    assert caught.value.errno == errno.EADDRINUSE


@pytest.mark.asyncio
@pytest.mark.parametrize("reuse_port", [False, True], ids=["a shared socket", "a shared port"])
@pytest.mark.parametrize(("old", "new"), [("127.0.0.1", "0.0.0.0"), ("0.0.0.0", "127.0.0.1")])
async def test_a_port_of_its_own_is_not_taken_once_more_at_a_wider_or_narrower_address(
    kept, reuse_port, old, new
):
    held = Held(reuse_port=reuse_port)
    kept.callback(held.close)
    [bound] = await asked(held, "http", f"tcp://{old}:0")
    kept.callback(discard, [bound])
    port = bound.address.port

    with pytest.raises(OSError, match="itself listens") as caught:
        await asked(held, "http", f"tcp://{new}:{port}", generation=2)
    found = refusal(caught.value, TcpAddress(new, port))

    assert found.reason == f"this service itself listens at tcp://{old}:{port}"
    assert found.step.startswith("listen at another port; another address at the same port takes a stop")
    [other] = await asked(held, "http", f"tcp://{new}:0", generation=2)
    kept.callback(discard, [other])
    assert is_answered(bound)


@pytest.mark.asyncio
async def test_with_ports_that_are_shared_each_number_has_sockets_of_its_own_at_one_port(kept):
    given = bind([HERE], reuse_port=True)
    held = Held(given, reuse_port=True)
    kept.callback(held.close)

    [one], [two] = held.given(1), held.given(2)
    [asked_one] = await asked(held, "http.admin", "tcp://127.0.0.1:0", number=1)
    [asked_two] = await asked(held, "http.admin", "tcp://127.0.0.1:0", number=2)
    [again] = await asked(held, "http.admin", "tcp://127.0.0.1:0", number=2)
    kept.callback(discard, [asked_one, asked_two, again])

    assert one.address == two.address
    assert number_of(one) != number_of(two)
    assert held.given(2) == (two,)
    assert asked_one.address == asked_two.address
    assert number_of(asked_one) != number_of(asked_two) == number_of(again)


@pytest.mark.asyncio
async def test_what_is_a_number_s_alone_is_closed_when_there_is_no_worker_for_it(tmp_path, kept):
    given = [*bind([HERE], reuse_port=True), *bind([UnixAddress(tmp_path / "x.sock")])]
    held = Held(given, reuse_port=True)
    kept.callback(held.close)
    held.given(1)
    port, local = held.given(2)
    [asked_two] = await asked(held, "http", f"unix://{tmp_path / 'y.sock'}", number=2)
    [asked_one] = await asked(held, "http", f"unix://{tmp_path / 'y.sock'}", number=1)
    kept.callback(discard, [asked_one, asked_two])

    held.drop(2)

    assert port.socket.fileno() == -1
    assert local is given[1]
    assert is_answered(given[0])
    assert is_answered(local)
    assert is_answered(asked_one)
    assert held.given(2)[0].address == given[0].address


@pytest.mark.asyncio
async def test_a_parent_that_stops_binds_nothing_any_more():
    held = Held()
    held.close()

    with pytest.raises(OSError, match="its parent stops"):
        await asked(held, "http", "tcp://127.0.0.1:0")


def number_of(bound: Bound) -> int:
    return os.fstat(bound.socket.fileno()).st_ino


@pytest.mark.asyncio
async def test_a_worker_keeps_of_its_parents_sockets_only_those_that_are_its_own(kept):
    given = bind([HERE])
    held = Held(given)
    [bound] = await asked(held, "http.admin", "tcp://127.0.0.1:0")
    kept.callback(discard, [*given, bound])
    where = bound.address
    bound.close()

    held.leave_to(1)

    assert is_answered(given[0])
    with socket.socket() as client:
        assert client.connect_ex((where.host, where.port)) == errno.ECONNREFUSED


def open_descriptors() -> set[str]:
    return {path.name for path in Path("/proc/self/fd").iterdir()}


@pytest.mark.asyncio
async def test_sockets_for_somebody_who_no_longer_waits_are_closed():
    parents, workers = pair()
    with closing(parents), closing(workers):
        asking = Asking(workers.send, workers.descriptor)
        question = asyncio.create_task(asking.ask("http", (HERE,)))
        await asyncio.sleep(0)
        held = Held()
        answer(held, parents)
        before = open_descriptors()
        question.cancel()
        await asyncio.wait([question])
        for message in workers.received():
            asking.granted(message)

        assert open_descriptors() == before
        held.close()


def test_a_path_longer_than_the_system_takes_is_told(tmp_path):
    path = tmp_path / Path("x" * 120)

    with pytest.raises(ListenError) as caught:
        bind_uris([f"unix://{path}"], "--bind")

    assert caught.value.reason == "AF_UNIX path too long"
