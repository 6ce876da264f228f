"""How an error of rostra speaks: what, where, why, and how to fix it.

An error holds plain fields (strings, numbers, tuples of them), given by position, so that it survives
pickling on its way from a worker to its parent; its text is drawn from them when somebody reads it. It keeps
no live object, and nobody may put a secret into a field.
"""

import os
from abc import abstractmethod
from collections.abc import Iterable, Sequence
from typing import Any, ClassVar, Self, get_origin

from typing_extensions import dataclass_transform

from rostra.values import Values


class Wording(Values):
    """The four parts of an error's text.

    Args:
        what: One line that makes sense alone in a log.
        where: Who asked: plugin, parameter, file and line of the user's code.
        why: What was found instead, and the alternatives.
        fix: Lines to write, commands to type, the closest match.
        body: Lines drawn between the first line and the labelled ones: a table or a path.
    """

    what: str
    where: tuple[str, ...] = ()
    why: tuple[str, ...] = ()
    fix: tuple[str, ...] = ()
    body: tuple[str, ...] = ()

    def __str__(self) -> str:
        """The text; no line ends in blanks."""
        lines = [self.what, *(f"  {line}".rstrip() for line in self.body)]
        for label, part in (("where", self.where), ("why", self.why), ("to fix", self.fix)):
            for position, line in enumerate(part):
                lines.append(f"  {label if position == 0 else '':<8}{line}".rstrip())
        return "\n".join(lines)


@dataclass_transform(eq_default=False)
class RostraError(Exception):
    """The root of all errors that rostra raises of its own accord.

    A subclass annotates its fields, in the order in which they are given, with defaults where it has some, and
    says itself by ``wording``. Its constructor is this one: code generated for each class would be a good part
    of the time that importing rostra takes.
    """

    _fields: ClassVar[dict[str, None]] = {}

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        own = (name for name, kind in cls.__annotations__.items() if _is_of_instances(kind))
        cls._fields = {**cls._fields, **dict.fromkeys(own)}

    def __init__(self, *values: Any, **named: Any) -> None:
        fields = dict(zip(self._fields, values, strict=False)) | named
        are_known = len(fields) == len(values) + len(named) and fields.keys() <= self._fields.keys()
        if not are_known or any(
            name not in fields and not hasattr(type(self), name) for name in self._fields
        ):
            msg = f"{type(self).__name__} takes {', '.join(self._fields) or 'no fields'}"
            raise TypeError(msg)
        vars(self).update(fields)
        # OSError's own constructor would take the first two for a number and its text
        BaseException.__init__(self, *(getattr(self, name) for name in self._fields))

    @abstractmethod
    def wording(self) -> Wording:
        """The four parts of this error's text."""
        raise NotImplementedError

    def parts(self) -> Wording:
        """The four parts for programs, with nothing drawn: what was, is part of where it went wrong."""
        told = self.wording()
        drawn = tuple(line.strip() for line in told.body if line.strip())
        return Wording(told.what, (*told.where, *drawn), told.why, told.fix)

    def __str__(self) -> str:
        return str(self.wording())

    def __reduce__(self) -> tuple[Any, ...]:
        return _remade, (type(self), self.args, tuple(getattr(self, "__notes__", ())))

    def noted(self, note: str) -> Self:
        """This error with one more note, unless it bears that note already."""
        if note not in getattr(self, "__notes__", ()):
            self.add_note(note)
        return self


def _is_of_instances(annotation: Any) -> bool:
    origin: Any = get_origin(annotation)
    return origin is not ClassVar


def _remade(cls: type[RostraError], fields: tuple[Any, ...], notes: tuple[str, ...]) -> RostraError:
    error = cls(*fields)
    for note in notes:
        error.add_note(note)
    return error


def together(what: str, problems: Sequence[Exception]) -> Exception:
    """What to raise for problems: the only one as it is, several as a group that says ``what``."""
    return problems[0] if len(problems) == 1 else ExceptionGroup(what, problems)


def closest(word: str, options: Iterable[str]) -> str | None:
    """The option that a person who typed ``word`` most likely meant, or None if nothing is near."""
    from difflib import get_close_matches

    matches = get_close_matches(word, sorted(set(options)), n=1, cutoff=0.6)
    return matches[0] if matches else None


def shortened(file: str) -> str:
    """A file as messages name it: relative to the working directory if it is below that, so that editors open it."""
    return file.removeprefix(f"{os.getcwd()}{os.sep}")  # noqa: PTH109  (a start asks often, and pathlib is slow)
