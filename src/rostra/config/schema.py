"""The JSON Schema (draft 2020-12) of a file of settings, for editors and for checks before a deployment. Pure.

It accepts what ``load`` accepts: so a number may also be a text of digits, and any value but a text may be one with a
reference, ``${PORT}``. It refuses what ``load`` refuses as far as a schema can say that; what validators of a class
say beyond the simple ones of attrs it does not know. Dates are texts in it, as JSON has none.

Source: https://json-schema.org/draft/2020-12/json-schema-core
"""

from collections.abc import Iterable, Mapping
from contextlib import suppress
from itertools import count
from typing import Any

import attrs

from rostra.components import name_of
from rostra.config.bounds import bounds
from rostra.config.declared import bare, is_alias, is_section
from rostra.config.described import Described, DescribedClass, described
from rostra.config.schema_types import TABLE_AS_TEXT, fragment, of_scalar
from rostra.config.tree import Path
from rostra.config.written import UnwritableError, plain

__all__ = ["schema"]

_DRAFT = "https://json-schema.org/draft/2020-12/schema"


_PLUGINS = {
    "type": ["array", "object", "string", "null"],
    "description": "The plugins to load: their names, or tables with plugin, alias and options; or a table by alias.",
}


def schema(classes: Iterable[DescribedClass], about: str = "") -> dict[str, Any]:
    """The schema of a whole file.

    Args:
        classes: Those that read sections of it, the root included.
        about: Its title.
    """
    known = {each.path: each for each in classes}
    definitions = _Definitions()
    root = _of_place((), known, definitions)
    head = {"$schema": _DRAFT, **({"title": about} if about else {})}
    root["properties"].setdefault("plugins", _PLUGINS)
    return {**head, **root, **({"$defs": definitions.made} if definitions.made else {})}


@attrs.define(eq=False)
class _Definitions:
    """What is described once, by name: classes within classes, which may hold themselves, aliases, long patterns."""

    made: dict[str, Any] = attrs.field(factory=dict)
    _names: dict[Any, str] = attrs.field(factory=dict)

    def of(self, wanted: Any) -> dict[str, Any]:
        """What stands where something is used that is described once."""
        if wanted not in self._names:
            self._names[wanted] = name = self._free(name_of(wanted))
            self.made[name] = {}  # taken, also while it is being made
            self.made[name] = self._definition(wanted)
        return {"$ref": f"#/$defs/{self._names[wanted]}"}

    def _definition(self, wanted: Any) -> dict[str, Any]:
        if is_alias(wanted):
            return fragment(bare(wanted), self.of)
        if is_section(wanted):
            return _of_class(described(wanted, ()), {}, self, is_closed=True)
        return of_scalar(wanted)

    def _free(self, name: str) -> str:
        number = next(number for number in count(1) if self._numbered(name, number) not in self.made)
        return self._numbered(name, number)

    @staticmethod
    def _numbered(name: str, number: int) -> str:
        return name if number == 1 else f"{name}{number}"


def _of_place(place: Path, known: Mapping[Path, DescribedClass], definitions: _Definitions) -> dict[str, Any]:
    """What may stand at a place: the section there, if it is one, and those in it."""
    inner = {path[len(place)] for path in known if len(path) > len(place) and path[: len(place)] == place}
    tables = {str(name): _of_place((*place, name), known, definitions) for name in sorted(inner, key=str)}
    section = known.get(place)
    if section is not None:
        return _of_class(section, tables, definitions, is_closed=bool(place))
    needed = [name for name, each in tables.items() if "required" in each]
    return {"type": "object", "properties": tables, **({"required": needed} if needed else {})}


def _of_class(
    section: DescribedClass, tables: Mapping[str, Any], definitions: _Definitions, *, is_closed: bool
) -> dict[str, Any]:
    """A table that a class reads.

    Args:
        section: The class.
        tables: Sections of others in it.
        definitions: Of classes in it.
        is_closed: It refuses all other keys. The root leaves tables alone: nobody may have claimed them yet.
    """
    properties = {each.setting.name: _of_setting(section.cls, each, definitions) for each in section.settings}
    needed = [each.setting.name for each in section.settings if _is_needed(each)]
    needed += [name for name, each in tables.items() if "required" in each and name not in properties]
    title, _, text = section.text.partition("\n\n")
    return {
        **({"type": ["object", "string"], "pattern": TABLE_AS_TEXT} if is_closed else {"type": "object"}),
        **({"title": title} if title else {}),
        **({"description": text} if text else {}),
        "properties": {**tables, **properties},
        **({"required": needed} if needed else {}),
        "additionalProperties": False if is_closed else {"type": "object"},
    }


def _is_needed(each: Described) -> bool:
    """Whether a file must have it. A table that is not there is an empty one."""
    if not each.setting.required:
        return False
    if each.inner is None or not is_section(each.setting.type):
        return True
    return any(map(_is_needed, each.inner.settings))


def _of_setting(cls: type, each: Described, definitions: _Definitions) -> dict[str, Any]:
    made = {**fragment(each.setting.type, definitions.of), **bounds(cls, each.setting)}
    if each.text:
        made["description"] = each.text
    if each.default is not attrs.NOTHING and not each.is_secret:
        with suppress(UnwritableError):
            made["default"] = plain(each.default, each.setting.type)
    return made
