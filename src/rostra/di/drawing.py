"""How is a plan, or what it lacks, put into words?

The path goes from who asked to what is missing, one line per adapter with its file and line. Where several
adapters could have served, the first is drawn and the others are near misses.
"""

from rostra.components import name_of
from rostra.di.annotations import Option
from rostra.di.plans import Failure
from rostra.di.registry import Offer
from rostra.di.signatures import Parameter, Signature
from rostra.errors import ConflictError, CycleError, GivenError, ResolveError, RostraError


def a(thing: object) -> str:
    """With its article: ``a Database``, ``an Order``."""
    word = str(thing)
    return f"{'an' if word[:1].lower() in 'aeiou' else 'a'} {word}"


def called(label: str, signature: Signature, parameter: str | None = None) -> str:
    """A function with the parameter that matters: ``make_repo(db: Database, ...)``."""
    shown = [str(each) for each in signature.parameters if parameter in (None, str(each))]
    more = ["..."] if len(shown) < len(signature.parameters) else []
    return f"{label}({', '.join(shown + more)})"


def step_of(offer: Offer, parameter: str | None = None) -> str:
    """An adapter as a step of a path."""
    return called(offer.adapter.label, offer.signature, parameter)


def ambiguous(parameter: Parameter, names: list[str]) -> RostraError:
    """Two given values fit one parameter."""
    return GivenError(
        f"{parameter.owner}({parameter}, ...)",
        " and ".join(names),
        f"each of them fits {parameter}",
        fix=(f"give one of them by name: {parameter.name}=...",),
    )


def none_given(parameter: Parameter) -> RostraError:
    """None was given for a parameter that does not take it."""
    return GivenError(
        f"{parameter.owner}({parameter}, ...)",
        f"{parameter.name}=None",
        f"{parameter} is not optional",
        fix=(f"declare it {parameter} | None, or give a value",),
    )


def conflict(option: Option, offers: list[Offer], path: tuple[tuple[str, str], ...]) -> RostraError:
    """Several adapters are equally near."""
    return ConflictError(
        str(option),
        f"{len(offers)} adapters give {a(option)}",
        (*path, (str(option), f"{len(offers)} adapters are equally near, and each could be used:")),
        near=tuple(f"{step_of(offer)}   {offer.adapter.place}" for offer in offers),
        fixes=("register one of them with replace=True, or ask for list[...] to get all",),
    )


def failed(
    wanted: str, failures: tuple[Failure, ...], head: tuple[str, Signature] | None, found: dict
) -> ResolveError:
    """The error for what could not be planned."""
    failure = failures[0]
    path: list[tuple[str, str]] = []
    near: list[str] = []
    if head is not None:
        label, signature = head
        path.append((called(label, signature, failure.subject), signature.place))
    while failure.through is not None and failure.causes:
        cause = failure.causes[0]
        path.append((step_of(failure.through, cause.subject), failure.through.adapter.place))
        near += [would_do(other) for other in failure.others]
        failure = cause
    if failure.through is not None:
        path.append((step_of(failure.through), failure.through.adapter.place))
    path.append((failure.subject, failure.reason))
    near += [would_do(other) for other in failure.others]
    kind = CycleError if failure.circle else ResolveError
    return kind(wanted, failure.reason, tuple(path), near=tuple(near), **found)


def would_do(failure: Failure) -> str:
    """A near miss: an adapter that lacks something."""
    offer = failure.through
    if offer is None:
        return f"{failure.subject}: {failure.reason}"
    leaf = failure
    while leaf.causes:
        leaf = leaf.causes[0]
    cause = failure.causes[0].subject if failure.causes else None
    makes = "" if isinstance(offer.adapter.make, type) else f" -> {name_of(offer.made)}"
    return f"{step_of(offer, cause)}{makes}, {offer.adapter.place}, would do, but {leaf.reason}"
