"""How are things made that need each other?

Where not all of them must have what they ask for, one goes without: the one that would close the circle, since what is under
way cannot be had by what it needs. Each adapter is planned once, where the call needs it first; who needs it later gets the
same. To plan each anew on every way that leads to it would make two things of one, and of twenty that can all use each other
some millions.

Whether an adapter has all it needs is found out before it is planned, from the parameters that cannot be left out. So what
is planned need never be given up, and does not depend on what was tried and could not be had.
"""

from collections.abc import Callable

from rostra import errors
from rostra.di.annotations import Option, Want, item_of
from rostra.di.offers import Offer
from rostra.di.planning import MANY, Found, Mark, Planner, Step
from rostra.di.plans import Build, Failure, Node, innermost
from rostra.di.signatures import Parameter, Signature
from rostra.di.views import View


class CirclePlanner(Planner):
    """Plans what one call asks for, where a type may have to be looked for more than once.

    Args:
        view: What it may use.
        wanted: What errors call what is asked for.
        function: The function whose parameters are filled, if it is one.
    """

    def __init__(self, view: View, wanted: str, function: Signature | None) -> None:
        super().__init__(view, wanted, function)
        self._needs = _Needs(view, wanted, function)

    def _begin(self) -> None:
        super()._begin()
        self._planned: dict[Mark, Build] = {}

    def _recalled(self, mark: Mark, under_way: set[Mark]) -> Found | None:
        known = self._known.get(mark)
        return known if known is not None and known[1].isdisjoint(under_way) else None

    def _made(self, view: View, offer: Offer, mark: Mark, *, is_private: bool) -> Build | Failure:
        lack, looked_at = self._needs.lack(view, offer, mark, self._path)
        self._touched[-1] |= looked_at
        self.is_final = self.is_final and self._needs.is_final
        if lack is not None:
            return lack
        if mark not in self._planned:
            made = super()._made(view, offer, mark, is_private=is_private)
            if isinstance(made, Failure):
                return made
            self._planned[mark] = made
        return self._nodes.one(self._planned[mark], is_private=is_private)


class _Needs(Planner):
    """Finds out what can be had at all while something else is under way; what can be left out is not looked at.

    It looks again and again, each time at everything once: what was in the middle of being looked for counts as missing for
    what needs it, until it is found. When nothing more is found, nothing more can be had.
    """

    def __init__(self, view: View, wanted: str, function: Signature | None) -> None:
        super().__init__(view, wanted, function)
        self._there: dict[Mark, Found] = {}
        self._missing: dict[Mark, Found] = {}
        self._is_told = False

    def lack(
        self, view: View, offer: Offer, mark: Mark, path: list[Step]
    ) -> tuple[Failure | None, set[Mark]]:
        """What an adapter lacks, None if nothing; and all that was looked at to find out."""
        while True:
            self._path, self._touched, self._there = [*path], [set()], {}
            found = self._settled(lambda: super(_Needs, self)._made(view, offer, mark, is_private=False))
            looked_at = self._touched[0]
            if self._are_lazies_planned():
                return (found if isinstance(found, Failure) else None), looked_at
            self._begin_anew()

    def _settled(self, look: Callable[[], Node | Failure]) -> Node | Failure:
        """What ``look`` finds when it has looked so often that nothing new turns up."""
        is_news = True
        while is_news:
            before, self._missing = len(self._there), {}
            found = look()
            if not isinstance(found, Failure):
                return found
            is_news = len(self._there) > before
        self._is_told = True  # once more, so that each failure says what is in its own way
        found = look()
        self._is_told = False
        return found

    def _recalled(self, mark: Mark, under_way: set[Mark]) -> Found | None:
        known = self._known.get(mark)
        if known is not None and known[1].isdisjoint(under_way):
            return known
        if mark in self._there:
            return self._there[mark]
        if mark in self._missing:
            if not self._is_told:
                return self._missing[mark]
            if self._failures > MANY:
                return _in_short(self._missing[mark])
        self._missing.setdefault(mark, (_UNDER_WAY, frozenset({mark})))
        return None

    def _remember(self, mark: Mark, found: Found, under_way: set[Mark]) -> None:
        if isinstance(found[0], Failure):
            self._missing[mark] = found
        else:
            self._there[mark] = found
            super()._remember(mark, found, under_way)

    def _filled(self, view: View, parameter: Parameter) -> Node | Failure | None:
        return None if self._can_be_left_out(view, parameter) else super()._filled(view, parameter)

    def _can_be_left_out(self, view: View, parameter: Parameter) -> bool:
        """True if it has a default, may be None, or is a list, which may be empty."""
        if parameter.has_default:
            return True
        try:
            want = parameter.read(view.registry.names)
        except errors.AnnotationError:
            return False
        return want.optional or (bool(want.options) and item_of(want.key) is not None)

    def _chosen(
        self,
        view: View,  # noqa: ARG002  (as it is overridden)
        option: Option,  # noqa: ARG002
        able: list[tuple[Offer, Node]],
        failures: list[Failure],  # noqa: ARG002
    ) -> Node:
        return able[0][1]

    def _apart(self, view: View, want: Want, parameter: Parameter | None) -> Node | Failure:
        self._there = {}
        return self._settled(lambda: super(_Needs, self)._apart(view, want, parameter))


_UNDER_WAY = Failure("", "it needs itself", is_circle=True)


def _in_short(found: Found) -> Found:
    """The same without what it lacks in turn."""
    failure, looked_at = found
    assert isinstance(failure, Failure), "only what is missing is told"  # noqa: S101  (for type checkers)
    is_circle = innermost(failure).is_circle
    return failure._replace(causes=(), others=(), is_circle=is_circle), looked_at
