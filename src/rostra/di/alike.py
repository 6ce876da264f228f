"""Which problems are one? Where several functions lack the same, it is told once, and all of them are named.

They lack the same if the same would mend it: a type that nothing gives, or something that one adapter lacks, whoever asks
for that. Imported when something is wrong.
"""

from collections.abc import Hashable, Iterator

from rostra.di.answering import Answer
from rostra.di.drawing import leaves
from rostra.di.plans import Failure, chain
from rostra.di.suggesting import ROSTRA, missing
from rostra.errors import ConflictError, ResolveError


def problems_of(answers: list[Answer]) -> tuple[Exception, ...]:
    """What is missing or ambiguous, each once: as the first has it, with the names of the others."""
    found: dict[Hashable, list[tuple[Answer, Exception]]] = {}
    for answer in answers:
        for same, problem in _problems(answer):
            found.setdefault(same, []).append((answer, problem))
    return tuple(map(_naming_all, found.values()))


def _problems(answer: Answer) -> Iterator[tuple[Hashable, Exception]]:
    """Each problem, and what is equal for problems that are one."""
    for failure in answer.failures:
        for each in leaves(failure):
            problem = missing(answer, each, ROSTRA)
            yield (_what_is_lacking(each), problem.near, problem.fixes), problem
    for flaw in answer.flaws:
        yield (flaw.missing, flaw.near) if isinstance(flaw, ConflictError) else str(flaw), flaw


def _what_is_lacking(failure: Failure) -> Hashable:
    *way, leaf = chain(failure)
    is_of_type = leaf.option is not None and leaf.through is None
    if is_of_type and not (leaf.is_name_only or leaf.is_circle):
        return leaf.option, leaf.reason
    adapter = leaf.through or (way[-1].through if way else None)
    return leaf.subject, leaf.reason, adapter and adapter.identity


def _naming_all(same: list[tuple[Answer, Exception]]) -> Exception:
    (first, problem), *_ = same
    others = {each.wanted: each.function.place if each.function else "" for each, _ in same}
    del others[first.wanted]
    return problem.of_others(tuple(others.items())) if isinstance(problem, ResolveError) else problem
