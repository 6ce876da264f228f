"""A file's text with its ``${…}`` replaced, byte for byte the same elsewhere; or everything that is wrong with it. Pure.

First it is found out what is asked for, so that all of it can be asked for at once; then it is put in.
"""

import re
import secrets
from collections.abc import Iterator, Sequence

import attrs

from rostra.cli.places import Place, Places, places_in
from rostra.cli.proving import parse, same
from rostra.config.references import DOTTED, MalformedError, Reference, openings, reference_at
from rostra.errors import Mistake

__all__ = ["Draft", "Opening", "WrongFileError", "drafted", "rendered"]

_MOST_TRIED = 100


class WrongFileError(ValueError):
    """A file cannot be rendered.

    Args:
        mistakes: Each with the file and the line. They hold no values.
    """

    def __init__(self, *mistakes: Mistake) -> None:
        super().__init__(*mistakes)
        self.mistakes = mistakes


@attrs.frozen
class Opening:
    """A place in which something is replaced.

    Args:
        at: Where it begins.
        end: Where it ends.
        reference: What is asked for; None for ``$${``.
        place: How a value is written there.
        line: Counted from 1.
        column: Counted from 1.
    """

    at: int
    end: int
    reference: Reference | None
    place: Place
    line: int
    column: int


@attrs.frozen
class Draft:
    """A file, and what is asked for in it.

    Args:
        name: For messages.
        text: All of it.
        kind: Its format.
        openings: In their order; none is in a comment.
        mistakes: References outside of comments that are malformed.
    """

    name: str
    text: str = attrs.field(repr=False)
    kind: str
    openings: Sequence[Opening]
    mistakes: Sequence[Mistake] = ()

    def mistake(self, opening: Opening, reason: str) -> Mistake:
        """What is wrong at a place."""
        return Mistake(f"{self.name}:{opening.line}:{opening.column}", reason)

    def filled(self, values: Sequence[str]) -> str:
        """The text with something in each place."""
        parts, end = [], 0
        for opening, value in zip(self.openings, values, strict=True):
            parts += [self.text[end : opening.at], value]
            end = opening.end
        return "".join((*parts, self.text[end:]))

    def written(self, opening: Opening, value: str) -> str:
        """A value as it is written in its place.

        Raises:
            ValueError: It cannot be; the text says why.
        """
        if opening.reference is None or opening.place.put is None:
            return value
        line = self.text[self.text.rfind("\n", 0, opening.at) + 1 : opening.at]
        return opening.place.put(value, line[: len(line) - len(line.lstrip())])


def drafted(name: str, text: str, kind: str) -> Draft:
    """What is asked for in a file.

    Raises:
        WrongFileError: The file is no YAML.
    """
    found = tuple(_found(text))
    places = _places(name, "".join(_masked(text, found)), kind)
    openings_: list[Opening] = []
    mistakes: list[Mistake] = []
    for at, end, what, line, column in found:
        place = places.at(at)
        if place.put is None:
            continue
        if isinstance(what, MalformedError):
            mistakes.append(Mistake(f"{name}:{line}:{column}", what.reason))
        else:
            openings_.append(Opening(at, end, what, place, line, column))
    return Draft(name, text, kind, tuple(openings_), tuple(mistakes))


def rendered(draft: Draft, values: Sequence[str]) -> str:
    """The file with values in its places.

    Args:
        draft: The file.
        values: What takes each place; none is read again.

    Raises:
        WrongFileError: A value cannot stand in its place, since the file would say something else then.
    """
    written, mistakes = [], []
    for opening, value in zip(draft.openings, values, strict=True):
        try:
            written.append(draft.written(opening, value))
        except ValueError as refusal:
            mistakes.append(draft.mistake(opening, _refused(opening, str(refusal))))
    if mistakes:
        raise WrongFileError(*mistakes)
    _prove(draft, values, written)
    return draft.filled(written)


def _found(text: str) -> Iterator[tuple[int, int, Reference | MalformedError | None, int, int]]:
    """Each ``${`` and ``$${``: its begin and end, what it is, its line and column. None goes beyond its line."""
    start = 0
    for number, line in enumerate(text.split("\n"), 1):
        end = 0
        for opening in openings(line):
            at = opening.start()
            if at < end:
                continue
            what: Reference | MalformedError | None = None
            end = opening.end()
            if opening[0] == "${":
                try:
                    what = reference_at(line, at, DOTTED)
                    end = what.end
                except MalformedError as error:
                    what = MalformedError(0, error.reason)
            yield start + at, start + end, what, number, at + 1
        start += len(line) + 1


def _masked(text: str, found: Sequence[tuple[int, int, object, int, int]]) -> Iterator[str]:
    end = 0
    for at, until, *_ in found:
        yield text[end:at]
        yield "x" * (until - at)
        end = until
    yield text[end:]


def _places(name: str, masked: str, kind: str) -> Places:
    try:
        return places_in(masked, kind)
    except ModuleNotFoundError:
        wrong = Mistake(name, 'PyYAML is not installed, which reads YAML: pip install "rostra[yaml]"')
    except ValueError as error:
        wrong = Mistake(
            f"{name}:{str(error).removeprefix('line ')}", "is not YAML, even before anything is replaced"
        )
    raise WrongFileError(wrong)


def _prove(draft: Draft, values: Sequence[str], written: Sequence[str]) -> None:
    """Compare what the file says before and after.

    Raises:
        WrongFileError: It is not the same; with the places that make the difference.
    """
    if draft.kind == "text" or not draft.openings:
        return
    marks = _marks(draft)
    proof = _Proof(draft, marks, values)
    if proof.holds(written):
        return
    if not proof.is_parsed:  # a number of which a value is a part
        _check_parsed(draft, draft.filled(written))
        return
    one_by_one = range(min(len(written), _MOST_TRIED))
    blamed = [n for n in one_by_one if not proof.holds([*marks[:n], written[n], *marks[n + 1 :]])]
    where = [draft.openings[n] for n in blamed] or draft.openings
    raise WrongFileError(*(draft.mistake(each, _refused(each, _CHANGES)) for each in where))


def _check_parsed(draft: Draft, text: str) -> None:
    try:
        parse(text, draft.kind)
    except ValueError:
        pass
    else:
        return
    raise WrongFileError(Mistake(draft.name, f"is no {draft.kind.upper()}, with its references or without"))


_CHANGES = "the file would not mean what it should"


def _refused(opening: Opening, reason: str) -> str:
    what = opening.reference or "$${"
    hint = "; put quotes around it" if opening.place.is_bare else ""
    return f"what {what} stands for cannot be written here: {reason}{hint}"


def _marks(draft: Draft) -> list[str]:
    """A text for each place that stands nowhere in the file: a number where a value has no quotes."""
    quoted, bare = f"m{secrets.token_hex(8)}e", str(10**15 + secrets.randbelow(10**15))
    return [
        f"{bare}{n:07d}" if each.place.is_bare and draft.kind in ("json", "toml") else f"{quoted}{n:07d}"
        for n, each in enumerate(draft.openings)
    ]


class _Proof:
    """The file with marks, as it is parsed, to compare others with."""

    def __init__(self, draft: Draft, marks: Sequence[str], values: Sequence[str]) -> None:
        self._draft = draft
        self._marks = marks
        self._values = values
        self._any_mark = re.compile("|".join({rf"{mark[:-7]}\d{{7}}" for mark in marks}))
        try:
            self._marked = parse(draft.filled(marks), draft.kind)
            self.is_parsed = True
        except ValueError:
            self.is_parsed = False

    def holds(self, written: Sequence[str]) -> bool:
        """Whether the file with this in its places says what it says with marks."""
        if not self.is_parsed:
            return False
        try:
            found = parse(self._draft.filled(written), self._draft.kind)
        except ValueError:
            return False
        pairs = zip(self._marks, written, self._values, strict=True)
        meant = {mark: mark if text == mark else value for mark, text, value in pairs}
        return same(self._marked, found, lambda text: self._any_mark.sub(lambda mark: meant[mark[0]], text))
