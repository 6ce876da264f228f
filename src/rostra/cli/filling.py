"""A file with what its references stand for, once names are looked up and resolvers asked."""

from typing import Any

from rostra.cli.awaiting import completed
from rostra.cli.lookup import Names, UnusableError
from rostra.cli.rendering import Draft, Opening, WrongFileError, drafted, rendered
from rostra.config.asked import texts_of
from rostra.config.references import Reference, Template
from rostra.config.resolving import Spot
from rostra.errors import ConfigError, Mistake

__all__ = ["filled"]


_FIX = ("say it in an --overlay, in the environment or in -c; or give a default: ${NAME:-default}",)


def filled(name: str, text: str, kind: str, names: Names, timeout: float) -> str:
    """The text of a file with everything replaced.

    Args:
        name: Of the file, for messages.
        text: All of it.
        kind: Its format.
        names: Who knows what names stand for.
        timeout: Seconds for all resolvers together.

    Raises:
        ConfigError: The file is none of its format, names are missing, references are malformed, or values cannot
            stand in their places.
        ResolverError: A resolver failed, was denied, or did not answer in time.
        ExceptionGroup: Several of those.
    """
    try:
        draft = drafted(name, text, kind)
        return rendered(draft, _values(draft, names, timeout))
    except WrongFileError as error:
        wrong = error.mistakes
    raise ConfigError(f"{name} cannot be rendered", wrong)


def _values(draft: Draft, names: Names, timeout: float) -> list[str]:
    """What takes each place."""
    mistakes = list(draft.mistakes)
    spots = [_spot(draft, opening, names, mistakes) for opening in draft.openings]
    fix = _FIX if len(mistakes) > len(draft.mistakes) else ()
    asking = texts_of(names.settings, spots, draft.name, mistakes=mistakes, fix=fix, timeout=timeout)
    texts = completed(asking)
    return [texts[spot] for spot in spots]


def _spot(draft: Draft, opening: Opening, names: Names, mistakes: list[Mistake]) -> Spot:
    """What is to be resolved in a place; what is wrong there is added to ``mistakes``."""

    def missing(reference: Reference) -> None:
        near = names.near(reference.name)
        hint = f"; did you mean {near}?" if near else ""
        if "-" in reference.name and not near:
            hint = "; a default stands behind :-"
        mistakes.append(draft.mistake(opening, f"nobody says what {reference} is{hint}"))

    return Spot(_where(draft, opening), "", _template(draft, opening, names, mistakes, missing))


def _template(
    draft: Draft, opening: Opening, names: Names, mistakes: list[Mistake], missing: Any
) -> Template:
    if opening.reference is None:
        return ("${",)
    known = len(mistakes)
    template: Template = ()
    try:
        template = names.put_in((opening.reference,), missing)
    except UnusableError as error:
        mistakes.append(draft.mistake(opening, str(error)))
    return template if len(mistakes) == known else ()


def _where(draft: Draft, opening: Opening) -> str:
    return f"{draft.name}:{opening.line}:{opening.column}"
