"""The settings, merged from all who have a say."""

from collections.abc import Mapping
from typing import Any, TypeVar

Section = TypeVar("Section")


class ConfigSource(dict[str, Any]):
    """The settings: a dict that merges mappings, later ones win."""

    def __init__(self, *mappings: Mapping[str, Any], env_prefix: str | None = None) -> None:
        super().__init__()
        for mapping in mappings:
            self.update(mapping)
        self._loaded: dict[Any, Any] = {}

    def load(self, cls: type[Section], section: str | None = None) -> Section:
        """The settings of ``section`` as an instance of ``cls``."""
        import cattrs

        name = section or getattr(cls, "__rostra_section__", None)
        key = (cls, name)
        if key not in self._loaded:
            table = self if name is None else self.get(name, {})
            self._loaded[key] = cattrs.structure(table, cls)
        return self._loaded[key]  # type: ignore[no-any-return]  (what was stored under cls is one)
