"""What mappings, files and options say, each as a tree."""

from collections.abc import Iterable, Mapping
from pathlib import Path as FilePath
from typing import Any

from rostra.config.formats import UnreadableError, settings_in
from rostra.config.origin import DEFAULT, Origin
from rostra.config.text import DEEPEST, Text
from rostra.config.tree import Node, Table, TooDeepError, Value, branch, merge, tree
from rostra.config.view import View, said_by
from rostra.errors import ConfigError, Mistake


def merged(mappings: Iterable[Mapping[str, Any]]) -> Table:
    """One tree of many mappings, later ones on top.

    Raises:
        ConfigError: One is nested too deeply.
        TypeError: One is no mapping.
    """
    mappings = tuple(mappings)
    whole: Node = Table({}, DEFAULT)
    for number, mapping in enumerate(mappings, 1):
        if not isinstance(mapping, Mapping):
            kind = type(mapping).__name__
            raise TypeError(f"settings are mappings, not a {kind}; ConfigSource.from_files reads files")
        name = "a mapping" if len(mappings) == 1 else f"mapping {number}"
        whole = merge(whole, _said(mapping, name))
    return whole if isinstance(whole, Table) else Table({}, DEFAULT)


def _said(mapping: Mapping[str, Any], name: str) -> Table:
    try:
        return said_by(mapping, Origin("mapping", name))
    except TooDeepError:
        pass
    raise ConfigError(f"{name} is nested deeper than {DEEPEST} tables, or contains itself")


def from_files(paths: Iterable[str | FilePath]) -> tuple[list[View], tuple[Mistake, ...]]:
    """What each file says, and what is wrong with the others."""
    views: list[View] = []
    mistakes: list[Mistake] = []
    for path in paths:
        try:
            for name, said in settings_in(path):
                views.append(View(tree(said.values, Origin("file", name))))
        except UnreadableError as error:
            mistakes.extend(error.mistakes)
        except TooDeepError:
            mistakes.append(Mistake(str(path), f"nested deeper than {DEEPEST} tables"))
    return views, tuple(mistakes)


def from_options(options: Iterable[str]) -> tuple[list[View], tuple[Mistake, ...]]:
    """What each ``foo.bar=1`` says, and which of them are no such thing."""
    views, mistakes = [], []
    for number, option in enumerate(options, 1):
        key, equals, text = option.partition("=")
        path = tuple(part.strip() for part in key.split("."))
        if not equals or not all(path) or len(path) > DEEPEST:
            mistakes.append(Mistake(f"--set (number {number})", "expected KEY=VALUE, such as db.port=5432"))
            continue
        origin = Origin("option", f"--set {key}")
        views.append(View(Table({path[0]: branch(path[1:], Value(Text(text), origin))}, origin)))
    return views, tuple(mistakes)
