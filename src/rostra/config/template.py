"""A file of settings to begin with: every setting with its documentation, type, default and variable. Pure.

A line with one ``#`` is a setting, commented out; a line with two is about it. So a template that is loaded as it is
gives the defaults, and so does one whose settings are all taken out of their comments, but for those that have no
default to show: required ones, secrets, and, in TOML, those that are None.
"""

import textwrap
import typing
from collections.abc import Callable, Iterable, Iterator
from types import NoneType
from typing import Any, Literal, TypeAlias

import attrs

from rostra.config.declared import bare, members, options
from rostra.config.described import Described, DescribedClass, in_words
from rostra.config.phrases import MAPPINGS, SEQUENCES
from rostra.config.showing import with_article
from rostra.config.tree import Path
from rostra.config.written import UnwritableError, in_toml, in_yaml, key, plain

__all__ = ["Format", "Variable", "template"]

Format: TypeAlias = Literal["toml", "yaml"]

Variable: TypeAlias = Callable[[Path], str | None]
"""Names the variable that sets what stands at a path; None if none does."""

_WIDTH = 100
_WORDS_OF_YAML = frozenset({"y", "yes", "n", "no", "true", "false", "on", "off", "null"})
_EXAMPLE = '"..."'
_RULE = (
    "A line with one # is a setting. If it has a default, that is shown: take the # away to change it.",
    "A line with two is about the setting below it.",
)
_RULE_OF_YAML = "Take the # of the line above away, too, where a setting is indented."


def template(
    classes: Iterable[DescribedClass], written_as: Format, variable: Variable, about: str = ""
) -> str:
    """The text of a file, with a newline at its end.

    Args:
        classes: Each one with its section; that of the root first.
        written_as: The format.
        variable: Names variables.
        about: Whose settings these are.
    """
    sections = sorted(classes, key=lambda each: list(map(str, each.path)))
    of_format = _Toml() if written_as == "toml" else _Yaml()
    head = [about, *_RULE, *([] if written_as == "toml" else [_RULE_OF_YAML])]
    lines = list(_prose("\n".join(filter(None, head)), ""))
    above: Path = ()
    for section in sections:
        lines += ["", *of_format.section(section, above, variable)]
        above = section.path
    return "\n".join(lines) + "\n"


@attrs.frozen
class _Toml:
    """Settings of classes within classes have dotted keys, so that each line can be taken out by itself."""

    def section(self, section: DescribedClass, _above: Path, variable: Variable) -> Iterator[str]:
        yield from _prose(section.text, "")
        if section.path:
            yield f"[{'.'.join(map(key, section.path))}]"
        yield from self._settings(section, len(section.path), variable)

    def _settings(self, within: DescribedClass, depth: int, variable: Variable) -> Iterator[str]:
        for each in within.settings:
            yield ""
            name = ".".join(map(key, each.path[depth:]))
            if each.classes:
                told = "\n".join(filter(None, (_text(each), _facts_of_table(each))))
                yield from _prose(f"{name}: {told}" if told else "", "")
                for inner in each.classes:
                    yield from _heading(each, inner, "")
                    yield from self._settings(inner, depth, variable)
                continue
            yield from _prose(_text(each), "")
            yield from _prose(_facts(each, variable), "")
            yield f"#{name} = {_value(each, in_toml)}"


@attrs.frozen
class _Yaml:
    """Tables are indented, two blanks each."""

    def section(self, section: DescribedClass, above: Path, variable: Variable) -> Iterator[str]:
        yield from _prose(section.text, "")
        for depth, name in enumerate(section.path):
            if section.path[: depth + 1] != above[: depth + 1]:  # else it goes on in that table
                yield f"#{'  ' * depth}{_yaml_key(name)}:"
        yield from self._settings(section, "  " * len(section.path), variable)

    def _settings(self, within: DescribedClass, margin: str, variable: Variable) -> Iterator[str]:
        for each in within.settings:
            yield ""
            yield from _prose(_text(each), margin)
            name = f"#{margin}{_yaml_key(each.setting.name)}:"
            if each.classes:
                yield from _prose(_facts_of_table(each), margin)
                yield name
                for inner in each.classes:
                    yield from _heading(each, inner, f"{margin}  ")
                    yield from self._settings(inner, f"{margin}  ", variable)
                continue
            yield from _prose(_facts(each, variable), margin)
            yield f"{name} {_value(each, in_yaml)}"


def _yaml_key(name: Any) -> str:
    """A key, in quotes if YAML takes it for anything but text."""
    text = str(name)
    is_text = text.isidentifier() and text.isascii() and text.lower() not in _WORDS_OF_YAML
    return text if is_text else in_yaml(text)


def _prose(text: str, margin: str) -> Iterator[str]:
    for paragraph in text.split("\n"):
        for line in textwrap.wrap(paragraph, _WIDTH - len(margin), break_long_words=False) or (
            [""] if text else []
        ):
            yield f"##{margin} {line}".rstrip()


def _text(each: Described) -> str:
    return each.text or (each.inner.text if each.inner else "")


def _heading(each: Described, inner: DescribedClass, margin: str) -> Iterator[str]:
    """Before the settings of a class that is one of several."""
    if each.inner is None:
        text = " ".join(inner.text.split())
        yield ""
        yield from _prose(f"If it is {with_article(inner.cls.__name__)}:{f' {text}' if text else ''}", margin)


def _facts(each: Described, variable: Variable) -> str:
    """Type, whether it is required or secret, who makes its default, its variable; on one line."""
    name = variable(each.path)
    facts = [
        in_words(each.setting.type),
        *(["required"] if each.setting.required else []),
        *(["secret"] if each.is_secret else []),
        *([f"by default made by {each.made_by}"] if each.made_by else []),
        *([name] if name else []),
    ]
    if not each.setting.required and each.default is None:
        facts.insert(1, "by default nothing")
    return "; ".join(facts)


def _facts_of_table(each: Described) -> str:
    if each.setting.required:
        return ""
    return "by default nothing, until one of the settings below is set" if each.default is None else ""


def _value(each: Described, write: Callable[[Any], str]) -> str:
    """The default as the format has it, or something in its place where there is none to show."""
    if each.default is not attrs.NOTHING and not each.is_secret:
        try:
            return write(plain(each.default, each.setting.type))
        except UnwritableError:
            pass
    return write(_example(each.setting.type)) if not each.is_secret else _EXAMPLE


def _example(wanted: Any) -> Any:
    wanted = bare(wanted)
    others = [each for each in members(wanted) if each is not NoneType]
    if others:
        return _example(others[0])
    origin = typing.get_origin(wanted) or wanted
    if options(wanted):
        return plain(options(wanted)[0])
    if origin in (bool, int, float):
        return origin()
    if origin in SEQUENCES:
        return []
    return {} if origin in MAPPINGS else "..."
