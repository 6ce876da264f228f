"""How each resolver is asked for the same things, in the way that its documentation shows.

Each peer is a class with a method per kind of question. It returns the loop that is measured; a question that
the peer has no way to answer is left out. Locks are switched off where a peer has a switch.
"""

import importlib
import inspect
from contextlib import AsyncExitStack, asynccontextmanager
from importlib import metadata
from typing import Any, ClassVar

from resolving.graphs import Graph
from resolving.laps import Laps, loop


class Peer:
    """A resolver.

    Args:
        stack: What lives until the benchmark ends.
    """

    package: ClassVar[str]

    def __init__(self, stack: AsyncExitStack) -> None:
        self.library: Any = importlib.import_module(self.package.replace("-", "_"))
        self.stack = stack

    @classmethod
    def version(cls) -> str:
        """Which version is installed."""
        return metadata.version(cls.package)

    async def transient(self, graph: Graph) -> Laps:
        """Everything anew at each question, but for what lives with the application."""
        raise NotImplementedError

    async def component(self, graph: Graph) -> Laps:
        """An object that is there already."""
        raise NotImplementedError

    async def scoped(self, graph: Graph) -> Laps:
        """A scope that keeps what is built in it, opened for one question."""
        raise NotImplementedError

    async def given(self, graph: Graph) -> Laps:
        """One object of what is built takes a value of the caller."""
        raise NotImplementedError


class Dishka(Peer):
    package = "dishka"

    def container(self, graph: Graph, *, cache: bool, request: bool = False) -> Any:
        scope = self.library.Scope
        provider = self.library.Provider()
        for cls, make in zip(graph.classes, graph.makers, strict=True):
            of_app = cls in graph.of_stage
            lives = scope.REQUEST if (cache or request) and not of_app else scope.APP
            provider.provide(make, scope=lives, cache=of_app or cache)
        if request:
            provider.from_context(graph.module["Request"], scope=scope.REQUEST)
        return self.library.make_async_container(provider, lock_factory=None)

    async def transient(self, graph: Graph) -> Laps:
        container = self.container(graph, cache=False)
        return loop("await ask(target)", ask=container.get, target=graph.target)

    async def component(self, graph: Graph) -> Laps:
        provider = self.library.Provider()
        provider.provide(graph.target, scope=self.library.Scope.APP)
        container = self.library.make_async_container(provider, lock_factory=None)
        return loop("await ask(target)", ask=container.get, target=graph.target)

    async def scoped(self, graph: Graph) -> Laps:
        container = self.container(graph, cache=True)
        text = "async with container() as scope: await scope.get(target)"
        return loop(text, container=container, target=graph.target)

    async def given(self, graph: Graph) -> Laps:
        container = self.container(graph, cache=False, request=True)
        request = graph.module["Request"]
        text = "async with container({request: request()}) as scope: await scope.get(target)"
        return loop(text, container=container, request=request, target=graph.target)


class Wireup(Peer):
    package = "wireup"

    def container(self, graph: Graph, lifetime: str, *more: Any) -> Any:
        injectable = self.library.injectable
        made = [
            injectable(make, lifetime="singleton" if cls in graph.of_stage else lifetime)
            for cls, make in zip(graph.classes, graph.makers, strict=True)
        ]
        return self.library.create_async_container(injectables=[*made, *more])

    async def transient(self, graph: Graph) -> Laps:
        container = self.container(graph, "transient")
        scope = await self.stack.enter_async_context(container.enter_scope())
        return loop("await ask(target)", ask=scope.get, target=graph.target)

    async def component(self, graph: Graph) -> Laps:
        container = self.container(graph, "singleton")
        return loop("await ask(target)", ask=container.get, target=graph.target)

    async def scoped(self, graph: Graph) -> Laps:
        container = self.container(graph, "scoped")
        text = "async with enter() as scope: await scope.get(target)"
        return loop(text, enter=container.enter_scope, target=graph.target)


class Diwire(Peer):
    package = "diwire"

    def container(self, graph: Graph, *, scoped: bool = False) -> Any:
        lifetimes = self.library.Lifetime
        container = self.library.Container(lock_mode=self.library.LockMode.NONE)
        for cls, make in zip(graph.classes, graph.makers, strict=True):
            lives = lifetimes.SCOPED if scoped or cls in graph.of_stage else lifetimes.TRANSIENT
            scope = (
                self.library.Scope.REQUEST if scoped and cls not in graph.of_stage else self.library.Scope.APP
            )
            if isinstance(make, type):
                container.add(make, lifetime=lives, scope=scope)
            elif "Iterator" in str(make.__annotations__["return"]):
                container.add_generator(
                    make, provides=cls, lifetime=lives, scope=scope, require_generator_finally=False
                )
            else:
                container.add_factory(make, provides=cls, lifetime=lives, scope=scope)
        return container.compile()

    async def transient(self, graph: Graph) -> Laps:
        container = self.container(graph)
        return loop("await ask(target)", ask=container.aresolve, target=graph.target)

    async def component(self, graph: Graph) -> Laps:
        container = self.library.Container(lock_mode=self.library.LockMode.NONE)
        container.add_instance(graph.target(), provides=graph.target)
        compiled = container.compile()
        return loop("await ask(target)", ask=compiled.aresolve, target=graph.target)

    async def scoped(self, graph: Graph) -> Laps:
        container = self.container(graph, scoped=True)
        text = "async with enter(request) as scope: await scope.aresolve(target)"
        request = self.library.Scope.REQUEST
        return loop(text, enter=container.enter_scope, request=request, target=graph.target)


class Svcs(Peer):
    package = "svcs"

    def registry(self, graph: Graph) -> Any:
        registry = self.library.Registry()
        for cls, make in zip(graph.classes, graph.makers, strict=True):
            takes = [graph.made_for(name) for name in _takes(make)]
            registry.register_factory(cls, _factory(make, takes))
        return registry

    async def component(self, graph: Graph) -> Laps:
        registry = self.library.Registry()
        registry.register_value(graph.target, graph.target())
        container = self.library.Container(registry)
        return loop("await ask(target)", ask=container.aget, target=graph.target)

    async def scoped(self, graph: Graph) -> Laps:
        registry = self.registry(graph)
        text = "async with Container(registry) as container: await container.aget(target)"
        return loop(text, Container=self.library.Container, registry=registry, target=graph.target)


def _takes(make: Any) -> list[str]:
    code = (make.__init__ if isinstance(make, type) else make).__code__
    return [name for name in code.co_varnames[: code.co_argcount] if name != "self"]


def _factory(make: Any, takes: list[type]) -> Any:
    if isinstance(make, type):
        return lambda svcs_container: make(*[svcs_container.get(cls) for cls in takes])

    if inspect.isasyncgenfunction(make):

        async def opened(svcs_container: Any) -> Any:
            async for made in make(*[await svcs_container.aget(cls) for cls in takes]):
                yield made

        return opened

    async def factory(svcs_container: Any) -> Any:
        return await make(*[await svcs_container.aget(cls) for cls in takes])

    return factory


class Aioinject(Peer):
    package = "aioinject"

    def container(self, graph: Graph, kind: str) -> Any:
        container = self.library.Container()
        for cls, make in zip(graph.classes, graph.makers, strict=True):
            lives = "Singleton" if cls in graph.of_stage else kind
            opened = asynccontextmanager(make) if inspect.isasyncgenfunction(make) else make
            container.register(getattr(self.library, lives)(opened, cls))
        return container

    async def _entered(self, container: Any) -> Any:
        return await self.stack.enter_async_context(
            (await self.stack.enter_async_context(container)).context()
        )

    async def transient(self, graph: Graph) -> Laps:
        context = await self._entered(self.container(graph, "Transient"))
        return loop("await ask(target)", ask=context.resolve, target=graph.target)

    async def component(self, graph: Graph) -> Laps:
        context = await self._entered(self.container(graph, "Singleton"))
        return loop("await ask(target)", ask=context.resolve, target=graph.target)

    async def scoped(self, graph: Graph) -> Laps:
        container = await self.stack.enter_async_context(self.container(graph, "Scoped"))
        text = "async with container.context() as context: await context.resolve(target)"
        return loop(text, container=container, target=graph.target)


class DependencyInjector(Peer):
    package = "dependency-injector"

    def provider(self, graph: Graph) -> Any:
        providers = importlib.import_module("dependency_injector.providers")
        known: dict[str, Any] = {}
        for cls, make in reversed(list(zip(graph.classes, graph.makers, strict=True))):
            takes = {name: known[name] for name in _takes(make)}
            kind = providers.Singleton if cls in graph.of_stage else providers.Factory
            known[f"c{cls.__name__[1:]}"] = kind(make, **takes)
        return known["c0"]

    async def transient(self, graph: Graph) -> Laps:
        return _awaited(self.provider(graph), graph)

    async def component(self, graph: Graph) -> Laps:
        providers = importlib.import_module("dependency_injector.providers")
        return _awaited(providers.Singleton(graph.target), graph)


def _awaited(provider: Any, graph: Graph) -> Laps:
    """It gives the object itself unless something on the way is a coroutine function."""
    is_async = graph.makers != graph.classes
    return loop("await provider()" if is_async else "provider()", provider=provider)


class Buvar(Peer):
    package = "buvar"

    def __init__(self, stack: AsyncExitStack) -> None:
        super().__init__(stack)
        self.di: Any = importlib.import_module("buvar.di")
        self.context: Any = importlib.import_module("buvar.context")

    async def transient(self, graph: Graph) -> Laps:
        if graph.of_stage:
            raise NotImplementedError
        self.di.register(*graph.makers)
        return loop("await nject(target)", nject=self.di.nject, target=graph.target)

    async def component(self, graph: Graph) -> Laps:
        self.context.add(graph.target())
        return loop("await nject(target)", nject=self.di.nject, target=graph.target)

    async def given(self, graph: Graph) -> Laps:
        self.di.register(*graph.makers)
        request = graph.module["Request"]
        return loop(
            "await nject(target, request=request())",
            nject=self.di.nject,
            target=graph.target,
            request=request,
        )


PEERS: tuple[type[Peer], ...] = (Dishka, Wireup, Svcs, Diwire, Aioinject, DependencyInjector, Buvar)
