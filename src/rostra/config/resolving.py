"""All texts with references of a source, resolved together, or all that keeps them from being resolved.

First those that ask variables and files only, since the settings of other resolvers are among them; then the others.
"""

import asyncio
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

import attrs

from rostra.config.answers import Answer, Failed, Found, Lacking
from rostra.config.asking import Asking, Key
from rostra.config.references import LONGEST, Reference, Template, asked_in
from rostra.config.resolvers import BUILT_IN, opening
from rostra.errors import ConfigError, Mistake, ResolverError, ResolverTimeoutError, together


@attrs.frozen(eq=False)
class Spot:
    """A text that has references.

    Args:
        setting: What it is the value of; empty if it is none.
        origin: Who said so; as text, ``config.toml:12``, or empty.
        template: Its parts.
    """

    setting: str
    origin: object
    template: Template = attrs.field(repr=False)

    def __str__(self) -> str:
        return f"{self.setting} {self.source}".strip()

    @property
    def source(self) -> str:
        """``from config.toml:12``, or empty."""
        origin = str(self.origin)
        return f"from {origin}" if origin else ""


@attrs.frozen
class Partly:
    """What is known when the first resolver is opened that has settings of its own.

    Args:
        texts: What came of texts that ask variables and files only.
        reasons: Why the others have none, for the resolver that reads them.
    """

    texts: Mapping[Spot, str] = attrs.field(repr=False)
    reasons: Mapping[Spot, str]


@attrs.frozen
class _Outcome:
    text: str = attrs.field(default="", repr=False)
    lacking: tuple[Lacking, ...] = ()
    is_later: bool = False
    is_failed: bool = False

    @property
    def is_whole(self) -> bool:
        return not (self.lacking or self.is_later or self.is_failed)


async def resolved(
    spots: Sequence[Spot],
    source: Any,
    partly: Callable[[Partly], Any],
    *,
    mistakes: Sequence[Mistake] = (),
    fix: Sequence[str] = (),
    background: Sequence[Spot] = (),
    where: str = "the settings",
    timeout: float,  # noqa: ASYNC109  (it names who did not answer)
) -> Mapping[Spot, str]:
    """What comes of each text.

    Args:
        spots: The texts.
        source: What ``env`` and ``file`` are opened with.
        partly: Makes the source that another resolver is opened with.
        mistakes: What is wrong besides; told together with what is found here.
        fix: What to do about it.
        background: Texts that resolvers may need for their own settings; nothing is told about others of them.
        where: The texts stand.
        timeout: Seconds for all resolvers together.

    Raises:
        ConfigError: References are malformed, or ask for what is not there.
        ResolverError: A resolver failed, was denied what it was asked for, or did not answer in time.
        ExceptionGroup: Several of those.
    """
    work = _Work(spots, background, source, partly)
    doing = asyncio.create_task(work.run(), name="resolving references")
    late: tuple[Key, ...] = ()
    clock = asyncio.get_running_loop().time
    end = clock() + timeout
    try:
        while not (doing.done() or late):
            await asyncio.wait({doing}, timeout=max(0.0, end - clock()))
            late = () if doing.done() else work.asking.unanswered
    finally:
        doing.cancel()
        await _whole(asyncio.create_task(work.asking.close(), name="closing resolvers"))
    if doing.done() and not doing.cancelled():
        doing.result()
    reason = f"there was no answer within {timeout:g} s, which is the time for all together"
    answers = {**work.answers, **dict.fromkeys(late, Failed(ResolverTimeoutError, reason))}
    of_resolvers = [each for each in answers.values() if isinstance(each, ConfigError)]
    wrong = _wrong(where, (*mistakes, *work.mistakes()), (*fix, *work.fixes()), of_resolvers)
    errors = [*wrong, *_failed(answers, work)]
    if errors:
        raise together(f"references in {where} cannot be resolved", errors)
    return {spot: work.outcomes[spot].text for spot in spots}


class _Work:
    """Texts on their way, and what was found out."""

    def __init__(
        self,
        spots: Sequence[Spot],
        background: Sequence[Spot],
        source: Any,
        partly: Callable[[Partly], Any],
    ) -> None:
        self._spots = spots
        self._background = background
        self._unheard = frozenset(background)
        self._source = source
        self._partly = partly
        self.asking = Asking(self._context)
        self.outcomes: dict[Spot, _Outcome] = {}
        self.answers: dict[Key, Answer] = {}
        self.askers: dict[Key, dict[Spot, Reference]] = {}

    async def run(self) -> None:
        """Resolve what asks variables and files only, then the others."""
        await asyncio.gather(*(self._settle(spot, BUILT_IN) for spot in self._spots))
        later = [spot for spot in self._spots if self.outcomes[spot].is_later]
        if later:
            await asyncio.gather(*(self._settle(spot, BUILT_IN) for spot in self._background))
        await asyncio.gather(*(self._settle(spot, None) for spot in later))

    def mistakes(self) -> Iterator[Mistake]:
        """What references ask for and is not there."""
        for spot in self._spots:
            outcome = self.outcomes.get(spot, _Outcome())
            for each in dict.fromkeys(outcome.lacking):
                yield Mistake(spot.setting, each.reason, spot.source)

    def fixes(self) -> Iterator[str]:
        """What to do about them."""
        for spot in self._spots:
            for each in self.outcomes.get(spot, _Outcome()).lacking:
                yield from each.fix

    def _context(self, op: str) -> Any:
        opened = opening(op)
        return opened(self._source if op in BUILT_IN else self._partly(self._known(op)))

    def _known(self, op: str) -> Partly:
        texts = {spot: each.text for spot, each in self.outcomes.items() if each.is_whole}
        reasons = {spot: _why(spot, each, op) for spot, each in self.outcomes.items() if spot not in texts}
        return Partly(texts, reasons)

    async def _settle(self, spot: Spot, admitted: Iterable[str] | None) -> None:
        outcome = await self._text(spot, spot.template, admitted)
        if len(outcome.text) > LONGEST:
            outcome = _Outcome(lacking=(Lacking(f"what comes of it is longer than {LONGEST} characters"),))
        self.outcomes[spot] = outcome

    async def _text(self, spot: Spot, template: Template, admitted: Iterable[str] | None) -> _Outcome:
        parts = await asyncio.gather(*(self._part(spot, part, admitted) for part in template))
        return _Outcome(
            "".join(part.text for part in parts),
            tuple(each for part in parts for each in part.lacking),
            any(part.is_later for part in parts),
            any(part.is_failed for part in parts),
        )

    async def _part(self, spot: Spot, part: str | Reference, admitted: Iterable[str] | None) -> _Outcome:
        if isinstance(part, str):
            return _Outcome(part)
        key = (part.op or "env", part.name)
        if admitted is not None and key[0] not in admitted:
            return _Outcome(is_later=True)
        if spot not in self._unheard:
            self.askers.setdefault(key, {})[spot] = part
        answer = self.answers[key] = await self.asking.ask(key)
        if isinstance(answer, Found) and (answer.text or part.default is None):
            return _Outcome(answer.text)
        if part.default is not None and (isinstance(answer, Found) or _is_absent(answer)):
            return await self._text(spot, part.default, admitted)
        return _Outcome(lacking=(answer,)) if isinstance(answer, Lacking) else _Outcome(is_failed=True)


def _is_absent(answer: Answer) -> bool:
    return isinstance(answer, Lacking) and answer.is_absent


def _why(spot: Spot, outcome: _Outcome, op: str) -> str:
    """Why a text has not been resolved that the resolver ``op`` reads."""
    if not outcome.is_later:
        return "; ".join(dict.fromkeys(each.reason for each in outcome.lacking)) or "it was not resolved"
    asked = dict.fromkeys(each.op for each in asked_in(spot.template) if each.op and each.op not in BUILT_IN)
    circle = " → ".join((op, spot.setting, " and ".join(map(str, asked))))
    return f"a resolver's own settings may ask env and file only: {circle}"


async def _whole(closing: "asyncio.Task[None]") -> None:
    """Wait for its end, whoever cancels the one that waits; the cancellation comes afterwards."""
    cancelled: asyncio.CancelledError | None = None
    while not closing.done():
        try:
            await asyncio.wait({closing})
        except asyncio.CancelledError as error:
            cancelled = error
    if cancelled is not None:
        raise cancelled
    closing.result()


def _wrong(
    where: str, mistakes: Sequence[Mistake], fixes: Sequence[str], of_resolvers: Sequence[ConfigError]
) -> Iterator[ConfigError]:
    """All mistakes as one error, with those in the settings that resolvers read for themselves."""
    known = {(each.setting, each.reason) for each in mistakes}
    more = [
        each for error in of_resolvers for each in error.mistakes if (each.setting, each.reason) not in known
    ]
    every = tuple(dict.fromkeys((*mistakes, *more)))
    if every:
        count = "1 reference" if len(every) == 1 else f"{len(every)} references"
        lines = dict.fromkeys((*fixes, *(line for error in of_resolvers for line in error.fix)))
        yield ConfigError(f"{count} in {where} cannot be resolved", every, tuple(lines))
    yield from dict.fromkeys(error for error in of_resolvers if not error.mistakes)


def _failed(answers: Mapping[Key, Answer], work: _Work) -> Iterator[Exception]:
    """One error for each resolver and for each way in which it failed."""
    told: dict[tuple[str, type[ResolverError]], tuple[dict[str, None], dict[tuple[str, str], None]]] = {}
    others: dict[Exception, None] = {}
    closings = [((op, ""), answer) for op, answer in work.asking.closings.items()]
    for (op, name), answer in (*answers.items(), *closings):
        needed = [key for key in work.askers if key == (op, name) or (not name and key[0] == op)]
        if isinstance(answer, Failed) and needed:
            reasons, asked = told.setdefault((op, answer.kind), ({}, {}))
            reasons[answer.reason] = None
            for key in needed:
                told_of = work.askers[key].items()
                asked.update(dict.fromkeys((str(spot), str(each)) for spot, each in told_of))
        elif isinstance(answer, Exception) and not isinstance(answer, ConfigError):
            others[answer] = None
    for (op, kind), (reasons, asked) in told.items():
        yield kind(op, tuple(asked), tuple(reasons))
    yield from others
