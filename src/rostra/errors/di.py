"""What can go wrong when something is to be made out of other things."""

from typing import Self

from rostra.errors.base import RostraError, Wording

_MANY = 8
"""So many of those who lack the same are drawn; programs are told all."""


class ResolveError(RostraError, LookupError):
    """Something that was asked for cannot be built, drawn as the path from who asked to what is missing.

    Args:
        wanted: What was to be built.
        missing: What is missing, in a sentence.
        path: From the outside in: the function or parameter, and its place or what is wrong with it.
        given: The given values, as ``name: type``.
        layers: Nearest first: each layer's label and the types of what was added to it.
        near: Sentences about what comes close.
        fixes: What to write.
        others: Who else lacks the same: each with its place.
    """

    wanted: str
    missing: str
    path: tuple[tuple[str, str], ...] = ()
    given: tuple[str, ...] = ()
    layers: tuple[tuple[str, tuple[str, ...]], ...] = ()
    near: tuple[str, ...] = ()
    fixes: tuple[str, ...] = ()
    others: tuple[tuple[str, str], ...] = ()

    near_label = "near misses:"
    is_about_context = True

    def wording(self) -> Wording:
        """The path, drawn, and beneath it where was looked and how to fix it."""
        return Wording(f"cannot build {self._all()}", body=("", *self._drawn(), *self._found()))

    def parts(self) -> Wording:
        """What is missing, the path to it, what comes close, and how to fix it."""
        path = tuple(f"{step}, {place}" for step, place in self.path if place != self.missing)
        also = tuple(f"{wanted}, {place}" for wanted, place in self.others)
        return Wording(f"cannot build {self._all()}: {self.missing}", (*path, *also), self.near, self.fixes)

    def of_others(self, others: tuple[tuple[str, str], ...]) -> Self:
        """The same error, which these have, too."""
        fields = dict(zip(self._fields, self.args, strict=True))
        return type(self)(**{**fields, "others": others})

    def _all(self) -> str:
        """What was to be built: two by their names, more by their number."""
        if not self.others:
            return self.wanted
        and_others = self.others[0][0] if len(self.others) == 1 else f"{len(self.others)} more"
        return f"{self.wanted} and {and_others}"

    def _mark(self, _depth: int) -> str:
        """What stands left of a step."""
        return ""

    def _drawn(self) -> tuple[str, ...]:
        steps = [
            (self._mark(depth) + _branch(depth) + step, place)
            for depth, (step, place) in enumerate(self.path)
        ]
        width = max((len(step) for step, _ in steps), default=0)
        return tuple(f"{step:<{width}}   {place}".rstrip() for step, place in steps)

    def _found(self) -> tuple[str, ...]:
        layers = ", ".join(f"{label} {{{', '.join(types)}}}" for label, types in self.layers if types)
        others = tuple(f"{wanted}, {place}" for wanted, place in self.others[:_MANY])
        more = (f"and {len(self.others) - _MANY} more",) if len(self.others) > _MANY else ()
        parts = (
            ("as well as:", (*others, *more)),
            ("given:", (", ".join(self.given),) if self.given else ()),
            ("in context:", (layers or "nothing",) if self.is_about_context else ()),
            (self.near_label, self.near),
            ("to fix:", self.fixes),
        )
        last = len(self.path) - 1
        margin = " " * (len(self._mark(last)) + max(2, 2 * last))
        return tuple(
            f"{margin}{label if position == 0 else '':<14}{line}"
            for label, lines in parts
            for position, line in enumerate(lines)
        )


class ConflictError(ResolveError):
    """Several adapters are equally near and every one of them could be used; these are the ``near`` ones."""

    near_label = "adapters:"


class CycleError(ResolveError):
    """Something needs itself in order to be built.

    Args:
        start: Where in the path the circle begins; its end is the end of the path.
    """

    start: int = 0

    is_about_context = False

    def _mark(self, depth: int) -> str:
        if depth < self.start:
            return "   "
        return "┌▶ " if depth == self.start else "└─ " if depth == len(self.path) - 1 else "│  "


class NeedsAwaitError(ResolveError):
    """``di.now`` was asked for something that only ``await di.nject`` can build."""

    is_about_context = False


class GivenError(RostraError, TypeError):
    """A value was given that cannot be used as it is.

    Args:
        wanted: What was to be built or called.
        given: The value's name and type.
        reason: What is wrong with it.
        place: Where the function or parameter stands, if that says more.
        fix: What to do.
    """

    wanted: str
    given: str
    reason: str
    place: str = ""
    fix: tuple[str, ...] = ()

    def wording(self) -> Wording:
        """The value, what was to be built with it, and what is wrong."""
        where = (self.place,) if self.place else ()
        were = "were" if " and " in self.given else "was"
        return Wording(f"{self.given} {were} given to {self.wanted}: {self.reason}", where, fix=self.fix)


class AdapterError(RostraError, TypeError):
    """What was registered cannot be an adapter.

    Args:
        adapter: The function or class, by name.
        place: Its file and line.
        reason: Why not.
        fix: What to write.
    """

    adapter: str
    place: str
    reason: str
    fix: str

    def wording(self) -> Wording:
        """The adapter, its place and why it is none."""
        where = (self.place,) if self.place else ()
        return Wording(f"{self.adapter} cannot be an adapter: {self.reason}", where, fix=(self.fix,))


class WrongProductError(RostraError, TypeError):
    """An adapter made something else than it declares.

    Args:
        adapter: The adapter, by name.
        place: Its file and line.
        declared: The type it declares.
        made: The type of what it made.
    """

    adapter: str
    place: str
    declared: str
    made: str

    def wording(self) -> Wording:
        """The adapter and both types."""
        return Wording(
            f"{self.adapter} made {self.made} but declares {self.declared}",
            (self.place,),
            fix=(f"return a {self.declared}, or declare -> {self.made}",),
        )


class AnnotationError(RostraError, NameError):
    """An annotation written as a string cannot be read.

    Args:
        owner: The function or class, by name.
        parameter: The parameter, or ``return``.
        annotation: The text of the annotation.
        reason: What is wrong with it.
        place: File and line of the owner.
        fix: What to write.
    """

    owner: str
    parameter: str
    annotation: str
    reason: str
    place: str
    fix: str

    def wording(self) -> Wording:
        """The annotation, where it stands and what is wrong with it."""
        return Wording(
            f'cannot read the annotation "{self.annotation}" of {self.owner}, {self.parameter}',
            (self.place,),
            (self.reason,),
            (self.fix,),
        )


class ClosedError(RostraError, RuntimeError):
    """A scope, or another stack of things to close, was used after its end.

    Args:
        label: What is closed.
    """

    label: str

    def wording(self) -> Wording:
        """What is closed, and how that comes about."""
        return Wording(
            f"the {self.label} has ended and can be used no more",
            why=("a task that outlives it still asked it for something",),
            fix=("await the task inside it", "or open another: async with di.scope(): ..."),
        )


def _branch(depth: int) -> str:
    return "" if depth == 0 else "  " * (depth - 1) + "└ "
