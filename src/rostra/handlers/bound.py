"""A handler that knows where its parameters come from, and how it is called: decided once, when it is planned."""

import enum
import functools
import inspect
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from typing import Any, TypeAlias

from rostra import di
from rostra.components import Components
from rostra.handlers.declaring import Declared, Marker
from rostra.values import Values


class Origin(enum.StrEnum):
    """Who gives a parameter its value."""

    PATH = "path"
    MARKER = "marker"
    PROVIDED = "provided"
    DI = "di"
    QUERY = "query"
    PAYLOAD = "payload"


class Source(Values):
    """A parameter and where it comes from.

    Args:
        parameter: The parameter.
        origin: Who gives the value. The transport gives those of ``path``, ``marker``, ``query`` and ``payload``.
        annotation: The type as written, evaluated; without the marker.
        marker: The marker, if it has one that the trigger understands.
        is_optional: None would do, too.
    """

    parameter: di.Parameter
    origin: Origin
    annotation: Any
    marker: Marker | None = None
    is_optional: bool = False

    @property
    def name(self) -> str:
        """The parameter's name."""
        return self.parameter.name


Invocation: TypeAlias = Callable[[Mapping[str, Any]], Awaitable[Any]]

_FILLED_BY_DI = (Origin.DI, Origin.PROVIDED)


class Bound:
    """A handler that knows where each of its parameters comes from.

    Args:
        declared: The handler.
        sources: Of its parameters, in order.
        layer: Of the stage.
        guards: What is asked before it, in order.

    ``invoke`` calls the function alone, in the scope at hand, with the values by name that ``from_outside`` and
    ``passed`` name. It gives something to be awaited; whatever is wrong is raised there, or at once. This is for
    transports that open the scope themselves and ask the guards; others use ``call``.
    """

    __slots__ = ("_layer", "_needs", "declared", "guards", "invoke", "passed", "sources")

    def __init__(
        self,
        declared: Declared,
        sources: tuple[Source, ...],
        layer: Components,
        guards: "tuple[Bound, ...]" = (),
    ) -> None:
        self.declared = declared
        self.sources = sources
        self.guards = guards
        self.passed: Mapping[str, type] = _passed(declared, sources)
        self._layer = layer
        own = _own_name(declared)
        asked = [each for each in sources if each.origin in _FILLED_BY_DI and each.name not in self.passed]
        self._needs = _needs(declared, asked, own)
        self.invoke = _invocation(declared, sources, own, self._needs if asked or own else None)

    @property
    def from_outside(self) -> tuple[Source, ...]:
        """What the transport has to give at each call."""
        return tuple(source for source in self.sources if source.origin not in _FILLED_BY_DI)

    def giver(self, source: Source) -> str:
        """Who gives a parameter its value, as people call it: ``path``, ``query``, ``header``, ``body``, ``di``."""
        if source.origin is Origin.MARKER and source.marker is not None:
            return _called(type(source.marker))
        if source.origin is not Origin.PAYLOAD:
            return source.origin.value
        of_payload = [each for each in self.declared.trigger.markers if getattr(each, "is_payload", False)]
        return _called(of_payload[0]) if len(of_payload) == 1 else source.origin.value

    @property
    def root(self) -> di.Root:
        """What ``di.check`` should know of it."""
        trigger = self.declared.trigger
        label = f"{trigger.describe()} → {self.declared.label}"
        return di.Root(self._needs, label, {}, trigger.provides, scoped=True)

    async def call(self, values: Mapping[str, Any], components: Iterable[object] = ()) -> Any:
        """Call the handler in a scope of its own, on top of the stage's layer.

        Args:
            values: By name: those of the parameters that come from outside. One that is left out takes its default.
                Only the handler and its guards see them.
            components: Objects of the types that the trigger provides; adapters see them, too.

        Returns:
            What the handler returns, or a guard instead of it. The scope has been closed then, so whatever it commits is committed.

        Raises:
            Exception: What the handler, a guard or the closing of the scope raises, as it is.
        """
        components = tuple(components)
        async with di.LateScope(self._layer, components):
            for guard in self.guards:
                instead = await guard.invoke(guard.taken(values, components))
                if instead is not None:
                    return instead
            return await self.invoke(self.taken(values, components))

    def taken(self, values: Mapping[str, Any], components: Sequence[object]) -> dict[str, Any]:
        """Of these values and objects the ones that ``invoke`` takes, by name."""
        found = {source.name: values[source.name] for source in self.from_outside if source.name in values}
        for name, kind in self.passed.items():
            found[name] = next(each for each in reversed(components) if isinstance(each, kind))
        return found


def _passed(declared: Declared, found: tuple[Source, ...]) -> Mapping[str, type]:
    """Parameters that take what comes with each call, and nothing else: they need not be asked of di."""
    provided = declared.trigger.provides
    return {
        source.name: kind
        for source in found
        if source.origin is Origin.PROVIDED
        for kind in provided
        if source.annotation is kind
    }


def _invocation(
    declared: Declared, found: tuple[Source, ...], own: str | None, needs: Callable[..., Any] | None
) -> Invocation:
    """The shortest way to call a handler; ``needs`` is what di fills of it, None if that is nothing."""
    function = declared.function
    only = tuple(source.name for source in found if source.parameter.is_positional_only)
    if only or _is_positional_only(function, own):
        return _by_position(function, (*([own] if own else ()), *only), needs)
    if needs is not None:
        return di.Caller(function, di.signature(needs)).call
    if inspect.iscoroutinefunction(function):
        return lambda values: function(**values)
    return lambda values: _answered(function, values)


def _by_position(
    function: Callable[..., Any], names: tuple[str, ...], needs: Callable[..., Any] | None
) -> Invocation:
    fill = None if needs is None else di.Caller(needs, di.signature(needs)).call

    async def invoke(values: Mapping[str, Any]) -> Any:
        named = {**values} if fill is None else {**values, **await fill({})}
        positional = [named.pop(name) for name in names if name in named]
        result = function(*positional, **named)
        return await result if inspect.isawaitable(result) else result

    return invoke


async def _answered(function: Callable[..., Any], values: Mapping[str, Any]) -> Any:
    result = function(**values)
    return await result if inspect.isawaitable(result) else result


def _is_positional_only(function: Callable[..., Any], own: str | None) -> bool:
    return own is not None and di.signature(function).parameters[0].is_positional_only


def _called(marker: type) -> str:
    """``header`` for ``Header`` and for ``FromHeader``."""
    return marker.__name__.removeprefix("From").lower()


def _own_name(declared: Declared) -> str | None:
    return di.signature(declared.function).parameters[0].name if declared.owner else None


def _needs(
    declared: Declared, found: Iterable[Source], own_name: str | None
) -> Callable[..., Mapping[str, Any]]:
    """A function of the parameters that ``di`` fills, which returns them by name.

    The others are left out, and with them the danger that an adapter takes a path value for its own.
    """
    keyword = inspect.Parameter.KEYWORD_ONLY
    wanted = [
        inspect.Parameter(
            source.name, keyword, default=source.parameter.default, annotation=source.annotation
        )
        for source in found
    ]
    if own_name is not None:
        wanted.insert(0, inspect.Parameter(own_name, keyword, annotation=declared.owner))

    @functools.wraps(declared.function)
    def needs(**values: Any) -> Mapping[str, Any]:
        return values

    needs.__annotations__ = {}  # those of the handler are read already, in its signature
    needs.__signature__ = inspect.Signature(wanted)  # type: ignore[attr-defined]  # inspect reads it
    return needs
