"""What does a document say, as a value of an annotated type, and how is a value said in one?

For transports: JSON and msgpack are read strictly into attrs classes, dataclasses, structs and what these consist of,
with all faults at once, and written from them; and JSON Schema says what is read and written. msgspec is needed for it,
which comes with ``rostra[json]``.

A service without documents does without cattrs and msgspec, so nothing is imported here until it is asked for; the
types stand in the stub next to this file.
"""

from importlib import import_module

__all__ = [  # pyright: ignore[reportUnsupportedDunderAll]  (see the stub)
    "NOTHING",
    "UNFIT",
    "Direction",
    "Fault",
    "MismatchError",
    "Schema",
    "Schemas",
    "SelfDescription",
    "UnreadableTypeError",
    "UnsayableError",
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
    "described": ("SelfDescription",),
    "draft_07": ("in_draft_07",),
    "fault": ("Fault", "MismatchError", "either"),
    "naming": ("unique",),
    "opaqueness": ("opaque",),
    "reading": (
        "NOTHING",
        "UNFIT",
        "UnreadableTypeError",
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
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}


def __getattr__(name: str) -> object:
    if name not in _HOME_OF:
        msg = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(msg, name=name, obj=__import__(__name__))
    found = getattr(import_module(f"{__name__}.{_HOME_OF[name]}"), name)
    globals()[name] = found  # asked for once
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
