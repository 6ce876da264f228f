"""What the cases of a test are called."""

import re


def named(value: object) -> str:
    """As it shows itself, but for where it is in memory: the same in each of several processes that run the tests."""
    return re.sub(r" at 0x[0-9a-f]+", "", str(value))
