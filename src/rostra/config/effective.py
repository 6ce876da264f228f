"""What are the settings, one by one, and who said so? For people and programs that look at them from outside.

No secret is in what is said here: neither the value of a ``Secret``, wherever it stands, nor what a resolver of
secrets gave, nor the password in an address; nor, where a section is wrong, anything that could be one.
"""

from collections.abc import Iterable, Iterator
from typing import Any

import attrs

from rostra.config.declared import UnknownTypeError, called, is_section
from rostra.config.described import Described, DescribedClass, described, in_words
from rostra.config.layers import DEFAULT, Layer, Origin, folded, of_section, ordered
from rostra.config.masking import masked
from rostra.config.secret import MASK
from rostra.config.sections import asked_by
from rostra.config.source import ConfigSource
from rostra.config.speakers import origin_of, speaker
from rostra.config.tree import Nothing, Path, at, bracketed, dotted
from rostra.config.variables import said_about
from rostra.config.written import UnwritableError, as_said, plain
from rostra.errors import ConfigError, Mistake

__all__ = [
    "Effective",
    "EffectiveSection",
    "Reader",
    "effective",
    "place_of",
    "readers_of",
    "sections_of",
    "unclaimed",
    "variables_set",
    "with_only",
]

_CHANGED = Origin("default", "its class")
_KINDS = {bool: "true or false", int: "a whole number", float: "a number", list: "a list", dict: "a table"}


@attrs.frozen
class Effective:
    """One setting.

    Args:
        path: From the root.
        value: What JSON knows in place of the value; ``***`` for what is secret.
        is_secret: The value, or a part of it, is not shown.
        origin: Who said so; None if nobody did and it has no default.
        type: What it must be, in words.
        variable: The variable that sets it; None if none can.
        text: Its documentation.
        references: What stood there in place of the value, or of parts of it: ``${DB_URL}``.
        mistakes: What is wrong with it.
    """

    path: Path
    value: Any
    is_secret: bool
    origin: Origin | None
    type: str
    variable: str | None
    text: str
    references: tuple[str, ...] = ()
    mistakes: tuple[Mistake, ...] = ()


@attrs.frozen
class EffectiveSection:
    """A section.

    Args:
        cls: The class that reads it, with its module.
        place: Its path; empty for the root.
        text: What the class says about itself.
        settings: All of them, those of classes in it, too.
        mistakes: All that is wrong with it, also what belongs to no setting, such as a key that nobody knows.
    """

    cls: str
    place: Path
    text: str
    settings: tuple[Effective, ...]
    mistakes: tuple[Mistake, ...] = ()

    @property
    def name(self) -> str:
        """As messages call it: ``[db]``."""
        return bracketed(self.place)


@attrs.frozen(eq=False)
class Reader:
    """Who reads a section.

    Args:
        cls: The class.
        place: Its path.
        source: Where it is loaded from: the settings, or a part of them that is read apart.
        is_apart: It is such a part, as the options of a plugin are.
    """

    cls: type
    place: Path
    source: ConfigSource
    is_apart: bool = False


def readers_of(source: ConfigSource, more: Iterable[type] = ()) -> list[Reader]:
    """Who has asked for a section, and who would; by place, the root first.

    Args:
        source: The settings.
        more: ``Config`` subclasses that somebody needs.
    """
    found = [Reader(cls, place, source) for place, cls in sections_of(source, more).items()]
    for part in source._claims.apart:  # noqa: SLF001  (its own room)
        found += [Reader(cls, place, part, is_apart=True) for place, cls in sections_of(part).items()]
    return sorted(found, key=lambda each: list(map(str, each.place)))


def sections_of(source: ConfigSource, more: Iterable[type] = ()) -> dict[Path, type]:
    """The class of each section that has been asked for, and of those that would be, by place.

    Args:
        source: The settings.
        more: ``Config`` subclasses that somebody needs.
    """
    claimed = source._claims.sections  # noqa: SLF001  (its own room)
    found = {place_of(cls): cls for cls in more} | claimed
    return {place: cls for place, cls in found.items() if is_section(cls)}


def effective(reader: Reader) -> EffectiveSection:
    """A section as it is, loaded if it has not been."""
    cls, place, source = reader.cls, reader.place, reader.source
    made, mistakes = _loaded(source, cls, place)
    try:
        section = described(cls, place)
    except UnknownTypeError:  # it is among the mistakes
        return EffectiveSection(called(cls), place, "", (), mistakes)
    known = _Known(source, place, _layers(source, cls, place), mistakes)
    settings = tuple(_settings(section, made, known))
    return EffectiveSection(called(cls), place, section.text, settings, mistakes)


def with_only(source: ConfigSource, *keys: str) -> ConfigSource:
    """A source that says nothing but what stands under these keys of the root, and what the same environment says."""
    known = source._environment  # noqa: SLF001  (its own room)
    kept = {key: source[key] for key in keys if key in source}
    return ConfigSource(kept, env_prefix=known.prefix, environ=known.given)


def variables_set(source: ConfigSource) -> frozenset[str]:
    """The names of all variables with the prefix that are set."""
    return frozenset(source._environment.variables)  # noqa: SLF001  (its own room)


def place_of(cls: Any) -> Path:
    """The path of the section that a ``Config`` subclass was made for."""
    section = cls.__rostra_section__
    return tuple(section.split(".")) if section else ()


@attrs.frozen(eq=False)
class _Known:
    """What is known about a section besides its class."""

    source: ConfigSource
    place: Path
    layers: tuple[Layer, ...]
    mistakes: tuple[Mistake, ...]

    def said(self, path: Path) -> Any:
        """What is said at a path, not read as anything yet."""
        return at(folded(self.layers), path[len(self.place) :])

    def origin(self, each: Described) -> Origin | None:
        """Who says what a setting is; None if nobody does and it has no default."""
        found = origin_of(self.layers, each.path[len(self.place) :])
        return found or (None if each.setting.required else DEFAULT)

    def references(self, path: Path) -> tuple[str, ...]:
        """The references that gave what stands at a path, or a part of it."""
        inner = path[len(self.place) :]
        found = speaker(self.layers, inner)
        if found is None:
            return ()
        whole = (*found.place, *inner)
        return tuple(
            each
            for at_path, references in found.references.items()
            if at_path[: len(whole)] == whole or whole[: len(at_path)] == at_path
            for each in references
        )


def _loaded(source: ConfigSource, cls: type, place: Path) -> tuple[Any, tuple[Mistake, ...]]:
    try:
        return source.load(cls, ".".join(map(str, place)) or None), ()
    except ConfigError as error:
        return None, error.mistakes or (Mistake(bracketed(place), error.summary),)


def _layers_of(source: ConfigSource) -> tuple[Layer, ...]:
    """What mappings, files and options say."""
    layers = (each for part in source._home for each in part.layers)  # noqa: SLF001  (its own room)
    return ordered(each for each in layers if each.origin.kind != "dotenv")


def _layers(source: ConfigSource, cls: type, place: Path) -> tuple[Layer, ...]:
    """All that is said about a section, the environment included."""
    known, claims = source._environment, source._claims  # noqa: SLF001  (its own room)
    extra, _ = said_about(asked_by(cls, place, known), known, claims.variables)
    return of_section(_layers_of(source), place, extra)


def _settings(within: DescribedClass, made: Any, known: _Known) -> Iterator[Effective]:
    """The settings of a class, loaded or not; those of a class in it one by one, if there is one."""
    for each in within.settings:
        value = getattr(made, each.setting.attribute, attrs.NOTHING)
        inner = _table(each, value, known)
        if inner is not None:
            yield from _settings(inner, value, known)
        else:
            yield _setting(each, value, known)


def _table(each: Described, value: Any, known: _Known) -> DescribedClass | None:
    """The class of the table that stands there: loaded, or, where that is wrong, said or by default."""
    if value is not attrs.NOTHING:
        return next((inner for inner in each.classes if isinstance(value, inner.cls)), None)
    said = known.said(each.path)
    is_there = isinstance(said, dict) or (isinstance(said, Nothing) and is_section(each.setting.type))
    return each.inner if is_there else None


def _setting(each: Described, value: Any, known: _Known) -> Effective:
    references = known.references(each.path)
    shown = _shown(each, value, known)
    origin = known.origin(each)
    if origin == DEFAULT and _is_changed(each, shown):
        origin = _CHANGED
    variables = known.source._environment.all() if references else {}  # noqa: SLF001  (its own room)
    visible = masked(shown, str(each.path[-1]), origin, references, variables)
    return Effective(
        each.path,
        visible,
        visible != shown or _has_mask(visible, each),
        origin,
        in_words(each.setting.type),
        known.source.variable(dotted(each.path)),
        each.text,
        references,
        tuple(mistake for mistake in known.mistakes if _is_about(mistake, each.path)),
    )


def _shown(each: Described, value: Any, known: _Known) -> Any:
    """The value that was loaded; if its section is wrong, what is said, as far as that is certainly no secret."""
    wanted = each.setting.type
    if value is not attrs.NOTHING:
        try:
            return plain(value, wanted)
        except UnwritableError as error:
            said = known.said(each.path)
            return str(error) if isinstance(said, Nothing) else as_said(said, wanted)
    said = known.said(each.path)
    if not isinstance(said, Nothing):
        return as_said(said, wanted)
    try:
        return None if each.default is attrs.NOTHING else plain(each.default, wanted)
    except UnwritableError as error:
        return str(error)


def _is_changed(each: Described, shown: Any) -> bool:
    """Whether its class has made something else of the default, as ``__attrs_post_init__`` may."""
    try:
        return each.default is not attrs.NOTHING and plain(each.default, each.setting.type) != shown
    except UnwritableError:
        return False


def _has_mask(value: Any, each: Described) -> bool:
    return (each.is_secret and value is not None and MASK in str(value)) or value == MASK


def _is_about(mistake: Mistake, path: Path) -> bool:
    name = dotted(path)
    return mistake.setting == name or mistake.setting.startswith((f"{name}.", f"{name}["))


def unclaimed(source: ConfigSource) -> Iterator[tuple[Path, str, Origin]]:
    """What is said that no class reads: path, kind of the value, and who said it.

    Never the value: which one is secret, only a class would know.
    """
    claims = source._claims  # noqa: SLF001  (its own room)
    layers = _layers_of(source)
    for path, value in _leaves(folded(layers), ()):
        if not any(
            path[: len(place)] == place and claims.covers(path[: len(place) + 1]) for place in claims.sections
        ):
            yield path, _KINDS.get(type(value), "text"), origin_of(layers, path) or DEFAULT


def _leaves(value: Any, path: Path) -> Iterator[tuple[Path, Any]]:
    if isinstance(value, dict) and value:
        for key, each in value.items():
            yield from _leaves(each, (*path, key))
    elif path:
        yield path, value
