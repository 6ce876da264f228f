"""One section: what all who have a say make of it, and the instance of its class or everything wrong with it."""

from collections.abc import Iterator
from typing import Any

from rostra.config.claims import Claims
from rostra.config.declared import names_of
from rostra.config.environment import Asked, Environment, said_about
from rostra.config.faults import Fault, WrongError
from rostra.config.layers import (
    Layer,
    Settled,
    folded,
    narrowed,
    ordered,
    origin_around,
    references_around,
    speaker,
)
from rostra.config.origin import DEFAULT, Origin
from rostra.config.reading import read
from rostra.config.tree import Nothing, Path, at, dotted, opened
from rostra.config.unresolved import Unresolved, asks_for_secrets, is_plain, strings_in
from rostra.errors import Mistake

_UNASKED = "has a reference; await source.resolve() first"


class Outcome:
    """What came of it: the instance, or mistakes.

    Args:
        made: The instance, or None.
        environment: What variables said about it.
        mistakes: Everything that is wrong.
    """

    __slots__ = ("environment", "made", "mistakes")

    def __init__(self, made: Any, environment: tuple[Layer, ...], mistakes: tuple[Mistake, ...]) -> None:
        self.made = made
        self.environment = environment
        self.mistakes = mistakes


def evaluated(asked: Asked, settled: Settled, known: Environment, claims: Claims) -> Outcome:
    """The section that ``asked`` wants.

    Args:
        asked: By whom.
        settled: All settings, without the environment.
        known: The environment.
        claims: What is whose.
    """
    extra, unreadable = said_about(asked, known, claims.variables)
    said = (
        folded(section_of(settled.layers, asked.place, extra)) if extra else at(settled.values, asked.place)
    )
    own = _own(said, asked, claims)
    pending = _pending(own, asked, settled, extra) if settled.may_refer else ()
    try:
        made = read(own, asked.cls)
        faults: tuple[Fault, ...] = ()
    except WrongError as wrong:
        made, faults = None, wrong.faults
    if not (faults or pending):
        return Outcome(made, extra, unreadable)
    whole = section_of(settled.layers, asked.place, extra)
    faults = (*pending, *(each for each in faults if not _is_about(each, pending)))
    told = {each.setting for each in unreadable}
    hidden = tuple(_hidden(whole))
    mistakes = (_mistake(fault, whole, asked, hidden) for fault in faults)
    return Outcome(None, extra, (*unreadable, *(each for each in mistakes if each.setting not in told)))


def _pending(own: Any, asked: Asked, settled: Settled, extra: tuple[Layer, ...]) -> tuple[Fault, ...]:
    """The strings of a section whose references nobody has replaced yet."""
    referring = [(path, text) for path, text in strings_in(own) if not is_plain(text)]
    whole = section_of(settled.layers, asked.place, extra) if referring else ()
    return tuple(_why(path, text) for path, text in referring if _is_pending(path, text, whole))


def _is_pending(path: Path, text: str, layers: tuple[Layer, ...]) -> bool:
    by = speaker(layers, path)
    return isinstance(text, Unresolved) or (by is not None and by.may_refer)


def _why(path: Path, text: str) -> Fault:
    return Fault(path, text.reason if isinstance(text, Unresolved) else _UNASKED)


def _is_about(fault: Fault, pending: tuple[Fault, ...]) -> bool:
    """Whether one of the others stands at the same path, or is around or within it."""
    return any(
        all(one == other for one, other in zip(fault.path, each.path, strict=False)) for each in pending
    )


def section_of(layers: tuple[Layer, ...], place: Path, extra: tuple[Layer, ...]) -> tuple[Layer, ...]:
    """The layers of a section: what the environment says lies over all but the options."""
    return ordered((*narrowed(layers, place), *extra))


def _own(said: Any, asked: Asked, claims: Claims) -> Any:
    """The section without the tables that are others' sections. At the root every unknown table is."""
    if not isinstance(said, dict):
        return {} if isinstance(said, Nothing) else said
    if asked.place and not claims.surrounds(asked.place):
        return said
    names = names_of(asked.cls)
    if names.issuperset(said):
        return said
    unknown = said.keys() - names
    foreign = {
        key
        for key in unknown
        if opened(said[key]) is not None and (not asked.place or claims.holds((*asked.place, key)))
    }
    return {key: each for key, each in said.items() if key not in foreign}


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
    from rostra.config.discretion import overlaps
    from rostra.config.masking import gives_secret, is_called_secret

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
