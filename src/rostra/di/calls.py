"""Asking: ``nject``, ``now``, ``call``, ``inject``.

Each takes the context as it is when it is called, plans, and makes what was planned. Whatever is wrong is raised
at the ``await``.
"""

import functools
import inspect
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from typing import Any

from rostra.components import Components, name_of
from rostra.di.annotations import Want, read
from rostra.di.drawing import failed
from rostra.di.planning import Answer, View, answer
from rostra.di.plans import Flawed, Given
from rostra.di.registry import here, registry_of
from rostra.di.running import Run, driven
from rostra.di.scopes import nearest_scope
from rostra.di.signatures import Signature, signature
from rostra.di.stage_objects import StageObjects
from rostra.errors import GivenError, NeedsAwaitError


def view_from(layer: Components, given: Mapping[str, type]) -> View:
    """What a call from ``layer`` may use."""
    stage = layer.get(StageObjects, default=None)
    scope = nearest_scope(layer)
    return View(
        layer,
        registry_of(layer),
        given,
        frozenset(given),
        scope[0] if scope else None,
        View(stage.layer, registry_of(stage.layer), is_stage=True) if stage else None,
    )


def _planned(
    layer: Components, wants: tuple[Want, ...], function: Signature | None, given: Mapping[str, Any]
) -> tuple[Run, Answer]:
    view = view_from(layer, {name: type(value) for name, value in given.items()})
    view, found = answer(view, wants, function)
    wanted = function.label if function else ", ".join(map(str, wants))
    if found.failures:
        context = {
            "given": tuple(f"{name}: {name_of(type(value))}" for name, value in given.items()),
            "layers": layer.describe(),
        }
        raise failed(wanted, found.failures, (function.label, function) if function else None, context)
    nodes = list(found.plan.nodes())
    for node in nodes:
        if isinstance(node, Flawed):
            raise node.error
    used = {node.name for node in nodes if isinstance(node, Given)}
    for name in given:
        if name not in used:
            raise GivenError(
                wanted, f"{name}: {name_of(type(given[name]))}", "nothing that is built for it takes it"
            )
    scope = nearest_scope(layer)
    run = Run(
        found.plan,
        given,
        layer,
        scope[1] if scope else None,
        layer.get(StageObjects, default=None),
        scope[1].closing if scope else None,
    )
    return run, found


def nject(*targets: Any, **given: Any) -> Coroutine[Any, Any, Any]:
    try:
        run, _ = _planned(here(), tuple(map(read, targets)), None, given)
    except Exception as error:
        return _raising(error)
    return _njected(run, is_one=len(targets) == 1)


async def _njected(run: Run, *, is_one: bool) -> Any:
    values = [await run.value(root) for root in run.plan.roots]
    return values[0] if is_one else tuple(values)


async def _raising(error: Exception) -> Any:
    raise error


def now(*targets: Any, **given: Any) -> Any:
    run, _ = _planned(here(), tuple(map(read, targets)), None, given)
    for root, target in zip(run.plan.roots, targets):
        if label := run.waits(root):
            raise NeedsAwaitError(name_of(target), f"{label} needs await")
    return driven(_njected(run, is_one=len(targets) == 1))


def call(function: Callable[..., Any], /, **given: Any) -> Coroutine[Any, Any, Any]:
    try:
        run, found = _planned(here(), (), signature(function), given)
    except Exception as error:
        return _raising(error)
    return _called(function, run, found)


async def _called(function: Callable[..., Any], run: Run, found: Answer) -> Any:
    positional, named = await run.passed(found.arguments)
    result = function(*positional, **named)
    return await result if inspect.isawaitable(result) else result
