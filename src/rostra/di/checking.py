"""Is everything there that will be needed? Every root is planned, nothing is built.

Roots are the functions that rostra will call: handlers, tasks, ``prepare``, ``@di.inject``; and what is built
before tasks start.
"""

from collections.abc import Callable, Iterator

from rostra.components import Components, Key
from rostra.di.adapters import Adapter, identity
from rostra.di.annotations import Want
from rostra.di.answering import Answer, answer
from rostra.di.asking import foreseen_call
from rostra.di.plans import Build
from rostra.di.registry import Registry, Root, here, is_injected, registry_of
from rostra.di.scopes import Unscoped, scope
from rostra.di.signatures import signature
from rostra.di.views import view_from
from rostra.values import Values


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
    problems = {str(problem): problem for each in checked for problem in each.problems()}
    builds = [node for each in checked for node in each.answer.plan.nodes() if isinstance(node, Build)]
    # A root that cannot be planned reaches nothing, though it may well need what seems to be left over.
    unreached = () if problems else _unreached(registry, builds)
    hints = [hint for each in checked for hint in each.hints]
    unreadable = registry.problems

    def worded() -> tuple[str, ...]:
        left_over = (f"{each.label}, {each.place}: nothing that rostra calls needs it" for each in unreached)
        return (*hints, *left_over, *map(str, unreadable))

    return CheckReport(tuple(problems.values()), frozenset(build.offer.made for build in builds), worded)


def planned(root: Root, layer: Components) -> Answer:
    """How a root would be called from ``layer``; what is left to its callers is not among the failures."""
    return _checked(root, layer).answer


class _Checked(Values):
    """What was found about a root."""

    answer: Answer
    hints: tuple[str, ...] = ()

    def problems(self) -> Iterator[Exception]:
        """One for each thing that is missing or ambiguous."""
        found = self.answer
        for failure in found.failures:
            from rostra.di.drawing import leaves
            from rostra.di.suggesting import missing

            for leaf in leaves(failure):
                yield missing(found, leaf)
        yield from found.flaws


def _checked(root: Root, layer: Components) -> _Checked:
    view = view_from(layer_of(root, layer), root.offers)
    if root.is_called:
        return _Checked(foreseen_call(root.function, view, root.label))
    found = answer(view, signature(root.function), root.label)
    hints: tuple[str, ...] = ()
    if is_injected(root.function):
        from rostra.di.injecting import without_what_callers_pass  # then it is imported already

        found, hints = without_what_callers_pass(found)
    return _Checked(found, hints)


def _eager(layer: Components, registry: Registry) -> Iterator[_Checked]:
    for adapter in registry.adapters:
        if adapter.eager and adapter.declares is not None:
            yield _Checked(answer(view_from(layer, {}), (Want((adapter.declares,)),)))


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
