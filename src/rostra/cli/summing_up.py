"""What does a command do that a plugin adds? Its module says that in the first line of its docstring; it is not imported for it."""

import ast
from importlib.util import find_spec
from pathlib import Path

from rostra.installed import EntryPoint

__all__ = ["in_one_line"]


def in_one_line(name: str, entry: EntryPoint) -> str:
    """A sentence for the list of commands; without a docstring, who adds it.

    Args:
        name: Of the command; where the docstring begins with it, ``rostra NAME:``, that is left out.
        entry: Its entry point.
    """
    first = (_docstring(entry.value.partition(":")[0]) or "").strip().partition("\n")[0].replace("`", "")
    said = first.removeprefix(f"rostra {name}:").strip()
    return f"{said[0].upper()}{said[1:]}" if said else f"Added by {entry.distribution}."


def _docstring(module: str) -> str | None:
    """Of a module, read from its file: to import it would take longer than all else here."""
    outermost, *inner = module.strip().split(".")
    try:
        spec = find_spec(outermost)
        if spec is None or spec.origin is None:
            return None
        file = Path(spec.origin)
        if inner:
            within = file.parent.joinpath(*inner)
            file = within / "__init__.py" if within.is_dir() else within.with_suffix(".py")
        return ast.get_docstring(ast.parse(file.read_bytes()))
    except (OSError, SyntaxError, ValueError):
        return None  # it is told when the command is called
