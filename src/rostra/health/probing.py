"""Asking a stage of another process how it is, without HTTP: over a Unix socket.

One line of question, one line of JSON as the answer. The socket belongs to one user, because the report names what
the service depends on.
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
from typing import Any, Literal, TypeAlias

from rostra.errors import ProbeError
from rostra.health.checks import Checks, Report, Result

Question: TypeAlias = Literal["live", "ready", "startup"]

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


def ask(path: str | Path, question: Question, timeout: float = 5.0) -> Report:
    """How the stage is that serves ``path``. This blocks, and is meant for a process of its own.

    Args:
        path: The socket of the stage.
        question: ``live``: does its loop turn? ``startup``: has it started? ``ready``: should it be given work?
        timeout: Seconds for the whole answer.

    Raises:
        ProbeError: There is no answer.
    """
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(timeout)
        try:
            connection.connect(os.fspath(path))
            connection.sendall(f"{question}\n".encode())
            return _report(_line(connection))
        except TimeoutError:
            reason = f"it accepted the question and said nothing for {timeout:g} s: its event loop is blocked"
            raise ProbeError(str(path), reason, ("kill -USR1 makes it log where it is blocked",)) from None
        except (FileNotFoundError, ConnectionRefusedError):
            reason = "no process answers on this socket"
            raise ProbeError(
                str(path), reason, ("start the stage, or name the socket of one that runs",)
            ) from None
        except (OSError, ValueError) as error:
            reason = f"{type(error).__name__}: {error}"
            raise ProbeError(str(path), reason, ("look at the log of the stage",)) from None


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


def _line(connection: socket.socket) -> bytes:
    chunks = []
    while chunk := connection.recv(65536):
        chunks.append(chunk)
    return b"".join(chunks)


def _report(line: bytes) -> Report:
    answer = json.loads(line)
    if "problem" in answer:
        raise ValueError(answer["problem"])
    return Report(tuple(Result(*result) for result in answer["results"]))
