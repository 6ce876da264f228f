"""What is there? Layers of {type: {name: object}}.

A layer knows its parent and is seen by its children from their next look-up on. It costs nothing until
something is added to it, and a look-up costs the same at any depth. Nothing here is global; which layer is the
current one is the context's affair.
"""

# ruff: noqa: SLF001  (layers know each other)

from collections.abc import Iterable, Iterator, Mapping
from types import EllipsisType
from typing import Any, TypeVar, overload

from rostra import errors
from rostra.components.environment import Environment
from rostra.components.keys import Key, canonical, name_of
from rostra.components.shapes import Added, Shape

Item = TypeVar("Item")
Default = TypeVar("Default")


class Components(Environment):
    """One layer of components on top of its parents.

    Args:
        parent: The layer below, or None for the lowest.
        label: What errors call this layer, such as ``stage`` or ``task sweep``.

    Look-ups read ``values``, once; what ``look`` gives is up to date.
    """

    __slots__ = ("_label",)

    _parent: "Components | None"  # pyright: ignore[reportIncompatibleVariableOverride]  (set by ``__init__`` alone)

    def __init__(self, parent: "Components | None" = None, label: str = "layer") -> None:
        super().__init__(parent)
        self._label = label

    def __repr__(self) -> str:
        below = "".join(f" over {layer.label}" for layer in self.layers() if layer is not self)
        return f"<Components {self._label}{below}>"

    @property
    def label(self) -> str:
        """What errors call this layer."""
        return self._label

    @property
    def parent(self) -> "Components | None":
        """The layer below."""
        return self._parent

    def layers(self) -> Iterator["Components"]:
        """This layer and those below it, nearest first."""
        layer: Components | None = self
        while layer is not None:
            yield layer
            layer = layer._parent

    def add(self, item: Item, namespace: Key | None = None, *, name: str | None = None) -> Item:
        """Put ``item`` into this layer and return it.

        It is found by its own type and by what that descends from (``rostra.components.keys``). In one layer
        the latest addition wins. Threads may add, and so may handlers of signals, in the middle of whatever they interrupt.

        Args:
            item: Any object but a class.
            namespace: The key to be found by, instead of the item's type: a base class, a Protocol, a NewType,
                ``Repo[User]``, or any other hashable.
            name: Tells several components of one type apart. A named one is not found without its name.

        Raises:
            NotAComponentError: ``item`` is a class, and no namespace says that this is meant.
        """
        if namespace is None and isinstance(item, type):
            raise errors.NotAComponentError(name_of(item), "it is a class, not an instance")
        key = type(item) if namespace is None else canonical(namespace)
        self.include(item, (key, name))
        return item

    @overload
    def get(self, wanted: type[Item], *, name: str | None = None) -> Item: ...
    @overload
    def get(self, wanted: type[Item], *, name: str | None = None, default: Default) -> Item | Default: ...
    @overload
    def get(self, wanted: Key, *, name: str | None = None, default: Any = ...) -> Any: ...
    def get(self, wanted: Key, *, name: str | None = None, default: Any = ...) -> Any:
        """The nearest component of this type and name.

        Args:
            wanted: A type, or the namespace under which the component was added.
            name: The name it was added with; None finds only one without a name.
            default: What to return when there is none, instead of an error.

        Raises:
            ComponentNotFoundError: There is none and no default was given.
        """
        if name is None:
            values = self.values
            slot = values[0].shape.slots.get(wanted)
            if slot is not None:
                return values[slot]
        values, shape = self.look()
        slot = shape.find(wanted, name)
        if slot is not None:
            return values[slot]
        if (proper := canonical(wanted)) is not wanted:
            return self.get(proper, name=name, default=default)
        if isinstance(default, EllipsisType):
            from rostra.components.missing import missing

            raise missing(wanted, name, self.find(wanted), self._told())
        return default

    def find(self, wanted: type[Item]) -> dict[str | None, Item]:
        """All components of this type by name; of those with one name the nearest.

        What is found by a name and without, as what a scope is given is, stands there by its name alone.
        """
        values, shape = self.look()
        key = canonical(wanted)
        names: dict[str | None, None] = {}
        for layer in reversed(list(self.layers())):
            names |= dict.fromkeys(layer.own(key))
        if shape.is_named_too(key):
            names.pop(None, None)
        slots = {name: shape.find(key, name) for name in names}
        return {name: values[slot] for name, slot in slots.items() if slot is not None}

    def own(self, wanted: Key) -> Mapping[str | None, Any]:
        """What this very layer has under ``wanted``, by name; nothing of those below it."""
        values, shape = self._owned()
        if shape is None:
            return {}
        return {name: values[slot] for name, slot in shape.index.get(canonical(wanted), {}).items()}

    def push(self, label: str = "layer") -> "Components":
        """A new empty layer on top of this one."""
        return Components(self, label)

    def pop(self) -> "Components":
        """The layer below this one.

        Raises:
            LookupError: This is the lowest.
        """
        if self._parent is None:
            msg = "this is the lowest layer, there is none below it"
            raise LookupError(msg)
        return self._parent

    def describe(self) -> tuple[tuple[str, tuple[str, ...]], ...]:
        """Each layer's label and what was added to it, nearest first, for messages.

        What rostra itself defines is left out: every stage has it, and it would hide what matters.
        """
        from rostra.components.missing import described

        return described(self._told())

    def _told(self) -> Iterator[tuple[str, Iterable[Added]]]:
        return ((layer._label, layer._added()) for layer in self.layers())

    def _owned(self) -> tuple[list[Any], Shape | None]:
        """Its list, and the shape that says what in it was added to this very layer, if anything was."""
        if self._is_lent:
            return [], None
        values, _ = self.look()
        return values, values[0].own

    def _added(self) -> Iterable[Added]:
        _, shape = self._owned()
        return () if shape is None else shape.own


class Blank(Components):
    """A layer that is filled by who makes it: so no time is spent on an ``__init__``."""

    __slots__ = ()
    __init__: Any = object.__init__
