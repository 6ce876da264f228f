"""What does a document say, as a value of an annotated type, and how is a value said in one?

For transports: JSON and msgpack are read strictly into attrs classes, dataclasses, structs and what these consist of,
with all faults at once, and written from them; and JSON Schema says what is read and written. msgspec is needed for it,
which comes with ``rostra[json]``.

A service without documents does without cattrs and msgspec, so nothing is imported here until it is asked for; the
types stand in the stub next to this file.
"""

from rostra.doors import on_demand

# They come from __getattr__; the stub tells what they are.
# pyright: reportUnsupportedDunderAll=false
__all__ = [
    "NOTHING",
    "UNFIT",
    "BoundsError",
    "Direction",
    "Fault",
    "MismatchError",
    "Schema",
    "Schemas",
    "SelfDescription",
    "UnreadableTypeError",
    "UnsayableError",
    "bounds_check",
    "check_readable",
    "either",
    "encoded",
    "faults",
    "finished",
    "from_json",
    "from_text",
    "hides",
    "in_draft_07",
    "opaque",
    "packed",
    "parse",
    "read",
    "unique",
    "unpack",
]

_HOMES = {
    "bounds": ("bounds_check",),
    "described": ("SelfDescription",),
    "draft_07": ("in_draft_07",),
    "fault": ("BoundsError", "Fault", "MismatchError", "UnreadableTypeError", "either"),
    "naming": ("unique",),
    "opaqueness": ("opaque",),
    "reading": (
        "NOTHING",
        "UNFIT",
        "check_readable",
        "faults",
        "parse",
        "read",
        "unpack",
    ),
    "scalars": ("from_json", "from_text"),
    "schema_scalars": ("Direction", "Schema"),
    "schemas": ("Schemas", "finished", "hides"),
    "writing": ("UnsayableError", "encoded", "packed"),
}
__getattr__, __dir__ = on_demand(__name__, _HOMES)
