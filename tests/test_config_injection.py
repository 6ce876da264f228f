"""Sections are injected by their type, in every stage that loads the plugin ``config``."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import attrs
import pytest

from rostra import config, context, di
from rostra.components import Components
from rostra.config import Config, ConfigError, ConfigSource


@attrs.frozen
class Greeter(Config, section="greeter"):
    greeting: str = "hello"


@attrs.define
class Other(Config, section="other"):
    x: int = 1


class Plain(Config, section="plain"):
    x: int = 1


@asynccontextmanager
async def stage(source: ConfigSource) -> AsyncIterator[Components]:
    """A layer as a stage has it, with the plugin prepared."""
    closing = di.Closing()
    layer = Components(None, "stage")
    di.open_stage(layer, closing)
    layer.add(source)
    with context.use(layer):
        await config.prepare()
        yield layer
    await closing.close()


@pytest.mark.asyncio
async def test_a_section_is_injected_by_its_type_alone() -> None:
    source = ConfigSource({"greeter": {"greeting": "hi"}, "plain": {"x": 2}})

    async with stage(source):
        greeter, other, plain = await di.nject(Greeter, Other, Plain)

    assert (greeter, other, plain.x) == (Greeter("hi"), Other(1), 2)


@pytest.mark.asyncio
async def test_everybody_in_a_stage_gets_the_same_section() -> None:
    def greet(settings: Greeter) -> Greeter:
        return settings

    source = ConfigSource()

    async with stage(source) as layer:
        first = await di.nject(Greeter)
        with context.use(layer.push("task")):
            second = await di.call(greet)

    assert first is second is source.load(Greeter)


@pytest.mark.asyncio
async def test_loading_the_plugin_again_changes_nothing() -> None:
    async with stage(ConfigSource()):
        await config.prepare()

        assert await di.nject(Greeter) == Greeter()


@pytest.mark.asyncio
async def test_a_class_within_the_function_is_injected_too() -> None:
    @attrs.frozen
    class LocalPool:
        size: "int" = 5

    @attrs.frozen
    class Local(Config, section="local"):
        pool: "LocalPool" = LocalPool()

    async with stage(ConfigSource({"local": {"pool": {"size": 3}}})):
        assert await di.nject(Local) == Local(LocalPool(3))


@pytest.mark.asyncio
async def test_a_wrong_section_is_told_with_all_its_mistakes() -> None:
    async with stage(ConfigSource({"greeter": {"greeting": 5, "greting": "x"}})):
        with pytest.raises(ConfigError) as caught:
            await di.nject(Greeter)

    assert [mistake.setting for mistake in caught.value.mistakes] == ["greeter.greeting", "greeter.greting"]


@pytest.mark.asyncio
async def test_a_component_wins_over_the_settings() -> None:
    async with stage(ConfigSource({"greeter": {"greeting": "hi"}})) as layer:
        layer.add(Greeter("by hand"))

        assert await di.nject(Greeter) == Greeter("by hand")
