"""What does a function take, and what does it give?

Wants are read lazily, parameter by parameter. A class is called as its ``__init__`` says, with the names of
string annotations looked up in the class that wrote them, and with the type parameters of its generic bases
filled in. Nothing here knows of registries or contexts.
"""

import functools
import inspect
import typing
from collections.abc import Mapping
from types import FunctionType
from typing import Any, Literal, TypeAlias

from rostra import errors
from rostra.components import Key, keys, name_of
from rostra.di.annotations import Bindings, Want, has_text, origin_of, read
from rostra.di.functions import EMPTY, NOTHING_MORE, Captured, Names, Raw, place_of, raw_parameters
from rostra.values import Values

Style: TypeAlias = Literal["plain", "awaitable", "generator", "async generator"]
"""How to get hold of what a function makes."""

_KNOWN = "__rostra_signature__"
_SPECIAL = (
    inspect.CO_GENERATOR | inspect.CO_COROUTINE | inspect.CO_ASYNC_GENERATOR | inspect.CO_ITERABLE_COROUTINE
)
_STARRED = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)


class Parameter:
    """One parameter of a function.

    Args:
        owner: What errors call the function.
        name: Its name.
        kind: Positional-only, keyword-only or either, as in ``inspect``.
        annotation: As written; a string stays one.
        default: Its default, or ``EMPTY``. A factory of attrs or dataclasses counts as a default.
        names: Where the names in its annotation are looked up.
        bindings: What the type parameters in its annotation stand for.
    """

    __slots__ = ("_want", "annotation", "bindings", "default", "kind", "name", "names", "owner")

    def __init__(
        self,
        owner: str,
        name: str,
        kind: Any,
        annotation: Any,
        default: Any,
        names: Names,
        bindings: Bindings,
    ) -> None:
        self.owner = owner
        self.name = name
        self.kind = kind
        self.annotation = annotation
        self.default = default
        self.names = names
        self.bindings = bindings
        self._want: Want | None = None

    def __str__(self) -> str:
        """As a reader would write it: ``repo: Repo[User]``."""
        if self.annotation is EMPTY:
            return self.name
        if self._want is not None and self._want.type_argument is None:
            return f"{self.name}: {self._want}"
        return f"{self.name}: {self.annotation if isinstance(self.annotation, str) else name_of(self.annotation)}"

    @property
    def has_default(self) -> bool:
        """True if the function can be called without it."""
        return self.default is not EMPTY

    @property
    def is_positional_only(self) -> bool:
        """True if it cannot be passed by name."""
        return bool(self.kind is inspect.Parameter.POSITIONAL_ONLY)

    @property
    def want(self) -> Want:
        """What it asks for, evaluated on first use.

        Raises:
            AnnotationError: The annotation is a string that cannot be read.
        """
        return self.read(NOTHING_MORE)

    def read(self, more_names: Mapping[str, Any]) -> Want:
        """The same, where string annotations may also use ``more_names``.

        What was found only there is not remembered: another stage may have registered another class of that name.
        """
        if self._want is not None:
            return self._want
        try:
            self._want = self._read(NOTHING_MORE)
        except errors.AnnotationError:
            if not more_names:
                raise
            return self._read(more_names)
        return self._want

    def evaluated(self, more_names: Mapping[str, Any]) -> Any:
        """The annotation without strings in it.

        Raises:
            AnnotationError: It is a string that cannot be read.
        """
        return _without_text(self.annotation, self.names, more_names, self.owner, self.name)

    def _read(self, more_names: Mapping[str, Any]) -> Want:
        annotation = self.evaluated(more_names)
        if annotation is EMPTY:
            want = Want()
        elif self.bindings:
            from rostra.di.generics import read_bound  # most classes have no type parameters

            want = read_bound(annotation, self.bindings)
        else:
            want = read(annotation)
        return want._replace(optional=True) if self.default is None else want


class Signature(Values):
    """What a function takes and gives.

    Args:
        target: The function or class.
        label: What errors call it: ``make_repo``, ``Service.create``.
        parameters: Those that di fills, in order; ``*args`` and ``**kwargs`` are not among them.
        style: How to get hold of what it makes.
        result: The return annotation as written; a class makes itself.
        names: Where the names in the return annotation are looked up.
    """

    target: Any
    label: str
    parameters: tuple[Parameter, ...]
    style: Style
    result: Any
    names: Names

    @property
    def place(self) -> str:
        """The file and line where it is defined."""
        return place_of(self.target if isinstance(self.target, type) else self.names.function)

    @property
    def is_generator(self) -> bool:
        """True if it yields what it makes, and then closes it."""
        return self.style in ("generator", "async generator")

    @property
    def needs_await(self) -> bool:
        """True if what it makes can only be awaited."""
        return self.style in ("awaitable", "async generator")

    def returns(self, more_names: Mapping[str, Any] = NOTHING_MORE) -> Any:
        """The return annotation, evaluated.

        Raises:
            AnnotationError: It is a string that cannot be read.
        """
        return _without_text(self.result, self.names, more_names, self.label, "return")


def _without_text(annotation: Any, names: Names, more: Mapping[str, Any], label: str, parameter: str) -> Any:
    """``annotation`` without strings in it."""
    if not has_text(annotation):
        return annotation
    from rostra.di.texts import evaluated  # annotations are rarely strings

    return evaluated(annotation, names, more, label, parameter)


def signature(function: Any) -> Signature:
    """What ``function`` takes and gives.

    Args:
        function: A function, class, method, ``functools.partial`` or object with ``__call__``. What a partial has
            fixed is no parameter any more.

    Raises:
        TypeError: It cannot be called, or Python does not know how.
    """
    if not inspect.isfunction(function) or function.__closure__ is not None:
        return read_signature(function)  # what is made anew each time is not made a cycle
    known = vars(function).get(_KNOWN)
    if isinstance(known, Signature) and known.target is function:  # a wrapper has a copy of what it wraps
        return known
    found = read_signature(function)
    setattr(function, _KNOWN, found)
    return found


def read_signature(
    function: Any, made: Key | None = None, captured: Captured | None = None, bindings: Bindings | None = None
) -> Signature:
    """The signature of ``function``, never a cached one.

    Args:
        function: As for ``signature``.
        made: For a class: with its type arguments, as ``Store[User]``.
        captured: The local names where it was registered.
        bindings: What the type parameters of a function stand for.
    """
    underlying = _underlying(function)
    label = label_of(function)
    fixed = function.keywords if isinstance(function, functools.partial) else ()
    parameters = []
    for raw in _raw_parameters(function):
        if raw.kind not in _STARRED and raw.name not in fixed:
            owner = _owner(function, raw)
            bound = _bindings_of(owner, made or function) if bindings is None else bindings
            names = Names(underlying, owner, captured)
            parameters.append(Parameter(label, raw.name, raw.kind, raw.annotation, raw.default, names, bound))
    return Signature(
        function,
        label,
        tuple(parameters),
        _style_of(underlying),
        _result(function, underlying),
        Names(underlying, _class_of(function), captured),
    )


def label_of(function: Any) -> str:
    """What errors call a function or class, without the functions around it."""
    while isinstance(function, functools.partial):
        function = function.func
    named = function if hasattr(function, "__qualname__") else type(function)
    if inspect.ismethod(function):
        cls = _class_of(function)
        return f"{name_of(cls)}.{function.__name__}"
    return name_of(named) if isinstance(named, type) else named.__qualname__.rpartition("<locals>.")[2]


def _raw_parameters(function: Any) -> list[Any]:
    ordinary = raw_parameters(function)
    if ordinary is not None:
        return ordinary
    try:
        return list(inspect.signature(function).parameters.values())
    except ValueError:
        msg = f"Python does not know which parameters {label_of(function)} takes"
        raise TypeError(msg) from None


def _underlying(function: Any) -> Any:
    """The function that runs when ``function`` is called; the class itself if that is no Python function."""
    while isinstance(function, functools.partial):
        function = function.func
    if isinstance(function, type):
        init = next((vars(cls)["__init__"] for cls in function.__mro__ if "__init__" in vars(cls)), None)
        return inspect.unwrap(init) if inspect.isfunction(init) else function
    if inspect.ismethod(function):
        function = function.__func__
    elif not inspect.isroutine(function):
        function = getattr(type(function), "__call__", function)  # noqa: B004  (its code is read, it is not called)
    return inspect.unwrap(function)


def _style_of(underlying: Any) -> Style:
    if isinstance(underlying, FunctionType) and not (
        underlying.__code__.co_flags & _SPECIAL or vars(underlying)
    ):
        return "plain"  # as nearly all are, and to ask ``inspect`` thrice takes a tenth of a registration
    if inspect.isasyncgenfunction(underlying):
        return "async generator"
    if inspect.isgeneratorfunction(underlying):
        return "generator"
    return "awaitable" if inspect.iscoroutinefunction(underlying) else "plain"


def _result(function: Any, underlying: Any) -> Any:
    if isinstance(function, functools.partial):
        return _result(function.func, underlying)
    if isinstance(function, type):
        return function
    return getattr(underlying, "__annotations__", {}).get("return", EMPTY)


def _class_of(function: Any) -> type | None:
    """The class of a method, a partial of one, or an object with ``__call__``."""
    while isinstance(function, functools.partial):
        function = function.func
    if isinstance(function, type):
        return function
    if inspect.ismethod(function):
        return function.__self__ if isinstance(function.__self__, type) else type(function.__self__)
    return None if inspect.isroutine(function) else type(function)


def _owner(function: Any, raw: Raw | inspect.Parameter) -> type | None:
    """The class whose body wrote the annotation of this parameter."""
    while isinstance(function, functools.partial):
        function = function.func
    cls = _class_of(function)
    if cls is None:
        return None
    if isinstance(function, type):
        field = _field_names(function).get(raw.name)
        if field is not None:
            return next((base for base in cls.__mro__ if field in vars(base).get("__annotations__", {})), cls)
        return next((base for base in cls.__mro__ if "__init__" in vars(base)), cls)
    name = getattr(function, "__name__", "__call__")
    return next((base for base in cls.__mro__ if name in vars(base)), cls)


def _field_names(cls: type) -> Mapping[str, str]:
    """Of an attrs class or dataclass: the parameters of its ``__init__`` and the fields that they set."""
    if hasattr(
        cls, "__attrs_attrs__"
    ):  # what ``attrs.has`` looks for in a class, before it looks for generics
        import attrs

        return {field.alias or field.name: field.name for field in attrs.fields(cls)}
    return {name: name for name in getattr(cls, "__dataclass_fields__", ())}


def _bindings_of(owner: type | None, made: Any) -> Bindings:
    """What the type parameters of ``owner`` stand for in ``made``: {T: User} for Repo in ``Users(Repo[User])``."""
    open_parameters = getattr(owner, "__parameters__", ())
    if not open_parameters:
        return {}
    for key in keys(made):
        if origin_of(key) is owner:
            return dict(zip(open_parameters, typing.get_args(key), strict=False))
    return {}


def called(signature: Signature, parameter: str | None = None) -> str:
    """A function with the parameter that matters: ``make_repo(db: Database, ...)``."""
    everything = [str(each) for each in signature.parameters]
    if parameter not in everything:
        return f"{signature.label}({', '.join(everything)})"
    return f"{signature.label}({', '.join([parameter, *(['...'] if len(everything) > 1 else [])])})"
