"""Several workers under steady load: whatever happens to one of them, every request is answered.

A request may be tried twice, the second time on a new connection; two seconds are its time on a quiet machine, which
``ROSTRA_QUIET=1`` says this one is.
"""

import asyncio
import contextlib
import os
import random
import signal
from collections import Counter
from pathlib import Path

import command_line
import house
import pytest
from load import Seen, load
from workers import served

pytestmark = pytest.mark.asyncio

SERVICE = """
import os
from rostra_aiohttp import get

@get("/")
def hello() -> str:
    return str(os.getpid())
"""

IS_QUIET = bool(os.environ.get("ROSTRA_QUIET"))
EVENTS = int(os.environ.get("ROSTRA_EVENTS", "5"))
"""How much happens in a row."""

SOME = 200
"""Requests before and after something happens."""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    command_line.write(tmp_path, "service.py", SERVICE)
    return tmp_path


async def served_by(seen: Seen, pid: int) -> None:
    """Wait until this process has answered."""
    async with seen.changed, asyncio.timeout(60):
        await seen.changed.wait_for(lambda: seen.bodies[str(pid)] > 0)


def check(seen: Seen) -> None:
    assert seen.failed == []
    assert not IS_QUIET or seen.slowest < 2.0


ON_A_PORT = ("service.py", "--bind", "tcp://127.0.0.1:0", "--log-format", "json")


async def test_requests_of_a_worker_that_is_killed_go_to_another_and_it_is_replaced(folder):
    async with served(folder, *ON_A_PORT) as service, load(service.address) as seen:
        await seen.until(SOME)
        mark, killed = service.mark, service.workers()[1]

        killed.kill()
        [line] = await service.until("worker.running", mark, worker=1)
        await served_by(seen, line["pid"])

    check(seen)
    assert line["pid"] != killed.pid


async def test_a_worker_that_is_suspended_is_replaced_and_its_requests_are_answered_by_others(folder):
    arguments = (*ON_A_PORT, "--heartbeat", "3")
    async with served(folder, *arguments) as service, load(service.address) as seen:
        await seen.until(SOME)
        mark, suspended = service.mark, service.workers()[1]

        suspended.suspend()
        await service.until("worker.silent", mark, worker=1)
        await service.until("worker.died", mark, worker=1)
        [line] = await service.until("worker.running", mark, worker=1)
        await served_by(seen, line["pid"])
        assert not suspended.is_running()

    check(seen)


@pytest.mark.parametrize("loop", ["asyncio", "uvloop"])
async def test_a_reload_replaces_all_workers_and_loses_no_request(folder, loop):
    pytest.importorskip(loop)
    async with served(folder, *ON_A_PORT, "--loop", loop) as service, load(service.address) as seen:
        await seen.until(SOME)
        before = {each.pid for each in service.workers().values()}

        for generation in (2, 3):
            mark = service.mark
            service.send(signal.SIGHUP)
            await service.until("workers.reloaded", mark, generation=generation)
            await service.until("worker.stopped", mark, count=2)
        await seen.until(SOME)
        after = {each.pid for each in service.workers().values()}

    check(seen)
    assert not before & after
    assert {int(pid) for pid in seen.bodies} >= before | after


async def test_ports_of_their_own_are_taken_over_by_successors(folder):
    async with served(folder, *ON_A_PORT, "--reuse-port") as service, load(service.address) as seen:
        await seen.until(SOME)
        mark = service.mark
        service.workers()[1].kill()
        await service.until("worker.running", mark, worker=1)
        mark = service.mark
        service.send(signal.SIGHUP)
        await service.until("workers.reloaded", mark)
        await seen.until(SOME)

    check(seen)
    assert len(seen.bodies) >= 4


async def test_who_waits_at_a_port_of_one_worker_is_answered_by_it_before_it_goes(folder):
    async with served(folder, *ON_A_PORT, "--reuse-port") as service:
        leaving = service.workers()[2]
        leaving.suspend()
        waiting = [await asyncio.open_connection(*service.address) for _ in range(40)]
        for _, writer in waiting:
            writer.write(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")

        service.send(signal.SIGTTOU)
        await service.until("worker.retiring", worker=2)
        leaving.resume()
        async with asyncio.timeout(60):
            answers = [await reader.read() for reader, _ in waiting]
        await service.until("worker.stopped", worker=2)

        pids = [answer.rpartition(b"\r\n")[2] for answer in answers]
        assert b"" not in pids
        assert str(leaving.pid).encode() in pids
        for _, writer in waiting:
            writer.close()


async def test_one_worker_more_and_one_less_lose_no_request(folder):
    async with served(folder, *ON_A_PORT) as service, load(service.address) as seen:
        await seen.until(SOME)
        mark = service.mark

        service.send(signal.SIGTTIN)
        [line] = await service.until("worker.running", mark, worker=3)
        await served_by(seen, line["pid"])
        service.send(signal.SIGTTOU)
        await service.until("worker.stopped", mark, worker=3)
        service.send(signal.SIGTTOU)
        await service.until("worker.stopped", mark, worker=2)
        await seen.until(SOME)
        left = set(service.workers())

    check(seen)
    assert left == {1}


async def test_who_asks_whether_it_is_ready_loses_no_request_when_all_stop(folder):
    async with served(folder, *ON_A_PORT, "--set", "http.grace=3s") as service:
        async with (
            load(service.address) as seen,
            load(service.address, keeping=0, coming=1, path="/readyz") as asked,
        ):
            await seen.until(SOME)

            service.send(signal.SIGTERM)
            await asked.until_failed()  # it is not ready any more, and a balancer would notice

        assert await service.ended() == 0

    check(seen)
    assert seen.retried == []


async def test_a_burst_of_connections_is_spread_over_the_workers(folder):
    async with (
        served(folder, *ON_A_PORT) as service,
        load(service.address, keeping=0, coming=60, pause=0) as seen,
    ):
        await seen.until(1500)

    check(seen)
    assert len(seen.bodies) == 2
    assert min(seen.bodies.values()) > 0.1 * seen.count


async def test_a_reload_takes_up_another_port_and_another_socket_and_puts_the_old_ones_away(folder):
    path, other = folder / "one.sock", folder / "two.sock"
    settings = folder / "settings.toml"
    settings.write_text(f'[http]\nsocket = "{path}"\n[http.admin]\nport = 0\n')
    async with served(folder, "service.py", "-c", str(settings), "--log-format", "json") as service:
        assert path.exists()
        admin = {line["url"] for line in service.lines if line.get("for") == "admin"}
        assert len(admin) == 1  # both workers listen on the same

        settings.write_text(f'[http]\nsocket = "{other}"\n[http.admin]\nport = 0\n')
        mark = service.mark
        service.send(signal.SIGHUP)
        await service.until("workers.reloaded", mark)

        assert other.exists()
        assert not path.exists()
        assert {line["url"] for line in service.lines if line.get("for") == "admin"} == admin
        service.send(signal.SIGTERM)
        assert await service.ended() == 0
    assert not other.exists()


async def test_a_reload_that_widens_the_address_is_refused_with_its_reason_and_loses_no_request(folder):
    settings = folder / "settings.toml"
    settings.write_text('[http]\nhost = "127.0.0.1"\nport = 0\n')
    async with served(folder, "service.py", "-c", str(settings), "--log-format", "json") as service:
        host, port = service.address
        before = service.workers()
        async with load((host, port)) as seen:
            await seen.until(SOME)
            settings.write_text(f'[http]\nhost = "0.0.0.0"\nport = {port}\n')
            mark = service.mark

            service.send(signal.SIGHUP)
            [kept] = await service.until("workers.kept", mark)
            await seen.until(SOME)
            assert service.workers() == before
            settings.write_text('[http]\nhost = "127.0.0.1"\nport = 0\n')
            service.send(signal.SIGHUP)
            await service.until("workers.reloaded", mark)
            await seen.until(SOME)

    check(seen)
    assert kept["why"] == f"ListenError: cannot listen on 0.0.0.0:{port}"
    assert f"this service itself listens at tcp://127.0.0.1:{port}" in str(service.lines[mark:])


async def test_a_grace_period_is_for_balancers_and_not_for_successors(folder):
    async with served(folder, *ON_A_PORT, "--set", "http.grace=1h") as service, load(service.address) as seen:
        mark = service.mark
        service.send(signal.SIGHUP)
        await service.until("workers.reloaded", mark)

    check(seen)


async def test_who_comes_when_nobody_accepts_any_more_is_refused_at_once(folder):
    slow = """
    import asyncio
    from rostra import log
    from rostra_aiohttp import get

    @get("/")
    async def hello() -> str:
        log.get("test").info("request.begun")
        await asyncio.sleep(3600)
        return "never"
    """
    command_line.write(folder, "service.py", slow)
    async with served(folder, *ON_A_PORT) as service:
        _, waiting = await asyncio.open_connection(*service.address)
        waiting.write(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        await service.until("request.begun")
        mark = service.mark

        service.send(signal.SIGTERM)
        await service.until("http.draining", mark, count=2)
        with pytest.raises(ConnectionRefusedError):
            await connect_again_and_again(service.address)

        waiting.transport.abort()


async def connect_again_and_again(address: tuple[str, int]) -> None:
    async with asyncio.timeout(20):
        while True:
            with contextlib.suppress(ConnectionResetError):  # of who came in the moment in which that ended
                _, writer = await asyncio.open_connection(*address)
                writer.transport.abort()


async def test_any_worker_shows_what_all_have_counted_as_the_documentation_does_it(folder):
    documented = house.ROOT / "docs/examples/counted.py"
    command_line.write(folder, "counted.py", documented.read_text())
    arguments = ("counted.py", *ON_A_PORT[1:], "--heartbeat", "1")
    async with served(folder, *arguments) as service:
        async with load(service.address, coming=6) as seen:
            await seen.until(SOME)
        await all_show(service.address, f"greetings_total {seen.count}\n")

        mark = service.mark
        service.workers()[1].kill()
        await service.until("worker.running", mark, worker=1)
        await all_show(service.address, f"greetings_total {seen.count}\n")

    check(seen)


async def all_show(address: tuple[str, int], expected: str) -> None:
    """Wait until many new connections in a row, which go to all workers, are answered so."""
    async with asyncio.timeout(60):
        while True:
            async with load(address, keeping=0, coming=6, path="/metrics") as shown:
                await shown.until(20)
            check(shown)
            if shown.bodies.keys() == {expected}:
                return


async def test_connections_that_last_are_shared_by_the_workers(folder):
    async with (
        served(folder, *ON_A_PORT) as service,
        load(service.address, keeping=20, coming=0) as seen,
    ):
        await seen.until(1000)
        connections = Counter(
            pid for pid, each in service.workers().items() for found in each.net_connections() if found.raddr
        )

    check(seen)
    assert connections.keys() == {1, 2}
    assert min(connections.values()) >= 8


async def test_a_worker_that_takes_no_connections_keeps_the_others_from_none(folder):
    async with (
        served(folder, *ON_A_PORT) as service,
        load(service.address, keeping=4, coming=0) as seen,
    ):
        await seen.until(SOME)
        stopped = service.workers()[1]
        stopped.suspend()
        async with load(service.address, keeping=6, coming=2) as others:
            await others.until(SOME)
        stopped.resume()
        await seen.until(SOME)

    check(others)
    assert seen.failed == []


async def test_whatever_happens_in_a_row_every_request_is_answered(folder):
    chance = random.Random(EVENTS)
    arguments = (*ON_A_PORT, "--heartbeat", "4")
    async with served(folder, *arguments, workers=3) as service, load(service.address) as seen:
        for _ in range(EVENTS):
            mark, some = service.mark, service.workers()
            match chance.choice(["kill", "suspend", "reload", "more", "less"]):
                case "kill":
                    some[min(some)].kill()
                    await service.until("worker.running", mark, worker=min(some))
                case "suspend":
                    some[min(some)].suspend()
                    await service.until("worker.running", mark, worker=min(some))
                case "reload":
                    service.send(signal.SIGHUP)
                    await service.until("workers.reloaded", mark)
                case "more":
                    service.send(signal.SIGTTIN)
                    await service.until("worker.running", mark)
                case "less" if len(some) > 2:
                    service.send(signal.SIGTTOU)
                    await service.until("worker.stopped", mark)
            await seen.until(SOME // 2)

    check(seen)
