"""What is there, or can be made, without ``await``? ``di.now`` gives that and refuses everything else."""

from collections.abc import Mapping
from typing import Any, TypeVar, overload

from typing_extensions import TypeForm

from rostra.components import Shape
from rostra.context import peek
from rostra.di.asking import asked, made, planned
from rostra.di.driving import check_now, driven
from rostra.di.plans import Load
from rostra.di.recipes import Recipe, Ways, run_of
from rostra.di.registry import here

A = TypeVar("A")
B = TypeVar("B")
C = TypeVar("C")
D = TypeVar("D")
E = TypeVar("E")
F = TypeVar("F")

_NOW = object()
"""Under which a shape has the plans of ``di.now``."""


@overload
def now(a: TypeForm[A], /, **given: Any) -> A: ...
@overload
def now(a: TypeForm[A], b: TypeForm[B], /, **given: Any) -> tuple[A, B]: ...
@overload
def now(a: TypeForm[A], b: TypeForm[B], c: TypeForm[C], /, **given: Any) -> tuple[A, B, C]: ...
@overload
def now(
    a: TypeForm[A], b: TypeForm[B], c: TypeForm[C], d: TypeForm[D], /, **given: Any
) -> tuple[A, B, C, D]: ...
@overload
def now(
    a: TypeForm[A], b: TypeForm[B], c: TypeForm[C], d: TypeForm[D], e: TypeForm[E], /, **given: Any
) -> tuple[A, B, C, D, E]: ...
@overload
def now(
    a: TypeForm[A],
    b: TypeForm[B],
    c: TypeForm[C],
    d: TypeForm[D],
    e: TypeForm[E],
    f: TypeForm[F],
    /,
    **given: Any,
) -> tuple[A, B, C, D, E, F]: ...
def now(target: Any, /, *more: Any, **given: Any) -> Any:
    """What ``await nject(...)`` gives, where nothing on the way needs ``await``.

    An object of the scope or the stage that is there already needs none. Nothing is built if something does.

    Args:
        target: As for ``nject``.
        more: As for ``nject``.
        given: As for ``nject``.

    Raises:
        NeedsAwaitError: Something needs ``await``.
        ResolveError: As for ``nject``.
        GivenError: As for ``nject``.
    """
    if not given and not more:
        try:
            values = peek().values
            slot = values[0].shape.at_hand[target]
            if slot:
                return values[slot]
            plan = values[0].shape.plans[_NOW][target]
        except (LookupError, TypeError):  # as above
            pass
        else:
            return plan(values)
    return _found((target, *more), given)


def _found(targets: tuple[Any, ...], given: Mapping[str, Any]) -> Any:
    """What ``now`` gives that it did not find by itself."""
    layer, is_one = here(), len(targets) == 1
    key, at, recipe = asked(layer, _NOW, targets, given)
    values, shape, _ = at
    slot = _slot_of(recipe, shape) if is_one and not given else None
    if slot is not None:
        shape.at_hand[key] = slot
        return values[slot]
    plan = planned(at, (_NOW,), key, recipe, given, Ways(is_one, can_wait=False))
    if plan is not None:
        if is_one and not given:
            shape.at_hand[key] = 0
        return plan(values, *given.values())
    run = run_of(recipe, layer, given)
    check_now(run, recipe.wanted, recipe.plan.roots)
    return driven(made(run, is_one=is_one))


def _slot_of(recipe: Recipe, shape: Shape) -> int | None:
    """Where the one thing that is asked for lies, if it is a component and will be so for all layers of this shape."""
    match recipe.plan.roots:
        case (Load() as load,) if recipe.is_known:
            return shape.find(load.key, load.name)
    return None
