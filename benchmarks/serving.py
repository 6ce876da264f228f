"""A service's way to its first response and its memory, against bare aiohttp.

Both serve one small text. Each start is a process of its own; the time runs from its start to the first whole
answer on 127.0.0.1, the memory is its resident set after that answer.
"""

import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import attrs
import psutil
from measure import ENVIRONMENT, Ratio

OURS = """
from rostra_aiohttp import get

@get("/")
async def hello() -> str:
    return "hello"

if __name__ == "__main__":
    import sys
    from rostra import plugin
    plugin.stage("__main__", config={"http": {"port": int(sys.argv[1])}})
"""

BARE = """
import sys
from aiohttp import web

async def hello(request):
    return web.Response(text="hello")

app = web.Application()
app.router.add_get("/", hello)
web.run_app(app, host="127.0.0.1", port=int(sys.argv[1]), print=None, access_log=None)
"""

PAIRS = 9
PATIENCE = 30.0


@attrs.frozen
class Start:
    """What one start took."""

    seconds: float
    memory_bytes: int


def free_port() -> int:
    """A port that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def answers(port: int) -> bool:
    """Whether one request gets its answer."""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=1) as connection:
            connection.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
            answer = b"".join(iter(lambda: connection.recv(4096), b""))
    except OSError:
        return False
    return answer.endswith(b"hello")


def start(arguments: list[str], port: int) -> Start:
    """Start a service, wait for its first answer, weigh it, and stop it."""
    began = time.perf_counter()
    service = subprocess.Popen(arguments, env=ENVIRONMENT, stderr=subprocess.DEVNULL)
    try:
        while not answers(port):
            if service.poll() is not None or time.perf_counter() - began > PATIENCE:
                raise SystemExit(f"{' '.join(arguments)} did not answer on port {port}")
            time.sleep(0.001)
        return Start(time.perf_counter() - began, psutil.Process(service.pid).memory_info().rss)
    finally:
        service.terminate()
        service.wait(PATIENCE)


def main() -> None:
    """Print the ratios of time and memory."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "ours.py").write_text(OURS)
        Path(folder, "bare.py").write_text(BARE)
        pairs = []
        for _ in range(PAIRS + 1):
            ports = free_port(), free_port(), free_port()
            ours = start([sys.executable, f"{folder}/ours.py", str(ports[0])], ports[0])
            run = [
                sys.executable,
                "-m",
                "rostra",
                "run",
                f"{folder}/ours.py",
                "--set",
                f"http.port={ports[2]}",
            ]
            command = start(run, ports[2])
            bare = start([sys.executable, f"{folder}/bare.py", str(ports[1])], ports[1])
            pairs.append((ours, command, bare))
    pairs = pairs[1:]
    print(
        Ratio(
            "plugin.stage to first response / bare aiohttp",
            tuple(o.seconds / b.seconds for o, _, b in pairs),
            1.15,
        )
    )
    print(
        Ratio(
            "rostra run to first response / bare aiohttp",
            tuple(c.seconds / b.seconds for _, c, b in pairs),
            1.15,
        )
    )
    print(
        Ratio(
            "memory after it / bare aiohttp", tuple(o.memory_bytes / b.memory_bytes for o, _, b in pairs), 1.1
        )
    )


if __name__ == "__main__":
    main()
