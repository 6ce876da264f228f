"""Where does each parameter of a handler come from? Decided once, when it is bound, and from types alone.

In this order: a name in the path, a marker, an object that the trigger provides, something that ``di`` can give, a
scalar of the query. What is left over is the payload, and that is at most one.
"""

import inspect
import typing
from collections.abc import Callable, Iterable, Mapping
from typing import Annotated, Any, TypeAlias

from rostra import di
from rostra.components import Components, keys
from rostra.handlers import refusals
from rostra.handlers.annotated import bare, union_members
from rostra.handlers.bound import Origin, Source
from rostra.handlers.declaring import Declared, Marker, Trigger
from rostra.handlers.shapes import is_data, is_list_of_scalars, is_plain_mapping, is_scalar

Gives: TypeAlias = Callable[[di.Parameter], bool]
"""Whether there is a component or an adapter for a parameter."""


def gives(layer: Components, registry: di.Registry, parameter: di.Parameter) -> bool:
    """Whether there is a component or an adapter for it; whether that can be built is for ``di.check`` to say."""
    want = parameter.read(registry.names)
    items = [want.options[0]._replace(key=want.many)] if want.many is not None else []
    return any(
        _has_component(layer, option.key, (parameter.name, option.name)) or registry.offers(option)
        for option in (*want.options, *items)
    ) or any(layer.find(item.key) for item in items)


def sources(
    declared: Declared, gives: Gives, names: Mapping[str, Any], *, is_guard: bool = False
) -> tuple[Source, ...]:
    """The source of each parameter.

    Args:
        declared: The handler.
        gives: Whether ``di`` would take care of one.
        names: Classes by name, in which string annotations are looked up last.
        is_guard: It is a guard of the handler: it need not take everything, and takes the payload only by a marker.

    Raises:
        HandlerError: A parameter has two sources or none, or a name in the path has no parameter.
        AnnotationError: An annotation is a string that cannot be read.
    """
    trigger = declared.trigger
    found = [_source(declared, parameter, gives, names) for parameter in declared.parameters]
    if is_guard:
        return tuple(_left_to_di(each) if _is_left_over(each) else each for each in found)
    missing = trigger.path_names - {source.name for source in found}
    if missing:
        raise refusals.no_parameter(declared, sorted(missing))
    payloads = [source for source in found if source.origin is Origin.PAYLOAD]
    marked = [source for source in payloads if source.marker is not None]
    if len(marked) == 1:  # what is left over besides it is left to di, which says what is missing
        found = [
            _left_to_di(source) if source in payloads and source is not marked[0] else source
            for source in found
        ]
    elif len(payloads) > 1:
        raise refusals.several_payloads(declared, [source.parameter for source in marked or payloads])
    elif not payloads and trigger.needs_payload:
        raise refusals.no_payload(declared)
    return tuple(found)


def _source(declared: Declared, parameter: di.Parameter, gives: Gives, names: Mapping[str, Any]) -> Source:
    if parameter.annotation is inspect.Parameter.empty and parameter.name not in declared.trigger.path_names:
        raise refusals.no_annotation(declared, parameter)
    is_optional = parameter.read(names).optional  # raises if the annotation cannot be read
    annotation, marker = _unmarked(parameter.evaluated(names))
    source = Source(parameter, Origin.DI, annotation, marker, is_optional)
    return source._replace(origin=_origin(declared, source, gives, names))


def _origin(declared: Declared, source: Source, gives: Gives, names: Mapping[str, Any]) -> Origin:
    trigger, marker, want = declared.trigger, source.marker, source.parameter.read(names)
    if source.name in trigger.path_names:
        return Origin.PATH
    if marker is not None:
        if not isinstance(marker, trigger.markers):
            raise refusals.unknown_marker(declared, source.parameter, marker)
        return Origin.PAYLOAD if marker.is_payload else Origin.MARKER
    if any(option.key in keys(provided) for option in want.options for provided in trigger.provides):
        return Origin.PROVIDED
    if want.lazy or any(option.name for option in want.options):
        return Origin.DI
    if not (trigger.takes_scalars and _is_builtin_scalar(source.annotation)) and gives(source.parameter):
        return Origin.DI
    return _from_outside(trigger, source.annotation)


def _from_outside(trigger: Trigger, annotation: Any) -> Origin:
    if trigger.takes_scalars and is_scalar(annotation):
        return Origin.QUERY
    if trigger.takes_scalars and not trigger.takes_payload and is_list_of_scalars(annotation):
        return Origin.QUERY
    return Origin.PAYLOAD if trigger.takes_payload and is_data(annotation) else Origin.DI


def _has_component(layer: Components, key: Any, names: Iterable[str | None]) -> bool:
    """Settings are a dict, too, so an object that only descends from one is not what ``dict[str, Any]`` means."""
    found = [layer.get(key, name=name, default=None) for name in names]
    is_mapping = is_plain_mapping(key)
    return any(each is not None and (not is_mapping or type(each) is dict) for each in found)


def _unmarked(annotation: Any) -> tuple[Any, Marker | None]:
    """The annotation without its marker, and the marker; also of a member: ``Header[str] | None``."""
    if members := union_members(annotation):
        stripped = [_unmarked(member) for member in members]
        kept = [member for member in typing.get_args(annotation) if member not in members]
        union: Any = typing.Union[tuple([each for each, _ in stripped] + kept)]  # noqa: UP007  (of a tuple)
        return union, next((marker for _, marker in stripped if marker is not None), None)
    if typing.get_origin(annotation) is not Annotated:
        return annotation, None
    inside, *metadata = typing.get_args(annotation)
    markers = [item for item in metadata if isinstance(item, Marker)]
    others = tuple(item for item in metadata if not isinstance(item, Marker))
    return Annotated[(inside, *others)] if others else inside, markers[-1] if markers else None


def _is_builtin_scalar(annotation: Any) -> bool:
    return is_scalar(annotation) and getattr(bare(annotation), "__module__", "") == "builtins"


def _left_to_di(source: Source) -> Source:
    return source._replace(origin=Origin.DI)


def _is_left_over(source: Source) -> bool:
    return source.origin is Origin.PAYLOAD and source.marker is None
