"""Whatever handlers do and whenever it ends: each delivery is settled once, in its order, and never too many at once."""

import asyncio
import datetime as dt
from collections import deque

import attrs
from hypothesis import given, settings
from hypothesis import strategies as st

from rostra.clock import ManualClock
from rostra.testing import checkpoint
from rostra_messaging import Failure, Parcel, Retry, Subscription
from rostra_messaging.delivering import Engine
from rostra_messaging.outcomes import DONE, Again, Dead
from rostra_messaging.tries import Tried

PATIENCE = 20.0
FAILURE = Failure("OSError: away", dt.datetime(2026, 1, 1, tzinfo=dt.UTC))


@attrs.frozen
class Plan:
    """What happens to one message.

    Args:
        key: Of the message.
        turns: How many turns of the loop each try takes.
        ends: How each try ends; the last one is done or dead.
    """

    key: str | None
    turns: int
    ends: tuple[str, ...]


plans = st.builds(
    Plan,
    st.sampled_from(["a", "b", None]),
    st.integers(0, 4),
    st.tuples(
        st.lists(st.sampled_from(["again", "uncounted"]), max_size=2), st.sampled_from(["done", "dead"])
    ).map(lambda parts: (*parts[0], parts[1])),
)


class World:
    """Deliveries, their consumer, and what is tried; it notes what it sees."""

    def __init__(self, plans_of_messages, subscription):
        self.plans = {str(number): plan for number, plan in enumerate(plans_of_messages)}
        self.offered = deque((id_, 1) for id_ in self.plans)
        self.settled = []
        self.begun = []
        self.now = set()
        self.most = 0
        self.overlapping = []
        self.is_stopped = False
        self.changed = asyncio.Event()
        self.is_cut = False
        self.subscribed = type("Subscribed", (), {"subscription": subscription, "label": "billing"})()

    def __aiter__(self):
        return self

    async def __anext__(self):
        while not self.offered:
            if self.is_stopped or len(self.settled) >= len(self.plans):
                raise StopAsyncIteration
            self.changed.clear()
            await self.changed.wait()
        id_, attempt = self.offered.popleft()
        await checkpoint()
        parcel = Parcel(id=id_, topic="orders.placed", body=b"", key=self.plans[id_].key, attempt=attempt)
        return ADelivery(self, parcel)

    async def stop(self):
        self.is_stopped = True
        self.offered.clear()
        self.changed.set()

    def settle(self, id_, how):
        self.settled.append((id_, how))
        self.changed.set()
        return True

    async def attempt(self, parcel, *, is_redelivered=False):
        plan = self.plans[parcel.id]
        same = {each for each in self.now if self.plans[each].key == plan.key}
        self.overlapping += [(each, parcel.id) for each in same]
        self.now.add(parcel.id)
        self.begun.append(parcel.id)
        self.most = max(self.most, len(self.now))
        try:
            for _ in range(plan.turns):
                await checkpoint()
        finally:
            self.now.discard(parcel.id)
        end = plan.ends[min(self.begun.count(parcel.id), len(plan.ends)) - 1]
        outcomes = {
            "done": DONE,
            "dead": Dead(FAILURE),
            "again": Again(0, FAILURE),
            "uncounted": Again(0, FAILURE, counts=False),
        }
        return Tried(outcomes[end], None)

    def close(self):
        pass


@attrs.define(eq=False)
class ADelivery:
    world: World
    parcel: Parcel
    is_redelivered: bool = False

    async def done(self):
        await checkpoint()
        return self.world.settle(self.parcel.id, "done")

    async def dead(self, failure, *, attempts=None, first_failure=None):
        await checkpoint()
        return self.world.settle(self.parcel.id, "dead")

    async def retry(self, delay, failure, *, counts=True):
        await checkpoint()
        self.world.offered.append((self.parcel.id, self.parcel.attempt + counts))
        self.world.changed.set()
        return True

    async def release(self):
        await checkpoint()
        return self.world.settle(self.parcel.id, "released")


async def played(messages, subscription, stop_after):
    world = World(messages, subscription)
    lost = []

    async def bury(_message, _failure):
        raise AssertionError

    engine = Engine(world, ManualClock(), lambda *_: None, bury, lambda: lost.append(True), lambda: False)
    consuming = asyncio.create_task(engine.consume(world))
    if stop_after is not None:
        for _ in range(stop_after):
            await checkpoint()
        await engine.stop()
    async with asyncio.timeout(PATIENCE):
        await consuming
    assert not lost
    assert engine.running == 0
    return world


@settings(max_examples=150, deadline=None)
@given(
    st.lists(plans, max_size=12),
    st.integers(1, 4),
    st.booleans(),
    st.none() | st.integers(0, 60),
)
def test_each_delivery_is_settled_once_and_no_more_run_than_may(messages, concurrency, ordered, stop_after):
    subscription = Subscription(
        topic="orders.placed", concurrency=concurrency, prefetch=20, ordered=ordered, retry=Retry((0, 0, 0))
    )

    world = asyncio.run(played(messages, subscription, stop_after))

    ids = [id_ for id_, _ in world.settled]
    assert len(ids) == len(set(ids)), "settled once"
    assert world.most <= concurrency
    assert set(ids) >= set(world.begun) or not ordered, "in an order nothing that was begun is left open"
    if stop_after is None:
        assert dict(world.settled) == {id_: plan.ends[-1] for id_, plan in world.plans.items()}
    else:
        assert all(how in ("released", world.plans[id_].ends[-1]) for id_, how in world.settled)


@settings(max_examples=150, deadline=None)
@given(st.lists(plans, max_size=12), st.integers(1, 4), st.none() | st.integers(0, 60))
def test_where_order_counts_those_with_one_key_neither_overlap_nor_overtake(
    messages, concurrency, stop_after
):
    subscription = Subscription(
        topic="orders.placed", concurrency=concurrency, prefetch=20, ordered=True, retry=Retry((0, 0, 0))
    )

    world = asyncio.run(played(messages, subscription, stop_after))

    assert world.overlapping == []
    for key in ("a", "b", None):
        ours = [id_ for id_, plan in world.plans.items() if plan.key == key]
        settled = [id_ for id_, _ in world.settled if id_ in ours]
        assert settled == ours[: len(settled)]
        first_tries = list(dict.fromkeys(id_ for id_ in world.begun if id_ in ours))
        assert first_tries == ours[: len(first_tries)]
