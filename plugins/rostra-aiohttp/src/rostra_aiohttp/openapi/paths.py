"""Paths as OpenAPI writes them: ``/orders/{id:[0-9]+}`` is ``/orders/{id}``, and the expression is said of ``id``."""

import re
from collections.abc import Mapping
from typing import NamedTuple

_NAME = re.compile(r"\{(?P<name>[A-Za-z_]\w*)(?::(?P<pattern>(?:[^{}]|\{[^{}]*\})+))?\}")


class Path(NamedTuple):
    """A path.

    Args:
        template: As OpenAPI writes it.
        patterns: What the names in it have to fit, in order; empty where anything does but a slash.
    """

    template: str
    patterns: Mapping[str, str]

    @property
    def names(self) -> tuple[str, ...]:
        """The names in it, in order."""
        return tuple(self.patterns)

    @property
    def shape(self) -> str:
        """The template without its names: OpenAPI takes paths of one shape for one path."""
        return re.sub(r"\{\w+\}", "{}", self.template)

    @property
    def first(self) -> str:
        """The first part of it that is no name: ``orders``; empty if there is none."""
        return next((part for part in self.template.split("/") if part and "{" not in part), "")


def path_of(written: str) -> Path:
    """A path as aiohttp writes it."""
    patterns = {found["name"]: found["pattern"] or "" for found in _NAME.finditer(written)}
    return Path(_NAME.sub(lambda found: f"{{{found['name']}}}", written), patterns)
