"""What is not there yet? Plugins and tasks that a stage waits for, as a tree, and where each awaits."""

import asyncio
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from rostra.plugin.hanging import awaits, drawn, telling
from rostra.plugin.noting import Record
from rostra.plugin.supervising import Supervision

_MOST_SLOW = 5
"""So many plugins are named that took long."""


def tree_of_start(
    records: Iterable[Record], starting: Iterable[Supervision], doing: "asyncio.Task[Any] | None"
) -> tuple[str, ...]:
    """Plugins that are not prepared, below those that wait for them, then tasks that have not started.

    Args:
        records: All plugins.
        starting: The tasks that have not said that they started.
        doing: What the stage itself does; shown if it waits for neither plugins nor tasks, and for something else.
    """
    unprepared = [record for record in records if record.running is not None]
    awaited = {id(other) for record in unprepared for other, _ in record.waits_for}
    seen: set[int] = set()
    lines = [
        *(line for each in unprepared if id(each) not in awaited for line in _of_plugin(each, seen)),
        *(line for each in starting for line in _of_task(each, ", which has not called started")),
    ]
    return tuple(lines) or (() if doing is None else tuple(_of_stage(doing)))


def slow_in_start(seconds: Mapping[str, float], most: float) -> tuple[str, ...]:
    """Plugins that took a good part of the time, the slowest first.

    Args:
        seconds: How long each took, to be imported and prepared.
        most: How long the start might take.
    """
    slow = sorted(seconds, key=lambda name: -seconds[name])[:_MOST_SLOW]
    return tuple(
        f"plugin {name}, which took {seconds[name]:.1f} s" for name in slow if seconds[name] > most / 10
    )


def _of_stage(doing: "asyncio.Task[Any]") -> Iterator[str]:
    places = awaits(doing)
    if places and places[-1].function == "__sleep0":  # it only gave the loop a turn, between two imports
        places = ()
    yield "the stage itself" + ("" if places else ", which imports and prepares plugins")
    yield from _below(drawn(telling(places)))


def lacks_of(starting: Iterable[Supervision]) -> tuple[str, ...]:
    """What tasks said that they wait for, each once, without why it is not there."""
    lines = (line for each in starting for line in each.started.lack.splitlines())
    return tuple(dict.fromkeys(line.partition(": ")[0] for line in lines))


def tree_of_tasks(members: Iterable[Supervision]) -> tuple[str, ...]:
    """Tasks and where each of them awaits."""
    return tuple(line for each in members for line in _of_task(each, ""))


def _of_plugin(record: Record, seen: set[int]) -> Iterator[str]:
    yield f"plugin {record.name}, which is being prepared"
    if id(record) in seen or record.running is None:
        return
    seen.add(id(record))
    others = [other.running for other, _ in record.waits_for if other.running is not None]
    yield from _below(_where(record.running, *others))
    for other, _ in record.waits_for:
        yield from _below(_of_plugin(other, seen))


def _of_task(member: Supervision, remark: str) -> Iterator[str]:
    yield f"{member}{remark}"
    if lack := member.started.lack:
        yield from (f"  it waits for {line}" for line in lack.splitlines())
    elif member.running is not None:
        yield from _below(_where(member.running))


def _where(task: "asyncio.Task[Any]", *without: "asyncio.Task[Any]") -> tuple[str, ...]:
    return drawn(telling(awaits(task, *without)))


def _below(lines: Iterable[str]) -> Iterator[str]:
    return (f"  {line}" for line in lines)
