"""Which plugin did the user name? Turns a path into a module; all other names are the stage's to read.

As with ``python`` and ``flask --app``, a file is imported by the name it has in its package: the folders above it
that have an ``__init__.py`` belong to that name, and the first one that has none goes on ``sys.path``. The working
directory is there, too.
"""

import importlib.util
import sys
from collections.abc import Sequence
from pathlib import Path

from rostra import errors
from rostra.config import ConfigSource
from rostra.plugin import Named
from rostra.plugin.finding import ModuleName
from rostra.values import Values

__all__ = ["Located", "located", "plugin_named", "plugins_named", "see_working_directory"]


class Located(Values):
    """Where a file or package is imported from.

    Args:
        root: The folder that has to be on ``sys.path``.
        module: Its dotted name.
        file: The file that Python runs for it.
    """

    root: Path
    module: str
    file: Path

    @property
    def outermost(self) -> tuple[str, Path]:
        """The first part of its name, and the file that Python runs for that."""
        first, dot, _ = self.module.partition(".")
        return first, self.root / first / "__init__.py" if dot else self.file


def see_working_directory() -> None:
    """Let plugins be imported from the working directory, as ``python -m`` does."""
    _put_on_path(Path.cwd())


def plugin_named(typed: str) -> Named:
    """What a stage is told, for what the user typed; it imports it when it prepares.

    Raises:
        CommandLineError: It is a path, and there is no plugin there.
    """
    path, _, function = typed.partition(":")
    if not _is_path(path):
        return typed
    place = located(Path(path))
    _put_on_path(place.root)
    first, outermost = place.outermost
    found = importlib.util.find_spec(first)  # the whole name would import the packages above it
    other = None if found is None else found.origin
    if other is None or not (Path(other).exists() and outermost.samefile(other)):
        from rostra.cli.misnamed import unimportable

        reason = f"{first} is also the name of {other or 'another module'}"
        raise unimportable(path, reason, "give the file another name")
    if function:
        return f"{place.module}:{function}"
    return ModuleName(place.module)


def plugins_named(typed: Sequence[str], source: ConfigSource) -> list[Named]:
    """What a stage is told: the plugins that were typed. Those that the settings list it finds by itself.

    Raises:
        CommandLineError: One is a path, and there is no plugin there; or there is no plugin at all.
        ExceptionGroup: Several are such paths: an error of each.
        ConfigError: What the settings list is no list of plugins.
    """
    if not typed and not _lists_any(source):
        from rostra.cli.misnamed import no_plugin_typed

        raise no_plugin_typed(source)
    named: list[Named] = []
    refused: list[Exception] = []
    for each in typed:
        try:
            named.append(plugin_named(each))
        except errors.CommandLineError as error:
            refused.append(error)
    if refused:
        raise errors.together("some paths are no plugins", refused)
    return named


def _lists_any(source: ConfigSource) -> bool:
    from rostra.plugin.listing import plugins_in

    return bool(plugins_in(source))


def located(path: Path) -> Located:
    """The module that a path means.

    Raises:
        CommandLineError: It means none.
    """
    file = path / "__init__.py" if path.is_dir() else path
    if not file.is_file() or file.suffix != ".py" or file.name == "__main__.py":
        from rostra.cli.misnamed import no_plugin_at

        raise no_plugin_at(path)
    return _in_package(file.absolute())


def _in_package(file: Path) -> Located:
    names = [] if file.name == "__init__.py" else [file.stem]
    root = file.parent
    while (root / "__init__.py").is_file():
        names.insert(0, root.name)
        root = root.parent
    for name in names:
        if not name.isidentifier():
            from rostra.cli.misnamed import unimportable

            reason = f"Python imports no module called {name}"
            raise unimportable(file, reason, "use letters, digits and _ only")
    return Located(root, ".".join(names), file)


def _is_path(typed: str) -> bool:
    return "/" in typed or typed.endswith(".py") or typed in {".", ".."} or Path(typed).is_file()


def _put_on_path(folder: Path) -> None:
    if str(folder) not in sys.path:
        sys.path.insert(0, str(folder))
