"""A queue in memory loses nothing, hands out nothing twice at once, and counts all that it holds."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from rostra_messaging.brokers import Failure, Parcel
from rostra_messaging.memory.queues import Entry, KeptQueue, Limits

STEPS = st.lists(
    st.tuples(
        st.sampled_from(["put", "done", "back", "retry", "due", "dead", "replay", "drop", "join", "leave"]),
        st.integers(0, 4),
    ),
    max_size=60,
)
WHY = Failure("ValueError", None)  # type: ignore[arg-type]


class Hands:
    """A consumer, as a queue sees it."""

    def __init__(self, prefetch: int) -> None:
        self.room = prefetch
        self.held: list[Entry] = []

    def take(self, entry: Entry) -> None:
        assert self.room > 0
        self.room -= 1
        self.held.append(entry)

    def give(self, number: int) -> Entry:
        self.room += 1
        return self.held.pop(number % len(self.held))


class Model:
    """A queue with its consumers, and what should be in it."""

    def __init__(self, *, is_ordered: bool) -> None:
        self.queue = KeptQueue("q", "q", Limits(1000), is_ordered=is_ordered, is_private=False)
        self.hands: list[Hands] = []
        self.later: list[Entry] = []
        self.expected: Counter[str] = Counter()
        self.published = 0

    def step(self, what: str, number: int) -> None:
        busy = [each for each in self.hands if each.held]
        hands = busy[number % len(busy)] if busy else None
        match what:
            case "put":
                self.published += 1
                self.expected[str(self.published)] += 1
                self.queue.put(self.queue.entry(Parcel(id=str(self.published), topic="t", body=b"x"), ""))
            case "join":
                self.hands.append(Hands(number + 1))
                self.queue.join(self.hands[-1])
            case "leave" if self.hands:
                leaving = self.hands.pop(number % len(self.hands))
                self.queue.leave(leaving, leaving.held)
            case "due" if self.later:
                self.queue.bring_back(self.later.pop(number % len(self.later)))
            case "replay" | "drop" if self.queue.dead:
                self._of_the_dead(what, number)
            case "done" | "back" | "retry" | "dead" if hands:
                self._settle(what, hands.give(number))

    def _of_the_dead(self, what: str, number: int) -> None:
        chosen = [*self.queue.dead][number % len(self.queue.dead)]
        entry, _ = self.queue.dead[chosen]
        if what == "replay":
            self.queue.unbury(chosen, entry.parcel)
        else:
            self.expected[entry.parcel.id] -= 1
            self.queue.drop(chosen)

    def _settle(self, what: str, entry: Entry) -> None:
        if what == "done":
            self.expected[entry.parcel.id] -= 1
            self.queue.forget(entry)
        elif what == "back":
            self.queue.put_back([entry])
        elif what == "retry":
            self.later.append(entry)
            self.queue.postpone()
        else:
            self.queue.bury(entry, WHY)

    def held(self) -> list[Entry]:
        return [entry for hands in self.hands for entry in hands.held]

    def check(self) -> None:
        queue = self.queue
        kept = [*queue.ready, *self.held(), *self.later, *(entry for entry, _ in queue.dead.values())]
        assert Counter(entry.parcel.id for entry in kept) == +self.expected
        assert queue.count == len(kept)
        assert queue._size_bytes == sum(entry.size_bytes for entry in kept)
        assert (queue.out, queue.later) == (len(self.held()), len(self.later))
        assert [entry.number for entry in queue.ready] == sorted(entry.number for entry in queue.ready)


@given(STEPS)
def test_whatever_happens_each_message_is_in_one_place(steps: list[tuple[str, int]]) -> None:
    model = Model(is_ordered=False)

    for what, number in steps:
        model.step(what, number)

        model.check()
        assert not model.queue.ready or all(hands.room == 0 for hands in model.hands)


@given(STEPS)
def test_of_an_ordered_queue_only_the_first_in_line_is_handed_anything(steps: list[tuple[str, int]]) -> None:
    model = Model(is_ordered=True)

    for what, number in steps:
        model.step(what, number)

        model.check()
        assert [hands for hands in model.hands if hands.held][:1] in ([], model.hands[:1])


@given(st.lists(st.integers(0, 5), min_size=1, max_size=8), st.data())
def test_what_is_given_back_takes_its_old_place(prefetches: list[int], data: st.DataObject) -> None:
    queue = KeptQueue("q", "q", Limits(), is_ordered=False, is_private=False)
    for number in range(20):
        queue.put(queue.entry(Parcel(id=str(number), topic="t", body=b""), ""))
    hands = [Hands(prefetch) for prefetch in prefetches]
    for each in hands:
        queue.join(each)

    for each in data.draw(st.permutations(hands)):
        queue.leave(each, each.held)

    assert [entry.parcel.id for entry in queue.ready] == [str(number) for number in range(20)]


def test_those_who_take_from_a_queue_get_their_share_in_turn() -> None:
    queue = KeptQueue("q", "q", Limits(), is_ordered=False, is_private=False)
    hands = [Hands(100), Hands(3), Hands(100)]
    for each in hands:
        queue.join(each)

    for number in range(23):
        queue.put(queue.entry(Parcel(id=str(number), topic="t", body=b""), ""))

    assert [len(each.held) for each in hands] == [10, 3, 10]
