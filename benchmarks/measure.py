"""How the benchmarks measure: two things in turn, pair by pair, so that a machine that slows down slows both.

A figure is the median of the pairs' ratios, with the smallest and the largest beside it. Nothing here judges
but by printing the goal next to the figure.
"""

import os
import statistics
import subprocess
import sys
from collections.abc import Callable, Sequence

import attrs

ENVIRONMENT = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
"""Of the processes that are measured: the compiled modules of both sides are kept between two runs."""


@attrs.frozen
class Ratio:
    """What ours costs for each unit that the other costs."""

    name: str
    values: tuple[float, ...]
    goal: float | None = None

    def __str__(self) -> str:
        low, high = min(self.values), max(self.values)
        goal = f"goal ≤ {self.goal}" if self.goal is not None else ""
        return f"{self.name:<58} {statistics.median(self.values):6.2f}   ({low:.2f} to {high:.2f})  {goal}".rstrip()


def compare(
    name: str,
    ours: Callable[[], float],
    other: Callable[[], float],
    *,
    pairs: int = 7,
    goal: float | None = None,
) -> Ratio:
    """Run both in turn, once to warm up and then ``pairs`` times; print and return the ratio of what they return."""
    ours(), other()
    ratio = Ratio(name, tuple(ours() / other() for _ in range(pairs)), goal)
    print(ratio, flush=True)
    return ratio


def figure_of(arguments: Sequence[str]) -> float:
    """The number that a Python program prints as its last line."""
    done = subprocess.run(
        [sys.executable, *arguments], capture_output=True, text=True, check=False, timeout=120
    )
    if done.returncode != 0:
        raise SystemExit(f"{' '.join(arguments)} failed with {done.returncode}:\n{done.stdout}{done.stderr}")
    return float(done.stdout.split()[-1])
