"""What would a user write who builds this by hand? The source text of a plan.

One function per plan: each object is a local variable, adapters are names of its module, arguments are positional
where that is the same, and ``await`` stands only where an adapter needs it. Nothing is looked up but slots of the
context's list of values, which are names of the module, too: so the text is the same for contexts of all shapes. Which
line belongs to whose making is known beside the text, so that an exception can say for whom something was built.
"""

import inspect
import keyword
import re
from typing import Any, NamedTuple

from rostra.components import Added, Key, name_of
from rostra.di.offers import Way, product_class
from rostra.di.passing import is_plain_generator, is_surely_right, passed_by_position
from rostra.di.plans import Argument, Build, Collect, Constant, Given, Load, Node, Plan, StageObject
from rostra.di.scopes import Scope
from rostra.di.signatures import Parameter, Signature
from rostra.di.storing import only_stores
from rostra.di.under_way import Making
from rostra.di.walking import in_any_case, in_order, parts


class Program(NamedTuple):
    """A function as source text.

    Args:
        name: Its name.
        text: The module that defines it.
        names: What the names in it stand for, but for those that every program has.
        ways: By line: the adapter that is called there, and those for which it is.
        slots: The names in it that are places in the list of values, each by the type and name of what lies there.
        of_stage: The names in it of objects of the stage, each by its product.
    """

    name: str
    text: str
    names: dict[str, Any]
    ways: dict[int, Way]
    slots: dict[Added, str]
    of_stage: dict[Any, str]


class Task(NamedTuple):
    """What a program is to do.

    Args:
        plan: How everything is made.
        label: What is asked for, by name.
        given: The names of the given values, in the order in which they are passed.
        function: The function to call in the end, if it is for one.
        arguments: What that is called with.
        is_one: One object is returned, not a tuple.
        passes: The caller passes further arguments for the function, as ``args`` and ``kwargs``.
        can_wait: It may use ``await``.
        is_told_what_to_call: The caller passes the function itself, as ``function``.
    """

    plan: Plan
    label: str
    given: tuple[str, ...]
    function: Signature | None = None
    arguments: tuple[Argument, ...] = ()
    is_one: bool = True
    passes: bool = False
    can_wait: bool = True
    is_told_what_to_call: bool = False

    @property
    def returns_awaitable(self) -> bool:
        """The call of the function surely gives something to be awaited."""
        return self.function is not None and inspect.iscoroutinefunction(self.function.target)


class Unwritable(Exception):  # noqa: N818  (never seen by anybody)
    """This plan is better interpreted, for now or for ever."""


class Writer:
    """Writes one program.

    Args:
        task: What it is to do.
    """

    def __init__(self, task: Task) -> None:
        self._task = task
        self._order = list(in_order(task.plan.roots))
        self._nodes = [node for node, _ in self._order]
        self._waits = any(node.offer.signature.needs_await for node in self._nodes)
        self._kept = [node for node in self._nodes if node in task.plan.kept]
        self._keeps = bool(self._kept)
        self._locals: dict[Node, str] = {
            node: f"{_safe(name_of(node.offer.made)).lower()}_{number}"
            for number, node in enumerate(self._nodes, 1)
        }
        self._used = {*_TAKEN, *self._locals.values(), *map(_given, task.given)}
        self._names: dict[str, Any] = {}
        self._named_by: dict[Any, str] = {}
        self._slots: dict[Added, str] = {}
        self._of_stage: dict[Any, str] = {}
        self._lines: list[str] = []
        self._ways: dict[int, Way] = {}

    def program(self) -> Program:
        """The program.

        Raises:
            Unwritable: It has something for which an interpreter is needed.
        """
        task = self._task
        if not task.can_wait and (self._waits or self._keeps):
            raise Unwritable
        if len({node.offer.product for node in self._kept}) < len(self._kept):
            raise Unwritable  # which of two is made and kept depends on what else is
        name = f"{'nject' if task.function is None else 'call'}_{_safe(task.label)}"
        first = ["values", "function"] if task.is_told_what_to_call else ["values"]
        takes = [*first, *map(_given, task.given), *(["args", "kwargs"] if task.passes else [])]
        if self._keeps and not self._waits:
            self._first(name, takes, f"{name}_with_what_is_there")
            self._lines += ["", ""]
            self._function(f"{name}_with_what_is_there", takes)
        else:
            self._function(name, takes)
        text = "\n".join([*self._lines, ""])
        return Program(name, text, self._names, self._ways, self._slots, self._of_stage)

    def _first(self, name: str, takes: list[str], other: str) -> None:
        """The function for who is the first to ask the scope; it leaves it to the ``other`` where somebody was before.

        Nothing need be looked for, unless what was called before may have asked by itself.
        """
        making = self._names["making"] = Making(
            {node.offer.product: self._locals[node] for node in self._kept}
        )
        self._head(name, takes)
        self._line(1, f"if scope.made is not None: return await {other}({', '.join(takes)})")
        self._line(1, "scope.made = making")
        self._line(1, "try:")
        self._line(2, "try:")
        nobody_asked = True
        for node, way in self._order:
            is_missing = nobody_asked or node not in self._kept
            if not is_missing:
                found = f"({self._locals[node]} := scope._kept.find({self._key(node)}))"
                self._line(3, f"if scope._kept is None or {found} is MISSING:")
            self._made(3 if is_missing else 4, node, way)
            nobody_asked = nobody_asked and only_stores(node.offer.make)
        row = (each if isinstance(each, str) else f"({', '.join(each)},)" for each in making.row)
        self._line(3, f"scope.made = {', '.join(['making', *row])}")
        self._line(3, "if scope._kept is not None: making.leave(scope)")
        self._line(2, "except BaseException:")
        self._line(3, "making.break_off(scope, locals())")
        self._line(3, "raise")
        self._failing()
        self._line(1, self._last())

    def _function(self, name: str, takes: list[str]) -> None:
        """The function for who finds what others have made."""
        self._head(name, takes)
        flies = self._waits and self._keeps
        if self._keeps:
            self._line(1, "kept = scope.kept")
            self._line(1, "find, there, flying = kept.find, kept.values, kept.flights")
        if flies:
            self._line(1, "flight = Flight()")
        needs = self._needs() if self._keeps else {}
        if self._order:
            self._line(1, "try:")
            for node, way in self._order:
                self._making(node, way, needs.get(node, ""))
            self._failing("kept.abandon(flight, error)" if flies else "")
        self._line(1, self._last())

    def _head(self, name: str, takes: list[str]) -> None:
        """Its first line, and the scope, if it needs one."""
        self._line(0, f"{'async def' if self._task.can_wait else 'def'} {name}({', '.join(takes)}):")
        is_of_scope = any(map(_lives_in_scope, self._nodes))
        if is_of_scope or any(node.offer.signature.is_generator for node in self._nodes):
            self._line(1, f"scope = {self._slot(Scope, None)}")
            if is_of_scope:
                self._line(1, "if scope.is_closed: scope.check_open()")

    def _failing(self, whatever_it_is: str = "") -> None:
        """What is done where an adapter fails."""
        self._line(1, f"except {'BaseException' if whatever_it_is else 'Exception'} as error:")
        if whatever_it_is:
            self._line(2, whatever_it_is)
        self._line(2, "told(error, ways)")
        self._line(2, "raise")

    def _line(self, depth: int, text: str, way: Way | None = None) -> None:
        self._lines.append("    " * depth + text)
        if way is not None:
            self._ways[len(self._lines)] = way

    def _needs(self) -> dict[Node, str]:
        """Ask what the scope has, from the top down: under what condition each object must be made."""
        users: dict[Node, list[Node]] = {}
        for node in self._nodes:
            for each in parts(node):
                users.setdefault(each, []).append(node)
        surely = in_any_case(self._task.plan)
        needs: dict[Node, str] = {}
        for node in reversed(self._nodes):
            local = self._locals[node]
            of_users = [] if node in surely else [needs[user] for user in users[node]]
            wanted = " or ".join(dict.fromkeys(of_users))
            if node in self._task.plan.kept:
                found = f"find({self._key(node)})"
                self._line(1, f"{local} = {f'{found} if {wanted} else None' if wanted else found}")
                needs[node] = f"{local} is MISSING"
            elif len(of_users) > 1:
                self._line(1, f"{local}_needed = {wanted}")
                needs[node] = f"{local}_needed"
            else:
                needs[node] = wanted
        return needs

    def _making(self, node: Build, way: Way, need: str) -> None:
        depth = 2
        if need:
            self._line(depth, f"if {need}:")
            depth += 1
        if node not in self._task.plan.kept:
            self._made(depth, node, way)
            return
        local, key = self._locals[node], self._key(node)
        if need:
            self._line(depth, f"if {key} in flying or {key} in there:")
            self._line(depth + 1, f"{local} = await landed(kept, {key}, {name_of(node.offer.made)!r})")
            self._line(depth, f"if {local} is MISSING:")
            depth += 1
        flies = node.offer.signature.needs_await
        if flies:
            self._line(depth, f"flying[{key}] = flight")
        self._made(depth, node, way)
        self._line(depth, f"there[{key}] = {local}")
        if flies:
            self._line(depth, f"del flying[{key}]")
            self._line(depth, "if flight.waiting: flight.land(None)")

    def _made(self, depth: int, node: Build, way: Way) -> None:
        """Call the adapter, and see that it made what it declares."""
        local, offer = self._locals[node], node.offer
        passed = self._arguments(offer.make, offer.signature.parameters, node.arguments)
        called = f"{self._named(offer.adapter.label, offer.make)}({', '.join(passed)})"
        if _lives_in_scope(node) and self._waits:
            self._line(depth, "if scope.is_closed: scope.check_open()")
        if offer.signature.style == "plain":
            self._line(depth, f"{local} = {called}", way)
        elif offer.signature.style == "awaitable":
            self._line(depth, f"{local} = await {called}", way)
        else:
            self._opened(depth, node, way, called)
        if not is_surely_right(offer):
            cls = self._named(name_of(offer.made), product_class(offer))
            wrong = self._named(f"{offer.adapter.label}_offer", offer)
            self._line(depth, f"if {local}.__class__ is not {cls} and not isinstance({local}, {cls}):")
            self._line(depth + 1, f"check({wrong}, {local})", way)

    def _opened(self, depth: int, node: Build, way: Way, called: str) -> None:
        """Enter a generator; it is left when the scope closes."""
        local, offer = self._locals[node], node.offer
        label = repr(offer.adapter.label)
        self._line(depth, f"opening = {called}", way)
        if not _lives_in_scope(node):
            self._line(depth, "if scope.is_closed: scope.check_open()", way)
        if offer.signature.style == "generator":
            self._line(depth, f"{local} = opened_now(scope, opening, {label})", way)
        elif is_plain_generator(offer.make):
            self._line(depth, f"{local} = await opening.__anext__()", way)
            self._line(depth, "if scope.is_closed: await left(scope, opening)", way)
            self._line(depth, f"scope.steps = {label}, opening, scope.steps")
        else:
            self._line(depth, f"{local} = await opened(scope, opening, {label})", way)

    def _arguments(
        self, function: Any, parameters: tuple[Parameter, ...], arguments: tuple[Argument, ...]
    ) -> list[str]:
        by_position = passed_by_position(function, parameters, arguments)
        passed = []
        for argument in arguments:
            name, value = argument.parameter.name, self._value(argument.node)
            passed.append(value if name in by_position else f"{name}={value}")
        return passed

    def _last(self) -> str:
        """The statement that returns what was asked for."""
        task = self._task
        if task.function is None:
            values = [self._value(root) for root in task.plan.roots]
            return f"return {values[0]}" if task.is_one else f"return ({', '.join(values)},)"
        target = task.function.target
        passed = self._arguments(target, task.function.parameters, task.arguments)
        if task.passes:
            named = [self._by_name(each) for each in task.arguments]
            passed = ["*args", *named, "**kwargs"]
        function = "function" if task.is_told_what_to_call else self._named(task.label, target)
        called = f"{function}({', '.join(passed)})"
        if not task.can_wait or task.returns_awaitable:
            return f"return {'await ' if task.can_wait else ''}{called}"
        return f"return await awaited({called})"

    def _by_name(self, argument: Argument) -> str:
        value, parameter = self._value(argument.node), argument.parameter
        return value if parameter.is_positional_only else f"{parameter.name}={value}"

    def _value(self, node: Node) -> str:
        match node:
            case Build():
                return self._locals[node]
            case Given():
                return _given(node.name)
            case Load():
                return self._slot(node.key, node.name)
            case Constant():
                return "None" if node.value is None else self._named("constant", node.value)
            case Collect():
                return f"[{', '.join(map(self._value, node.nodes))}]"
            case StageObject():
                offer = node.build.offer
                return self._later(self._of_stage, offer.product, f"the_{name_of(offer.made)}")
        raise Unwritable

    def _key(self, node: Build) -> str:
        return self._named(f"{name_of(node.offer.made)}_key", node.offer.product)

    def _slot(self, key: Key, name: str | None) -> str:
        called = f"at_{name_of(key)}" if name is None else f"at_{name_of(key)}_{name}"
        return f"values[{self._later(self._slots, (key, name), called)}]"

    def _later(self, places: dict[Any, str], place: Any, wanted: str) -> str:
        """A name of the module for what is not known before there is a context."""
        if place not in places:
            places[place] = self._new(wanted)
        return places[place]

    def _named(self, wanted: str, value: Any) -> str:
        """A name of the module for a value."""
        if id(value) not in self._named_by:
            name = self._new(wanted)
            self._named_by[id(value)], self._names[name] = name, value
        return self._named_by[id(value)]

    def _new(self, wanted: str) -> str:
        name = wanted = _safe(wanted)
        while name in self._used:
            name = f"{wanted}_{len(self._used)}"
        self._used.add(name)
        return name


_TAKEN = frozenset(
    (
        *(
            "values",
            "function",
            "args",
            "kwargs",
            "error",
            "scope",
            "making",
            "kept",
            "find",
            "there",
            "flying",
            "flight",
            "opening",
        ),
        *(
            "MISSING",
            "Flight",
            "awaited",
            "check",
            "landed",
            "left",
            "opened",
            "opened_now",
            "told",
        ),
        *("ways", "isinstance", "BaseException", "Exception"),
    )
)


def _lives_in_scope(node: Build) -> bool:
    return node.offer.adapter.lifetime == "scope"


def _given(name: str) -> str:
    return f"given_{name}"


def _safe(text: str) -> str:
    name = re.sub(r"\W+", "_", text).strip("_") or "it"
    return name if name.isidentifier() and not keyword.iskeyword(name) else f"_{name}"
