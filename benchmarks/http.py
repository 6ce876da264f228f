"""Requests per second, against bare aiohttp: keep-alive connections, a small answer, one process each.

wrk asks (Debian: ``apt install wrk``). Two services run side by side and are asked in turn, round by round; a figure
is the median of the rounds' ratios. What a request costs in CPU time stands beside it, the least of all rounds, since other
programs on the machine can only add to it; and the ratio of both, which is what the figure is on a quiet machine; and how
much of a processor wrk took for itself. Services have their default settings: requests have ids, slow clients are bounded,
probes are answered.

What is not installed is named and left out; tomodachi has an environment of its own.
"""

import re
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from importlib.util import find_spec
from pathlib import Path

import attrs
import psutil
from answering import PATIENCE, free_port, wait_for
from measure import ENVIRONMENT

BARE = """
import sys
from aiohttp import web

async def hello(request):
    return web.Response(text="hello")

app = web.Application()
app.router.add_get("/", hello)
if sys.argv[2] == "uvloop":
    import uvloop
    loop = uvloop.new_event_loop()
else:
    loop = None
options = {"access_log": None}
if sys.argv[2] == "logged":
    import logging
    logging.basicConfig(level=logging.INFO)
    options = {}
web.run_app(app, host="127.0.0.1", port=int(sys.argv[1]), print=None, loop=loop, **options)
"""

MIDDLEWARE = """
import sys
from aiohttp import web

class Database: ...

class Repo:
    def __init__(self, database): self.database = database

database = Database()

@web.middleware
async def around(request, handler):
    response = await handler(request)
    response.headers["X-Served-By"] = "bench"
    return response

async def hello(request):
    repo = Repo(database)
    return web.Response(text="hello")

app = web.Application(middlewares=[around])
app.router.add_get("/", hello)
web.run_app(app, host="127.0.0.1", port=int(sys.argv[1]), print=None, access_log=None)
"""

START = """
if __name__ == "__main__":
    import sys
    from rostra import plugin
    factory = None
    if sys.argv[2] == "uvloop":
        from uvloop import new_event_loop as factory
    http = {"port": int(sys.argv[1])}
    config = {"http": http, "logging": {"level": "error"}}
    if sys.argv[2] == "logged":
        config = {"http": {**http, "access_log": {"enabled": True}}, "logging": {"format": "json"}}
    plugin.stage("__main__", config=config, loop_factory=factory)
"""

OURS = """
from rostra_aiohttp import get

@get("/")
async def hello() -> str:
    return "hello"
"""

INJECTED = """
from aiohttp import web
from rostra import context, di
from rostra_aiohttp import get

class Database: ...

class Repo:
    def __init__(self, database: Database): self.database = database

@web.middleware
async def around(request, handler):
    response = await handler(request)
    response.headers["X-Served-By"] = "bench"
    return response

@get("/")
async def hello(repo: Repo) -> str:
    return "hello"

async def prepare():
    di.register(Repo)
    context.add(Database())
    (await di.nject(web.Application)).middlewares.append(around)
"""

TOMODACHI = """
import sys
import tomodachi

class Service(tomodachi.Service):
    name = "bench"
    options = tomodachi.Options(http=tomodachi.Options.HTTP(port=PORT, host="127.0.0.1", access_log=False))

    @tomodachi.http("GET", r"/")
    async def hello(self, request) -> str:
        return "hello"
"""

ROUNDS = 7
SECONDS = 2
CONNECTIONS = 32


@attrs.frozen
class Round:
    """What one round of one service was."""

    per_second: float
    cpu_microseconds: float
    """Of the service, for each request."""
    load_share: float
    """Of one processor, for wrk."""


@contextmanager
def served(program: Path, loop: str) -> Iterator[tuple[int, psutil.Process]]:
    """A service that answers, and its process."""
    port = free_port()
    command = [sys.executable, str(program), str(port), loop]
    if loop == "tomodachi":
        fixed = program.with_name(f"peer_{port}.py")
        fixed.write_text(program.read_text().replace("PORT", str(port)))
        command = [found_tomodachi(), "run", fixed.name, "--production"]
    with Path(program.parent, "stderr").open("w") as stderr:
        service = subprocess.Popen(command, env=ENVIRONMENT, cwd=program.parent, stdout=stderr, stderr=stderr)
    try:
        wait_for(service, port, program)
        yield port, psutil.Process(service.pid)
    finally:
        service.send_signal(signal.SIGTERM)
        service.wait(PATIENCE)


def asked(port: int, process: psutil.Process) -> Round:
    """One round: wrk asks for some seconds, and every answer must have been a good one."""
    before = sum(process.cpu_times()[:2])
    load = subprocess.Popen(
        ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{SECONDS}s", f"http://127.0.0.1:{port}/"],
        stdout=subprocess.PIPE,
        text=True,
    )
    children = psutil.Process(load.pid)
    used = 0.0
    while load.poll() is None:
        used = sum(children.cpu_times()[:2]) if children.is_running() else used
        time.sleep(0.05)
    said = load.stdout.read() if load.stdout else ""
    found = re.search(r"(\d+) requests in ([\d.]+)s", said)
    if found is None or "Non-2xx" in said or "Socket errors" in said:
        raise SystemExit(f"wrk was not answered well:\n{said}")
    count, seconds = int(found[1]), float(found[2])
    spent = sum(process.cpu_times()[:2]) - before
    return Round(count / seconds, spent / count * 1e6, used / seconds)


def found_tomodachi() -> str:
    """Its command; empty if it is not installed."""
    return shutil.which("tomodachi", path=str(Path(sys.prefix, "apart", "tomodachi", "bin"))) or ""


def compared(name: str, ours: Path, bare: Path, loops: tuple[str, str], goal: str) -> None:
    """Print the ratio of two services."""
    with ExitStack() as running:
        first = running.enter_context(served(ours, loops[0]))
        second = running.enter_context(served(bare, loops[1]))
        pairs = [(asked(*first), asked(*second)) for _ in range(ROUNDS + 1)][1:]
    ratios = [mine.per_second / theirs.per_second for mine, theirs in pairs]
    cpu, cpu_of_other = (min(pair[which].cpu_microseconds for pair in pairs) for which in (0, 1))
    print(
        f"{name:<52} {statistics.median(ratios):5.2f}   ({min(ratios):.2f} to {max(ratios):.2f})  {goal:<11}"
        f"   by CPU {cpu_of_other / cpu:.2f} ({cpu:.0f} against {cpu_of_other:.0f} µs a request),"
        f" wrk {statistics.median(each.load_share for pair in pairs for each in pair):.2f} of a processor",
        flush=True,
    )


def main() -> None:
    """Print the table."""
    if shutil.which("wrk") is None:
        print("wrk is not installed, so nothing was measured: apt install wrk")
        return
    with tempfile.TemporaryDirectory() as folder:
        texts = {
            "ours": OURS + START,
            "bare": BARE,
            "injected": INJECTED + START,
            "middleware": MIDDLEWARE,
            "peer": TOMODACHI,
        }
        paths = {name: Path(folder, f"{name}.py") for name in texts}
        for name, text in texts.items():
            paths[name].write_text(text)
        plain = ("asyncio", "asyncio")
        compared("a small text / bare aiohttp", paths["ours"], paths["bare"], plain, "goal ≥ 0.95")
        if find_spec("uvloop") is None:
            print("uvloop is not installed, so that loop is left out")
        else:
            both = ("uvloop", "uvloop")
            compared("the same on uvloop", paths["ours"], paths["bare"], both, "goal ≥ 0.95")
        logged = ("logged", "asyncio")
        compared(
            "with the access log as JSON / bare aiohttp", paths["ours"], paths["bare"], logged, "goal ≥ 0.75"
        )
        compared(
            "the same / bare aiohttp with its own", paths["ours"], paths["bare"], ("logged", "logged"), ""
        )
        compared(
            "one middleware, two dependencies / by hand",
            paths["injected"],
            paths["middleware"],
            plain,
            "goal ≥ 0.9",
        )
        if not found_tomodachi():
            print("tomodachi is not installed, so it is left out")
        else:
            both = ("tomodachi", "asyncio")
            compared("tomodachi / bare aiohttp", paths["peer"], paths["bare"], both, "")


if __name__ == "__main__":
    main()
