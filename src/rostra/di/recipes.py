"""What need not be found out again? The answers to questions, by the shape of the context.

The first time, a question is planned and its plan interpreted. Asked again under the same shape, the plan becomes
a function, and from then on that is all there is to a call. What would make a plan wrong empties the dictionary in
which it would be found: an addition moves a layer to another shape, and a registry forgets the plans that asked it.
"""

from collections.abc import Callable, Mapping
from typing import Any

from rostra.components import Components, Shape, changing
from rostra.di.answering import Answer, Asked, answer
from rostra.di.offers import Facts
from rostra.di.registry import registry_of
from rostra.di.running import Run
from rostra.di.scopes import StageObjects, nearest_scope
from rostra.di.views import View, view_from
from rostra.values import Values

LIMIT = 1_000
"""So many plans are remembered for one shape; then they are found out anew."""

_RECIPES = object()


class At(Values):
    """Where something is asked.

    Args:
        values: What is seen there, as it was when this began.
        shape: Where things are in that.
        plans: What is remembered for the shape. If that is forgotten meanwhile, it is another dictionary from then on, and
            nobody reads what is written into this one.
    """

    values: list[Any]
    shape: Shape
    plans: dict[Any, Any]


class Recipe:
    """An answer without what belongs to the call that asked first.

    Args:
        wanted: What errors call what was asked for.
        function: The function whose parameters are filled, if it is one.
        plan: How everything is made.
        arguments: For a function: what it is called with.
        is_final: It stays right as long as the shape has it.

    ``is_known`` says that it was asked for before; to find it out beforehand is not to ask. ``programs`` and ``compiled``
    are what was made of it, by the names of given values and the way of asking; a program that is None cannot be written.
    """

    __slots__ = (
        "_was_asked",
        "arguments",
        "compiled",
        "function",
        "is_final",
        "is_known",
        "plan",
        "programs",
        "wanted",
    )

    def __init__(self, found: Answer, *, is_final: bool) -> None:
        self.wanted = found.function.label if found.function else found.wanted  # whatever a check calls it
        self.function = found.function
        self.plan = found.plan._replace(passed_over={})
        self.arguments = found.arguments
        self.is_final = is_final
        self.is_known = self._was_asked = False
        self.programs: dict[Any, Any] = {}
        self.compiled: dict[Any, Any] = {}

    def asked(self) -> "Recipe":
        """Itself, now that somebody asks for it."""
        self.is_known, self._was_asked = self._was_asked, True
        return self

    def answer(self, view: View) -> Answer:
        """The answer once more, for a view in which it is the same."""
        return Answer(self.wanted, self.function, view, self.plan, self.arguments, ())


class Ways(Values):
    """How a question may be answered besides by a function of one's own.

    Args:
        is_one: One object is returned, not a tuple.
        passes: The caller passes further arguments.
        can_wait: It may use ``await``.
        is_alone: Nobody else sees the scope in which it is called, so nothing need be kept for others.
        is_told_what_to_call: The caller passes the function, which is one of several that are alike.
    """

    is_one: bool = True
    passes: bool = False
    can_wait: bool = True
    is_alone: bool = False
    is_told_what_to_call: bool = False


def checked(view: View, asked: Asked) -> Answer:
    """The answer to a question that has one.

    Raises:
        ResolveError: Something cannot be had.
        GivenError: A given value cannot be used as it is.
    """
    found = answer(view, asked)
    for failure in found.failures:
        from rostra.di.suggesting import missing

        raise missing(found, failure)
    for flaw in found.flaws:
        raise flaw
    for name in found.unused:
        from rostra.di.drawing import unused

        raise unused(found.wanted, name, found.view, found.plan)
    return found


def recipe_for(
    layer: Components, key: Any, asked: Callable[[], Asked], given: Mapping[str, Any]
) -> tuple[At, Recipe]:
    """What is remembered of a question, or found out now; and where it was asked.

    Args:
        layer: Where it is asked.
        key: The question; None if it is not to be remembered.
        asked: What is asked for; called only if that is not remembered.
        given: The given values.

    Raises:
        RostraError: As for ``checked``.
    """
    values, shape = layer.look()
    at = At(values, shape, shape.plans)
    recipes: dict[Any, Recipe] = at.plans.get(_RECIPES, {})
    known = recipes.get(key) if key is not None else None
    if known is not None:
        return at, known.asked()
    if key is not None:
        at = at._replace(plans=plans_of(shape, layer))
    view = view_from(layer, {name: type(value) for name, value in given.items()})
    recipe = _taken_over(view, key)
    if recipe is None:
        recipe = _found_out(view, key, checked(view, asked()))
    if recipe.is_final and layer.look()[0] is values:  # no other thread has added anything meanwhile
        _remember(at, key, recipe)
    return at, recipe.asked()


def foreseen(view: View, key: Any, asked: Asked, wanted: str | None = None) -> Answer:
    """The answer to a question that is about to be asked, and which need not be found out again then.

    Args:
        view: What may be used; where it is asked it will be the same, or found out to be another.
        key: The question; None if it is not to be remembered.
        asked: What will be asked for.
        wanted: What errors call it, if not by its own name.
    """
    known = _taken_over(view, key)
    if known is not None:
        return known.answer(view)
    found = answer(view, asked, wanted)
    if not (found.failures or found.flaws or found.unused):
        _found_out(view, key, found)
    return found


def _found_out(view: View, key: Any, found: Answer) -> Recipe:
    """A recipe of an answer, remembered for all contexts in which it is the same."""
    recipe = Recipe(found, is_final=key is not None and found.is_final and _is_of_shape(view))
    if recipe.is_final and view.facts is not None and _is_told_by_facts(view):
        view.roster.remembered.add(_circumstances(view, key), view.facts, recipe)
    return recipe


def plans_of(shape: Shape, layer: Components) -> dict[Any, Any]:
    """Where to write what is planned for a shape from now on, by what is registered where ``layer`` looks."""
    objects = layer.get(StageObjects, default=None)
    registries = (registry_of(layer), *(() if objects is None else (registry_of(objects.layer),)))
    # In one hold, so that no registration comes in between, which would forget the shape and leave the next to others.
    with changing:
        for registry in dict.fromkeys(registries):
            registry.remembers(shape)
        return shape.plans


def _taken_over(view: View, key: Any) -> Recipe | None:
    """What was found out in a context of another shape, if all that planning looked at there is the same here."""
    if key is None or not (_is_told_by_facts(view) and _is_of_shape(view)):
        return None
    answers: list[tuple[Facts, Recipe]] = view.roster.remembered.of(_circumstances(view, key))
    for facts, recipe in answers:
        if _says(view, facts):
            return recipe
    return None


def _says(view: View, facts: Facts) -> bool:
    """Whether planning would find the same here; a stage runs here if one ran there."""
    views = {False: view, True: view.stage or view}
    if any(views[is_stage].finds(option) is not found for (is_stage, option), found in facts.seen.items()):
        return False
    if not facts.names:
        return True
    from rostra.di.listing import names_of

    return all(names_of(views[is_stage], key) == names for (is_stage, key), names in facts.names.items())


def _circumstances(view: View, key: Any) -> Any:
    """The question, and what else decides its answer besides the facts."""
    return key, view.scope is None, view.stage is None


def _is_told_by_facts(view: View) -> bool:
    """Whether nothing stands in for anything, and there is one registry: then the facts say all of the context."""
    return not view.has_overrides and (view.stage is None or view.stage.roster is view.roster)


def run_of(recipe: Recipe, layer: Components, given: Mapping[str, Any]) -> Run:
    """One call, to be interpreted."""
    _, scope = nearest_scope(layer)
    objects = layer.get(StageObjects, default=None)
    return Run(recipe.plan, given, layer, scope, objects, scope)


def _is_of_shape(view: View) -> bool:
    """Whether all that planning looked at belongs to its shape, so that the answer is that of all who have it."""
    objects = view.stage_objects
    if objects is not None and all(objects.layer is not layer for _, layer in view.layers()):
        return False
    return not (view.roster.is_waiting or (view.stage is not None and view.stage.roster.is_waiting))


def _remember(at: At, key: Any, recipe: Recipe) -> None:
    if len(at.plans.get(_RECIPES, ())) >= LIMIT or len(at.plans) >= LIMIT:
        at.plans.clear()
        at.shape.at_hand.clear()
    at.plans.setdefault(_RECIPES, {})[key] = recipe
