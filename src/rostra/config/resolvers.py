"""Who gives what ``${op:reference}`` asks for: ``env`` and ``file``, and those that are installed.

A resolver is an entry point of the group ``rostra.secrets``. Its name is the ``op`` of ``${op:reference}``; its value
names a function that takes the source and gives an async context manager, whose body has a ``Resolve``. It is opened
when the first setting asks it, in a task of its own that also closes it.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any, Protocol, TypeAlias

from rostra.config.formats import secret_in
from rostra.config.resolve import Resolve
from rostra.errors import ConfigError, closest
from rostra.installed import entry_points

GROUP = "rostra.secrets"

Opening: TypeAlias = Callable[[Any], AbstractAsyncContextManager[Resolve]]
"""A ``Resolver``, as the rooms below the source see it."""


class HasVariables(Protocol):
    """The part of a source that ``env`` needs."""

    @property
    def variables(self) -> Mapping[str, str]:
        """The environment, over dotenv files."""
        ...


@asynccontextmanager
async def env(source: HasVariables) -> AsyncIterator[Resolve]:
    """``${env:NAME}`` is ``${NAME}``: a variable, whatever it begins with."""
    variables = source.variables

    async def variable(name: str) -> str:
        return variables[name]

    yield variable


@asynccontextmanager
async def file(_: object) -> AsyncIterator[Resolve]:
    """``${file:/run/secrets/token}``: a file's text without the newlines at its end."""

    async def text(path: str) -> str:
        return await asyncio.to_thread(_text_of, Path(path))

    yield text


def _text_of(path: Path) -> str:
    try:
        path.stat()
    except (FileNotFoundError, NotADirectoryError) as missing:
        raise LookupError from missing
    except OSError:
        pass  # secret_in says what it is
    return secret_in(path)


BUILT_IN: Mapping[str, Opening] = {"env": env, "file": file}
"""Those that need no settings of their own; the settings of others may use them."""


class UnknownResolverError(LookupError):
    """Nobody has registered a resolver of this name. Its text has the closest match.

    Args:
        op: The name.
        installed: Those that there are.
    """

    def __init__(self, op: str, installed: Iterable[str]) -> None:
        self.installed = tuple(sorted(installed))
        near = closest(op, self.installed)
        super().__init__(f"there is no resolver {op}{f'; did you mean {near}?' if near else ''}")


def opening(op: str) -> Opening:
    """The function that opens a resolver.

    Raises:
        UnknownResolverError: None has this name.
        ConfigError: Several distributions have one of this name.
        Exception: Whatever importing it raises.
    """
    if op in BUILT_IN:
        return BUILT_IN[op]
    installed = entry_points(GROUP)
    found = {each.value: each for each in installed if each.name == op}
    if not found:
        raise UnknownResolverError(op, {*BUILT_IN, *(each.name for each in installed)})
    if len(found) > 1:
        names = " and ".join(sorted(each.distribution or each.value for each in found.values()))
        raise ConfigError(f"{len(found)} distributions have a resolver {op}: {names}", fix=("uninstall one",))
    (one,) = found.values()
    opened: Opening = one.load()
    return opened
