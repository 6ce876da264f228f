"""What was typed that is no plugin, and what was meant?"""

from collections.abc import Iterator
from pathlib import Path

from rostra.config import ConfigSource
from rostra.errors import CommandLineError, closest

__all__ = ["no_plugin_at", "no_plugin_typed", "unimportable"]

_MOST = 8
"""So many of what could be run are proposed."""


def no_plugin_typed(source: ConfigSource) -> CommandLineError:
    """None was typed, and the settings list none."""
    import click

    asked = click.get_current_context(silent=True)
    command = "rostra run" if asked is None else asked.command_path
    misspelt = closest("plugins", source)
    found = (
        () if misspelt is None else (f"write plugins in place of {misspelt}, at {source.origin(misspelt)}",)
    )
    return CommandLineError(
        f"there is no plugin to {'run' if command.endswith(' run') else 'look at'}",
        ("none was typed, and the settings list none",),
        (
            *found,
            f"{'or ' if found else ''}{command} PLUGIN",
            f'or list them in a file: plugins = ["myapp"], and {command} -c FILE',
        ),
    )


def no_plugin_at(path: Path) -> CommandLineError:
    """There is nothing at this path that can be imported."""
    if path.is_dir():
        return CommandLineError(f"{path} is a folder, and not a package", *_inside(path))
    if not path.is_file():
        return CommandLineError(f"there is no file {path}", fix=tuple(_beside(path)))
    if path.suffix != ".py":
        return CommandLineError(f"{path} is no Python file", fix=(f"for settings: rostra run -c {path}",))
    return CommandLineError(f"{path} is a program, not a plugin", fix=(f"python {path.parent}",))


def unimportable(path: Path | str, reason: str, fix: str) -> CommandLineError:
    """There is a file, which Python cannot import by its name."""
    return CommandLineError(f"{path} cannot be imported", (reason,), (fix,))


def _inside(folder: Path) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Why a folder without ``__init__.py`` is no plugin, and what to type instead."""
    found = {*folder.glob("*.py"), *(each.parent for each in folder.glob("*/__init__.py"))}
    candidates = sorted(each for each in found if each.stem.isidentifier() and not each.name.startswith("_"))
    more = len(candidates) - _MOST
    fix = (
        *(f"rostra run {each}" for each in candidates[:_MOST]),
        *((f"or one of {more} others there",) if more > 0 else ()),
    )
    if (folder / "__main__.py").is_file():
        fix = (f"python {folder}", *fix)
    return ("it has no __init__.py",), fix or ("name a Python file, or a folder with an __init__.py",)


def _beside(path: Path) -> Iterator[str]:
    folder = path.parent
    plugins = {each.stem: each for each in folder.glob("*") if each.suffix == ".py" or each.is_dir()}
    near = closest(path.stem, plugins)
    yield f"did you mean {plugins[near]}?" if near else "name a Python file, a package or a module"
