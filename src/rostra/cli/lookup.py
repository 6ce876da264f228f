"""What do names in a file stand for? Overlays come first, then the environment, then the application's settings."""

from collections.abc import Callable, Iterator, Mapping
from datetime import date, time
from typing import Any

import attrs

from rostra.config import ConfigSource, Origin
from rostra.config.environment import FILE
from rostra.config.formats import UnreadableError, secret_in
from rostra.config.layers import Layer, ordered
from rostra.config.references import MalformedError, Reference, Template, parsed
from rostra.config.speakers import speaker
from rostra.config.tree import Path, Text, at, branch, dotted
from rostra.config.unresolved import is_plain, strings_in
from rostra.errors import closest

__all__ = ["Names", "UnusableError"]


class UnusableError(ValueError):
    """What a name stands for cannot be put into a text. It says why, without the value."""


@attrs.frozen(eq=False)
class Names:
    """Those who know what a name stands for.

    Args:
        overlays: Their texts are taken as they are.
        settings: Of the application, with the environment. Texts of files have their own references.
    """

    overlays: ConfigSource
    settings: ConfigSource

    def put_in(self, template: Template, missing: Callable[[Reference], None]) -> Template:
        """A template with what is known in place of its names; what resolvers are asked for remains.

        Args:
            template: The parts.
            missing: Told of a name that nobody knows and that has no default.

        Raises:
            UnusableError: A name stands for no text.
        """
        return tuple(
            piece
            for part in template
            for piece in ((part,) if isinstance(part, str) else self._instead(part, missing))
        )

    def near(self, name: str) -> str | None:
        """The name that was perhaps meant."""
        known = [dotted(path) for each in (self.overlays, self.settings) for path, _ in _settings(each)]
        return closest(name, (*known, *self.overlays.variables))

    def _instead(self, reference: Reference, missing: Callable[[Reference], None]) -> Template:
        default = reference.default
        if reference.op is not None:  # whether its default is needed is not known yet
            lazily = None if default is None else self.put_in(default, _nothing)
            return (attrs.evolve(reference, default=lazily),)
        found = self._known(reference.name)
        if found:
            return found
        if default is not None:
            return self.put_in(default, missing)
        if found is None:
            missing(reference)
            return (reference,)
        return ()

    def _known(self, name: str) -> Template | None:
        """What a name stands for; None if nobody knows."""
        path: Path = tuple(name.split("."))
        if (by := speaker(self.overlays._settled.layers, path)) is not None:  # noqa: SLF001  (a source has no public names but its settings)
            return _literal(name, at(by.values, path))
        for variables in (self.overlays.variables, self.settings.variables):
            if name in variables:
                return _literal(name, variables[name])
        by = speaker(self._layers(name, path), path)
        if by is None:
            return None
        value = at(by.values, path)
        if isinstance(value, str) and not is_plain(value) and by.may_refer:
            return _parsed(name, value)
        return _literal(name, value)

    def _layers(self, name: str, path: Path) -> tuple[Layer, ...]:
        """All that the settings say about a path; variables with the prefix lie over files."""
        variable, said = self.settings.variable(name), self.settings.variables
        extra = []
        if variable is not None and variable in said:
            extra.append(Layer(branch(path, Text(said[variable])), Origin("variable", variable)))
        if variable is not None and (file := said.get(f"{variable}{FILE}")):
            text = _secret(file, f"{variable}{FILE}")
            extra.append(Layer(branch(path, Text(text)), Origin("secret file", file)))
        return ordered((*self.settings._settled.layers, *extra))  # noqa: SLF001  (as above)


def _secret(file: str, variable: str) -> str:
    try:
        return secret_in(file)
    except UnreadableError as error:
        reason = str(error)
    raise UnusableError(f"the file that {variable} names {reason}")


def _nothing(_: Reference) -> None:
    """The resolver's part tells it, if the default is needed."""


def _parsed(name: str, value: str) -> Template:
    try:
        return parsed(value)
    except MalformedError as error:
        reason = error.reason
    raise UnusableError(f"the setting {name} is malformed: {reason}")


def _literal(name: str, value: Any) -> Template:
    written = _written(value)
    if written is None:
        kind = "a table: name one of its settings" if isinstance(value, Mapping) else "no text"
        raise UnusableError(f"{name} is {kind}")
    return (written,) if written else ()


def _written(value: Any) -> str | None:
    """A scalar as files say it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if value is None:
        return ""
    if isinstance(value, date | time):
        return value.isoformat()
    return str(value) if isinstance(value, str | int | float) else None


def _settings(source: ConfigSource) -> Iterator[tuple[Path, str]]:
    return strings_in({key: _plain(value) for key, value in source.items()})


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _plain(each) for key, each in value.items()}
    return "" if not isinstance(value, list | tuple) else None
