"""What can go wrong when a component is added or looked up."""

from rostra.errors.base import RostraError, Wording


class ComponentNotFoundError(RostraError, LookupError):
    """No layer has a component of this type and name.

    Args:
        wanted: The type, by name.
        name: The component's name, or None if it was looked for without one.
        layers: Nearest first: each layer's label and the types of what was added to it.
        near: Sentences about components that come close.
    """

    wanted: str
    name: str | None = None
    layers: tuple[tuple[str, tuple[str, ...]], ...] = ()
    near: tuple[str, ...] = ()

    def wording(self) -> Wording:
        """The miss, with the layers looked at and the near misses."""
        called = f' named "{self.name}"' if self.name is not None else ""
        looked = tuple(f"{label} {{{', '.join(types)}}}" for label, types in self.layers)
        return Wording(
            f"there is no {self.wanted}{called} in the context",
            why=tuple(f"looked in {layer}" for layer in looked) + self.near,
            fix=(f"context.add({self.wanted}(...){_keyword(self.name)}), or get(..., default=None)",),
        )


class NoContextError(RostraError, LookupError):
    """There is no context here: neither a stage runs, nor was a layer opened."""

    def wording(self) -> Wording:
        """Where a context comes from."""
        return Wording(
            "there is no context here",
            why=("no stage runs in this process, and no layer was opened by hand",),
            fix=("call this in a plugin's prepare, a task or a handler", "or inside `with context.child():`"),
        )


class NotAComponentError(RostraError, TypeError):
    """What was added cannot be a component.

    Args:
        item: The item, by name.
        reason: Why not.
    """

    item: str
    reason: str

    def wording(self) -> Wording:
        """The item and why it cannot be added."""
        return Wording(
            f"{self.item} cannot be a component",
            why=(self.reason,),
            fix=(
                f"context.add({self.item}(...)) adds an instance",
                f"di.register({self.item}) lets rostra make one",
            ),
        )


def _keyword(name: str | None) -> str:
    return f', name="{name}"' if name is not None else ""
