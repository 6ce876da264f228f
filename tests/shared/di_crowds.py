"""Random scopes in which several tasks ask at once, fail, are cancelled, outlive the scope, and ask in the middle of making.

What must hold whoever comes first: the scope keeps one of each, whoever asks gets that one, one call makes one object per
type, whatever was opened is closed, and an error comes from an adapter, or says what is so. Nothing here knows how ``di``
does it.
"""

import asyncio
import contextvars
import itertools
import random
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from typing import Any

from di_stage import a_stage

from rostra import di
from rostra.errors import ClosedError, NeedsAwaitError

ROUNDS = 4
"""A question is interpreted first, and a function from the second time on."""

_call: contextvars.ContextVar[int] = contextvars.ContextVar("call")
_calls = itertools.count()
_scope: contextvars.ContextVar[int] = contextvars.ContextVar("scope")
_scopes = itertools.count()


class Product:
    """What an adapter makes of others."""

    inside: tuple["Product", ...] = ()


class BrokenError(Exception):
    """An adapter fails."""


class Crowd:
    """A world of adapters, and tasks that ask them.

    Args:
        seed: Decides everything that is random.
    """

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.classes: list[type[Product]] = []
        self.kept: set[type[Product]] = set()
        self.handlers: list[Callable[[], Awaitable[list[Product]]]] = []
        self.finished: Counter[tuple[object, type[Product]]] = Counter()
        self.given: defaultdict[int, set[Product]] = defaultdict(set)
        self.opened = 0
        self.may_fail = False
        self.module: dict[str, Any] = {
            "__name__": "crowd",
            "di": di,
            "Product": Product,
            "AsyncIterator": AsyncIterator,
            "Iterator": Iterator,
            "asynccontextmanager": asynccontextmanager,
            "contextmanager": contextmanager,
            "ask": self.ask,
            "ask_now": self.ask_now,
            "done": self.done,
            "opening": self.opening,
        }

    def grow(self) -> None:
        """Register the adapters; each takes what was there before."""
        family, members = 0, 0
        for number in range(self.random.randint(2, 9)):
            if members and self.is_so(0.2):
                takes = [f"all_: list[Family{family}]"]
                family, members = family + 1, 0
            else:
                takes = []
            if not members:
                exec(f"class Family{family}(Product): ...", self.module)
            members += 1
            below = self.random.sample(range(number), min(number, self.random.randint(0, 3)))
            takes += [f"p{each}: P{each}" for each in below]
            exec(self.written(number, family, takes), self.module)
            cls = self.module[f"P{number}"]
            if self.is_so(0.7):
                self.kept.add(cls)
            make = self.module["make"] if self.is_so(0.8) else cls
            di.register(make, lifetime="scope" if cls in self.kept else "call")
            self.classes.append(cls)
        for _ in range(2):
            takes = [f"p{each}: P{each}" for each in sorted(set(self.targets()))]
            exec(self.handler(takes), self.module)
            self.handlers += [self.module["handler"], self.module["injected"]]

    def written(self, number: int, family: int, takes: list[str]) -> str:
        """A class, and a function that makes one: at once or later, to be closed or not."""
        names = [each.split(":")[0] for each in takes]
        passes = "".join(f"{each}, " for each in names)
        stored = "".join(f"*{each}, " if each == "all_" else f"{each}, " for each in names)
        is_async, is_opened = self.is_so(0.6), self.is_so(0.4)
        made = f"{'Async' * is_async}Iterator[P{number}]" if is_opened else f"P{number}"
        asks = self.random.choices(range(number), k=1) if number and self.is_so(0.3) else []
        manager = f"@{'async' * is_async}contextmanager" if is_opened and self.is_so(0.4) else ""
        asked = f"await ask({self.few() - 1}, {asks})" if is_async else f"ask_now({asks})"
        taken = list(takes)
        if is_async and number and self.is_so(0.08):
            lazily = self.random.randrange(number)
            taken.append(f"later: di.Lazy[P{lazily}]")
            asked = f"{asked}; await later()"
        return "\n".join(
            (
                f"class P{number}(Family{family}):",
                f"    def __init__({', '.join(['self', *takes])}):",
                f"        self.inside = ({stored})",
                manager,
                f"{'async ' * is_async}def make({', '.join(taken)}) -> {made}:",
                f"    {asked}",
                f"    with opening({is_opened}):",
                f"        {'yield' if is_opened else 'return'} done(P{number}({passes}))",
            )
        )

    def handler(self, takes: list[str]) -> str:
        """A function that is called, and one that fills its parameters itself."""
        return "\n".join(
            (
                f"async def handler({', '.join(takes)}):",
                f"    await ask({self.few() - 1}, {self.targets()})",
                f"    return [{', '.join(each.split(':')[0] for each in takes)}]",
                "injected = di.inject(handler)",
            )
        )

    async def ask(self, delay: int, targets: Iterable[int]) -> list[Product]:
        """What a task does: it waits a little, and asks for one thing after the other."""
        for _ in range(delay):
            await asyncio.sleep(0)
        found = []
        for each in targets:
            if self.is_so(0.05):
                await self.ask_apart([each])
            elif self.is_so(0.2):
                found += self.ask_now([each])
            else:
                with self.one_call():
                    found.append(await di.nject(self.classes[each]))
        return self.got(found)

    async def ask_apart(self, targets: Iterable[int]) -> None:
        """The same in a scope of its own."""
        async with self.scope():
            await self.ask(0, targets)

    async def ask_handler(self, delay: int) -> list[Product]:
        """The same by way of a function."""
        for _ in range(delay):
            await asyncio.sleep(0)
        handler = self.random.choice(self.handlers)
        with self.one_call():
            found = await (di.call(handler) if handler in self.handlers[::2] else handler())
        return self.got(found)

    def ask_now(self, targets: Iterable[int]) -> list[Product]:
        """The same where nobody can wait; nothing is found if that would be needed."""
        found = []
        for each in targets:
            with self.one_call(), suppress(NeedsAwaitError):
                found.append(di.now(self.classes[each]))
        return self.got(found)

    def got(self, found: list[Product]) -> list[Product]:
        """All of this was given in the scope at hand."""
        for product in found:
            of_call = self.reached(product, through_kept=False)
            assert len(set(map(type, of_call))) == len(of_call), of_call
        self.given[_scope.get()].update(found)
        return found

    @contextmanager
    def one_call(self) -> Iterator[None]:
        """What is made in the body is made for one call."""
        token = _call.set(next(_calls))
        try:
            yield
        finally:
            _call.reset(token)

    @asynccontextmanager
    async def scope(self) -> AsyncIterator[None]:
        """A scope, which has a number."""
        token = _scope.set(next(_scopes))
        try:
            async with di.scope():
                yield
        finally:
            _scope.reset(token)

    def done(self, product: Product) -> Product:
        """It was made, whether for the scope or for one call; if it did not fail."""
        cls = type(product)
        if self.may_fail and self.is_so(0.05):
            raise BrokenError
        self.finished[("scope", _scope.get()) if cls in self.kept else _call.get(), cls] += 1
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
        self.given.clear()
        self.may_fail = self.is_so(0.5)
        async with asyncio.timeout(60):
            async with self.scope():
                tasks = [asyncio.create_task(self.task()) for _ in range(self.few())]
                for _ in range(self.few()):
                    await asyncio.sleep(0)
                if self.is_so(0.4):
                    self.random.choice(tasks).cancel()
                if is_patient := self.is_so(0.8):
                    await asyncio.gather(*tasks, return_exceptions=True)
                    self.may_fail = False
                    await self.ask(0, range(len(self.classes)))
            ended = await asyncio.gather(*tasks, return_exceptions=True)
            self.check(ended, (BrokenError, asyncio.CancelledError, *(() if is_patient else (ClosedError,))))
            assert self.opened == 0

    def task(self) -> Coroutine[Any, Any, list[Product]]:
        """What one of several does."""
        return self.ask_handler(self.few()) if self.is_so(0.3) else self.ask(self.few(), self.targets())

    def check(
        self, ended: Iterable[list[Product] | BaseException], allowed: tuple[type[BaseException], ...]
    ) -> None:
        """What must hold."""
        for each in ended:
            if isinstance(each, BaseException):
                if not isinstance(each, allowed):
                    raise each
                if isinstance(each, BrokenError):
                    assert len(each.__notes__) == 1, each.__notes__
        assert max(self.finished.values(), default=1) == 1, self.finished
        for found in self.given.values():
            everything = {each for product in found for each in self.reached(product, through_kept=True)}
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

    def is_so(self, likely: float) -> bool:
        """By chance."""
        return self.random.random() < likely

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
