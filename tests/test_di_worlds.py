"""di against an oracle, in random worlds.

``ROSTRA_DI_WORLDS`` says how many: a thousand unless it is set, ten thousand in CI. ``ROSTRA_DI_FIRST_WORLD`` says
where to begin. They are grown by as many processes as there are cores; a single portion by this one.
"""

import multiprocessing
import os
from concurrent.futures import ProcessPoolExecutor

from di_worlds import live_all

WORLDS = int(os.environ.get("ROSTRA_DI_WORLDS") or ("10000" if os.environ.get("CI") else "1000"))
FIRST = int(os.environ.get("ROSTRA_DI_FIRST_WORLD", "0"))
PORTION = 50


def test_di_agrees_with_the_oracle() -> None:
    end = FIRST + WORLDS
    portions = [range(first, min(first + PORTION, end)) for first in range(FIRST, end, PORTION)]

    if len(portions) == 1:
        live_all(portions[0])
        return
    with ProcessPoolExecutor(os.cpu_count(), multiprocessing.get_context("spawn")) as processes:
        for _ in processes.map(live_all, portions):
            pass
