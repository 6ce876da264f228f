"""Random scopes in which several tasks ask at once, are cancelled, and ask in the middle of making.

What must hold whoever comes first: the scope keeps one of each, whoever asks gets that one, one call makes one object per
type, and whatever was opened is closed. Nothing here knows how ``di`` does it.
"""

import asyncio
import contextvars
import itertools
import random
from collections import Counter
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from di_stage import a_stage

from rostra import di

ROUNDS = 4
"""A question is interpreted first, and a function from the second time on."""

_call: contextvars.ContextVar[int] = contextvars.ContextVar("call")
_calls = itertools.count()


class Product:
    """What an adapter makes of others."""

    inside: tuple["Product", ...] = ()


class Crowd:
    """A world of adapters, and tasks that ask them.

    Args:
        seed: Decides everything that is random.
    """

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.classes: list[type[Product]] = []
        self.kept: set[type[Product]] = set()
        self.finished: Counter[tuple[object, type[Product]]] = Counter()
        self.opened = 0
        self.module: dict[str, Any] = {
            "__name__": "crowd",
            "Product": Product,
            "AsyncIterator": AsyncIterator,
            "Iterator": Iterator,
            "ask": self.ask,
            "done": self.done,
            "opening": self.opening,
            "classes": self.classes,
        }

    def grow(self) -> None:
        """Register the adapters; each takes what was there before."""
        for number in range(self.random.randint(2, 9)):
            below = self.random.sample(range(number), min(number, self.random.randint(0, 3)))
            exec(self.written(number, below), self.module)
            cls = self.module[f"P{number}"]
            if self.random.random() < 0.7:
                self.kept.add(cls)
            make = self.module["make"] if self.random.random() < 0.8 else cls
            di.register(make, lifetime="scope" if cls in self.kept else "call")
            self.classes.append(cls)

    def written(self, number: int, below: Iterable[int]) -> str:
        """A class, and a function that makes one: at once or later, to be closed or not."""
        takes = [f"p{each}: P{each}" for each in below]
        passes = "".join(f"p{each}, " for each in below)
        is_async, is_opened = self.random.random() < 0.6, self.random.random() < 0.4
        made = f"{'Async' * is_async}Iterator[P{number}]" if is_opened else f"P{number}"
        asks = self.random.choices(range(number), k=1) if number and self.random.random() < 0.3 else []
        return "\n".join(
            (
                f"class P{number}(Product):",
                f"    def __init__({', '.join(['self', *takes])}):",
                f"        self.inside = ({passes})",
                f"{'async ' * is_async}def make({', '.join(takes)}) -> {made}:",
                f"    {f'await ask({self.few() - 1}, {asks})' if is_async else 'pass'}",
                f"    with opening({is_opened}):",
                f"        {'yield' if is_opened else 'return'} done(P{number}({passes}))",
            )
        )

    async def ask(self, delay: int, targets: Iterable[int]) -> list[Product]:
        """What a task does: it waits a little, and asks for one thing after the other."""
        for _ in range(delay):
            await asyncio.sleep(0)
        found = []
        for each in targets:
            token = _call.set(next(_calls))
            found.append(await di.nject(self.classes[each]))
            _call.reset(token)
        return found

    def done(self, product: Product) -> Product:
        """It was made, whether for the scope or for one call."""
        cls = type(product)
        self.finished["scope" if cls in self.kept else _call.get(), cls] += 1
        return product

    @contextmanager
    def opening(self, is_opened: bool) -> Iterator[None]:
        """Around the time in which something is open."""
        self.opened += is_opened
        try:
            yield
        finally:
            self.opened -= is_opened

    async def live(self) -> None:
        """A scope with its tasks; in the end everything is as it must be."""
        self.finished.clear()
        async with asyncio.timeout(60):
            async with di.scope():
                tasks = [asyncio.create_task(self.ask(self.few(), self.targets())) for _ in range(self.few())]
                for _ in range(self.few()):
                    await asyncio.sleep(0)
                if self.random.random() < 0.4:
                    self.random.choice(tasks).cancel()
                found = await asyncio.gather(*tasks, return_exceptions=True)
                found.append(await self.ask(0, range(len(self.classes))))
                self.check(found)
            assert self.opened == 0

    def check(self, found: Iterable[list[Product] | BaseException]) -> None:
        """What must hold."""
        assert max(self.finished.values(), default=1) == 1, self.finished
        everything: set[Product] = set()
        for each in found:
            if isinstance(each, BaseException):
                if not isinstance(each, asyncio.CancelledError):
                    raise each
                continue
            for product in each:
                of_call = self.reached(product, through_kept=False)
                assert len(set(map(type, of_call))) == len(of_call), of_call
                everything |= self.reached(product, through_kept=True)
        kept = [each for each in everything if type(each) in self.kept]
        assert len(set(map(type, kept))) == len(kept), kept

    def reached(self, product: Product, *, through_kept: bool) -> set[Product]:
        """It, and what it was made of; what the scope keeps may have been made for another call."""
        seen: set[Product] = set()
        waiting = [product]
        while waiting:
            each = waiting.pop()
            if each not in seen:
                seen.add(each)
                waiting += each.inside if through_kept or type(each) not in self.kept else ()
        return seen

    def few(self) -> int:
        """A small number."""
        return self.random.randint(1, 4)

    def targets(self) -> list[int]:
        """What a task asks for."""
        return self.random.choices(range(len(self.classes)), k=self.few())


async def crowded(seed: int) -> None:
    """A world in which several scopes are used by crowds, one after the other."""
    async with a_stage():
        crowd = Crowd(seed)
        crowd.grow()
        for _ in range(ROUNDS):
            await crowd.live()


def live_all(seeds: Iterable[int]) -> None:
    """All of these worlds.

    Raises:
        AssertionError: Something was made twice, or left open.
    """
    for seed in seeds:
        try:
            asyncio.run(crowded(seed))
        except BaseException as error:
            error.add_note(f"in the crowd of seed {seed}")
            raise
