"""What would a user write who builds this by hand? The source text of a plan.

One function per plan: each object is a local variable, adapters are names of its module, arguments are positional
where that is the same, and ``await`` stands only where an adapter needs it. Nothing is looked up but slots of the
context's list of values. Where a scope keeps something there are two functions: one for who is the first to ask the scope,
and one for who finds what others have made.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from rostra.components import name_of
from rostra.di.offers import Way, product_class
from rostra.di.passing import is_plain_generator, is_surely_right, passed_by_position
from rostra.di.plans import Argument, Build, Collect, Constant, Given, Load, Node, StageObject
from rostra.di.programs import Page, Program, Task, Unwritable, given, safe
from rostra.di.scopes import Scope
from rostra.di.signatures import Parameter
from rostra.di.storing import only_stores
from rostra.di.under_way import ROW, Leg
from rostra.di.walking import in_any_case, in_order, parts


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
        self._locals: dict[Node, str] = {
            node: f"{safe(name_of(node.offer.made)).lower()}_{number}"
            for number, node in enumerate(self._nodes, 1)
        }
        self._page = Page([*self._locals.values(), *map(given, task.given)])
        self._in_flight = {node for node in self._kept if not only_stores(node.offer.make)}
        self._handed_on: list[Node] = []

    def program(self) -> Program:
        """The program.

        Raises:
            Unwritable: It has something for which an interpreter is needed.
        """
        if not self._task.can_wait and self._waits:
            raise Unwritable
        if len({node.offer.product for node in self._kept}) < len(self._kept):
            raise Unwritable  # which of two is made and kept depends on what else is
        name = self._task.name
        if self._kept:
            self._first(name, f"{name}_with_what_is_there")
            self._line(0, "")
            self._line(0, "")
            self._others(f"{name}_with_what_is_there")
        else:
            self._only(name)
        return self._page.program(name)

    def _only(self, name: str) -> None:
        """The function, if nothing is kept."""
        self._head(name, self._task.takes)
        if self._order:
            self._line(1, "try:")
            for node, way in self._order:
                self._made(2, node, way)
            self._line(1, "except Exception as error:")
            self._failing()
        self._line(1, self._last())

    def _first(self, name: str, others: str) -> None:
        """The function for who is the first to ask the scope; once somebody else has asked it goes on with the ``others``.

        Nothing need be looked for, since that can only be where something is called that may ask, or is waited for.
        """
        trail = _Trail(self._page, self._locals)
        first, last = self._nodes[0], self._kept[-1]
        until = self._nodes.index(last) + 1
        asking = {node for node in self._nodes[:until] if not only_stores(node.offer.make)}
        self._head(name, self._task.takes)
        self._line(1, "if scope.made is not None:")
        self._lines(2, self._there_or(self._going_on(others)))
        if asking:
            self._line(1, "first = scope")
        self._line(1, trail.begun(self._waited_for(first)))
        self._line(1, "try:")
        for node, way in self._order[:until]:
            if node in asking and node is not first:
                self._lines(2, trail.left(self._waited_for(node)))
            self._made(2, node, way)
            if node in self._task.plan.kept:
                trail.add(node)
            if node is last:
                self._lines(2, trail.left(None))
                self._handed_over(others, node, ())
            elif node in asking:
                self._handed_over(others, node, trail.statements(None))
        for node, way in self._order[until:]:
            self._made(2, node, way)
        self._line(1, "except BaseException as error:")
        self._line(2, "broken_off(scope, error)")
        self._failing()
        self._line(1, self._last())

    def _handed_over(self, others: str, node: Build, leaving: Iterable[str]) -> None:
        """After ``node`` was made: once somebody else has asked, leave all to them, and go on as one of the ``others``."""
        made = self._nodes[: self._nodes.index(node) + 1]
        self._handed_on = [each for each in made if each not in self._task.plan.kept]
        self._line(2, "if scope._kept is not None:")
        self._lines(3, leaving)
        self._line(3, "handed_over(scope)")
        self._line(3, self._going_on(others, self._handed_on))

    def _others(self, name: str) -> None:
        """The function for who finds what others have made, and makes the rest."""
        self._head(name, [*self._task.takes, *(f"{self._locals[node]}=MISSING" for node in self._handed_on)])
        self._line(1, "kept = scope.kept")
        self._line(1, "find, there, flying = kept.find, kept.values, kept.flights")
        if self._in_flight:
            self._line(1, "flight = None")
        needs = self._needs()
        self._line(1, "try:")
        for node, way in self._order:
            self._made_if(needs[node], node, way)
        if self._in_flight:
            self._line(1, "except BaseException as error:")
            self._line(2, "if flight is not None: kept.abandon(flight, error)")
        else:
            self._line(1, "except Exception as error:")
        self._failing()
        self._line(1, self._last())

    def _head(self, name: str, takes: list[str]) -> None:
        """The first line, and the scope, if one is needed."""
        self._line(0, f"{'async def' if self._task.can_wait else 'def'} {name}({', '.join(takes)}):")
        is_of_scope = any(map(_lives_in_scope, self._nodes))
        if is_of_scope or any(node.offer.signature.is_generator for node in self._nodes):
            self._line(1, f"scope = {self._page.slot(Scope, None)}")
            if is_of_scope:
                self._line(1, "if scope.is_closed: scope.check_open()")

    def _going_on(self, others: str, handed_on: Iterable[Node] = ()) -> str:
        """The statement that leaves the rest to the other function, which need not make what is handed on to it."""
        passed = [*self._task.takes, *(f"{self._locals[node]}={self._locals[node]}" for node in handed_on)]
        return f"return {'await ' if self._task.can_wait else ''}{others}({', '.join(passed)})"

    def _there_or(self, going_on: str) -> Iterator[str]:
        """The statements for who is not the first: often all that is asked for is there."""
        root = self._task.plan.roots[0] if self._task.function is None and self._task.is_one else None
        if isinstance(root, Build) and root in self._task.plan.kept:
            local = self._locals[root]
            yield f"{local} = scope.kept.find({self._key(root)})"
            yield f"if {local} is not MISSING: return {local}"
        yield going_on

    def _waited_for(self, node: Build) -> Any:
        """What others wait for while ``node`` is made; None if nobody can: it only stores, or is for this call alone."""
        return node.offer.product if node in self._in_flight else None

    def _failing(self) -> None:
        """What is done in the end where an adapter fails."""
        self._line(2, "told(error, ways)")
        self._line(2, "raise")

    def _line(self, depth: int, text: str, way: Way | None = None) -> None:
        self._page.line(depth, text, way)

    def _lines(self, depth: int, texts: Iterable[str]) -> None:
        for text in texts:
            self._line(depth, text)

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
                continue
            if node in self._handed_on:
                wanted = f"{local} is MISSING{f' and ({wanted})' if wanted else ''}"
            if len(of_users) > 1:
                self._line(1, f"{local}_needed = {wanted}")
                wanted = f"{local}_needed"
            needs[node] = wanted
        return needs

    def _made_if(self, need: str, node: Build, way: Way) -> None:
        """Make it under this condition, if there is one, and unless somebody makes it in between."""
        depth = 2
        if need:
            self._line(depth, f"if {need}:")
            depth += 1
        if node not in self._task.plan.kept:
            self._made(depth, node, way)
            return
        local, key = self._locals[node], self._key(node)
        flies = node in self._in_flight
        if flies:
            self._line(depth, "flight = flight or Flight()")
        self._line(depth, f"if {key} in flying or {key} in there:")
        self._line(depth + 1, f"{local} = {self._landed(node)}")
        self._line(depth, f"if {local} is MISSING:")
        depth += 1
        if flies:
            self._line(depth, f"flying[{key}] = flight")
        self._made(depth, node, way)
        self._line(depth, f"there[{key}] = {local}")
        if flies:
            self._line(depth, f"del flying[{key}]")
            self._line(depth, "if flight.waiting: flight.land(None)")

    def _landed(self, node: Build) -> str:
        landed = f"landed(kept, {self._key(node)}, {name_of(node.offer.made)!r})"
        return f"await {landed}" if self._task.can_wait else f"driven({landed})"

    def _made(self, depth: int, node: Build, way: Way) -> None:
        """Call the adapter, and see that it made what it declares."""
        local, offer = self._locals[node], node.offer
        passed = self._arguments(offer.make, offer.signature.parameters, node.arguments)
        called = f"{self._page.named(offer.adapter.label, offer.make)}({', '.join(passed)})"
        if _lives_in_scope(node) and self._waits:
            self._line(depth, "if scope.is_closed: scope.check_open()")
        if offer.signature.style == "plain":
            self._line(depth, f"{local} = {called}", way)
        elif offer.signature.style == "awaitable":
            self._line(depth, f"{local} = await {called}", way)
        else:
            self._opened(depth, node, way, called)
        if not is_surely_right(offer):
            cls = self._page.named(name_of(offer.made), product_class(offer))
            wrong = self._page.named(f"{offer.adapter.label}_offer", offer)
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
            self._line(depth, f"try: {local} = await opening.__anext__()", way)
            self._line(depth, "except StopAsyncIteration: yielded_nothing()", way)
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
        function = "function" if task.is_told_what_to_call else self._page.named(task.label, target)
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
                return given(node.name)
            case Load():
                return self._page.slot(node.key, node.name)
            case Constant():
                return "None" if node.value is None else self._page.named("constant", node.value)
            case Collect():
                return f"[{', '.join(map(self._value, node.nodes))}]"
            case StageObject():
                offer = node.build.offer
                return self._page.of_stage(offer.product, f"the_{name_of(offer.made)}")
        raise Unwritable

    def _key(self, node: Build) -> str:
        return self._page.named(f"{name_of(node.offer.made)}_key", node.offer.product)


class _Trail:
    """What a plan leaves to its scope on the way, as statements.

    Args:
        page: Where they are written.
        names: The local variables, by node.
    """

    def __init__(self, page: Page, names: Mapping[Node, str]) -> None:
        self._page = page
        self._names = names
        self._news: list[Build] = []
        self._before = "None"

    def begun(self, ahead: Any) -> str:
        """The first one."""
        return f"scope.made = {self._page.named('begun', (Leg((), ahead), None))}"

    def add(self, node: Build) -> None:
        """It was made, and has to be left."""
        self._news.append(node)

    def left(self, ahead: Any) -> Iterator[str]:
        """What leaves all that was made since the last time, and says what comes next."""
        yield from self.statements(ahead)
        self._news, self._before = [], "scope.made"

    def statements(self, ahead: Any) -> Iterator[str]:
        """The same without taking it for done."""
        before = self._before
        for first in range(0, max(1, len(self._news)), ROW):
            row = self._news[first : first + ROW]
            names = [self._names[node] for node in row]
            leg = Leg((node.offer.product for node in row), ahead)
            called = self._page.named(f"with_{names[-1]}" if names else "leg", leg)
            yield f"scope.made = {', '.join([called, *names, before])}"
            before = "scope.made"


def _lives_in_scope(node: Build) -> bool:
    return node.offer.adapter.lifetime == "scope"
