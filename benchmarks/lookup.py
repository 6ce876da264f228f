"""``context.get`` at depth 1 and 5, against a look-up in a dictionary."""

import timeit
from contextlib import ExitStack

from measure import compare

from rostra import context


class Wanted:
    """What is looked up."""


def main() -> None:
    """Print the ratios."""
    table = {Wanted: Wanted()}
    for depth in (1, 5):
        with ExitStack() as layers:
            layers.enter_context(context.child())
            context.add(Wanted())
            for level in range(depth - 1):
                layers.enter_context(context.child())
                context.add(level)
            compare(
                f"context.get at depth {depth} / dict look-up",
                lambda: min(timeit.repeat(lambda: context.get(Wanted), number=20_000, repeat=5)),
                lambda: min(timeit.repeat(lambda: table[Wanted], number=20_000, repeat=5)),
            )


if __name__ == "__main__":
    main()
