"""How are settings shown? As a tree for people, as a file of TOML, as JSON for programs. Writes nothing itself."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from rostra.cli.look import Line, Node, Styled, name, origin, quiet, wrong
from rostra.config.effective import Effective, EffectiveSection
from rostra.config.layers import DEFAULT, Origin
from rostra.config.tree import Path, dotted
from rostra.config.written import UnwritableError, in_json, in_toml, key
from rostra.errors import Mistake

__all__ = ["as_data", "as_toml", "as_tree"]

_WIDEST = 32
"""A value longer than this does not push the origins of the others to the right."""


def as_tree(title: str, sections: Iterable[EffectiveSection]) -> Node:
    """Sections with their settings; what is wrong stands below what it is about."""
    return Node(name(title), tuple(_section(each) for each in sections))


def _section(section: EffectiveSection) -> Node:
    settings = _settings(section.settings, len(section.place))
    told = {mistake for each in section.settings for mistake in each.mistakes}
    others = tuple(Node(_mistake(each)) for each in section.mistakes if each not in told)
    return Node((name(section.name), "  ", quiet(section.cls)), settings + others)


def _settings(settings: Sequence[Effective], depth: int) -> tuple[Node, ...]:
    """The settings below a table; those of a table within it are one node."""
    single = [each for each in settings if len(each.path) == depth + 1]
    names = max((len(str(each.path[-1])) for each in single), default=0)
    values = max((len(_value(each)) for each in single if len(_value(each)) <= _WIDEST), default=0)
    nodes = []
    for inner, within in _by_table(settings, depth):
        if len(within[0].path) == depth + 1:
            nodes.append(_setting(within[0], names, values))
        else:
            nodes.append(Node(name(inner), _settings(within, depth + 1)))
    return tuple(nodes)


def _by_table(settings: Sequence[Effective], depth: int) -> Iterator[tuple[str, list[Effective]]]:
    tables: dict[str, list[Effective]] = {}
    for each in settings:
        tables.setdefault(str(each.path[depth]), []).append(each)
    yield from tables.items()


def _setting(each: Effective, names: int, values: int) -> Node:
    called = str(each.path[-1])
    value = _value(each)
    is_default = each.origin in (None, DEFAULT)
    parts: list[str | Styled] = [
        name(called),
        " " * (names - len(called) + 2),
        wrong(value) if each.origin is None else quiet(value) if is_default else value,
        " " * (max(values - len(value), 0) + 2),
        quiet("") if each.origin is None else quiet(each.origin) if is_default else origin(each.origin),
    ]
    if each.references:
        parts += ["  ", origin(" ".join(each.references))]
    return Node(tuple(parts), tuple(Node(_mistake(mistake, each)) for mistake in each.mistakes))


def _mistake(mistake: Mistake, within: Effective | None = None) -> Line:
    """What is wrong, without what the line above says already."""
    is_above = within is not None and mistake.setting == dotted(within.path)
    said_by = mistake.origin
    if within is not None and said_by == f"from {within.origin}":
        said_by = ""
    return (
        wrong(mistake.reason if is_above else f"{mistake.setting}: {mistake.reason}"),
        *((f"  {said_by}",) if said_by else ()),
    )


def _value(each: Effective) -> str:
    """A value on one line; a secret in no quotes, so that it is not taken for one."""
    if each.value is None:
        return "missing" if each.origin is None else "nothing"
    if each.is_secret and isinstance(each.value, str) and "://" not in each.value:
        return each.value
    return in_json(each.value)


def as_toml(sections: Iterable[EffectiveSection], unread: Sequence[str]) -> str:
    """A file that says the same, with who said so behind each setting.

    Secrets, and what TOML cannot say, are comments.
    """
    lines: list[str] = []
    for section in sections:
        lines += [f"# {section.cls}", *([f"[{_dotted(section.place)}]"] if section.place else [])]
        lines += [
            f"# wrong: {each.setting}: {each.reason}  {each.origin}".rstrip() for each in section.mistakes
        ]
        lines += [_line(each, len(section.place)) for each in section.settings]
        lines.append("")
    lines += [f"# {_one_line(hint)}" for hint in unread]
    return "\n".join(map(_one_line, lines)).rstrip() + "\n"


def _line(each: Effective, depth: int) -> str:
    said_by = f"# {'  '.join([str(each.origin or 'missing'), *each.references])}"
    written = _dotted(each.path[depth:])
    try:
        value = in_toml(each.value)
    except UnwritableError:
        return f"#{written} =  {said_by}"
    return f"{'#' if each.is_secret else ''}{written} = {value}  {said_by}"


def _one_line(text: str) -> str:
    """Without what a comment of TOML cannot hold."""
    return "".join(char if char.isprintable() or char == "\t" else " " for char in text)


def _dotted(path: Path) -> str:
    return ".".join(map(key, path))


def as_data(sections: Sequence[EffectiveSection]) -> dict[str, Any]:
    """What ``--format json`` writes besides problems and hints; see the reference of the command line."""
    settings = [_row(section, each) for section in sections for each in section.settings]
    mistakes = [
        {"setting": each.setting, "reason": each.reason, "origin": each.origin}
        for section in sections
        for each in section.mistakes
    ]
    return {"settings": settings, "mistakes": mistakes}


def _row(section: EffectiveSection, each: Effective) -> dict[str, Any]:
    return {
        "setting": dotted(each.path),
        "value": each.value,
        "origin": _origin(each.origin),
        "references": list(each.references),
        "type": each.type,
        "section": dotted(section.place),
        "class": section.cls,
        "secret": each.is_secret,
        "variable": each.variable,
        "documentation": each.text,
    }


def _origin(found: Origin | None) -> dict[str, Any] | None:
    return None if found is None else {"kind": found.kind, "name": found.name, "line": found.line}
