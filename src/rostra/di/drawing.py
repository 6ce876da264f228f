"""How is what a plan lacks put into words?

The path goes from who asked to what is missing, one line per adapter with its file and line. Where several
adapters could have served, the one that was asked for exactly is drawn and the others are near misses.
"""

from collections.abc import Callable, Iterator

from rostra import errors
from rostra.components import Components, keys, name_of
from rostra.di.annotations import Option, with_article
from rostra.di.offers import Offer, step_of
from rostra.di.plans import Build, Failure, Plan, chain, innermost
from rostra.di.signatures import Parameter, Signature, called
from rostra.di.views import View, fits
from rostra.errors import closest


def ambiguous(parameter: Parameter, names: list[str], view: View) -> "errors.GivenError":
    """Two given values fit one parameter."""
    return errors.GivenError(
        called_with(parameter),
        " and ".join(f"{name}: {name_of(view.given[name])}" for name in names),
        f"each of them fits {parameter}",
        fix=(f"give one of them as {parameter.name}=...",),
    )


def none_given(parameter: Parameter) -> "errors.GivenError":
    """None was given for a parameter that does not take it."""
    return errors.GivenError(
        called_with(parameter),
        f"{parameter.name}=None",
        "the parameter is not optional",
        fix=(f"give a value, or declare {parameter} | None",),
    )


def unused(wanted: str, name: str, view: View, plan: Plan) -> "errors.GivenError":
    """A given value serves nobody."""
    near = closest(name, _taken(plan))
    fix = (
        f"did you mean {near}=...?"
        if near
        else "leave it out, or let a parameter of that name or type take it"
    )
    given = f"{name}: {name_of(view.given[name])}"
    return errors.GivenError(wanted, given, "nothing that is built takes it, by name or by type", fix=(fix,))


def _taken(plan: Plan) -> list[str]:
    """The names of all parameters of what is called."""
    builds = (node for node in plan.nodes() if isinstance(node, Build))
    return sorted({parameter.name for build in builds for parameter in build.offer.signature.parameters})


def called_with(parameter: Parameter) -> str:
    """The function of a parameter, with it."""
    return f"{parameter.owner}({parameter})"


def conflict(
    wanted: str,
    option: Option,
    offers: list[Offer],
    functions: list[Signature | None],
    parameters: list[Parameter],
    view: View,
) -> "errors.ConflictError":
    """Several adapters are equally near.

    Args:
        wanted: What errors call what is asked for.
        option: For which there are several.
        offers: The adapters.
        functions: The way there from the outside in; it begins with None where types are asked for.
        parameters: Of each function, the one that leads there.
        view: What may be used.
    """
    last = offers[-1].adapter.label
    signatures = [each for each in functions if each is not None]
    way = (
        (called(signature, str(parameter)), signature.place)
        for signature, parameter in zip(signatures, parameters, strict=False)
    )
    reason = f"{len(offers)} adapters give {with_article(option)}, and each could be used"
    return errors.ConflictError(
        wanted,
        reason,
        (*way, (str(option), reason)),
        _given(view),
        view.layer.describe(),
        tuple(f"{step_of(offer)}{_arrow(offer)}, {offer.adapter.place}" for offer in offers),
        (f"di.register({last}, replace=True), or ask for list[{name_of(option.key)}] to get all of them",),
    )


def drawn(
    wanted: str,
    failure: Failure,
    function: Signature | None,
    view: View,
    fix: Callable[[Failure, bool], str],
) -> "errors.ResolveError":
    """The error for what cannot be had, drawn along the first thing that each adapter on the way lacks.

    Args:
        wanted: What errors call what is asked for.
        failure: What cannot be had.
        function: Whose parameter that is, if it is one's.
        view: What could be used.
        fix: Says what to do about what is missing; it is told whether something comes close.
    """
    steps = list(chain(failure))
    leaf = steps[-1]
    way = [(called(function, failure.subject), function.place)] if function else []
    start = 0
    for step, cause in zip(steps, [*steps[1:], None], strict=True):
        if step is not leaf and _is_start(step, leaf):
            start = len(way)
        if step.through is not None:
            way.append((step_of(step.through, cause.subject if cause else None), step.through.adapter.place))
    way.append((leaf.subject, leaf.reason))
    passed = [would_do(other) for step in steps for other in step.others]
    near = (*_named_otherwise(leaf), *_given_otherwise(leaf, view), *_beyond(leaf, view), *passed)
    fixes = (fix(leaf, bool(near)),)
    fields = (wanted, leaf.reason, tuple(way), _given(view), view.layer.describe(), near, fixes)
    return errors.CycleError(*fields, (), start) if leaf.is_circle else errors.ResolveError(*fields)


def leaves(failure: Failure) -> Iterator[Failure]:
    """The failure once for each thing that is missing in it, so that each can be drawn."""
    if not failure.causes:
        yield failure
    for cause in failure.causes:
        for leaf in leaves(cause):
            yield failure._replace(causes=(leaf,))


def _is_start(step: Failure, leaf: Failure) -> bool:
    """True if the circle that ends in ``leaf`` begins here: with the same adapter, or else the same type."""
    if not leaf.is_circle:
        return False
    if leaf.through is not None:
        return step.through is not None and step.through.identity == leaf.through.identity
    return (step.option, step.view) == (leaf.option, leaf.view)


def _given(view: View) -> tuple[str, ...]:
    return tuple(f"{name}: {name_of(kind)}" for name, kind in view.given.items())


def _arrow(offer: Offer) -> str:
    return "" if isinstance(offer.adapter.make, type) else f" -> {name_of(offer.made)}"


def would_do(failure: Failure) -> str:
    """A near miss: an adapter that lacks something."""
    offer = failure.through
    if offer is None:
        return f"{failure.subject}: {failure.reason}"
    leaf = innermost(failure)
    cause = failure.causes[0].subject if failure.causes else None
    return f"{step_of(offer, cause)}{_arrow(offer)}, {offer.adapter.place}, would do, but {leaf.reason}"


def _named_otherwise(leaf: Failure) -> Iterator[str]:
    """Components of the right type that were not meant because of their name."""
    option = leaf.option
    if option is None or leaf.view is None or leaf.is_name_only:
        return
    for layer in leaf.view.layer.layers():
        for name in layer.own(option.key):
            if name is None:
                yield f"{with_article(name_of(option.key))} without a name is in the {layer.label} layer: leave out Named"
            elif name != option.name:
                where = f"is in the {layer.label} layer: name the parameter {name}"
                yield f'{with_article(name_of(option.key))} named "{name}" {where}'


def _given_otherwise(leaf: Failure, view: View) -> Iterator[str]:
    """Given values that come close."""
    name = leaf.subject.partition(": ")[0]
    if leaf.view is not None and leaf.view.is_stage:
        for given, kind in view.given.items():
            if given == name or (leaf.option is not None and fits(kind, leaf.option.key)):
                yield f"{given} was given, but what lives as long as the stage takes no given values"
    elif (near := closest(name, view.given)) is not None:
        yield f"{near} was given: did you mean {name}?"


def _beyond(leaf: Failure, view: View) -> Iterator[str]:
    """What is there, but not for an object of the stage; and what is only nearly the same type."""
    option = leaf.option
    if option is None or leaf.view is None:
        return
    if leaf.view.is_stage and not view.is_stage:
        for layer in _above(view.layer, leaf.view.layer):
            if option.name in layer.own(option.key):
                yield f"a {option} is in the {layer.label} layer, which ends before the stage does"
    for problem in view.registry.problems:
        yield f"{problem}".partition("\n")[0]
    for adapter in view.roster.adapters:
        made = adapter.declares.key if adapter.declares else None
        if made is not None and made != option.key and made in keys(option.key):
            yield f"{adapter.label} gives {with_article(name_of(made))}, {adapter.place}, which need not be {with_article(option)}"


def _above(layer: Components, stage: Components) -> Iterator[Components]:
    for each in layer.layers():
        if each is stage:
            return
        yield each
