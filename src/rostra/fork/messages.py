"""What workers, and who watches files, tell their parent over a control channel, and it them: one line of JSON each.

A worker asks and tells; the parent commands and answers. Descriptors travel beside the lines, in their order: only
``Granted`` brings some. Commands to stop come this way, and not as signals: a terminal and systemd signal every process
of a group, and a worker has to know one command that reached it twice from two commands.
"""

import json
from typing import Any, NamedTuple, TypeAlias

__all__ = [
    "Beat",
    "Changed",
    "Chosen",
    "Collect",
    "Collected",
    "Concluded",
    "Ended",
    "Finished",
    "Granted",
    "Hurry",
    "Message",
    "Reached",
    "Recorded",
    "Refused",
    "Stop",
    "Tired",
    "Unwatched",
    "Wanted",
    "Watching",
    "read",
    "written",
]


class Beat(NamedTuple):
    """From the worker's loop: it turns."""


class Reached(NamedTuple):
    """From the worker: its stage entered a phase.

    Args:
        phase: As the log calls it: ``running``, ``stopping``.
    """

    phase: str


class Wanted(NamedTuple):
    """From the worker: a transport wants the sockets of a server; ``Granted`` or ``Refused`` answers.

    Args:
        ticket: By which the answer is known.
        server: Which one: the section of its settings, ``http.admin``.
        at: Where it shall listen, as URIs whose hosts are numeric.
    """

    ticket: int
    server: str
    at: tuple[str, ...]


class Tired(NamedTuple):
    """From the worker: it has done so much, or has grown so large, that another one shall take its place.

    Args:
        reason: For the log.
    """

    reason: str


class Ended(NamedTuple):
    """From the worker, the last line: how its stage ended.

    Args:
        exit_code: As ``rostra run`` would end with.
        was_told: A signal said so, and not the end of its work.
        error: What went wrong, in one line; empty if nothing did.
    """

    exit_code: int
    was_told: bool = False
    error: str = ""


class Recorded(NamedTuple):
    """From the worker: what it has measured since the last time.

    Args:
        rows: As ``merging`` says them.
    """

    rows: tuple[Any, ...]


class Collect(NamedTuple):
    """From the worker: what have all workers measured? ``Collected`` answers.

    Args:
        ticket: Its own, to know the answer by.
    """

    ticket: int


class Collected(NamedTuple):
    """From the parent: what all workers have measured.

    Args:
        ticket: Of the question.
        rows: As ``merging`` says them.
    """

    ticket: int
    rows: tuple[Any, ...]


class Granted(NamedTuple):
    """From the parent, with descriptors: the listening sockets that were wanted.

    Args:
        ticket: Of what was wanted.
        sockets: How many descriptors come with it.
    """

    ticket: int
    sockets: int


class Refused(NamedTuple):
    """From the parent: the sockets that were wanted cannot be had.

    Args:
        ticket: Of what was wanted.
        number: Of the ``OSError``.
        reason: Its text.
    """

    ticket: int
    number: int | None
    reason: str


class Chosen(NamedTuple):
    """From the parent: this is now the one worker in which tasks with ``workers="one"`` run, until it ends."""


class Finished(NamedTuple):
    """From the worker, and then from the parent to the others: a task that runs in one of them came to its end.

    Args:
        task: How all of them call it.
    """

    task: str


class Concluded(NamedTuple):
    """From the worker: a task that runs in one worker only has ended the stage, and so that of all.

    Args:
        reason: For the log.
    """

    reason: str


class Stop(NamedTuple):
    """From the parent: stop in good order.

    Args:
        reason: For the log.
        is_relieved: Others do from now on what it did, and who comes need not be sent elsewhere first.
    """

    reason: str
    is_relieved: bool = False


class Hurry(NamedTuple):
    """From the parent: stop at once.

    Args:
        reason: For the log.
    """

    reason: str


class Watching(NamedTuple):
    """From the watcher: whatever changes from now on is told."""


class Unwatched(NamedTuple):
    """From the watcher, the last line: files cannot be watched.

    Args:
        reason: What the system says.
    """

    reason: str


class Changed(NamedTuple):
    """From the watcher: files were saved, came or went.

    Args:
        paths: Of these.
    """

    paths: tuple[str, ...]


Message: TypeAlias = (
    Beat
    | Reached
    | Wanted
    | Tired
    | Ended
    | Recorded
    | Collect
    | Collected
    | Granted
    | Refused
    | Chosen
    | Finished
    | Concluded
    | Stop
    | Hurry
    | Watching
    | Unwatched
    | Changed
)

_KINDS: dict[str, Any] = {
    kind.__name__: kind
    for kind in (
        Beat,
        Reached,
        Wanted,
        Tired,
        Ended,
        Recorded,
        Collect,
        Collected,
        Granted,
        Refused,
        Chosen,
        Finished,
        Concluded,
        Stop,
        Hurry,
        Watching,
        Unwatched,
        Changed,
    )
}


def written(message: Message) -> bytes:
    """The line that says it."""
    return json.dumps([type(message).__name__, *message]).encode() + b"\n"


def read(line: bytes) -> Message:
    """What a line says.

    Raises:
        ValueError: It is none that ``written`` makes.
    """
    name, *fields = json.loads(line)
    if name not in _KINDS:
        msg = f"{name} is no message of the control channel"
        raise ValueError(msg)
    message: Message = _KINDS[name](*(tuple(each) if isinstance(each, list) else each for each in fields))
    return message
