"""Asking a stage of another process how it is, without HTTP: over the Unix socket at which it answers."""

import json
import os
import socket
from pathlib import Path
from typing import Literal, TypeAlias

from rostra.errors import ProbeError
from rostra.health.checks import Report, Result

Question: TypeAlias = Literal["live", "ready", "startup"]


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
