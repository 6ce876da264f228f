"""What di ought to answer, found the slow way: every layer is searched each time, nothing is remembered.

It shares no code with di: it has its own layers and reads annotations itself. An answer is a tree of tuples; two
equal trees in one call are one object.

Whether a maker has what it needs is tried on every way through the graph, each time anew. Only what a call makes it
makes once.
"""

import types
import typing
from collections.abc import Iterator
from typing import Annotated, Any, Literal

import attrs

from rostra import di  # for the spelling of annotations only: Named, Lazy

Kind = Literal["resolve", "conflict", "given"]
Tree = tuple[Any, ...]
BUILTIN = (str, int)
PATIENCE = 5_000
"""So many types are looked for to answer one question."""


@attrs.frozen(eq=False)
class Maker:
    """A registered function."""

    function: Any
    lifetime: str
    replace: bool
    is_generator: bool
    known: dict[str, Any] = attrs.field(factory=dict, init=False, repr=False)

    @property
    def label(self) -> str:
        return str(self.function.__name__)

    def hints(self) -> dict[str, Any]:
        if not self.known:
            self.known.update(typing.get_type_hints(self.function, include_extras=True))
        return self.known

    def declares(self) -> tuple[Any, str | None]:
        if "declares" not in self.known:
            hint = self.hints()["return"]
            if self.is_generator:
                (hint, *_) = typing.get_args(hint)
            self.known["declares"] = split_name(hint)
        found: tuple[Any, str | None] = self.known["declares"]
        return found

    def parameters(self) -> Iterator[tuple[str, Any, bool]]:
        code = self.function.__code__
        names = code.co_varnames[: code.co_argcount]
        defaults = len(self.function.__defaults__ or ())
        for position, name in enumerate(names):
            yield name, self.hints()[name], position >= len(names) - defaults


@attrs.frozen(eq=False)
class Addition:
    """A thing that was added: under which type, and by which names it is found; None stands for no name.

    What a scope was given serves parameters of builtin types, too.
    """

    kind: type
    labels: tuple[str | None, ...]
    item: object
    is_given: bool = False


@attrs.define(eq=False)
class Layer:
    """A layer of the context as the oracle sees it: a list of what was added."""

    below: "Layer | None" = None
    items: list["Addition"] = attrs.field(factory=list)
    override: tuple[str, Any, Any] | None = None
    is_scope: bool = False
    is_unscoped: bool = False
    kept: "dict[Any, Made]" = attrs.field(factory=dict)

    def all(self) -> list["Layer"]:
        return [self, *(self.below.all() if self.below else [])]


@attrs.frozen(eq=False)
class Fault:
    """Something cannot be had."""


class TooWideError(Exception):
    """The oracle, which remembers nothing, would search for ever."""


@attrs.frozen(eq=False)
class Ask:
    """One question: from which layer, with which given values, and which of these may serve by type.

    A trial only finds out whether there is an answer: what can be left out is left out.
    """

    layer: Layer
    makers: list[Maker]
    stage: Layer
    given: dict[str, object]
    by_type: frozenset[str]
    in_stage: bool = False
    lazies: dict[Any, Any] = attrs.field(factory=dict)
    filled: dict[Any, Tree] = attrs.field(factory=dict)
    is_trial: bool = False
    patience: list[None] = attrs.field(factory=lambda: [None] * PATIENCE)


def split_name(hint: Any) -> tuple[Any, str | None]:
    if typing.get_origin(hint) is Annotated:
        return typing.get_args(hint)[0], hint.__metadata__[0].name
    return hint, None


def members(hint: Any) -> tuple[list[tuple[Any, str | None]], bool]:
    """The types that would do, and whether None would."""
    if isinstance(hint, types.UnionType) or typing.get_origin(hint) is typing.Union:
        parts = typing.get_args(hint)
        return [split_name(part) for part in parts if part is not type(None)], type(None) in parts
    return [split_name(hint)], False


def bases(cls: Any) -> list[Any]:
    return [each for each in cls.__mro__ if each is not object] if isinstance(cls, type) else [cls]


def serving(ask: Ask) -> list[Maker]:
    """The makers but for those that another replaces."""
    replacing = {maker.declares(): maker for maker in ask.makers if maker.replace}
    return [maker for maker in ask.makers if replacing.get(maker.declares(), maker) is maker]


def answer(ask: Ask, hint: Any, name: str | None = None) -> tuple[Ask, Tree | set[Kind]]:
    """The tree for what is asked for, or the kinds of errors of which one is expected; and what served by type.

    With a ``name`` it is asked for by the parameter of that name, of a function that is called.
    """
    while True:
        tree = parameter(ask, name, hint, has_default=False, path=())
        if isinstance(tree, Fault):
            return ask, {"resolve"}
        parts = list(inside(ask, tree))
        named = {part[1] for part in parts if part[0] == "given" and part[2]}
        if not named & ask.by_type:
            break
        ask = attrs.evolve(ask, by_type=ask.by_type - named, lazies={}, filled={})
    flaws = {part[1] for part in parts if part[0] == "flaw"}
    if flaws:
        return ask, flaws
    if set(ask.given) - {part[1] for part in parts if part[0] == "given"}:
        return ask, {"given"}
    return ask, tree


def inside(ask: Ask, tree: Tree, seen: frozenset[Any] = frozenset()) -> Iterator[Tree]:
    """The tree and every tree in it."""
    yield tree
    parts: list[Tree] = []
    match tree:
        case ("make", _, _, arguments, _, _):
            parts = [each for _, each in arguments]
        case ("list", trees):
            parts = list(trees)
        case ("flaw", _, inner):
            parts = [inner]
        case ("lazy", key) if key not in seen:
            parts, seen = [ask.lazies[key]], seen | {key}
    for part in parts:
        yield from inside(ask, part, seen)


def parameter(ask: Ask, name: str | None, hint: Any, *, has_default: bool, path: Tree) -> Tree | Fault:
    if name in ask.given and name is not None:
        _, optional = members(hint)
        is_fine = ask.given[name] is not None or optional
        return ("given", name, True) if is_fine else ("flaw", "given", ("given", name, True))
    if ask.is_trial and (has_default or isinstance(without(hint, Fault()), tuple)):
        return ("default",)
    found = wanted(ask, name, hint, path)
    if isinstance(found, tuple):
        return found
    if has_default:
        return ("default",)
    return without(hint, found)


def without(hint: Any, fault: Fault) -> Tree | Fault:
    options, optional = members(hint)
    if optional:
        return ("none",)
    if typing.get_origin(options[0][0]) is list:
        return ("list", ())
    return fault


def wanted(ask: Ask, name: str | None, hint: Any, path: Tree) -> Tree | Fault:
    if typing.get_origin(hint) is di.Lazy:
        return lazily(ask, name, typing.get_args(hint)[0])
    options, _ = members(hint)
    if name is not None:
        for cls, label in options:
            fitting = [
                each
                for each, value in ask.given.items()
                if each in ask.by_type and label is None and value is not None and fits(value, cls)
            ]
            if len(fitting) == 1:
                return ("given", fitting[0], False)
            if fitting:
                return ("flaw", "given", ("given", fitting[0], False))
    for cls, label in options:
        found = option(ask, name, cls, label, path)
        if isinstance(found, tuple):
            return found
    return Fault()


def lazily(ask: Ask, name: str | None, hint: Any) -> Tree | Fault:
    key = (ask.in_stage, str(hint), name)
    if key not in ask.lazies:
        before = dict(ask.lazies)
        ask.lazies[key] = ("none",)
        found = wanted(attrs.evolve(ask, filled={}), name, hint, ())
        if isinstance(found, Fault):
            found = without(hint, found)
        if isinstance(found, Fault):
            ask.lazies.clear()
            ask.lazies.update(before)  # what was found meanwhile may have counted on this one
            return found
        ask.lazies[key] = found
    return ("lazy", key)


def fits(value: object, cls: Any) -> bool:
    return (
        isinstance(cls, type)
        and typing.get_origin(cls) is None
        and cls not in BUILTIN
        and isinstance(value, cls)
    )


def option(ask: Ask, name: str | None, cls: Any, label: str | None, path: Tree) -> Tree | Fault:
    if cls in BUILTIN:
        return given_to_scope(ask, name)
    if name is not None and label is None and in_context(ask, cls, name) is not None:
        return resolved(ask, cls, name, path)
    return resolved(ask, cls, label, path)


def given_to_scope(ask: Ask, name: str | None) -> Tree | Fault:
    for depth, layer in enumerate(ask.layer.all()):
        for each in layer.items:
            if each.is_given and name in each.labels and name is not None:
                return ("object", id(each.item), is_private(ask, depth))
    return Fault()


def in_context(ask: Ask, cls: Any, label: str | None) -> Tree | None:
    """How far away, and what is there: something that was added, or an override."""
    for depth, layer in enumerate(ask.layer.all()):
        found = [each for each in layer.items if label in each.labels and cls in bases(each.kind)]
        if found:
            return depth, "added", found[-1]
        if layer.override and layer.override[0] == "type":
            target, named = split_name(layer.override[1])
            if named == label and cls in bases(target):
                return depth, "override", (target, layer.override[2])
    return None


def resolved(ask: Ask, cls: Any, label: str | None, path: Tree) -> Tree | Fault:
    if not ask.patience:
        raise TooWideError
    ask.patience.pop()
    asked = (ask.in_stage, str(cls), label)
    if asked in path and typing.get_origin(cls) is not list:
        return Fault()
    path = (*path, asked)
    there = in_context(ask, cls, label)
    if there is not None:
        return from_context(ask, there, path)
    by_distance: dict[int, list[Maker]] = {}
    for maker in serving(ask):
        declared, named = maker.declares()
        if named == label and cls in bases(declared):
            by_distance.setdefault(bases(declared).index(cls), []).append(maker)
    for distance in sorted(by_distance):
        able = [tree for maker in by_distance[distance] if isinstance(tree := made(ask, maker, path), tuple)]
        if len(able) == 1:
            return able[0]
        if able:
            return ("flaw", "conflict", able[0])
    return collected(ask, cls, path)


def from_context(ask: Ask, there: Tree, path: Tree) -> Tree | Fault:
    depth, what, item = there
    private = is_private(ask, depth)
    if what == "added":
        return ("object", id(item.item), private)
    target, instead = item
    return replacement(ask, target, instead, path, private=private)


def replacement(ask: Ask, target: Any, item: Any, path: Tree, *, private: bool) -> Tree | Fault:
    if isinstance(item, Maker):
        return made(ask, item, path, override=target, private=private)
    return ("object", id(item), private)


def collected(ask: Ask, cls: Any, path: Tree) -> Tree | Fault:
    if typing.get_origin(cls) is not list:
        return Fault()
    (item,) = typing.get_args(cls)
    labels: list[str | None] = []
    for layer in reversed(ask.layer.all()):
        for each in layer.items:
            if item in bases(each.kind):
                labels += [label for label in each.labels if label not in labels]
        if layer.override and layer.override[0] == "type":
            target, label = split_name(layer.override[1])
            if item in bases(target) and label not in labels:
                labels.append(label)
    there = {label: found for label in labels if (found := in_context(ask, item, label))}
    if there.get(None) in [found for label, found in there.items() if label is not None]:
        del there[None]  # one thing that is found by a name as well
    trees = [from_context(ask, found, path) for found in there.values()]
    trees += [made(ask, maker, path) for maker in serving(ask) if item in bases(maker.declares()[0])]
    able = tuple(tree for tree in trees if isinstance(tree, tuple))
    return ("list", able) if able else Fault()


def scope_of(ask: Ask) -> tuple[int, Layer] | None:
    for depth, layer in enumerate(ask.layer.all()):
        if layer.is_scope or layer.is_unscoped:
            return (depth, layer) if layer.is_scope else None
    return None


def is_private(ask: Ask, depth: int) -> bool:
    scope = scope_of(ask)
    return not ask.in_stage and scope is not None and depth < scope[0]


def made(ask: Ask, maker: Maker, path: Tree, *, override: Any = None, private: bool = False) -> Tree | Fault:
    is_override = override is not None
    if not is_override:
        for depth, layer in enumerate(ask.layer.all()):
            if layer.override and layer.override[0] == "maker" and layer.override[1] is maker.function:
                declared, _ = maker.declares()
                return replacement(ask, declared, layer.override[2], path, private=is_private(ask, depth))
    on_stage = maker.lifetime == "stage" and not is_override
    if not on_stage:
        if ask.in_stage and maker.lifetime == "scope":
            return Fault()
        if not ask.in_stage and scope_of(ask) is None and (maker.lifetime == "scope" or maker.is_generator):
            return Fault()
    mark = (ask.in_stage or on_stage, maker.label, override or maker.declares()[0])
    if mark in path:
        return Fault()
    inner = attrs.evolve(ask, layer=ask.stage, given={}, in_stage=True) if on_stage else ask
    trial = attrs.evolve(inner, is_trial=True, lazies=dict(ask.lazies))
    arguments = filled(trial, maker, (*path, mark))
    if isinstance(arguments, Fault):
        return arguments
    if not ask.is_trial:
        if mark not in ask.filled:
            ask.filled[mark] = filled(inner, maker, (*path, mark))
        arguments = ask.filled[mark]
    life = "call" if is_override and maker.lifetime == "stage" else maker.lifetime
    return ("make", maker.label, override or maker.declares()[0], arguments, life, private)


def filled(ask: Ask, maker: Maker, path: Tree) -> Tree | Fault:
    """What each parameter of a maker is filled with."""
    arguments: list[tuple[str, Tree]] = []
    for name, hint, has_default in maker.parameters():
        found = parameter(ask, name, hint, has_default=has_default, path=path)
        if isinstance(found, Fault):
            return found
        arguments.append((name, found))
    return tuple(arguments)


def reaches_private(ask: Ask, tree: Tree) -> bool:
    """True if others in the same scope cannot see all that this is made of."""
    for part in inside(ask, tree):
        match part:
            case ("given", *_) | ("object", _, True) | ("make", _, _, _, _, True):
                return True
    return False


@attrs.define(eq=False)
class Made:
    """An object that was made, as the oracle imagines it."""

    label: str
    arguments: dict[str, Any]


@attrs.define(eq=False)
class Later:
    """A ``Lazy`` as the oracle imagines it: it goes on in the call, or for the object of the stage, that has it."""

    ask: Ask
    tree: Tree
    call: dict[Tree, Made]


class Imagination:
    """What there would be after all questions so far: what a stage and its scopes keep."""

    def __init__(self) -> None:
        self._on_stage: dict[Any, Made] = {}

    def of(self, ask: Ask, tree: Tree, call: dict[Tree, Made]) -> Any:
        """What a tree stands for: an identity, None, a list, something made, or something for later."""
        match tree:
            case ("object", identity, _):
                return identity
            case ("given", name, _):
                return id(ask.given[name])
            case ("none",):
                return None
            case ("list", trees):
                return [self.of(ask, each, call) for each in trees]
            case ("lazy", key):
                return Later(ask, ask.lazies[key], call)
        return self._made(ask, tree, call)

    def _made(self, ask: Ask, tree: Tree, call: dict[Tree, Made]) -> Made:
        _, label, declared, arguments, life, _ = tree
        if tree in call:
            return call[tree]
        kept: dict[Any, Made] = {}
        scope = scope_of(ask)
        if life == "stage":
            kept = self._on_stage
        elif life == "scope" and scope is not None and not reaches_private(ask, tree):
            kept = scope[1].kept
        key = (label, declared)
        if key not in kept:
            filled_in = {} if life == "stage" else call
            filled = {name: self.of(ask, each, filled_in) for name, each in arguments if each != ("default",)}
            kept[key] = Made(label, filled)
        call[tree] = kept[key]
        return kept[key]
