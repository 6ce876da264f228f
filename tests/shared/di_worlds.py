"""Random worlds in which di is compared with an oracle.

Each world has classes with inheritance, adapters of all sorts, and a tree of context layers. Components are added
at any height, adapters registered, scopes opened, things overridden; in between questions are asked, and each
answer is compared with the oracle's: which adapter made what out of what, and which objects are one and the same.
"""

import asyncio
import random
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from typing import Annotated, Any

import attrs
from di_oracle import Addition, Ask, Imagination, Later, Layer, Made, Maker, TooWideError, answer

from rostra import context, di
from rostra.components import Components
from rostra.errors import ConflictError, GivenError, NeedsAwaitError, ResolveError

NAMES = ("a", "b", "c", "d")
DEFAULT = object()


class Thing:
    """What all classes of a world descend from; an object knows who made it and out of what."""

    made_by = ""
    made_of: dict[str, Any] = {}  # noqa: RUF012  (each object has its own)


@attrs.frozen(eq=False)
class Question:
    """What is asked for: by itself, or by the parameter of a function that is called.

    ``name`` is that of the parameter, None if there is none. The function is a method of a new object of ``holder``, or
    a new local function, if there is no holder.
    """

    asked: Any
    name: str | None = None
    holder: type | None = None

    async def answered(self, given: dict[str, Any], *, at_once: bool) -> Any:
        """What di says; ``at_once`` where that can be."""
        if self.name is None:
            try:
                return di.now(self.asked, **given) if at_once else await di.nject(self.asked, **given)
            except NeedsAwaitError:
                return await di.nject(self.asked, **given)
        mark, function = self.function()
        found, answer = await di.call(function, **given)
        assert found is mark
        return answer

    def foreseen(self, given: dict[str, Any]) -> None:
        """Let di find out beforehand what it will say, if there is a function."""
        if self.name is not None:
            kinds = {name: type(value) for name, value in given.items()}
            di.loads(self.function()[1], context.current_context(), kinds)

    def function(self) -> tuple[Any, Any]:
        """What is called, and what it knows."""
        mark: Any = self.holder() if self.holder else object()
        return mark, mark.ask if self.holder else self.local(mark)

    def local(self, mark: object) -> Any:
        """A function that knows the mark from around it."""
        program = f"def around(mark):\n    def ask({self.name}):\n        return mark, {self.name}\n    return ask\n"
        module: dict[str, Any] = {}
        exec(program, module)
        function = module["around"](mark)
        function.__annotations__ = {self.name: self.asked}
        return function


def with_method(name: str, asked: Any) -> type:
    """A class with a method that takes this."""
    module: dict[str, Any] = {}
    exec(f"def ask(self, {name}):\n    return self, {name}\n", module)
    module["ask"].__annotations__ = {name: asked}
    return type("Holder", (), {"ask": module["ask"]})


class World:
    """A random world, grown step by step on both sides: di's and the oracle's."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.classes = self._classes()
        self.makers: list[tuple[Maker, Any]] = []
        self.layer = Components(None, "stage")
        self.ours = Layer(is_scope=True)
        self.stage, self.our_stage = self.layer, self.ours
        self.process = di.Registry()
        self.registered: dict[str, list[Maker]] = {"process": [], "stage": []}
        self.imagination = Imagination()
        self.pairs: dict[int, Made | Later] = {}
        self.alive: list[object] = []
        self.too_wide = 0
        self.questions: list[tuple[Question, dict[str, Any]]] = []

    def _classes(self) -> list[type[Thing]]:
        classes: list[type[Thing]] = []
        for number in range(self.random.randint(3, 7)):
            bases = self.random.sample(classes, min(len(classes), self.random.choice((0, 1, 1, 2))))
            try:
                classes.append(type(f"C{number}", tuple(bases) or (Thing,), {}))
            except TypeError:  # no method resolution order for these bases
                classes.append(type(f"C{number}", (Thing,), {}))
        return classes

    def chance(self, percent: int) -> bool:
        return self.random.randrange(100) < percent

    def hint(self) -> str:
        """A random annotation, as it is written."""
        cls, other = (self.random.choice(self.classes).__name__ for _ in range(2))
        forms = (
            *[cls] * 10,
            *[f"{cls} | None"] * 3,
            f"{cls} | {other}",
            f"list[{cls}]",
            f"di.Lazy[{cls}]",
            f"Annotated[{cls}, di.Named('{self.random.choice(NAMES)}')]",
            "str",
        )
        return self.random.choice(forms)

    def maker(self, number: int) -> Maker:
        """A random adapter, made of source text like one that a user writes."""
        names = self.random.sample(NAMES, self.random.choice((0, 0, 1, 1, 2, 3)))
        defaults = self.random.randint(0, len(names)) if self.chance(30) else 0
        parameters = [
            f"{name}: {self.quoted(self.hint())}"
            + (" = DEFAULT" if position >= len(names) - defaults else "")
            for position, name in enumerate(names)
        ]
        return self.written(number, parameters, self.random.choice(self.classes))

    def in_a_circle(self, number: int, made: type[Thing]) -> Maker:
        """An adapter that takes nearly everything else that there is, and can nearly always do without."""
        others = [cls.__name__ for cls in self.classes if cls is not made and self.chance(85)]
        self.random.shuffle(others)
        hints = {name.lower(): name if self.chance(5) else f"{name} | None" for name in others}
        return self.written(number, [f"{name}: {hint}" for name, hint in hints.items()], made)

    def written(self, number: int, parameters: list[str], made: type[Thing]) -> Maker:
        """An adapter with these parameters that makes such things."""
        result = made.__name__
        if self.chance(10):
            result = f"Annotated[{result}, di.Named('{self.random.choice(NAMES)}')]"
        is_generator, is_async = self.chance(25), self.chance(50)
        if is_generator:
            result = f"{'AsyncIterator' if is_async else 'Iterator'}[{result}]"
        program = (
            f"{'async ' if is_async else ''}def maker{number}({', '.join(parameters)}) -> {result}:\n"
            f"    {'yield' if is_generator else 'return'} build(dict(locals()))\n"
        )

        def build(arguments: dict[str, Any]) -> Thing:
            descendants = [cls for cls in self.classes if issubclass(cls, made)]
            thing = descendants[number % len(descendants)]()
            thing.made_by, thing.made_of = f"maker{number}", arguments
            return thing

        names_there = {cls.__name__: cls for cls in self.classes}
        there = {"Annotated": Annotated, "AsyncIterator": AsyncIterator, "Iterator": Iterator, "di": di}
        module: dict[str, Any] = {**names_there, **there, "DEFAULT": DEFAULT, "build": build}
        exec(program, module)
        default_lifetime = "scope" if is_generator else "call"
        lifetime = self.random.choice((default_lifetime, default_lifetime, "call", "scope", "stage"))
        return Maker(module[f"maker{number}"], lifetime, self.chance(8), is_generator)

    def quoted(self, hint: str) -> str:
        return repr(hint) if self.chance(20) else hint

    def new(self) -> Thing:
        thing = self.random.choice(self.classes)()
        self.alive.append(thing)
        return thing

    def register_circle(self) -> None:
        known = self.registered["stage"]
        for cls in self.classes:
            known.append(self.in_a_circle(sum(map(len, self.registered.values())), cls))
            self.stage.get(di.Registry).register(
                known[-1].function, lifetime=known[-1].lifetime, replace=known[-1].replace
            )

    def register(self) -> None:
        where = self.random.choice(("process", "stage", "stage", "stage"))
        known = self.registered[where]
        maker = (
            self.random.choice(known)
            if known and self.chance(10)
            else self.maker(sum(map(len, self.registered.values())))
        )
        if maker in known:
            known.remove(maker)
        known.append(maker)
        registry = self.process if where == "process" else self.stage.get(di.Registry)
        registry.register(maker.function, lifetime=maker.lifetime, replace=maker.replace)

    def add(self) -> None:
        ours, theirs = self.random.choice(list(zip(self.ours.all(), self.layer.layers(), strict=True)))
        thing = self.new()
        kind: type[Thing] = type(thing)
        if self.chance(30):
            kind = self.random.choice([cls for cls in self.classes if isinstance(thing, cls)])
        name = self.random.choice(NAMES) if self.chance(30) else None
        theirs.add(thing, kind, name=name)
        ours.items.append(Addition(kind, (name,), thing))

    async def push(self, stack: AsyncExitStack) -> None:
        what = self.random.choice(("child", "scope", "scope", "unscoped", "type", "maker"))
        ours = Layer(self.ours)
        if what == "scope":
            given = self.given_to_scope()
            await stack.enter_async_context(di.scope(**given))
            kinds = [type(thing) for thing in given.values()]
            for name, thing in given.items():
                labels = (name, None) if kinds.count(type(thing)) == 1 else (name,)
                ours.items.append(Addition(type(thing), labels, thing, is_given=True))
            ours.is_scope = True
        elif what in {"type", "maker"}:
            self.override(what, ours, stack)
        else:
            stack.enter_context(context.child())
            if what == "unscoped":
                context.add(di.Unscoped())
                ours.is_unscoped = True
        self.layer, self.ours = context.current_context(), ours

    def given_to_scope(self) -> dict[str, Thing]:
        """None or a few; sometimes one thing by several names."""
        names = self.random.sample(NAMES, self.random.choice((0, 0, 1, 1, 2, 3)))
        things = {name: self.new() for name in names}
        return dict.fromkeys(names, self.new()) if self.chance(10) else things

    def override(self, what: str, ours: Layer, stack: AsyncExitStack) -> None:
        makers = [*self.registered["process"], *self.registered["stage"]]
        target: Any = self.random.choice(self.classes)
        if what == "type" or not makers:
            what = "type"
            if self.chance(20):
                target = Annotated[target, di.Named(self.random.choice(NAMES))]
        else:
            target = self.random.choice(makers).function
        instead: Any = self.new()
        theirs: Any = instead
        if self.chance(60):
            maker = self.maker(1000 + len(self.alive))
            self.alive.append(maker)
            instead = Maker(
                maker.function, "scope" if maker.is_generator else "call", False, maker.is_generator
            )
            theirs = maker.function
        stack.enter_context(di.override(target, theirs))
        ours.override = (what, target, instead)

    async def ask(self) -> None:
        hint = self.random.choice(self.classes)
        asked: Any = self.random.choice((hint, hint, hint, hint | None, list[hint], di.Lazy[hint]))
        given = {
            name: self.new()
            for name in self.random.sample((*NAMES, "x", "y"), self.random.choice((0, 0, 1, 2)))
        }
        if given and self.chance(10):
            given[next(iter(given))] = None
        question = Question(asked)
        if self.chance(30):
            name = self.random.choice((*NAMES, "x"))
            question = Question(asked, name, with_method(name, asked) if self.chance(50) else None)
        self.questions.append((question, given))
        if self.chance(10):  # what is added until it is asked again is not foreseen
            question.foreseen(given)
            return
        for _ in range(self.random.choice((1, 2, 3))):  # interpreted, compiled, and what was compiled
            if not await self.ask_for(question, given):
                return  # what has no answer is never remembered
        for _ in range(self.random.choice((0, 0, 3))):  # the same question in scopes alike
            await self.ask_aside(question, given)

    async def ask_again(self) -> None:
        """Ask what was asked before, whatever was added meanwhile, with other values of the same types."""
        for question, given in self.random.sample(self.questions, min(3, len(self.questions))):
            others = {name: value and type(value)() for name, value in given.items()}
            self.alive.append(others)
            await self.ask_for(question, others)

    async def ask_aside(self, question: Question, given: dict[str, Any]) -> None:
        """Ask in a scope that is closed then; sometimes for what something else was made of before."""
        before, self.ours = self.ours, Layer(self.ours, is_scope=True)
        async with di.scope():
            if self.chance(30):
                await self.ask_for(Question(self.random.choice(self.classes)), {})
            await self.ask_for(question, given)
        self.ours = before

    async def ask_for(self, question: Question, given: dict[str, Any]) -> bool:
        """Whether there was an answer, and it was right."""
        asked, makers = question.asked, [*self.registered["process"], *self.registered["stage"]]
        try:
            ours, expected = answer(
                Ask(self.ours, makers, self.our_stage, dict(given), frozenset(given)), asked, question.name
            )
        except TooWideError:
            self.too_wide += 1
            return False
        self.described = f"{asked} for {question.name} with {given} should be {expected}"
        if self.chance(20):
            question.foreseen(given)
        try:
            found = await question.answered(given, at_once=self.chance(30))
        except (ResolveError, GivenError) as error:
            kind = (
                "conflict"
                if isinstance(error, ConflictError)
                else "given"
                if isinstance(error, GivenError)
                else "resolve"
            )
            assert isinstance(expected, set), self.described
            assert kind in expected, self.described
            return False
        assert isinstance(expected, tuple), self.described
        await self.compare(found, self.imagination.of(ours, expected, {}))
        return True

    async def compare(self, found: Any, imagined: Any) -> None:
        match imagined:
            case Made() | Later():
                await self.compare_once(found, imagined)
            case list():
                assert len(found) == len(imagined), self.described
                for one, other in zip(found, imagined, strict=True):
                    await self.compare(one, other)
            case None:
                assert found is None, self.described
            case _:
                assert id(found) == imagined, self.described

    async def compare_once(self, found: Any, imagined: Made | Later) -> None:
        """An object that is met again must be imagined as the same again, and two must be two."""
        if id(found) in self.pairs:
            assert isinstance(imagined, Later) or self.pairs[id(found)] is imagined, self.described
            return
        assert imagined not in self.pairs.values(), self.described
        self.pairs[id(found)] = imagined
        self.alive.append(found)
        if isinstance(imagined, Later):
            later = self.imagination.of(imagined.ask, imagined.tree, imagined.call)
            await self.compare(await found(), later)
            return
        assert found.made_by == imagined.label, self.described
        for name, value in found.made_of.items():
            if name in imagined.arguments:
                await self.compare(value, imagined.arguments[name])
            else:
                assert value is DEFAULT, self.described


async def live(seed: int) -> World:
    """Grow one world, ask in between, and put it away."""
    world = World(seed)
    async with di.Closing("stage") as closing, AsyncExitStack() as stack:
        di.open_stage(world.layer, closing)
        world.layer.add(di.Registry(world.process))
        stack.enter_context(context.use(world.layer))
        if world.chance(20):
            world.register_circle()
        for _ in range(world.random.randint(2, 9)):
            world.register()
        for _ in range(world.random.randint(5, 25)):
            step = world.random.randrange(100)
            if step < 10:
                world.register()
            elif step < 30:
                world.add()
            elif step < 42:
                await world.push(stack)
            elif step < 55:
                await world.ask_again()
            else:
                await world.ask()
    return world


def live_all(seeds: range) -> None:
    """Grow one world after the other; an error says in which it was."""
    for seed in seeds:
        try:
            asyncio.run(live(seed))
        except BaseException as error:
            error.add_note(f"in world {seed}: ROSTRA_DI_FIRST_WORLD={seed} ROSTRA_DI_WORLDS=1")
            raise
