"""``reads``, by which users teach rostra to read types of their own; and what is known of the functions that do."""

import inspect
from collections.abc import Callable, Mapping
from typing import Any, NewType, TypeVar

from typing_extensions import TypeForm

from rostra.components import name_of
from rostra.config.hooks import REGISTERED, Own
from rostra.errors import ConfigError, Mistake

Read = TypeVar("Read")


def reads(
    wanted: TypeForm[Read], *, expected: str = "", schema: Mapping[str, Any] | None = None
) -> Callable[[Callable[[Any], Read]], Callable[[Any], Read]]:
    """Let a function read all settings of a type, also in lists, tables, unions and secrets.

    ``@config.reads(Color, expected="a colour such as #ff0000")`` stands over the function, or
    ``config.reads(Color)(Color.parse)`` registers one that there is. Its first parameter's annotation says what it
    takes: ``text: str`` is only given texts, ``pair: list[int]`` a list from ``1,2`` as well as from JSON; without
    an annotation it is given whatever files and texts say. An instance of the type is taken as it is. Whatever the
    function raises is a mistake of the setting; its words are told, unless they may tell a secret.

    The registration holds for the whole process, for this very type and no subclass. Make it where the type is made:
    a class of settings that was loaded before does not learn of it.

    Args:
        wanted: A class, or a ``NewType``; not one that rostra reads itself.
        expected: What is expected, for messages; by default ``a Color``.
        schema: What a JSON schema says about it; by default what it says of what the function takes.

    Raises:
        ConfigError: Another function reads this type, or rostra itself does.
    """
    _refuse_what_is_known(wanted)

    def teach(read: Callable[[Any], Read]) -> Callable[[Any], Read]:
        own = Own(read, expected, schema)
        other = _register(wanted, own)
        if other is not own:
            reason = f"read by {place_of(other)}, and by {place_of(own)}"
            raise ConfigError(
                f"two functions read {name_of(wanted)}",
                (Mistake(name_of(wanted), reason),),
                ("leave one of them out, or make a NewType for one of them",),
            )
        return read

    return teach


def _refuse_what_is_known(wanted: Any) -> None:
    from rostra.config.scalars import is_fixed

    name = name_of(wanted)
    if not isinstance(wanted, type | NewType):
        raise ConfigError(f"{name} is neither a class nor a NewType", fix=("register its class",))
    if is_fixed(wanted):
        line = f'Mine = NewType("Mine", {name}) and config.reads(Mine)'
        raise ConfigError(f"rostra reads {name} itself, for everybody", fix=(line,))


def _register(wanted: Any, own: Own) -> Own:
    """Remember who reads a type.

    Returns:
        Who reads it already, if that is somebody else; then nothing is changed.
    """
    other = REGISTERED.setdefault(wanted, own)
    if other.read is own.read or place_of(other) == place_of(own):  # the module was loaded once more
        REGISTERED[wanted] = other = own
    return other


def taken_by(own: Own) -> Any:
    """What a value must be before ``own.read`` gets it: the annotation of its first parameter, else anything.

    Raises:
        NameError: The annotation names nothing that is known.
    """
    try:
        parameters = inspect.signature(own.read, eval_str=True).parameters
    except (ValueError, TypeError):  # some functions of C have none
        return Any
    first = next(iter(parameters.values()), None)
    return Any if first is None or first.annotation is inspect.Parameter.empty else first.annotation


def place_of(own: Own) -> str:
    """Where the function stands: ``parse_color, app/colors.py:12``."""
    function = inspect.unwrap(getattr(own.read, "__func__", own.read))
    code = getattr(function, "__code__", None)
    return f"{name_of(function)}, {code.co_filename}:{code.co_firstlineno}" if code else name_of(function)
