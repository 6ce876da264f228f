"""What is wrong with a text that is no YAML, in words about the text instead of the parser.

Parsers speak of tokens, nodes and block ends. Here the same is said by what people did: a tab, a colon too few, quotes
that are missing. Nothing of the text is quoted but single signs of YAML. What is not known is left in the parser's words.
"""

import re
from typing import Any, NamedTuple

__all__ = ["Fault", "fault_in"]

_QUOTED = re.compile(r"""\ ?(?:'(?P<one>[^']*)'|"(?P<two>[^"]*)")""")
_SECOND_COLON = re.compile(r"""[^"'#]*:\s.*""")


class Fault(NamedTuple):
    """What is wrong, and at which character of the text; None if the parser does not tell."""

    reason: str
    at: int | None


class _Spot(NamedTuple):
    """Where a parser gave up.

    Args:
        before: The line up to there.
        after: The text from there on.
        context: What the parser was about, in its words.
        opened: The line where that began, counted from one.
        began: The character of the text where that began.
    """

    before: str
    after: str
    context: str
    opened: int
    began: int | None


def fault_in(content: str, error: Any) -> Fault:
    """What a parser of PyYAML, of C or of Python, could not read.

    Args:
        content: The text.
        error: A ``yaml.YAMLError``.
    """
    problem = getattr(error, "problem", None) or "it cannot be parsed"
    about = getattr(error, "context_mark", None)
    mark = getattr(error, "problem_mark", None) or about
    if mark is None:
        return Fault(_discreet(problem), None)
    index = min(mark.index, len(content))  # a mark at the end may stand behind the end
    spot = _Spot(
        content[content.rfind("\n", 0, index) + 1 : index],
        content[index:],
        getattr(error, "context", None) or "",
        mark.line + 1 if about is None else about.line + 1,
        None if about is None else min(about.index, len(content)),
    )
    return _named(problem, spot, index) or Fault(_discreet(problem), index)


def _named(problem: str, spot: _Spot, index: int) -> Fault | None:
    if "\t" in spot.before + spot.after[:1] and not spot.before.strip():
        return Fault("a tab cannot indent a line; use blanks", index)
    if "that cannot start any token" in problem:
        return Fault(f"a text that begins with {spot.after[:1]} needs quotes", index)
    if problem.startswith("could not find expected ':'"):
        return Fault('a key needs a colon and a blank behind it: "key: value"', spot.began or index)
    if problem.startswith("found unexpected end of stream") and "quoted" in spot.context:
        return Fault("quotes that open here are never closed", spot.began)
    if "unknown escape character" in problem:
        backslash = index if spot.after.startswith("\\") else index - 1  # one parser points behind it
        return Fault(
            "a backslash in double quotes begins an escape; double it, or use single quotes", backslash
        )
    reason = _of_structure(problem, spot)
    return None if reason is None else Fault(reason, index)


def _of_structure(problem: str, spot: _Spot) -> str | None:
    begins = not spot.before.strip()
    if problem.startswith("mapping values are not allowed"):
        if _SECOND_COLON.fullmatch(spot.before):
            return 'a text with ": " in it needs quotes'
        return "the line above has no colon, or is less indented than this one"
    if "expected node content" in problem or "expected the node content" in problem:
        return "a value is expected here; perhaps a bracket above is not closed, or a text needs quotes"
    if "flow mapping" in spot.context or "flow sequence" in spot.context:
        return _in_brackets("{}" if "mapping" in spot.context else "[]", spot)
    if "block collection" in spot.context or "block sequence" in spot.context:
        return f'the list of line {spot.opened} goes on here without "- ", or with another indentation'
    if "block mapping" in spot.context:
        return (
            f"its indentation fits neither the table of line {spot.opened} nor one within it"
            if begins
            else "a value has ended before this; a text with quotes in it needs quotes around all of it"
        )
    return None


def _in_brackets(brackets: str, spot: _Spot) -> str:
    if spot.before.endswith("$") and spot.after.startswith("{"):
        return f'a reference within {brackets} needs quotes around it: "${{NAME}}"'
    return f"{brackets[0]} of line {spot.opened} is not closed by {brackets[1]}, or a comma is missing"


def _discreet(problem: str) -> str:
    """Without what a parser quotes of the text, unless it is a single character or the name of a token."""
    return _QUOTED.sub(_short, problem)


def _short(quoted: re.Match[str]) -> str:
    inner = quoted["one"] or quoted["two"] or ""
    return quoted[0] if len(inner) == 1 or inner.startswith(("<", "\\")) else ""
