"""Asking a stage over its Unix socket."""

import asyncio
import socket
import stat
from pathlib import Path

import pytest

from rostra.clock import ManualClock
from rostra.errors import ProbeError
from rostra.health import STAGE, Checks, Result, ask, serve


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "stage.sock"


@pytest.fixture
def checks() -> Checks:
    return Checks(clock=ManualClock())


async def ask_from_outside(path: Path, question):
    return await asyncio.to_thread(ask, path, question)


@pytest.mark.asyncio
async def test_a_stage_is_asked_over_its_socket(path, checks):
    checks.add(STAGE, lambda: True, every=0)
    checks.add("database", lambda: False)

    async with serve(path, checks):
        live = await ask_from_outside(path, "live")
        startup = await ask_from_outside(path, "startup")
        ready = await ask_from_outside(path, "ready")

    assert live.results == ()
    assert startup.results == (Result(STAGE, None, 0.0),)
    assert ready.results == (Result(STAGE, None, 0.0), Result("database", "it says no", None))


@pytest.mark.asyncio
async def test_only_its_own_user_can_ask(path, checks):
    async with serve(path, checks):
        mode = stat.S_IMODE(path.stat().st_mode)

    assert mode == 0o600


@pytest.mark.asyncio
async def test_the_socket_is_removed_at_the_end(path, checks):
    async with serve(path, checks):
        assert path.is_socket()

    assert not path.exists()


@pytest.mark.asyncio
async def test_a_socket_that_a_dead_process_left_is_replaced(path, checks):
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(path))

    async with serve(path, checks):
        assert (await ask_from_outside(path, "live")).is_well


@pytest.mark.asyncio
async def test_a_socket_on_which_somebody_answers_is_not_replaced(path, checks):
    async with serve(path, checks):
        with pytest.raises(OSError, match="a process answers on this socket"):
            await serve(path, checks).__aenter__()

        assert (await ask_from_outside(path, "live")).is_well


@pytest.mark.asyncio
async def test_a_file_that_is_no_socket_is_left_alone(path, checks):
    path.write_text("precious")

    with pytest.raises(OSError, match="in use"):
        await serve(path, checks).__aenter__()

    assert path.read_text() == "precious"


@pytest.mark.asyncio
async def test_a_socket_that_took_our_place_is_left_alone(path, checks):
    with socket.socket(socket.AF_UNIX) as other:
        async with serve(path, checks):
            path.unlink()
            other.bind(str(path))

    assert path.is_socket()


@pytest.mark.asyncio
async def test_a_client_that_says_nothing_holds_neither_others_nor_the_end(path, checks):
    loop = asyncio.get_running_loop()
    with socket.socket(socket.AF_UNIX) as silent:
        silent.setblocking(False)
        async with serve(path, checks):
            await loop.sock_connect(silent, str(path))
            assert (await ask_from_outside(path, "live")).is_well

    assert not path.exists()


@pytest.mark.asyncio
async def test_a_client_that_went_away_harms_nobody(path, checks):
    answer, asked = asyncio.Event(), asyncio.Event()

    async def slow() -> None:
        asked.set()
        await answer.wait()

    checks.add("slow", slow)
    async with serve(path, checks):
        with socket.socket(socket.AF_UNIX) as hasty:
            hasty.setblocking(False)
            await asyncio.get_running_loop().sock_connect(hasty, str(path))
            hasty.send(b"ready\n")
            await asked.wait()
        answer.set()

        assert (await ask_from_outside(path, "ready")).is_well


def test_no_stage_is_an_error_that_names_the_socket(path):
    with pytest.raises(ProbeError) as caught:
        ask(path, "live")

    assert (caught.value.path, caught.value.reason) == (str(path), "no process answers on this socket")


def test_a_stage_whose_loop_is_blocked_does_not_answer(path):
    with socket.socket(socket.AF_UNIX) as blocked:
        blocked.bind(str(path))
        blocked.listen()

        with pytest.raises(ProbeError, match=r"said nothing for 0\.05 s: its event loop is blocked"):
            ask(path, "live", timeout=0.05)


@pytest.mark.asyncio
async def test_a_question_that_the_stage_does_not_know_is_an_error(path, checks):
    async with serve(path, checks):
        with pytest.raises(ProbeError, match="does not know the question 'wealthy'"):
            await ask_from_outside(path, "wealthy")
