"""``rostra dead``: look at messages that could not be handled, and try them again."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import click

from rostra import plugin
from rostra.cli import acting
from rostra.errors import CommandLineError, closest
from rostra_messaging.brokers import DeadLetters
from rostra_messaging.commands.shown import details, summary
from rostra_messaging.connecting import Brokers
from rostra_messaging.declaring import Subscription
from rostra_messaging.envelopes import Envelopes
from rostra_messaging.errors import NotReplayedError

_PLUGIN = "rostra_messaging.commands.reaching"
_MOST = 10_000
_DEAD = ".dead"
_SAY_EVERY = 5.0

_QUEUES = """Count the dead messages of each queue that plugins consume.

Plugins are prepared, as rostra check does, and nothing is started. Queues are shown with their broker, if that is not
the one of [messaging] itself. The exit code is 0 if they could be counted, whether there are any or not.
"""
_LIST = """List the dead messages of queues, the oldest first.

A QUEUE is called as its group and topic: billing.orders.placed. Each line has the id, the topic, how often it was
tried, when it died, and of what. The messages stay where they are.
"""
_SHOW = """Show dead messages whole: attributes, failures, and the body as its envelope reads it.

Without an ID the oldest one is shown. Bodies may hold what is nobody else's business.
"""
_REPLAY = """Put dead messages back into their queue as if they were new, and so in front of the same handler.

None is lost on the way. Name them by their ids, or all of them by --all; if some of all are not put back, the exit code
is 1.
"""
_DROP = """Forget dead messages.

Name them by their ids, or all of them by --all.
"""


async def count_in_queues(
    queues: Sequence[tuple[str | None, str]], say: Callable[[str], None], brokers: Brokers
) -> None:
    """Count what is dead in each queue: pairs of the name of a broker and of a queue."""
    if not queues:
        say("these plugins consume no queue that others share")
    for broker, queue in queues:
        count = await brokers.get(broker).dead_letters(queue).count()
        say(f"{count:6}  {queue}{f' of {broker}' if broker else ''}")


async def list_letters(
    queues: tuple[str, ...], broker: str | None, limit: int, say: Callable[[str], None], brokers: Brokers
) -> None:
    """List what is dead in queues.

    Raises:
        CommandLineError: One of them is not there.
    """
    found = [await _dead_letters(queue, broker, brokers) for queue in queues]
    for queue, letters in zip(queues, found, strict=True):
        count = await letters.count()
        say(f"{queue}: {count} dead")
        for letter in await letters.list(limit):
            say(f"  {summary(letter)}")
        if count > limit:
            say(f"  and {count - limit} more; --limit {count} shows them")


async def show_letters(
    queue: str,
    ids: tuple[str, ...],
    broker: str | None,
    envelope: str | None,
    say: Callable[[str], None],
    brokers: Brokers,
    envelopes: Envelopes,
) -> None:
    """Show dead messages whole.

    Raises:
        CommandLineError: One of them, or the queue, is not there.
        EnvelopeNotFoundError: There is no such envelope.
    """
    read_by = envelopes.choose(envelope, brokers.envelope_of(broker))
    letters = await (await _dead_letters(queue, broker, brokers)).list(_MOST if ids else 1)
    found = {letter.parcel.id: letter for letter in letters}
    if missing := [each for each in ids if each not in found]:
        raise _not_there(queue, missing)
    if not found:
        say(f"{queue}: 0 dead")
    for number, each in enumerate(ids or found):
        if number:
            say("")
        for line in details(found[each], read_by):
            say(line)


async def replay_letters(
    queue: str,
    ids: tuple[str, ...],
    everything: bool,
    broker: str | None,
    say: Callable[[str], None],
    brokers: Brokers,
) -> None:
    """Put dead messages back.

    Raises:
        CommandLineError: None were named, or some, or the queue, were not there.
        NotReplayedError: All were meant, and some were not put back.
    """
    chosen = _chosen(queue, ids, everything=everything)
    letters = await _dead_letters(queue, broker, brokers)
    dead = await letters.count()
    count = await letters.replay(chosen, looked=Progress(time.monotonic))
    say(f"{count} back in {queue}")
    if chosen is None and count < dead:
        raise NotReplayedError(queue, dead, count, await letters.count())
    _check_all(queue, chosen, count)


async def drop_letters(
    queue: str,
    ids: tuple[str, ...],
    everything: bool,
    broker: str | None,
    say: Callable[[str], None],
    brokers: Brokers,
) -> None:
    """Forget dead messages.

    Raises:
        CommandLineError: None were named, or some, or the queue, were not there.
    """
    chosen = _chosen(queue, ids, everything=everything)
    letters = await _dead_letters(queue, broker, brokers)
    count = await letters.drop(chosen, looked=Progress(time.monotonic))
    say(f"{count} of {queue} forgotten")
    _check_all(queue, chosen, count)


class Progress:
    """Says on stderr, every few seconds, how many dead messages were looked at: brokers find none by its id.

    Args:
        now: Seconds.
    """

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._said = now()

    def __call__(self, looked: int, there: int) -> None:
        """So many of so many were looked at."""
        if self._now() - self._said >= _SAY_EVERY:
            self._said = self._now()
            click.echo(f"looked at {looked} of {there}", err=True)


def queues_of(rehearsal: plugin.Rehearsal) -> Mapping[str, Any]:
    """The queues that handlers share with other processes, by broker."""
    triggers = [bound.declared.trigger for bound in rehearsal.handlers.bound]
    found = [
        (each.broker, each.queue.name)
        for each in triggers
        if isinstance(each, Subscription) and each.queue.name is not None
    ]
    return {"queues": tuple(dict.fromkeys(found))}


async def _dead_letters(queue: str, broker: str | None, brokers: Brokers) -> DeadLetters:
    """The dead letters of a queue that is there.

    Raises:
        CommandLineError: It is not.
    """
    opened = brokers.get(broker)
    letters = opened.dead_letters(queue)
    if await letters.exists():
        return letters
    meant = [each for each in _said_otherwise(queue, brokers.prefix_of(broker)) if each != queue]
    there = [each for each in meant if await opened.dead_letters(each).exists()]
    raise _no_queue(queue, there[0] if there else closest(queue, await opened.queues_with_dead_letters()))


def _said_otherwise(queue: str, prefix: str) -> Iterator[str]:
    """What is meant by a queue as the broker's own tools show it, or its dead queue."""
    bare = queue.removeprefix(prefix)
    yield from (name for name in (bare, bare.removesuffix(_DEAD), queue.removesuffix(_DEAD)) if name)


def _no_queue(queue: str, near: str | None) -> CommandLineError:
    return CommandLineError(
        f"there is no queue {queue}",
        (
            "the broker has neither it nor a dead queue of it",
            "a queue is called as its group and topic, without the prefix",
            "that of a handler without a group as the topic, once a message died",
        ),
        (
            *((f"did you mean {near}?",) if near else ()),
            "rostra dead queues PLUGIN says what the queues of a service are called",
        ),
    )


def _chosen(queue: str, ids: tuple[str, ...], *, everything: bool) -> Sequence[str] | None:
    """Which are meant; None for all.

    Raises:
        CommandLineError: That is not clear.
    """
    if everything == bool(ids):
        raise CommandLineError(
            "it is not clear which messages are meant",
            ("both ids and --all were given",) if ids else ("neither ids nor --all were given",),
            (f"rostra dead list {queue}", "and then name ids, or all of them by --all"),
        )
    return None if everything else tuple(dict.fromkeys(ids))


def _check_all(queue: str, chosen: Sequence[str] | None, count: int) -> None:
    """Do nothing if it was done with all that were named.

    Raises:
        CommandLineError: Some were not there.
    """
    missing = 0 if chosen is None else len(chosen) - count
    if missing > 0:
        what = "1 message was" if missing == 1 else f"{missing} messages were"
        raise CommandLineError(
            f"{what} not in the dead queue of {queue}",
            (f"{count} of {len(chosen or ())} that were named {'was' if count == 1 else 'were'} there",),
            (f"rostra dead list {queue}",),
        )


def _not_there(queue: str, missing: Sequence[str]) -> CommandLineError:
    what = "a message is" if len(missing) == 1 else f"{len(missing)} messages are"
    return CommandLineError(
        f"{what} not among the oldest {_MOST} in the dead queue of {queue}",
        tuple(f"none has the id {each}" for each in missing),
        (f"rostra dead list {queue}",),
    )


_broker = click.Option(["--broker"], metavar="NAME", help="Of [messaging.brokers]; else that of [messaging].")
_queue = click.Argument(["queue"])
_ids = click.Argument(["ids"], nargs=-1, metavar="[ID]...")
_all = click.Option(["--all", "everything"], is_flag=True, help="All of the queue.")
_limit = click.Option(
    ["--limit"], type=click.IntRange(1, _MOST), default=100, show_default=True, help="How many."
)
_envelope = click.Option(
    ["--envelope"], metavar="NAME", help="How it was written, if not as the settings say."
)

command = click.Group(
    help="Look at messages that could not be handled, and say what is to become of them.",
    commands={
        "queues": acting(_QUEUES, count_in_queues, plugin=_PLUGIN, look=queues_of),
        "list": acting(
            _LIST,
            list_letters,
            click.Argument(["queues"], nargs=-1, required=True, metavar="QUEUE..."),
            _broker,
            _limit,
            plugin=_PLUGIN,
        ),
        "show": acting(_SHOW, show_letters, _queue, _ids, _broker, _envelope, plugin=_PLUGIN),
        "replay": acting(_REPLAY, replay_letters, _queue, _ids, _all, _broker, plugin=_PLUGIN),
        "drop": acting(_DROP, drop_letters, _queue, _ids, _all, _broker, plugin=_PLUGIN),
    },
)
