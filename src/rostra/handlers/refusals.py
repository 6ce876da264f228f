"""Why a handler cannot be bound, in words."""

from collections.abc import Sequence

from rostra import di, errors
from rostra.errors import closest
from rostra.handlers.declaring import Declared, Marker, where_of


def no_annotation(declared: Declared, parameter: di.Parameter) -> "errors.HandlerError":
    """A parameter of which nobody can tell what it is."""
    trigger = declared.trigger
    forms = [f"{parameter}: Order, for the payload"] if trigger.takes_payload else []
    forms += [f"{parameter}: {cls.__name__}" for cls in trigger.provides]
    return errors.HandlerError(
        f"{declared.label} does not say what its parameter {parameter} is",
        where_of(declared),
        (f"it has no annotation{', and is no name in the path' if trigger.path_names else ''}",),
        (f"annotate it, as in {'; or '.join(forms) or f'{parameter}: Order'}",),
    )


def no_parameter(declared: Declared, missing: Sequence[str]) -> "errors.HandlerError":
    """Names in the path that no parameter takes."""
    names = [parameter.name for parameter in declared.parameters]
    near = [f"did you mean {{{match}}}?" for name in missing if (match := closest(name, names))]
    return errors.HandlerError(
        f"{declared.label} has no parameter for {_listed(missing)} of {declared.trigger.describe()}",
        where_of(declared),
        (f"its parameters are {_listed(names) or 'none'}",),
        tuple(near) or (f"take it: def {declared.label}({missing[0]}: str, ...)",),
    )


def unknown_marker(declared: Declared, parameter: di.Parameter, marker: Marker) -> "errors.HandlerError":
    """A marker of another transport."""
    known = [cls.__name__ for cls in declared.trigger.markers]
    return errors.HandlerError(
        f"{declared.trigger.describe()} does not know the marker {type(marker).__name__} of {parameter.name}",
        where_of(declared),
        (f"it knows {_listed(known) or 'no markers'}",),
        ("a parameter that only another trigger gives needs a handler of its own",),
    )


def several_payloads(declared: Declared, parameters: Sequence[di.Parameter]) -> "errors.HandlerError":
    """More than one parameter is left over."""
    return errors.HandlerError(
        f"{declared.label} has {len(parameters)} payloads: {_listed([each.name for each in parameters])}",
        where_of(declared),
        (
            f"nothing gives {_listed([str(each) for each in parameters])}, so each would have to be the payload",
            "and there is one payload",
        ),
        (
            f"if di shall make one of them, register it: di.register({_class_of(parameters)})",
            f"if {'both' if len(parameters) == 2 else 'all'} come in, put them into one class",  # noqa: PLR2004  (two)
        ),
    )


def no_payload(declared: Declared) -> "errors.HandlerError":
    """The payload is taken by nobody."""
    return errors.HandlerError(
        f"{declared.label} does not take the payload of {declared.trigger.describe()}",
        where_of(declared),
        (
            f"di gives {_listed([str(each) for each in declared.parameters]) or 'nothing'}, and nothing is left over",
        ),
        (f"take it: def {declared.label}(order: Order, ...)",),
    )


def no_transport(declared: Declared) -> "errors.HandlerError":
    """The transport is not there, or does not bind."""
    trigger = declared.trigger
    return errors.HandlerError(
        f"nobody serves {trigger.describe()}",
        where_of(declared),
        (f"the plugin {trigger.transport} did not say how its handlers are bound",),
        (f'load("{trigger.transport}") in a prepare',),
    )


def _class_of(parameters: Sequence[di.Parameter]) -> str:
    """The type of the last parameter whose type is a class, by name."""
    types = [str(parameter).partition(": ")[2] for parameter in parameters]
    return [*types, *(name for name in types if name.isidentifier())][-1]


def _listed(words: Sequence[str]) -> str:
    return " and ".join(filter(None, [", ".join(words[:-1]), *words[-1:]]))
