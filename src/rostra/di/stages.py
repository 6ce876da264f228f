"""What does a stage need of di? A registry, objects that live as long as it does, and a scope.

And it must know, before it makes a call, what that takes from the context, and, before its tasks start, whether everything
is there that will be needed: then every root is planned, and nothing is built. Roots are the functions that rostra will
call: handlers, tasks, ``prepare``, ``@di.inject``; and what is built before tasks start.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeAlias

from rostra.components import Components, Key
from rostra.di.adapters import Adapter, identity
from rostra.di.annotations import Want
from rostra.di.answering import Answer, answer
from rostra.di.asking import foreseen_call, values_of
from rostra.di.closing import Closing
from rostra.di.functions import takes_nothing
from rostra.di.plans import Build, Load
from rostra.di.registry import PROCESS, Registry, Root, here, is_injected, registry_of
from rostra.di.scopes import Scope, ScopeWithin, StageObjects, Unscoped, scope
from rostra.di.signatures import signature
from rostra.di.views import view_from

Checked: TypeAlias = tuple[Answer, tuple[str, ...]]
"""What was found about a root, and hints."""


def open_stage(
    layer: Components, closing: Closing, registered: Callable[[Adapter], None] | None = None
) -> Registry:
    """Make ``layer`` the layer of a stage, for di.

    Args:
        layer: Gets a ``Registry`` on top of the process's, ``StageObjects`` and a ``Scope``.
        closing: What is built for the stage and in its scope is closed with it, last in first out.
        registered: Called with each adapter that is registered on the stage.
    """
    layer.add(StageObjects(layer, closing, values_of))
    layer.add(ScopeWithin(closing), Scope)
    return layer.add(Registry(PROCESS, registered))


def loads(
    function: Callable[..., Any], layer: Components, given: Mapping[str, Any] | None = None
) -> frozenset[Key]:
    """The types of all components that a call of ``function`` takes, itself or for what is built for it.

    Args:
        function: Its parameters come from ``di``.
        layer: In which it will be called. What cannot be built there is left out; the call itself will say
            so.
        given: The types of the values that it will be given, by name; none unless said otherwise.
    """
    if takes_nothing(function):
        return frozenset()
    plan = foreseen_call(function, view_from(layer, given or {})).plan
    return frozenset(node.key for node in plan.nodes() if isinstance(node, Load))


class CheckReport:
    """What ``di.check`` found.

    Args:
        problems: What will go wrong.
        built: The types that the roots make adapters build.
        worded: Puts the ``hints`` into words.
    """

    __slots__ = ("_hints", "_worded", "built", "problems")

    def __init__(
        self, problems: tuple[Exception, ...], built: frozenset[Key], worded: Callable[[], tuple[str, ...]]
    ) -> None:
        self.problems = problems
        self.built = built
        self._worded = worded
        self._hints: tuple[str, ...] | None = None

    @property
    def hints(self) -> tuple[str, ...]:
        """What looks like a mistake but need not be one.

        To say where a class stands takes milliseconds, so it is said to who asks: no start does.
        """
        if self._hints is None:
            self._hints = self._worded()
        return self._hints

    def raise_problems(self) -> None:
        """Do nothing if all is well.

        Raises:
            RostraError: There is one problem; this is it.
            ExceptionGroup: There are several.
        """
        if len(self.problems) == 1:
            raise self.problems[0]
        if self.problems:
            msg = f"{len(self.problems)} things cannot be built"
            raise ExceptionGroup(msg, list(self.problems))


def check() -> CheckReport:
    """Every problem at once, from the roots that are known here.

    An adapter that no root reaches is a hint, never a problem: its values may be given at the call. While there
    are problems it is not even that: what cannot be built may be what needs it.
    """
    layer = here()
    registry = registry_of(layer)
    checked = [*(_checked(root, layer) for root in registry.roots), *_eager(layer, registry)]
    problems = _problems([found for found, _ in checked])
    builds = [node for found, _ in checked for node in found.plan.nodes() if isinstance(node, Build)]
    # A root that cannot be planned reaches nothing, though it may well need what seems to be left over.
    unreached = () if problems else _unreached(registry, builds)
    hints = [hint for _, hints in checked for hint in hints]
    unreadable = registry.problems

    def worded() -> tuple[str, ...]:
        left_over = (f"{each.label}, {each.place}: nothing that rostra calls needs it" for each in unreached)
        return (*hints, *left_over, *map(str, unreadable))

    return CheckReport(problems, frozenset(build.offer.made for build in builds), worded)


def planned(root: Root, layer: Components) -> Answer:
    """How a root would be called from ``layer``; what is left to its callers is not among the failures."""
    found, _ = _checked(root, layer)
    return found


def _problems(answers: list[Answer]) -> tuple[Exception, ...]:
    """What is missing or ambiguous; what words it is imported when something is."""
    if not any(found.failures or found.flaws for found in answers):
        return ()
    from rostra.di.alike import problems_of

    return problems_of(answers)


def _checked(root: Root, layer: Components) -> Checked:
    view = view_from(layer_of(root, layer), root.offers)
    if root.is_called:
        return foreseen_call(root.function, view, root.label), ()
    found = answer(view, signature(root.function), root.label)
    hints: tuple[str, ...] = ()
    if is_injected(root.function):
        from rostra.di.injecting import without_what_callers_pass  # then it is imported already

        found, hints = without_what_callers_pass(found)
    return found, hints


def _eager(layer: Components, registry: Registry) -> Iterator[Checked]:
    for adapter in registry.adapters:
        if adapter.eager and adapter.declares is not None:
            yield answer(view_from(layer, {}), (Want((adapter.declares,)),)), ()


def layer_of(root: Root, layer: Components) -> Components:
    """The layer that a root will be called in, as far as types go."""
    above = layer.push("call")
    above.add(scope() if root.scoped else Unscoped())
    for provided in root.provides:
        above.add(object(), provided)
    return above


def _unreached(registry: Registry, builds: list[Build]) -> tuple[Adapter, ...]:
    reached = {identity(build.offer.adapter.make) for build in builds}
    return tuple(each for each in registry.adapters if identity(each.make) not in reached)
