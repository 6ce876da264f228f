"""What a resolver of secrets is to those who check types."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import assert_type

from rostra import config


@asynccontextmanager
async def open_vault(source: config.ConfigSource) -> AsyncIterator[config.Resolve]:
    assert_type(source.variables["HOME"], str)

    async def resolve(reference: str) -> str:
        return reference

    yield resolve


def a_resolver_is_a_function_of_the_source() -> config.Resolver:
    return open_vault


async def it_is_opened_and_asked(resolver: config.Resolver, source: config.ConfigSource) -> None:
    opened = resolver(source)
    assert_type(opened, AbstractAsyncContextManager[Callable[[str], Awaitable[str]], bool | None])
    async with opened as resolve:
        assert_type(await resolve("shop/token"), str)


async def a_source_is_resolved_in_place(source: config.ConfigSource) -> None:
    assert_type(await source.resolve(), None)
    assert_type(source.references("db.url"), tuple[str, ...])


asyncio.run(a_source_is_resolved_in_place(config.ConfigSource()))
