"""Modules that a test writes, imports and forgets again."""

import importlib
import sys
import textwrap
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def importable(folder: Path, files: Mapping[str, str]) -> Iterator[None]:
    """Write ``files`` into ``folder`` and let them be imported during the body.

    Args:
        folder: An empty folder; it is put on ``sys.path``.
        files: Name, such as ``shop/orders.py``, to its text.
    """
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(textwrap.dedent(text))
    known = set(sys.modules)
    sys.path.insert(0, str(folder))
    importlib.invalidate_caches()
    try:
        yield
    finally:
        sys.path.remove(str(folder))
        for name in set(sys.modules) - known:
            if str(folder) in str(getattr(sys.modules[name], "__file__", "")):
                del sys.modules[name]
