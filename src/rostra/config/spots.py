"""Where the references of a source stand, what is malformed among them, and what takes their place.

A text that a later layer covers is none of them: nobody will ever see what comes of it.
"""

import asyncio
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any, TypeAlias

import attrs

from rostra.config.layers import Layer, Part
from rostra.config.references import MalformedError, asked_in, parsed
from rostra.config.references import place as place_of
from rostra.config.resolving import Partly, Spot, resolved
from rostra.config.tree import Nothing, Path, Text, at, dotted
from rostra.config.unresolved import Unresolved, is_plain, strings_in
from rostra.errors import Mistake

Places: TypeAlias = Mapping[tuple[int, Path], Spot]


@attrs.frozen(eq=False)
class Spots:
    """What is to be resolved.

    Args:
        places: Each text by its layer and its path there.
        malformed: What is wrong with those of which nothing can come, by the same.
    """

    places: Places
    malformed: Mapping[tuple[int, Path], Mistake]

    @property
    def mistakes(self) -> tuple[Mistake, ...]:
        """Everything that is malformed."""
        return tuple(self.malformed.values())

    def __bool__(self) -> bool:
        return bool(self.places or self.malformed)

    @property
    def fix(self) -> tuple[str, ...]:
        """What to do about what is malformed."""
        return ("a ${ that is no reference is written $${",) if self.malformed else ()

    @property
    def all(self) -> Sequence[Spot]:
        """The texts, in the order in which they stand."""
        return tuple(self.places.values())

    def replaced(self, parts: Iterable[Part], partly: Partly) -> tuple[Part, ...]:
        """Parts with what came of their texts in place of these; asked again, they have them as they were."""
        return tuple(
            Part(tuple(self._layer(each, partly) for each in part.layers), part.again or partial(_same, part))
            for part in parts
        )

    def _layer(self, layer: Layer, partly: Partly) -> Layer:
        if not layer.may_refer:
            return layer
        references = dict(layer.references)

        def replaced(path: Path, text: str) -> str:
            if is_plain(text):
                return text
            made, references[*layer.place, *path] = self._text(layer, path, text, partly)
            return made

        values = _with_strings(layer.values, replaced)
        return layer.but(values=values, is_resolved=True, references=references)

    def _text(self, layer: Layer, path: Path, text: str, partly: Partly) -> tuple[str, tuple[str, ...]]:
        """What takes the place of a text, and the references that it had."""
        place = id(layer), path
        if place in self.malformed:
            return Unresolved.since(text, self.malformed[place].reason), ()
        spot = self.places.get(place)
        if spot is None:
            return text, ()
        references = tuple(dict.fromkeys(map(str, asked_in(spot.template))))
        if spot not in partly.texts:
            return Unresolved.since(text, partly.reasons.get(spot, "it could not be resolved")), references
        made = partly.texts[spot]
        return (Text(made) if references else made), references


def spots_in(layers: Sequence[Layer]) -> Spots:
    """All texts of layers that are not plain and that can be seen; the later layer covers the earlier."""
    places: dict[tuple[int, Path], Spot] = {}
    malformed: dict[tuple[int, Path], Mistake] = {}
    for number, layer in enumerate(layers):
        for path, text in _referring(layer):
            if any(at(each.values, path) is not Nothing.UNSAID for each in layers[number + 1 :]):
                continue
            try:
                template = parsed(text)
            except MalformedError as error:
                malformed[id(layer), path] = _malformed(layer, path, text, error)
            else:
                places[id(layer), path] = Spot(dotted(path), _Where(layer, path), template)
    return Spots(places, malformed)


async def resolve(source: Any, seconds: float) -> None:
    """Replace the references of a source, of which all is said in ``ConfigSource.resolve``."""
    found = spots_in(source._settled.layers)  # noqa: SLF001  (its own room)
    if not found:
        return
    source._resolving = over = asyncio.Event()  # noqa: SLF001  (as above)
    try:
        texts = await resolved(
            found.all,
            source,
            lambda known: source._with(found.replaced(source._home, known)),  # noqa: SLF001  (as above)
            mistakes=found.mistakes,
            fix=found.fix,
            timeout=seconds,
        )
        source._settle(found.replaced(source._home, Partly(texts, {})))  # noqa: SLF001  (as above)
    finally:
        source._resolving = None  # noqa: SLF001  (as above)
        over.set()


@attrs.frozen(eq=False)
class _Where:
    """Who says it. The line is looked for when a message needs it."""

    layer: Layer
    path: Path

    def __str__(self) -> str:
        return str(self.layer.origin_at(self.path))


def _same(part: Part) -> Part:
    return part


def _with_strings(value: Any, transform: Callable[[Path, str], Any], path: Path = ()) -> Any:
    """The same, with what ``transform`` makes of each string, also of those in lists. Keys stay as they are."""
    if isinstance(value, str):
        return transform(path, value)
    if isinstance(value, dict):
        return {key: _with_strings(each, transform, (*path, key)) for key, each in value.items()}
    if type(value) is list or type(value) is tuple:
        return type(value)(_with_strings(each, transform, (*path, n)) for n, each in enumerate(value))
    return value


def _referring(layer: Layer) -> Iterator[tuple[Path, str]]:
    if layer.may_refer:
        yield from ((path, text) for path, text in strings_in(layer.values) if not is_plain(text))


def _malformed(layer: Layer, path: Path, text: str, error: MalformedError) -> Mistake:
    reason = f"malformed at {place_of(text, error.at)}: {error.reason}"
    return Mistake(dotted(path), reason, f"from {layer.origin_at(path)}")
