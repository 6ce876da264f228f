"""Asking resolvers: each reference once, many at a time, within one deadline, and whatever happens they are closed.

A resolver lives in a task of its own, which opens and closes it: its context may hold a task group. A task that
ignores its cancellation is left behind, so that it does not hold the start.
"""

import asyncio
from collections.abc import Callable, Collection, Iterable
from contextlib import AbstractAsyncContextManager
from typing import Any, TypeAlias

import attrs

from rostra.config.answers import Answer, Failed, answer_for, failure, objection, usable
from rostra.config.resolve import Resolve
from rostra.errors import ResolverError, ResolverTimeoutError

Key: TypeAlias = tuple[str, str]
"""A resolver and what it is asked for."""

MOST_AT_ONCE = 16

_PATIENCE = 1.0
"""Seconds for what was cancelled to end, and for a resolver to close."""


@attrs.define(eq=False)
class _Served:
    """A resolver in its task."""

    task: "asyncio.Task[None]"
    opened: "asyncio.Future[Resolve | Answer]"


class Asking:
    """The resolvers that have been opened, and what they were asked.

    Args:
        opening: Gives the context of a resolver by its name.
    """

    def __init__(self, opening: Callable[[str], AbstractAsyncContextManager[Resolve]]) -> None:
        self._opening = opening
        self._turns = asyncio.Semaphore(MOST_AT_ONCE)
        self._over = asyncio.Event()
        self._served: dict[str, _Served] = {}
        self._lookups: dict[Key, asyncio.Task[Answer]] = {}
        self.closings: dict[str, Answer] = {}
        """What went wrong when a resolver was closed."""

    @property
    def unanswered(self) -> tuple[Key, ...]:
        """What was asked and has no answer yet."""
        return tuple(key for key, lookup in self._lookups.items() if not lookup.done())

    async def ask(self, key: Key) -> Answer:
        """The answer, which is asked for once."""
        if key not in self._lookups:
            self._lookups[key] = asyncio.create_task(self._look_up(*key), name=f"${{{key[0]}:{key[1]}}}")
        return await asyncio.shield(self._lookups[key])

    async def close(self) -> None:
        """Give up what has no answer yet, and close all resolvers; it takes a bounded time."""
        await _cancelled(lookup for lookup in self._lookups.values() if not lookup.done())
        self._over.set()
        await _cancelled(each.task for each in self._served.values() if not each.opened.done())
        closing = {op: each.task for op, each in self._served.items() if not each.task.done()}
        await _ended(closing.values())
        for op, task in closing.items():
            if not task.done():
                self.closings[op] = Failed(ResolverTimeoutError, "it was asked to close, and did not")
        await _cancelled(task for task in closing.values() if not task.done())

    async def _look_up(self, op: str, name: str) -> Answer:
        opened = await self._opened(op)
        if not callable(opened):
            return opened
        async with self._turns:
            try:
                return answer_for(op, name, await opened(name))
            except asyncio.CancelledError:
                if _is_being_cancelled():
                    raise
                return Failed(ResolverError, "it ended cancelled, though nobody cancelled it")
            except KeyboardInterrupt:
                raise
            except BaseException as error:  # noqa: BLE001  (a resolver may raise anything)
                return objection(op, name, error)

    async def _opened(self, op: str) -> Resolve | Answer:
        if op not in self._served:
            opened: asyncio.Future[Resolve | Answer] = asyncio.get_running_loop().create_future()
            serving = asyncio.create_task(self._serve(op, opened), name=f"the resolver {op}")
            self._served[op] = _Served(serving, opened)
        return await asyncio.shield(self._served[op].opened)

    async def _serve(self, op: str, opened: "asyncio.Future[Resolve | Answer]") -> None:
        try:
            async with self._opening(op) as resolve:
                opened.set_result(usable(resolve))
                await self._over.wait()
        except asyncio.CancelledError:
            if _is_being_cancelled() or opened.done():
                raise
            opened.set_result(Failed(ResolverError, "it ended cancelled, though nobody cancelled it"))
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # noqa: BLE001  (a resolver may raise anything)
            if opened.done():
                self.closings[op] = failure(error)
            else:
                opened.set_result(failure(error))
        finally:
            opened.cancel()


def _is_being_cancelled() -> bool:
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0


async def _cancelled(tasks: Iterable["asyncio.Task[Any]"]) -> None:
    tasks = tuple(tasks)
    for task in tasks:
        task.add_done_callback(_looked_at)
        task.cancel()
    await _ended(tasks)


async def _ended(tasks: Collection["asyncio.Task[Any]"]) -> None:
    if tasks:
        await asyncio.wait(tasks, timeout=_PATIENCE)


def _looked_at(task: "asyncio.Task[Any]") -> None:
    """Let the loop not print what a task raised that was left behind: it may hold the secret."""
    if not task.cancelled():
        task.exception()
