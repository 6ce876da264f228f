"""JSON Schema as of draft 07, for documents whose readers know no later one, made of that of draft 2020-12.

Source: https://json-schema.org/draft/2019-09/release-notes and https://json-schema.org/draft/2020-12/release-notes
"""

from collections.abc import Mapping
from typing import Any

from rostra.documents.schema_scalars import Schema

_OF_ONE = ("items", "additionalProperties", "propertyNames", "not")
_OF_SEVERAL = ("anyOf", "allOf", "oneOf")
_OF_NAMES = ("properties", "patternProperties", "$defs")


def in_draft_07(schema: Mapping[str, Any]) -> Schema:
    """The same in the words of draft 07: what stands beside ``$ref`` counts, and tuples are ``items``."""
    made = {key: _converted(key, value) for key, value in schema.items()}
    if "prefixItems" in made:
        rest = made.pop("items", None)
        made["items"] = made.pop("prefixItems")
        if rest is not None:
            made["additionalItems"] = rest
    if "$ref" in made and len(made) > 1:
        return {"allOf": [{"$ref": made.pop("$ref")}], **made}
    return made


def _converted(key: str, value: Any) -> Any:
    if key in _OF_ONE and isinstance(value, Mapping):
        return in_draft_07(value)
    if key in (*_OF_SEVERAL, "prefixItems"):
        return [in_draft_07(each) for each in value]
    if key in _OF_NAMES:
        return {name: in_draft_07(each) for name, each in value.items()}
    return value
