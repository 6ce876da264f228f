"""Staging many plugins, against a loop that imports each module and awaits its prepare.

Each measurement is a process of its own; it times only the staging, not the interpreter's start nor the import
of the framework.
"""

import sys
import tempfile
from functools import partial
from pathlib import Path

from measure import compare, figure_of

MODULE = """\
class Part{number}:
    pass


async def prepare():
    pass
"""

OURS = """
import gc, logging, sys, time
from rostra import config, context, di, plugin
sys.path.insert(0, sys.argv[1])
names = [f"part{number}" for number in range(int(sys.argv[2]))]
began = time.perf_counter()
plugin.stage(*names)
print(time.perf_counter() - began)
"""

LOOP = """
import asyncio, importlib, sys, time
from rostra import config, context, di, plugin
sys.path.insert(0, sys.argv[1])
names = [f"part{number}" for number in range(int(sys.argv[2]))]

async def main():
    for name in names:
        await importlib.import_module(name).prepare()

began = time.perf_counter()
asyncio.run(main())
print(time.perf_counter() - began)
"""


def main() -> None:
    """Print a ratio for 10, 100 and 1000 modules."""
    with tempfile.TemporaryDirectory() as folder:
        for number in range(1000):
            Path(folder, f"part{number}.py").write_text(MODULE.format(number=number))
        for count in (10, 100, 1000):
            ours = partial(figure_of, ["-c", OURS, folder, str(count)])
            loop = partial(figure_of, ["-c", LOOP, folder, str(count)])
            compare(
                f"staging {count} plugin modules / importing them",
                ours,
                loop,
                goal=1.5 if count == 1000 else None,
            )


if __name__ == "__main__":
    sys.exit(main())
