"""Answering another process that asks how the stage is, without HTTP: over a Unix socket.

One line of question, one line of JSON as the answer. The socket belongs to one user, because the report names what
the service depends on. Who asks does so by ``rostra.health.asking``.
"""

import asyncio
import contextlib
import errno
import json
import os
import socket
import stat
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from rostra.health.checks import Checks

_LONGEST_QUESTION_BYTES = 64
_PATIENCE = 5.0
"""Seconds for a client to send its question and to take the answer, on top of what the checks need."""


@asynccontextmanager
async def serve(path: str | Path, checks: Checks) -> AsyncIterator[None]:
    """Answer ``ask`` on the Unix socket ``path`` during the body; only the user of this process can ask.

    A file that an earlier process left is replaced, and ours is removed at the end.

    Raises:
        OSError: The socket cannot be made there, or another process answers on it.
    """
    listening = _bound(Path(path))
    ours = _identity(path)
    answering = asyncio.create_task(_accept(listening, checks), name="health.serve")
    try:
        yield
    finally:
        answering.cancel()
        await asyncio.wait([answering])
        listening.close()
        _remove(Path(path), ours)


def _bound(path: Path) -> socket.socket:
    """A listening socket; nobody can connect before the mode of its file is right, because it listens after."""
    _remove_if_stale(path)
    listening = socket.socket(socket.AF_UNIX)
    try:
        listening.bind(os.fspath(path))
        path.chmod(stat.S_IRUSR | stat.S_IWUSR)
        listening.listen()
        listening.setblocking(False)
    except BaseException:
        listening.close()
        raise
    return listening


def _identity(path: str | Path) -> int | None:
    """Which file is there; None if there is none."""
    try:
        return Path(path).stat().st_ino
    except FileNotFoundError:
        return None


def _remove(path: Path, ours: int | None) -> None:
    """Remove our file, and not that of another process which took the place over."""
    if _identity(path) == ours:
        path.unlink(missing_ok=True)


def _remove_if_stale(path: Path) -> None:
    if not path.is_socket():
        return
    with socket.socket(socket.AF_UNIX) as connection:
        try:
            connection.connect(os.fspath(path))
        except (ConnectionRefusedError, FileNotFoundError):
            path.unlink(missing_ok=True)
        else:
            raise OSError(errno.EADDRINUSE, "a process answers on this socket", os.fspath(path))


async def _accept(listening: socket.socket, checks: Checks) -> None:
    loop = asyncio.get_running_loop()
    async with asyncio.TaskGroup() as answers:
        while True:
            connection, _ = await loop.sock_accept(listening)
            answers.create_task(_answer(connection, checks))


async def _answer(connection: socket.socket, checks: Checks) -> None:
    """Answer one client; one that is slow or goes away harms nobody but itself."""
    loop = asyncio.get_running_loop()
    with connection, contextlib.suppress(OSError):
        async with asyncio.timeout(_PATIENCE):
            question = await loop.sock_recv(connection, _LONGEST_QUESTION_BYTES)
        answer = await _found(question.decode(errors="replace").strip(), checks)
        async with asyncio.timeout(_PATIENCE):
            await loop.sock_sendall(connection, json.dumps(answer).encode() + b"\n")


async def _found(question: str, checks: Checks) -> dict[str, Any]:
    questions = {"live": checks.live, "ready": checks.ready, "startup": checks.startup}
    if question not in questions:
        return {"problem": f"it does not know the question {question!r}"}
    report = await questions[question]()
    return {"results": [[result.name, result.error, result.since_success] for result in report.results]}
