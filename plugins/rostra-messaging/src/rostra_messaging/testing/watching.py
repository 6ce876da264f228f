"""What was published on a broker in memory, and what became of it."""

from collections.abc import Iterable

import attrs

from rostra_messaging.brokers import Failure, Parcel
from rostra_messaging.memory import Exchange, Opened
from rostra_messaging.memory.queues import KeptQueue
from rostra_messaging.memory.waiting import Waiting
from rostra_messaging.topics import matches


@attrs.define(eq=False)
class Seen:
    """A message that was published.

    Args:
        parcel: As it was published.
        open: The queues in which it is neither done nor dead.
        dead: Why it died, by queue.
        failed: How its last try failed, by queue, where it is to come again.
    """

    parcel: Parcel
    open: set[str]
    dead: dict[str, str] = attrs.field(factory=dict)
    failed: dict[str, str] = attrs.field(factory=dict)


class Watch:
    """Sees all that happens in the exchanges of a stage."""

    def __init__(self) -> None:
        self.brokers: dict[str, Opened] = {}
        self.changed = Waiting()
        self._seen: dict[Exchange, dict[str, Seen]] = {}

    def opened(self, opened: Opened) -> None:
        """See what happens there, from now on."""
        self.brokers[opened.connection.name] = opened
        if opened.exchange not in self._seen:
            self._seen[opened.exchange] = {}
            opened.exchange.watchers.append(self)

    def published(self, exchange: Exchange, parcel: Parcel, queues: Iterable[KeptQueue]) -> None:
        """One more; or one that is known already, and will be handled twice."""
        seen = self._seen[exchange].setdefault(parcel.id, Seen(parcel, set()))
        seen.open.update(queue.label for queue in queues)
        self.changed.wake_all()

    def settled(
        self, queue: KeptQueue, parcel: Parcel, outcome: str, failure: Failure | None, delay: float = 0.0
    ) -> None:
        """One less, if it is done or dead."""
        for several in self._seen.values():
            seen = several.get(parcel.id)
            if seen is not None and outcome in {"done", "dead"}:
                seen.open.discard(queue.label)
                if failure is not None:
                    seen.dead[queue.label] = failure.reason
            elif seen is not None and failure is not None:
                seen.failed[queue.label] = f"try {parcel.attempt} failed, {failure.reason}; {_again(delay)}"
        self.changed.wake_all()

    def seen(self, opened: Opened, topic: str) -> list[Seen]:
        """What was published on the exchange of a connection, with topics that match."""
        return [each for each in self._seen[opened.exchange].values() if matches(topic, each.parcel.topic)]


def _again(delay: float) -> str:
    return f"it comes again {delay:g} s later" if delay > 0 else "it comes again at once"
