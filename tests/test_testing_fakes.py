"""The fakes that rostra ships for tests: a journal, checkpoints, and a network that misbehaves."""

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

import rostra.testing
from rostra.clock import ManualClock
from rostra.testing import Journal, TcpProxy, checkpoint


def test_a_journal_tells_in_which_order_things_were_opened_and_closed():
    journal = Journal()

    with journal.held("pool"), journal.held("session"):
        pass

    assert journal.opened == ["pool", "session"]
    assert journal.closed == journal.opened[::-1]


def test_a_journal_closes_what_it_holds_also_when_the_body_fails():
    journal = Journal()

    with pytest.raises(ValueError, match="no"), journal.held("pool"):
        raise ValueError("no")

    assert journal.closed == ["pool"]


def test_a_journal_names_what_is_still_open():
    journal = Journal()

    for name in ("pool", "session", "pool"):
        journal.open(name)
    journal.close("pool")

    assert journal.still_open == ["session", "pool"]


@pytest.mark.asyncio
async def test_a_checkpoint_lets_another_task_take_one_turn():
    turns: list[int] = []

    async def count() -> None:
        for turn in range(3):
            turns.append(turn)
            await checkpoint()

    counting = asyncio.create_task(count())
    await checkpoint()

    assert turns == [0]
    await counting


@asynccontextmanager
async def echo_server() -> AsyncIterator[int]:
    async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while data := await reader.read(1024):
                writer.write(data)
                await writer.drain()
        except ConnectionError:
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(echo, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()


@asynccontextmanager
async def through_a_proxy(
    **options,
) -> AsyncIterator[tuple[TcpProxy, asyncio.StreamReader, asyncio.StreamWriter]]:
    async with echo_server() as port, TcpProxy("127.0.0.1", port, **options) as proxy:
        reader, writer = await asyncio.open_connection(proxy.host, proxy.port)
        try:
            yield proxy, reader, writer
        finally:
            writer.close()


@pytest.mark.asyncio
async def test_a_proxy_passes_on_what_is_sent_and_the_end_of_it():
    async with through_a_proxy() as (proxy, reader, writer):
        writer.write(b"hello")
        writer.write_eof()

        assert await reader.read() == b"hello"
        await proxy.wait_for_connections(0)


@pytest.mark.asyncio
async def test_a_delaying_proxy_holds_data_back_until_its_time_has_come():
    clock = ManualClock()
    async with through_a_proxy(delay=3.0, clock=clock) as (_, reader, writer):
        answer = asyncio.create_task(reader.read(5))
        writer.write(b"hello")

        await clock.wait_for_sleepers()
        await clock.advance(2.9)
        assert clock.sleepers == 1
        await clock.advance(0.2)
        await clock.wait_for_sleepers()
        assert not answer.done()
        await clock.advance(3.0)

        assert await answer == b"hello"


@pytest.mark.asyncio
async def test_a_stalled_proxy_keeps_connections_open_and_data_back_until_it_is_resumed():
    async with through_a_proxy() as (proxy, reader, writer):
        await proxy.wait_for_connections(1)
        proxy.stall()

        writer.write(b"hello")
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(reader.read(5), timeout=0.05)
        proxy.resume()

        assert await reader.read(5) == b"hello"


@pytest.mark.asyncio
async def test_a_stalled_proxy_accepts_new_connections_and_connects_them_when_it_is_resumed():
    async with echo_server() as port, TcpProxy("127.0.0.1", port) as proxy:
        proxy.stall()

        reader, writer = await asyncio.open_connection(proxy.host, proxy.port)
        writer.write(b"hello")
        assert proxy.connections == 0
        proxy.resume()

        assert await reader.read(5) == b"hello"
        writer.close()


@pytest.mark.asyncio
async def test_a_cut_resets_both_sides_and_lets_new_connections_through():
    async with through_a_proxy() as (proxy, reader, _):
        await proxy.wait_for_connections(1)

        await proxy.cut()

        with pytest.raises(ConnectionResetError):
            await reader.read(1)
        assert proxy.connections == 0
        again, writer = await asyncio.open_connection(proxy.host, proxy.port)
        writer.write(b"again")
        assert await again.read(5) == b"again"
        writer.close()


@pytest.mark.asyncio
async def test_a_refusing_proxy_resets_new_connections_until_it_accepts_again():
    async with through_a_proxy() as (proxy, _, _):
        proxy.refuse()

        reader, refused = await asyncio.open_connection(proxy.host, proxy.port)
        with pytest.raises(ConnectionResetError):
            await reader.read(1)
        proxy.accept()

        reader, writer = await asyncio.open_connection(proxy.host, proxy.port)
        writer.write(b"hello")
        assert await reader.read(5) == b"hello"
        writer.close()
        refused.close()


@pytest.mark.asyncio
async def test_a_proxy_to_a_server_that_is_down_resets_its_clients():
    async with echo_server() as port:
        pass
    async with TcpProxy("127.0.0.1", port) as proxy:
        reader, writer = await asyncio.open_connection(proxy.host, proxy.port)

        with pytest.raises(ConnectionResetError):
            await reader.read(1)
        writer.close()


def test_the_front_door_names_what_is_public_and_nothing_else():
    assert set(rostra.testing.__all__) <= set(dir(rostra.testing))
    assert all(hasattr(rostra.testing, name) for name in rostra.testing.__all__)
    with pytest.raises(AttributeError, match="has no attribute 'Jurnal'"):
        getattr(rostra.testing, "Jurnal")  # noqa: B009  (pyright knows that there is no such name)


def test_the_pytest_plugin_imports_next_to_nothing():
    program = (
        "import sys, pytest; before = set(sys.modules); import rostra.testing.pytest_plugin;"
        "print(*sorted(set(sys.modules) - before))"
    )

    imported = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=30
    ).stdout.split()

    assert imported == ["rostra", "rostra.testing", "rostra.testing.pytest_plugin"]
