"""A service whose code is edited while it serves."""

import asyncio
import os
import signal
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import command_line
import psutil
import pytest
from load import load
from workers import Service, started

pytestmark = pytest.mark.asyncio

SERVICE = """
from pathlib import Path
import attrs
from rostra import config
from rostra_aiohttp import get

PAGE = Path("templates/page.html").read_text()

@attrs.frozen
class Greeter(config.Config, section="greeter"):
    name: str = "nobody"
    times: int = 1

@get("/")
async def hello(settings: Greeter) -> str:
    return f"one {settings.name} {PAGE}"
"""

IS_QUIET = bool(os.environ.get("ROSTRA_QUIET"))
BROKEN = {
    "syntax": ("service.py", "def broken(:\n", "SyntaxError: invalid syntax"),
    "import": (
        "service.py",
        "import no_such_module\n",
        "ModuleNotFoundError: No module named 'no_such_module'",
    ),
    "raised": ("service.py", "PAGE = {}['gone']\n", "KeyError: 'gone'"),
    "handler": (
        "service.py",
        "@get('/x/{y}')\nasync def x(z: object) -> None: ...\n",
        "HandlerError: x has no parameter for y",
    ),
    "settings": ("app.toml", 'times = "often"\n', "ConfigError: 1 setting of [greeter] is wrong"),
    "unreadable": ("app.toml", "[greeter\n", "ConfigError: cannot read the settings"),
    "template": ("templates/page.html", None, "FileNotFoundError: [Errno 2] No such file or directory"),
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    command_line.write(tmp_path, "service.py", SERVICE)
    (tmp_path / "templates").mkdir()
    (tmp_path / "templates" / "page.html").write_text("<p>")
    (tmp_path / "app.toml").write_text('[http]\nport = 0\n[greeter]\nname = "green"\n')
    return tmp_path


@asynccontextmanager
async def watched(folder: Path, *arguments: str, is_served: bool = True) -> AsyncIterator[Service]:
    """``rostra run --watch``, with compiled modules as anybody has them."""
    command = ("run", "service.py", "-c", "app.toml", "--watch", "--log-format", "json", *arguments)
    async with started(folder, *command, PYTHONDONTWRITEBYTECODE="") as service:
        await service.until("workers.running" if is_served else "workers.waiting")
        yield service


async def asked(service: Service) -> str:
    host, port = service.address
    async with aiohttp.ClientSession() as session, session.get(f"http://{host}:{port}/") as answer:
        return await answer.text()


def edit(folder: Path, name: str, before: str, after: str) -> None:
    path = folder / name
    path.write_text(path.read_text().replace(before, after))


@pytest.mark.parametrize("workers", [1, 2])
async def test_what_is_saved_is_served_and_no_request_is_lost(folder, workers):
    edits = [
        ("service.py", "one", "two", "two green <p>"),
        ("templates/page.html", "<p>", "<b>", "two green <b>"),
        ("app.toml", "green", "blue", "two blue <b>"),
    ]
    took = []
    async with (
        watched(folder, "--workers", str(workers)) as service,
        load(service.address, keeping=2, coming=1) as seen,
    ):
        for name, before, after, body in edits:
            mark = service.mark
            edit(folder, name, before, after)
            began = time.monotonic()
            async with seen.changed, asyncio.timeout(60):
                await seen.changed.wait_for(lambda body=body: seen.bodies[body] > 0)
            took.append(time.monotonic() - began)
            await service.until("workers.reloaded", mark)

    assert seen.failed == []
    assert not IS_QUIET or max(took) < 1.0


@pytest.mark.parametrize("kind", BROKEN)
async def test_what_does_not_start_is_told_and_the_old_code_serves_until_the_next_save(folder, kind):
    name, addition, told = BROKEN[kind]
    path = folder / name
    whole = path.read_text()
    async with watched(folder) as service:
        mark = service.mark
        if addition is None:
            path.unlink()
        else:
            path.write_text(whole + addition)
        await service.until("workers.kept", mark)
        kept = await asked(service)

        mark, before = service.mark, service.lines[mark:]
        path.write_text(whole)
        edit(folder, "service.py", "one", "two")
        await service.until("workers.reloaded", mark)
        mended = await asked(service)

    assert any(told in str(line) for line in before), before
    assert (kept, mended) == ("one green <p>", "two green <p>")


async def test_a_service_that_does_not_start_at_all_waits_for_the_save_that_mends_it(folder):
    edit(folder, "service.py", "import attrs", "import attrz")
    async with watched(folder, "--workers", "2", is_served=False) as service:
        assert any("No module named 'attrz'" in str(line) for line in service.lines)

        edit(folder, "service.py", "import attrz", "import attrs")
        await service.until("workers.running")

        assert await asked(service) == "one green <p>"


async def test_a_module_that_hangs_is_dropped_at_the_next_save(folder):
    async with watched(folder) as service:
        mark = service.mark
        edit(folder, "service.py", "PAGE =", "while True: pass\nPAGE =")
        await service.until("worker.starting", mark)

        mark = service.mark
        edit(folder, "service.py", "while True: pass\n", "")
        edit(folder, "service.py", "one", "two")
        await service.until("workers.reloaded", mark)

        assert await asked(service) == "two green <p>"


async def test_saving_often_is_few_starts(folder):
    async with watched(folder) as service:
        mark = service.mark
        for number in range(100):
            (folder / "service.py").write_text(SERVICE.replace("one", f"number {number}"))
        (folder / "service.py").write_text(SERVICE.replace("one", "last"))
        async with asyncio.timeout(60):
            while await asked(service) != "last green <p>":
                await service.until("workers.reloaded", mark)
                mark = service.mark - 1

        starts = [line for line in service.lines if line["event"] == "workers.reloading"]
        assert len(starts) <= (2 if IS_QUIET else 20)  # a busy machine pauses between two saves


async def test_ctrl_c_ends_all_processes_in_order(folder):
    async with watched(folder, "--workers", "2") as service:
        children = psutil.Process(service.process.pid).children(recursive=True)
        for sent in (signal.SIGSTOP, signal.SIGINT):  # so that none has ended before the last one is told
            for each in children:
                os.kill(each.pid, sent)
        os.kill(service.process.pid, signal.SIGINT)
        for each in children:
            os.kill(each.pid, signal.SIGCONT)

        assert await service.ended() == 0
        assert len(children) == 3
        assert not [each for each in children if each.is_running()]
        said = [line for line in service.lines if line.get("logger") == "rostra.fork"]
        assert not [line for line in said if line["level"] != "info"]


async def test_watching_without_watchfiles_or_with_preloading_is_refused(folder):
    process = await asyncio.create_subprocess_exec(
        command_line.ROSTRA, "run", "service.py", "--watch", "--preload",
        cwd=folder, env=command_line.environment(folder), stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    _, told = await process.communicate()

    assert process.returncode == 2
    assert told.decode().startswith("CommandLineError: --watch and --preload exclude each other")
