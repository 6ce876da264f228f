"""Where in a file does a value stand, and how is it written there? In quotes it is escaped; in a comment nothing is. Pure.

What is found here is no more than a good guess from the signs of the format. Whether the file still means the same is
proved afterwards, by parsing it.
"""

import json
import re
from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TypeAlias

import attrs

__all__ = ["Place", "Places", "format_of", "places_in"]

Put: TypeAlias = Callable[[str, str], str]
"""Takes a value and the blanks before its line; gives what is written. A ValueError says why it cannot be."""


@attrs.frozen
class Place:
    """A part of a file.

    Args:
        start: Where it begins.
        end: Where it ends.
        put: How a value is written there; None in a comment.
        is_bare: It stands for itself, so that a number is a number there, and not in quotes.
    """

    start: int
    end: int
    put: Put | None = None
    is_bare: bool = False


class Places:
    """What stands where.

    Args:
        known: Parts that do not overlap, in their order.
        rest: How a value is written everywhere else; None: there it is left alone.
    """

    def __init__(self, known: Sequence[Place], rest: Place) -> None:
        self._known = known
        self._starts = [each.start for each in known]
        self._rest = rest

    def at(self, position: int) -> Place:
        """The part in which a position is."""
        number = bisect_right(self._starts, position) - 1
        known = self._known[number] if number >= 0 else self._rest
        return known if known.start <= position < known.end else self._rest


FORMATS = ("dotenv", "ini", "json", "text", "toml", "yaml")

_SUFFIXES = {
    ".json": "json", ".toml": "toml", ".yaml": "yaml", ".yml": "yaml", ".ini": "ini", ".cfg": "ini", ".env": "dotenv",
}  # fmt: skip


def format_of(name: str) -> str:
    """The format of a file by its name; ``text`` if that tells none."""
    path = Path(name)
    return "dotenv" if path.name.startswith(".env") else _SUFFIXES.get(path.suffix, "text")


def places_in(masked: str, kind: str) -> Places:
    """The parts of a file.

    Args:
        masked: Its text, with letters in place of each reference.
        kind: Its format.

    Raises:
        ValueError: It is no YAML; the text says where.
        ModuleNotFoundError: PyYAML is not installed.
    """
    if kind == "yaml":
        return Places(tuple(_yaml(masked)), Place(0, 0, None))
    tokens = re.compile(_TOKENS[kind], re.DOTALL | re.MULTILINE) if kind in _TOKENS else None
    known = (
        Place(token.start(), token.end(), _PUTS.get(f"{kind} {token.lastgroup}"))
        for token in (tokens.finditer(masked) if tokens else ())
    )
    put = _bare if kind in ("json", "toml") else _as_it_is
    return Places(tuple(known), Place(0, len(masked), put, is_bare=True))


_TOKENS = {
    "json": r'(?P<basic>"(?:[^"\\]++|\\.)*+")',
    "toml": r'(?P<long>"""(?:[^\\]|\\.)*?"""+)'
    r"|(?P<longliteral>'''.*?'''+)"
    r'|(?P<basic>"(?:[^"\\\n]++|\\[^\n])*+")'
    r"|(?P<literal>'[^'\n]*')"
    r"|(?P<comment>\#[^\n]*)",
    "ini": r"(?P<comment>^[ \t]*[#;][^\n]*)",
    "dotenv": r"(?P<comment>^[ \t]*\#[^\n]*|(?<=[ \t])\#[^\n]*)"
    r'|(?P<basic>^[ \t]*(?:export[ \t]+)?\w+[ \t]*=[ \t]*"(?:[^"\\]++|\\.)*+")'
    r"|(?P<literal>^[ \t]*(?:export[ \t]+)?\w+[ \t]*=[ \t]*'[^']*')",
}
"""Comments and what is in quotes, by format."""


def _as_it_is(value: str, _: str) -> str:
    return value


def _bare(value: str, _: str) -> str:
    if not re.fullmatch(r"[\w.+:-]*", value, re.ASCII):
        msg = "only a number, a date or a word can stand without quotes"
        raise ValueError(msg)
    return value


def _escaped(value: str, _: str) -> str:
    """As JSON, TOML and YAML write it in double quotes."""
    return json.dumps(value, ensure_ascii=False)[1:-1].replace("\x7f", "\\u007f")


def _in_lines(value: str, indent: str) -> str:
    return "\n".join(_escaped(line, indent) for line in value.split("\n"))


def _in_dotenv(value: str, _: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"')


def _without(quote: str) -> Put:
    def put(value: str, _: str) -> str:
        if quote in value:
            msg = f"it holds {'a quote' if len(quote) == 1 else 'quotes'} that would end the text in quotes"
            raise ValueError(msg)
        return value

    return put


def _doubled(value: str, _: str) -> str:
    return value.replace("'", "''")


def _indented(value: str, indent: str) -> str:
    return value.replace("\n", f"\n{indent}")


_PUTS: dict[str, Put] = {
    "json basic": _escaped,
    "toml basic": _escaped,
    "toml long": _in_lines,
    "toml literal": _without("'"),
    "toml longliteral": _without("'''"),
    "dotenv basic": _in_dotenv,
    "dotenv literal": _without("'"),
}

_YAML_STYLES: dict[str | None, Put] = {'"': _escaped, "'": _doubled, "|": _indented, ">": _indented}


def _yaml(masked: str) -> Iterator[Place]:
    import yaml

    try:
        for token in yaml.scan(masked, Loader=yaml.SafeLoader):
            start, end = token.start_mark.index, token.end_mark.index
            if isinstance(token, yaml.ScalarToken):
                if token.style in ("|", ">"):
                    start = masked.find("\n", start)  # a comment may stand behind the sign
                yield Place(start, end, _YAML_STYLES.get(token.style, _as_it_is), is_bare=token.plain)
            elif isinstance(token, yaml.AnchorToken | yaml.AliasToken | yaml.TagToken | yaml.DirectiveToken):
                yield Place(start, end, _as_it_is, is_bare=True)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
        line = mark.line + 1 if mark else 1
    else:
        return
    raise ValueError(f"line {line}")
