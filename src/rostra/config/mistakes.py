"""What is wrong with a section, told: each fault with its setting and who said it, and nothing that is kept secret. Pure."""

from collections.abc import Iterator

from rostra.config.discretion import overlaps
from rostra.config.environment import Asked
from rostra.config.hooks import Fault
from rostra.config.layers import DEFAULT, Layer, Origin
from rostra.config.masking import gives_secret, is_called_secret
from rostra.config.speakers import origin_around, references_around
from rostra.config.tree import Nothing, at, dotted
from rostra.config.unresolved import asks_for_secrets, strings_in
from rostra.errors import Mistake

__all__ = ["mistakes_in"]


def mistakes_in(
    asked: Asked, layers: tuple[Layer, ...], referring: tuple[Fault, ...], wrong: tuple[Fault, ...]
) -> Iterator[Mistake]:
    """A line for each fault.

    Args:
        asked: Who wants the section.
        layers: What each says about it.
        referring: References that are ``pending``; what else is wrong at such a place follows from that, and is not told.
        wrong: What is wrong with the values.
    """
    hidden = tuple(_hidden(layers))
    for fault in (*referring, *(each for each in wrong if not _is_about(each, referring))):
        yield _mistake(fault, layers, asked, hidden)


def _is_about(fault: Fault, others: tuple[Fault, ...]) -> bool:
    """Whether one of the others stands at the same path, or is around or within it."""
    return any(
        all(one == other for one, other in zip(fault.path, each.path, strict=False)) for each in others
    )


def _hidden(layers: tuple[Layer, ...]) -> Iterator[str]:
    """What comes from where secrets are kept: files that variables name, and resolvers."""
    for each in layers:
        if each.origin.kind == "secret file":
            yield from (text for _, text in strings_in(each.values))
        for place, references in each.references.items():
            if any(map(asks_for_secrets, references)) and place[: len(each.place)] == each.place:
                yield from (text for _, text in strings_in(at(each.values, place[len(each.place) :])))


def _mistake(fault: Fault, layers: tuple[Layer, ...], asked: Asked, hidden: tuple[str, ...]) -> Mistake:
    path = (*asked.place, *fault.path)
    setting = dotted(path) or "the root"
    if not fault.missing:
        origin = DEFAULT if fault.is_default else origin_around(layers, fault.path)
        return Mistake(setting, _reason(fault, origin, layers, hidden), f"from {origin}")
    table = f"[{dotted(asked.place)}]" if asked.place else "the root"
    by_hand = f"{dotted(fault.path)} in {table}"
    variable = next((name for name, known in asked.variables.paths.items() if known == path), None)
    return Mistake(setting, fault.reason, f"set {variable}, or {by_hand}" if variable else f"set {by_hand}")


def _reason(fault: Fault, origin: Origin, layers: tuple[Layer, ...], hidden: tuple[str, ...]) -> str:
    """The reason, without what was found if that is kept secret, or if something else that is stands in it."""
    is_kept_secret = (
        origin.kind == "secret file"
        or (
            any(isinstance(key, str) and is_called_secret(key) for key in fault.path)
            and not _is_yes_or_no(layers, fault)
        )
        or any(map(gives_secret, references_around(layers, fault.path)))
        or overlaps(fault.reason, hidden)
    )
    return (is_kept_secret and fault.discreet) or fault.reason


def _is_yes_or_no(layers: tuple[Layer, ...], fault: Fault) -> bool:
    """Whether a truth value was found, which is no secret, whatever its setting is called."""
    found = (at(each.values, fault.path) for each in reversed(layers))
    return isinstance(next((each for each in found if not isinstance(each, Nothing)), None), bool)
