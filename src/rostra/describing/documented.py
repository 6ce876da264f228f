"""What do docstrings say? Those of attributes are read from the source of their class, since Python keeps none of them.

An attribute is documented by what stands in its annotation (``Annotated[int, Doc("…")]``) or in its field's metadata
(``metadata={"doc": "…"}``), by the string below it, or by its line under ``Args:`` of the class, in this order.
Nothing is executed; a class whose source is not at hand just says less.
"""

import ast
import inspect
import itertools
import linecache
import re
import sys
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

import attrs

_SAY_NOTHING = frozenset({"abc", "builtins", "enum", "msgspec", "rostra.config.source", "typing"})
"""Where bases are made whose docstrings are for those who write classes, not for those who fill them in."""
_HEADINGS = frozenset({"Args:", "Attributes:", "Arguments:", "Parameters:"})
_ENTRY = re.compile(r"(?P<name>\w+)(?: \([^)]*\))?: (?P<text>.*)")
_OTHER_HEADING = re.compile(r"(Returns?|Raises|Yields?|Examples?|Notes?|See Also|Todo):$")


@attrs.frozen
class Documented:
    """What a class or a function says about itself.

    Args:
        text: About the whole, in paragraphs; without examples and without the list of its attributes or parameters.
        attributes: About its attributes or parameters, by name.
    """

    text: str = ""
    attributes: Mapping[str, str] = attrs.field(factory=dict)


def documented(cls: type) -> Documented:
    """What a class and the classes that it descends from say; what is nearer counts."""
    attributes: dict[str, str] = {}
    text = ""
    for base in reversed(cls.__mro__):
        if base.__module__ not in _SAY_NOTHING:
            own = _own_text(base)
            text = own.text or text
            attributes |= {**own.attributes, **_below(base), **dict(_explicit(base))}
    return Documented(text, attributes)


def docstring(text: str | None) -> Documented:
    """What one docstring says, as of a function or a module: None and an empty one say nothing."""
    prose, entries = _parted(inspect.cleandoc(text or "").splitlines())
    return Documented(_prose(prose), dict(_entries(entries)))


def _own_text(cls: type) -> Documented:
    said = vars(cls).get("__doc__")
    if not isinstance(said, str) or said.startswith(f"{cls.__name__}("):  # what dataclasses make up
        return Documented()
    return docstring(said)


def _parted(lines: list[str]) -> tuple[list[str], list[str]]:
    """The lines of a docstring that are prose, and those that list attributes."""
    prose: list[str] = []
    entries: list[str] = []
    into: list[str] | None = prose
    for line in lines:
        if line in _HEADINGS:
            into = entries
        elif _OTHER_HEADING.match(line):
            into = None
        elif into is not prose and line and not line.startswith(" "):
            into = prose
            prose.append(line)
        elif into is not None:
            into.append(line)
    return prose, entries


def _prose(lines: list[str]) -> str:
    """Paragraphs without indented examples, each on one line."""
    paragraphs = "\n".join(lines).split("\n\n")
    kept = [
        " ".join(each.split())
        for each in paragraphs
        if each.strip("\n") and not each.lstrip("\n").startswith(" ")
    ]
    shown = [re.sub(r"\s*::$", ":", each) if each != "::" else "" for each in kept]
    return "\n\n".join(filter(None, shown)).replace("``", "`")


def _entries(lines: list[str]) -> Iterator[tuple[str, str]]:
    """Names and texts of ``name: text``, whose further lines are indented more."""
    known: dict[str, list[str]] = {}
    texts: list[str] = []
    margin = min((len(line) - len(line.lstrip()) for line in lines if line.strip()), default=0)
    for line in lines:
        found = _ENTRY.fullmatch(line[margin:]) if line[margin : margin + 1].strip() else None
        if found is not None:
            texts = known.setdefault(found["name"], [])
            texts.append(found["text"])
        else:
            texts.append(line)
    for name, said in known.items():
        yield name, _prose(inspect.cleandoc("\n".join(said)).splitlines())


def _explicit(cls: type) -> Iterator[tuple[str, str]]:
    """What fields and annotations say themselves."""
    fields: Any = getattr(cls, "__attrs_attrs__", None) or getattr(cls, "__dataclass_fields__", {}).values()
    own = inspect.get_annotations(cls)
    for field in fields:
        said = field.metadata.get("doc") or field.metadata.get("description")
        if isinstance(said, str) and field.name in own:
            yield field.name, _prose(said.splitlines())
    for name, annotation in own.items():
        for each in getattr(annotation, "__metadata__", ()):  # of Annotated
            said = getattr(each, "documentation", None)  # typing_extensions.Doc, of PEP 727
            if isinstance(said, str):
                yield name, _prose(said.splitlines())


def _below(cls: type) -> Mapping[str, str]:
    """The strings below the attributes, from the source of the class's module."""
    module = sys.modules.get(cls.__module__)
    file = getattr(module, "__file__", None)
    if module is None or not file or not file.endswith(".py"):
        return {}
    source = "".join(linecache.getlines(file, vars(module)))
    return _strings(source).get(cls.__qualname__, {})


@lru_cache(maxsize=64)
def _strings(source: str) -> Mapping[str, Mapping[str, str]]:
    """The strings below attributes, by the qualified name of their class; of two of one name the later counts."""
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError):  # it has been edited since it was imported
        return {}
    return {name: dict(_of_body(node.body)) for name, node in _classes(tree, "")}


def _classes(node: ast.AST, prefix: str) -> Iterator[tuple[str, ast.ClassDef]]:
    for child in ast.iter_child_nodes(node):
        match child:
            case ast.ClassDef(name=name):
                yield f"{prefix}{name}", child
                yield from _classes(child, f"{prefix}{name}.")
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                yield from _classes(child, f"{prefix}{name}.<locals>.")
            case _:
                yield from _classes(child, prefix)


def _of_body(body: list[ast.stmt]) -> Iterator[tuple[str, str]]:
    for statement, below in itertools.pairwise(body):
        match statement, below:
            case (
                ast.AnnAssign(target=ast.Name(id=name)) | ast.Assign(targets=[ast.Name(id=name)]),
                ast.Expr(value=ast.Constant(value=str(said))),
            ):
                yield name, _prose(inspect.cleandoc(said).splitlines())
