"""What msgspec says of a struct, with its place: it tells the first fault in a sentence, which ends with where it is."""

import re

from cattrs.errors import IterableValidationError, IterableValidationNote

_TOLD = re.compile(r"(?P<what>.*) - at (?:`key` in )?`\$(?P<way>.*)`")
_STEP = re.compile(r"\.(?P<name>[^.\[]+)|\[(?P<index>\d+)\]")
_MISSING = re.compile("Object missing required field `(?P<name>.*)`")


def located(told: str) -> Exception:
    """The same fault, in the place where it is; within a mapping, whose keys are not told, in that of the mapping."""
    found = _TOLD.fullmatch(told)
    what, way = (found["what"], found["way"]) if found else (told, "")
    steps: list[str | int] = []
    position = 0
    while (step := _STEP.match(way, position)) is not None:
        steps.append(step["name"] if step["index"] is None else int(step["index"]))
        position = step.end()
    missing = _MISSING.fullmatch(what) if position == len(way) else None
    error: Exception = ValueError(f"{what[:1].lower()}{what[1:]}")
    if missing is not None:
        error = KeyError(missing["name"])
        steps.append(missing["name"])
    for each in reversed(steps):
        error.add_note(IterableValidationNote(f"at {each}", each, None))
        error = IterableValidationError("structuring a struct", [error], object)  # pyright: ignore[reportCallIssue]  (see __new__)
    return error
