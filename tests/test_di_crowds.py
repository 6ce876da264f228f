"""Several tasks ask one scope at once, in random worlds: it keeps one of each, whoever comes first, fails or is cancelled.

``ROSTRA_DI_CROWDS`` says how many worlds: five hundred unless it is set. ``ROSTRA_DI_FIRST_CROWD`` says where to begin.
"""

import os

import pytest
from di_crowds import live_all

CROWDS = int(os.environ.get("ROSTRA_DI_CROWDS", "500"))
FIRST = int(os.environ.get("ROSTRA_DI_FIRST_CROWD", "0"))
PORTION = 100


@pytest.mark.parametrize("first", range(FIRST, FIRST + CROWDS, PORTION))
def test_a_crowd_is_given_one_of_each(first: int) -> None:
    live_all(range(first, min(first + PORTION, FIRST + CROWDS)))
