"""What are the parts of a stage called? Ids that are the same each time, whatever else there is."""

from typing import Any

from rostra import di, handlers
from rostra.components import Key, name_of

__all__ = ["Ids"]


class Ids:
    """The ids of one chart. What has the same name as another thing gets a number: ``task:shop:sweep#2``."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, Any], str] = {}
        self._kept: list[Any] = []
        self._taken: set[str] = set()

    def of_plugin(self, name: str) -> str:
        """Of a plugin, by the name that messages call it."""
        return self._id("plugin", name, name)

    def of_section(self, name: str) -> str:
        """Of a section."""
        return self._id("section", name, name)

    def of_component(self, key: Key, name: str | None) -> str:
        """Of what is found by this type and name."""
        return self._id("component", _named_type(key) + (f":{name}" if name else ""), (key, name))

    def of_adapter(self, adapter: di.Adapter) -> str:
        """Of an adapter."""
        return self._id("adapter", _dotted(adapter.make), id(adapter.make), adapter)

    def of_handler(self, declared: handlers.Declared) -> str:
        """Of a handler; a function with two triggers is two."""
        name = f"{_dotted(declared.function)}:{declared.trigger.describe()}"
        return self._id("handler", name, id(declared), declared)

    def of_task(self, plugin: str, name: str) -> str:
        """Of one more task of a plugin."""
        return self._id("task", f"{plugin}:{name}", object())

    def of_function(self, function: Any) -> str:
        """Of a function that ``@di.inject`` made."""
        return self._id("function", _dotted(function), id(function), function)

    def _id(self, kind: str, name: str, identity: Any, kept: Any = None) -> str:
        known = self._known.get((kind, identity))
        if known is not None:
            return known
        made, number = f"{kind}:{name}", 1
        while made in self._taken:
            number += 1
            made = f"{kind}:{name}#{number}"
        self._taken.add(made)
        self._kept.append(kept)  # what is known by its address stays there
        self._known[kind, identity] = made
        return made


def _named_type(key: Key) -> str:
    """A type with its module, as far as it has one: ``orders.storage.Database``; of rostra's own, its room."""
    module = getattr(key, "__module__", "") if isinstance(key, type) else ""
    if module.startswith("rostra."):
        module = ".".join(module.split(".")[:2])
    return f"{module}.{name_of(key)}" if module not in {"", "builtins"} else name_of(key)


def _dotted(function: Any) -> str:
    inner = getattr(function, "func", function)  # of a partial
    qualname = getattr(inner, "__qualname__", None) or type(inner).__qualname__
    module = getattr(inner, "__module__", None) or type(inner).__module__
    return f"{module}:{qualname.replace('<locals>.', '')}"
