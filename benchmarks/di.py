"""Resolvers against code by hand that builds the same objects with one local variable each.

Everything is measured in one run, in turn, in many short rounds; a figure is the ratio of the smallest times. A
peer that is not installed is named and left out; a question that a peer has no way to answer stays empty.

Each question is asked about several graphs that are alike. CPython looks methods up in a table in which two of them can
stand in each other's way: that is chance, and costs up to 100 ns a call as long as these classes are there.

``python benchmarks/di.py ours`` measures rostra alone.
"""

import asyncio
import gc
import sys
import time
from collections.abc import Callable
from contextlib import AsyncExitStack
from functools import partial
from importlib import metadata
from typing import Any

from resolving.graphs import Graph, generators, graph
from resolving.laps import Laps, loop
from resolving.peers import PEERS, Peer

from rostra import context, di

GRAPHS = 4
ROUNDS = 20
ROUND_SECONDS = 0.002
Row = dict[str, float]


async def measured(asks: dict[str, Laps]) -> Row:
    """Seconds per question about one graph: the smallest of many rounds, in each of which everybody has a turn."""
    counts = {}
    for name, laps in asks.items():
        await laps(20)
        counts[name] = max(1, int(ROUND_SECONDS / (await laps(20) / 20)))
    best = dict.fromkeys(asks, float("inf"))
    gc.collect()
    for _ in range(ROUNDS):
        for name, laps in asks.items():
            best[name] = min(best[name], await laps(counts[name]) / counts[name])
    return best


class Rostra:
    """Rostra, asked the same questions."""

    package = "rostra"

    def __init__(self, stack: AsyncExitStack) -> None:
        self.stack = stack

    async def world(self) -> None:
        """A stage of its own for what is registered next."""
        closing = await self.stack.enter_async_context(di.Closing("stage"))
        layer = self.stack.enter_context(context.child("stage"))
        di.open_stage(layer, closing)

    async def transient(self, made: Graph) -> Laps:
        """Everything anew at each question, but for what lives with the application."""
        await self.world()
        for cls, make in zip(made.classes, made.makers, strict=True):
            di.register(make, lifetime="stage" if cls in made.of_stage else "call")
        return loop("await nject(target)", nject=di.nject, target=made.target)

    async def component(self, made: Graph) -> Laps:
        """An object that is there already."""
        await self.world()
        context.add(made.target())
        return loop("await nject(target)", nject=di.nject, target=made.target)

    async def scoped(self, made: Graph) -> Laps:
        """A scope that keeps what is built in it, opened for one question."""
        await self.world()
        for make in made.makers:
            di.register(make, lifetime="scope")
        return loop(
            "async with scope(): await nject(target)", scope=di.scope, nject=di.nject, target=made.target
        )

    async def given(self, made: Graph) -> Laps:
        """One object of what is built takes a value of the caller."""
        await self.world()
        di.register(*made.makers)
        names = {"nject": di.nject, "target": made.target, "request": made.module["Request"]}
        return loop("await nject(target, request=request())", **names)


async def injected(made: Graph, stack: AsyncExitStack) -> Laps:
    """``@di.inject`` on a function that takes what three generators make; it opens the scope itself."""
    await Rostra(stack).world()
    context.add(di.Unscoped())
    di.register(*made.makers)

    async def use(work: Any) -> Any:
        return work

    use.__annotations__["work"] = made.target
    return loop("await use()", use=di.inject(use))


def by_hand(made: Graph, question: str) -> Laps:
    """The code without a resolver."""
    if question == "component":
        there = made.target()

        async def component() -> Any:
            return there

        return loop("await by_hand()", by_hand=component)
    return written(made, question, made.by_hand)


def written(made: Graph, question: str, function: Any) -> Laps:
    """A function of the graph that was written by hand."""
    if question == "given":
        return loop("await by_hand(request())", by_hand=function, request=made.module["Request"])
    return loop("await by_hand()", by_hand=function)


async def line(title: str, question: str, make: Callable[[], Graph], peers: list[type[Peer]]) -> None:
    """Measure one row and print it."""
    printed(title, least([await measured_of(question, make(), peers) for _ in range(GRAPHS)]))


def least(rows: list[Row]) -> Row:
    """The smallest times of each."""
    return {name: min(row[name] for row in rows) for name in rows[0]}


async def measured_of(question: str, made: Graph, peers: list[type[Peer]]) -> Row:
    """What a question about this graph takes each."""
    async with AsyncExitStack() as stack:
        asks = {"by hand": by_hand(made, question), "rostra": await getattr(Rostra(stack), question)(made)}
        if question == "component":
            asks["context.get"] = loop("get(target)", get=context.get, target=made.target)
            asks["di.now"] = loop("now(target)", now=di.now, target=made.target)
        elif made.by_level is not None and len(made.classes) > 1:
            asks["by level"] = written(made, question, made.by_level)
        for peer in peers:
            try:
                asks[peer.package] = await getattr(peer(stack), question)(made)
            except NotImplementedError:
                continue
        return await measured(asks)


async def injected_line() -> None:
    """A row of its own, because what it opens it opens outside of any scope."""
    rows = []
    for _ in range(GRAPHS):
        made = generators()
        async with AsyncExitStack() as stack:
            rows.append(
                await measured({"by hand": by_hand(made, "scoped"), "rostra": await injected(made, stack)})
            )
    printed("3 generators, @inject", least(rows))


def printed(title: str, best: Row) -> None:
    """A row of ratios."""
    base = best["by hand"]
    cells = "".join(f"  {name} {seconds / base:.2f}" for name, seconds in best.items() if name != "by hand")
    print(f"{title:<24} {base * 1e9:>6.0f} ns {cells}", flush=True)


async def cold_start(peers: list[type[Peer]]) -> None:
    """Registering 30 classes that nobody has seen before, and the first question."""
    best: Row = {}
    for _ in range(GRAPHS * ROUNDS):
        for kind in (Rostra, *peers):
            made = graph(30)
            async with AsyncExitStack() as stack:
                asker: Any = kind(stack)
                began = time.perf_counter()
                try:
                    laps = await asker.transient(made)
                except NotImplementedError:
                    continue
                await laps(1)
                best[kind.package] = min(best.get(kind.package, float("inf")), time.perf_counter() - began)
    cells = "".join(f"  {name} {seconds * 1e3:.2f}" for name, seconds in best.items())
    print(f"{'cold start of 30, in ms':<34} {cells}", flush=True)


ROWS: tuple[tuple[str, str, Callable[[], Graph]], ...] = (
    *((f"{size} sync", "transient", partial(graph, size)) for size in (1, 3, 10, 30)),
    *((f"{size} async", "transient", partial(graph, size, is_async=True)) for size in (1, 3, 10, 30)),
    *(
        (f"{size}, half app-scoped", "transient", partial(graph, size, of_stage=size // 2))
        for size in (10, 30)
    ),
    ("one component", "component", partial(graph, 1)),
    ("10, one value given", "given", partial(graph, 10, takes_request=True)),
    ("3 generators", "scoped", generators),
    *((f"{size} kept by a scope", "scoped", partial(graph, size)) for size in (10, 30)),
)


async def main(peers: list[type[Peer]]) -> None:
    """Print the table."""
    for title, question, make in ROWS:
        await line(title, question, make, peers)
    await injected_line()
    await cold_start(peers)


def installed() -> list[type[Peer]]:
    """The peers that are there; the others are named."""
    found = []
    for peer in PEERS:
        try:
            print(f"{peer.package} {peer.version()}")
        except metadata.PackageNotFoundError:
            print(f"{peer.package} is not installed and left out")
        else:
            found.append(peer)
    return found


if __name__ == "__main__":
    asyncio.run(main([] if sys.argv[1:] == ["ours"] else installed()))
