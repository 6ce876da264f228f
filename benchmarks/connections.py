"""What each open connection takes of memory, against bare aiohttp: idle ones that are kept, and web sockets.

A service runs in a process of its own. Its memory is what no other process shares, before and after the connections
are opened; over each of them one small answer has come, so all that is made once is there. Both have the same settings:
web sockets are asked for a sign of life, and messages are not compressed. How busy the machine is makes no difference.

``python benchmarks/connections.py`` opens 10,000 connections and 1,000 web sockets, or as many as may be opened.
"""

import resource
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import psutil
from answering import PATIENCE, free_port, wait_for
from measure import ENVIRONMENT, Ratio

OURS = """
import sys
from rostra import plugin
from rostra_aiohttp import get
from rostra_aiohttp.websockets import WebSocket, websocket

@get("/")
async def hello() -> str:
    return "hello"

@websocket("/echo")
async def echo(socket: WebSocket) -> None:
    async for message in socket:
        await socket.send(message)

if __name__ == "__main__":
    plugin.stage("__main__", config={"http": {"port": int(sys.argv[1]), "keep_alive": 600}})
"""

BARE = """
import sys
from aiohttp import web

async def hello(request):
    return web.Response(text="hello")

async def echo(request):
    socket = web.WebSocketResponse(heartbeat=20, compress=False)
    await socket.prepare(request)
    async for message in socket:
        await socket.send_str(message.data)
    return socket

app = web.Application()
app.router.add_get("/", hello)
app.router.add_get("/echo", echo)
web.run_app(app, host="127.0.0.1", port=int(sys.argv[1]), print=None, access_log=None, keepalive_timeout=600)
"""

REQUEST = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"
UPGRADE = (
    b"GET /echo HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
)
MESSAGE, ECHO = b"\x81\x81\0\0\0\0a", b"\x81\x01a"
KEPT, SOCKETS = 10_000, 1_000
FIRST = 100
"""Connections whose memory is not counted: they fill what is made once."""
OTHERS = 200
"""Descriptors that are left to everybody else."""
PAIRS = 3

Open = Callable[[int], socket.socket]


def kept(port: int) -> socket.socket:
    """A connection over which a request was answered, and which waits for the next one."""
    client = socket.create_connection(("127.0.0.1", port), PATIENCE)
    client.sendall(REQUEST)
    if not client.recv(4096).endswith(b"hello"):
        raise SystemExit("a request was not answered")
    return client


def web_socket(port: int) -> socket.socket:
    """A web socket over which a message has come and gone."""
    client = socket.create_connection(("127.0.0.1", port), PATIENCE)
    client.sendall(UPGRADE)
    if not client.recv(4096).startswith(b"HTTP/1.1 101 "):
        raise SystemExit("a web socket was refused")
    client.sendall(MESSAGE)
    if client.recv(16) != ECHO:
        raise SystemExit("a message was not answered")
    return client


@contextmanager
def served(program: Path) -> Iterator[tuple[int, psutil.Process]]:
    """A service that answers, and its process."""
    port = free_port()
    service = subprocess.Popen(
        [sys.executable, str(program), str(port)], env=ENVIRONMENT, stderr=subprocess.DEVNULL
    )
    try:
        wait_for(service, port, program)
        yield port, psutil.Process(service.pid)
    finally:
        service.kill()
        service.wait(PATIENCE)


def bytes_each(program: Path, opened: Open, count: int) -> float:
    """The memory that each of so many connections takes."""
    with served(program) as (port, process), ExitStack() as clients:
        for _ in range(FIRST):
            clients.enter_context(opened(port))
        before = process.memory_full_info().uss
        for _ in range(count):
            clients.enter_context(opened(port))
        return (process.memory_full_info().uss - before) / count


def main() -> None:
    """Print the table."""
    _, allowed = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = min(allowed, KEPT + FIRST + OTHERS)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, allowed))
    with tempfile.TemporaryDirectory() as folder:
        ours, bare = Path(folder, "ours.py"), Path(folder, "bare.py")
        ours.write_text(OURS)
        bare.write_text(BARE)
        for name, opened, wanted in (
            ("an idle connection", kept, KEPT),
            ("a web socket", web_socket, SOCKETS),
        ):
            count = min(wanted, most - FIRST - OTHERS)
            pairs = [(bytes_each(ours, opened, count), bytes_each(bare, opened, count)) for _ in range(PAIRS)]
            print(
                Ratio(f"{name} ({count} of them) / bare aiohttp", tuple(o / b for o, b in pairs), 1.2),
                f" {pairs[0][0] / 1024:.1f} against {pairs[0][1] / 1024:.1f} KiB",
                flush=True,
            )


if __name__ == "__main__":
    main()
