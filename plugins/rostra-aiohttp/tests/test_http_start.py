"""What a service does without is not imported; what it needs is there before the first request, which need not wait for it."""

import json
import subprocess
import sys
from pathlib import Path

SERVICE = """
import asyncio, json, sys
from rostra import plugin
from rostra_aiohttp import Address, get, serving

serving._LATER = {later}

@get("/")
async def hello(){promised}:
    return {result}

def loaded():
    return sorted(name.partition(".")[2] for name in sys.modules if name.startswith("rostra_aiohttp."))

async def main():
    async with plugin.Stage("__main__", config={{"http": {{"port": 0}}}}) as stage:
        await stage.start()
        before, address = loaded(), stage.components.get(Address)
        while {later} == 0 and "problems" not in loaded():
            await asyncio.sleep(0)
        reader, writer = await asyncio.open_connection(address.host, address.port)
        writer.write(b"GET {path} HTTP/1.1\\r\\nHost: localhost\\r\\nConnection: close\\r\\n\\r\\n")
        answer = await reader.read()
        writer.close()
        print(json.dumps([answer.decode(), before, loaded()]))

asyncio.run(main())
"""


def asked(
    folder: Path, *, promised: str = "", result: str = "'hello'", path: str = "/", later: float = 3600
) -> tuple[str, set[str], set[str]]:
    """What the service answers, and what of this plugin it has imported by its start and by its answer.

    Args:
        folder: In which it stands.
        promised: The return annotation.
        result: What is returned.
        path: That is asked for.
        later: Seconds until what a start does not need is imported.
    """
    source = SERVICE.format(promised=promised, result=result, path=path, later=later)
    (folder / "service.py").write_text(source)
    done = subprocess.run(
        [sys.executable, folder / "service.py"], capture_output=True, text=True, timeout=60, check=True
    )
    answer, before, after = json.loads(done.stdout)
    return answer, set(before), set(after)


def test_a_service_of_a_text_does_without_all_that_is_for_others(tmp_path: Path) -> None:
    answer, before, after = asked(tmp_path, promised=" -> str")

    assert answer.startswith("HTTP/1.1 200 OK")
    assert after == before
    assert before == {
        "connections", "endpoints", "front", "handling", "heads", "listening", "routes", "serving",
        "settings", "stamps",
    }  # fmt: skip


def test_what_makes_answers_is_there_before_the_first_request(tmp_path: Path) -> None:
    answer, before, after = asked(tmp_path, result="{'greeting': 'hello'}")

    assert answer.endswith('{"greeting":"hello"}')
    assert after == before
    assert "answers" in before


def test_who_promises_a_text_and_returns_something_else_is_answered_all_the_same(tmp_path: Path) -> None:
    answer, before, after = asked(tmp_path, promised=" -> str", result="{'greeting': 'hello'}")

    assert answer.endswith('{"greeting":"hello"}')
    assert after - before == {"answers", "files", "promises"}


def test_what_words_problems_is_imported_by_the_first_one(tmp_path: Path) -> None:
    answer, before, after = asked(tmp_path, promised=" -> str", path="/nowhere")

    assert answer.startswith("HTTP/1.1 404 Not Found")
    assert '"title":"Not Found"' in answer
    assert after - before == {"problems"}


def test_what_is_needed_when_no_file_can_be_opened_any_more_is_imported_soon(tmp_path: Path) -> None:
    answer, _, after = asked(tmp_path, promised=" -> str", path="/nowhere", later=0)

    assert answer.startswith("HTTP/1.1 404 Not Found")
    assert after >= {"closing", "limits", "probes", "problems"}


WITHOUT_FILES = """
import asyncio, os, resource, signal, sys
from rostra import context, plugin
from rostra_aiohttp import Address, get, serving

serving._LATER = 0

@get("/")
async def hello() -> str:
    return "hello"

@get("/boom")
async def boom() -> str:
    raise LookupError("nothing there")

async def asked(reader, writer, path):
    writer.write(f"GET {path} HTTP/1.1\\r\\nHost: localhost\\r\\n\\r\\n".encode())
    head = (await reader.readuntil(b"\\r\\n\\r\\n")).decode().lower()
    length = int(head.partition("content-length: ")[2].partition("\\r")[0])
    return (await reader.readexactly(length)).decode()

async def prepare():
    async def ask():
        while not (address := context.get(Address, default=None)) or "rostra_aiohttp.problems" not in sys.modules:
            await asyncio.sleep(0)
        reader, writer = await asyncio.open_connection(address.host, address.port)
        resource.setrlimit(resource.RLIMIT_NOFILE, (3, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))
        for path in ("/", "/nowhere", "/boom", "/readyz"):
            print(await asked(reader, writer, path))
        os.kill(os.getpid(), signal.SIGTERM)
    yield ask

plugin.stage("__main__", config={"http": {"port": 0}, "logging": {"format": "json"}})
"""


def test_a_service_that_can_open_no_file_any_more_answers_tells_what_failed_and_ends(tmp_path: Path) -> None:
    (tmp_path / "service.py").write_text(WITHOUT_FILES)
    done = subprocess.run(
        [sys.executable, tmp_path / "service.py"], capture_output=True, text=True, timeout=60, check=False
    )

    told = [json.loads(line) for line in done.stderr.splitlines()]
    hello, nowhere, boom, readyz = done.stdout.splitlines()
    assert hello == "hello"
    assert json.loads(nowhere)["title"] == "Not Found"
    assert json.loads(boom)["title"] == "Internal Server Error"
    assert list(json.loads(readyz)["checks"]) == ["stage"]
    failed = next(line for line in told if line["event"] == "http.failed")
    assert "LookupError: nothing there" in failed["exception"]
    assert (done.returncode, told[-1]["event"]) == (0, "stage.stopped")
