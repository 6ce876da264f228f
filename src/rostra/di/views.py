"""What may a call use? The context from its layer down, the adapters, the given values, the scope, the stage."""

from collections.abc import Iterator, Mapping
from typing import Any, TypeAlias

from typing_extensions import is_protocol

from rostra.components import Components, Key, keys
from rostra.di.adapters import Adapter, identity
from rostra.di.annotations import Option, is_by_name_only, origin_of
from rostra.di.offers import Facts, Found, Roster
from rostra.di.plans import Constant
from rostra.di.registry import Registry, registry_of
from rostra.di.scopes import Scope, StageObjects, nearest_scope
from rostra.values import Values

Replacement: TypeAlias = Adapter | Constant


class Overrides:
    """A component: what its layer overrides.

    Args:
        by_type: By the type that is overridden, and each type that it descends from: that type and what stands
            in for it.
        by_adapter: By the identity of the adapter that is not to be called.
    """

    __rostra_shapes_apart__ = True
    __slots__ = ("by_adapter", "by_type")

    def __init__(
        self, by_type: dict[Option, tuple[Key, Replacement]], by_adapter: dict[Any, Replacement]
    ) -> None:
        self.by_type = by_type
        self.by_adapter = by_adapter


class Seen(Values):
    """Something in the context.

    Args:
        depth: How many layers away; 0 also where that decides nothing.
        target: For what stands in for a type: that type.
        instead: What stands in for it; None if it is the component itself.
    """

    depth: int
    target: Key = None
    instead: Replacement | None = None


_NEAR = Seen(0)


class View(Values):
    """What planning may see; of given values and components only what type they have.

    Args:
        layer: The layer of the context to look in, with those below it.
        registry: Where adapters are registered.
        roster: The adapters that are there, also if others are registered meanwhile.
        given: The types of the given values by name.
        by_type: The names of those that may serve by their type.
        scope: The scope at hand, if one is open.
        scope_depth: How many layers above the scope ``layer`` lies.
        stage: What the stage's objects may use; None where no stage runs.
        stage_objects: Those of the stage, if one runs.
        is_stage: This is what the stage's objects may use.
        facts: Where what planning looks for is written down.
        has_overrides: Something may stand in for something else.
    """

    layer: Components
    registry: Registry
    roster: Roster
    given: Mapping[str, Any] = {}
    by_type: frozenset[str] = frozenset()
    scope: Scope | None = None
    scope_depth: int = 0
    stage: "View | None" = None
    stage_objects: StageObjects | None = None
    is_stage: bool = False
    facts: Facts | None = None
    has_overrides: bool = False

    def layers(self) -> Iterator[tuple[int, Components]]:
        """The layers, nearest first, and how far away they are."""
        return enumerate(self.layer.layers())

    def is_private(self, depth: int) -> bool:
        """True for a layer above the scope: what comes from there is not for others in that scope."""
        return self.scope is not None and depth < self.scope_depth

    def seen(self, option: Option) -> Seen | None:
        """The nearest component of this type and name, or what stands in for it."""
        seen = self._seen(option)
        if self.facts is not None:
            self.facts.seen[self.is_stage, option] = self._found(seen)
        return seen

    def finds(self, option: Option) -> Found:
        """Whether such a component is private, or that there is none; nobody writes down that it was looked for."""
        return self._found(self._seen(option))

    def _found(self, seen: Seen | None) -> Found:
        return None if seen is None else self.is_private(seen.depth)

    def _seen(self, option: Option) -> Seen | None:
        if not self.has_overrides:
            if self.layer.shape.find(*option) is None:
                return None
            if self.scope is None or not self.scope_depth:
                return _NEAR  # nothing is private, however far away
        for depth, layer in self.layers():
            if option.name in layer.own(option.key):
                return Seen(depth)
            for overrides in layer.own(Overrides).values():
                if option in overrides.by_type:
                    return Seen(depth, *overrides.by_type[option])
        return None

    def has_component(self, option: Option) -> bool:
        """Whether there is one, and nothing that stands in for it."""
        seen = self._seen(option)
        return seen is not None and seen.instead is None

    def replaced(self, adapter: Adapter) -> Seen | None:
        """What stands in for an adapter."""
        if not self.has_overrides:
            return None
        for depth, layer in self.layers():
            for overrides in layer.own(Overrides).values():
                if identity(adapter.make) in overrides.by_adapter:
                    return Seen(depth, None, overrides.by_adapter[identity(adapter.make)])
        return None

    def fitting(self, option: Option) -> list[str]:
        """The names of the given values that fit by their type; one that asks by name takes none."""
        if option.name is not None:
            return []
        return [name for name in self.given if name in self.by_type and fits(self.given[name], option.key)]


def view_from(layer: Components, given: Mapping[str, Any]) -> View:
    """What a call from ``layer`` may use that is given values of these types."""
    objects, facts = layer.get(StageObjects, default=None), Facts()
    registry = registry_of(layer)
    roster = registry.roster
    stage = None
    if objects is not None:
        below = registry_of(objects.layer)
        stage = View(
            objects.layer,
            below,
            roster if below is registry else below.roster,
            stage_objects=objects,
            is_stage=True,
            facts=facts,
            has_overrides=_has_overrides(objects.layer),
        )
    depth, scope = nearest_scope(layer)
    by_type = frozenset(given)
    return View(
        layer,
        registry,
        roster,
        given,
        by_type,
        scope,
        depth,
        stage,
        objects,
        facts=facts,
        has_overrides=_has_overrides(layer),
    )


def _has_overrides(layer: Components) -> bool:
    return layer.shape.find(Overrides, None) is not None


def fits(given: Any, key: Key) -> bool:
    """True if a value of type ``given`` serves a parameter of type ``key``.

    Never for a builtin type, and for a NewType by name only. A Protocol takes what names it as its base.
    """
    if given is type(None) or is_by_name_only(key):
        return False
    origin = origin_of(key)
    cls = key if origin is None else origin
    if not isinstance(cls, type) or cls.__module__ == "builtins":
        return False
    if is_protocol(cls) or any(origin is not None and origin_of(form) is origin for form in keys(given)):
        return key in keys(given)
    given_cls = origin_of(given) or given
    return isinstance(given_cls, type) and issubclass(given_cls, cls)
