"""di against an oracle, in random worlds.

``ROSTRA_DI_WORLDS`` says how many: a thousand unless it is set, ten thousand in CI. ``ROSTRA_DI_FIRST_WORLD`` says
where to begin. They are grown by as many processes as there are cores; a few of them by this one, and all of its share if it
is one of several that run the tests.
"""

import multiprocessing
import os
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor

import pytest
from di_worlds import live_all

WORLDS = int(os.environ.get("ROSTRA_DI_WORLDS") or ("10000" if os.environ.get("CI") else "1000"))
FIRST = int(os.environ.get("ROSTRA_DI_FIRST_WORLD", "0"))
PORTION = 500
SHARE = 50
IS_ONE_OF_SEVERAL = "PYTEST_XDIST_WORKER" in os.environ


@pytest.fixture(scope="module")
def processes() -> Iterator[ProcessPoolExecutor]:
    with ProcessPoolExecutor(os.cpu_count(), multiprocessing.get_context("spawn")) as pool:
        yield pool


@pytest.mark.parametrize("first", range(FIRST, FIRST + WORLDS, PORTION))
def test_di_agrees_with_the_oracle(first: int, processes: ProcessPoolExecutor) -> None:
    end = min(first + PORTION, FIRST + WORLDS)
    shares = [range(begin, min(begin + SHARE, end)) for begin in range(first, end, SHARE)]

    are_grown_here = len(shares) == 1 or IS_ONE_OF_SEVERAL
    for _ in map(live_all, shares) if are_grown_here else processes.map(live_all, shares):
        pass
