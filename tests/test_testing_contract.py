"""The contract test finds every fault that is planted, and nothing in plugins that have none."""

import asyncio
import dataclasses
import gc
import signal
import socket
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from types import ModuleType
from typing import Any, ClassVar

import attrs
import pytest

from rostra import config, di, plugin
from rostra.errors import ContractError
from rostra.testing import Journal, checkpoint, contract
from rostra.testing.attempt import attempt


@attrs.frozen
class SparrowConfig(config.Config, section="sparrow"):
    songs: int = 2


@asynccontextmanager
async def nest(journal: Journal, name: str) -> AsyncIterator[socket.socket]:
    with journal.held(name), socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        await checkpoint()
        yield listening
        await checkpoint()


def sparrow(journal: Journal):
    """A plugin with resources, a server and a task, which keeps the contract."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.close()

    async def serve(cancel: plugin.Cancel, started: plugin.Started) -> None:
        async with await asyncio.start_server(answer, "127.0.0.1", 0):
            started()
            await cancel.wait()

    async def sing(settings: SparrowConfig) -> None:
        for _ in range(settings.songs):
            await checkpoint()
        await asyncio.Event().wait()

    async def prepare(teardown: plugin.Teardown):
        await teardown.enter(nest(journal, "first"))
        await asyncio.to_thread(threading.get_ident)
        await teardown.enter(nest(journal, "second"))
        yield plugin.task(serve, intake=True)
        await checkpoint()
        yield sing

    return prepare


def test_a_plugin_that_keeps_the_contract_passes_and_is_cancelled_everywhere():
    journal = Journal()

    contract.check(sparrow(journal), config={"sparrow": {"songs": 3}})

    assert journal.still_open == []
    assert journal.opened.count("first") > journal.opened.count("second") > 1


class TestSparrow(contract.PluginContract):
    plugin = sparrow(Journal())
    config: ClassVar = {"sparrow": {"songs": 1}}


@pytest.mark.parametrize("name", ["rostra.config", "rostra.log"])
def test_the_plugins_that_come_with_rostra_keep_it(name: str):
    contract.check(name)


kept: list[Any] = []


async def leaves_a_task():
    kept.append(asyncio.create_task(asyncio.Event().wait(), name="cuckoo"))


async def leaves_a_socket():
    kept.append(socket.create_server(("127.0.0.1", 0)))
    await checkpoint()


async def leaves_a_file():
    kept.append(open(__file__))  # noqa: PTH123, SIM115, ASYNC230  (this is the fault)
    await checkpoint()


async def leaves_a_thread():
    stop = threading.Event()
    thread = threading.Thread(target=stop.wait, name="cuckoo", daemon=True)
    kept.append(stop)
    thread.start()


async def leaves_a_signal_handler():
    signal.signal(signal.SIGUSR2, lambda *_: None)


async def leaves_a_socket_when_cancelled(teardown: plugin.Teardown):
    listening = socket.create_server(("127.0.0.1", 0))
    kept.append(listening)
    await checkpoint()
    teardown.add(listening.close)


async def cannot_be_cancelled():
    while True:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            if len(kept) > 3:
                raise
            kept.append("ignored")


async def needs_another(missing: Journal): ...


async def tells_only_the_loop():
    async def fail() -> None:
        raise ValueError("unheard")

    task = asyncio.create_task(fail())
    await asyncio.wait([task])


@pytest.fixture(autouse=True)
def cleaned():
    handler = signal.getsignal(signal.SIGUSR2)
    yield
    signal.signal(signal.SIGUSR2, handler)
    for each in kept:
        if isinstance(each, threading.Event):
            each.set()
        elif hasattr(each, "close") and not isinstance(each, asyncio.Task):
            each.close()
    kept.clear()
    gc.collect()  # classes live in circles


@pytest.mark.parametrize(
    ("prepare", "breach"),
    [
        (leaves_a_task, 'leaves the task "cuckoo" in '),
        (leaves_a_socket, "leaves the socket 127.0.0.1:"),
        (leaves_a_file, f"leaves the descriptor of {__file__}"),
        (leaves_a_thread, 'leaves the thread "cuckoo"'),
        (leaves_a_signal_handler, "leaves a handler of SIGUSR2"),
        (needs_another, "does not load alone: ResolveError: "),
        (
            tells_only_the_loop,
            "tells only the event loop: Task exception was never retrieved: ValueError: unheard",
        ),
    ],
)
def test_what_a_plugin_leaves_behind_is_found(prepare, breach):
    with pytest.raises(ContractError) as caught:
        contract.check(prepare)

    assert caught.value.breaches[0].startswith(breach)


def test_what_only_a_cancellation_leaves_behind_is_found_with_its_step():
    with pytest.raises(ContractError) as caught:
        contract.check(leaves_a_socket_when_cancelled)

    assert caught.value.plugin.endswith(":leaves_a_socket_when_cancelled")
    assert all(
        breach.startswith("cancelled at leaves_a_socket_when_cancelled tests/")
        for breach in caught.value.breaches
    )
    assert any("leaves the socket 127.0.0.1:" in breach for breach in caught.value.breaches)


def test_a_plugin_that_goes_on_when_cancelled_is_found_with_the_line():
    with pytest.raises(ContractError) as caught:
        contract.check(cannot_be_cancelled, patience=0.1)

    assert any(
        "it waits in cannot_be_cancelled tests/test_testing_contract.py:" in breach
        for breach in caught.value.breaches
    )


def test_a_plugin_that_cannot_be_loaded_gives_its_reason_as_the_cause():
    async def prepare():
        raise LookupError("no nest")

    with pytest.raises(ContractError, match="does not load alone: LookupError: no nest") as caught:
        contract.check(prepare)

    assert isinstance(caught.value.__cause__, LookupError)


def a_module(name: str) -> ModuleType:
    module = ModuleType(name)
    vars(module)["prepare"] = sparrow(Journal())
    return module


@pytest.mark.parametrize("define", [attrs.define, attrs.define(slots=False), dataclasses.dataclass])
def test_sections_that_can_be_changed_are_found(define):
    class Settings(config.Config, section="cuckoo"):
        __module__ = "cuckoos.settings"
        __qualname__ = "Settings"
        nest: str = "yours"
        eggs: int = 1

    module = a_module("cuckoos")
    kept.append(define(Settings))

    with pytest.raises(ContractError) as caught:
        contract.check(module)

    assert caught.value.breaches == ("Settings is not frozen: nest, eggs can be changed",)


@pytest.mark.parametrize("define", [attrs.frozen, dataclasses.dataclass(frozen=True, slots=True)])
def test_frozen_sections_are_in_order(define):
    @define
    class Settings(config.Config, section="wren"):
        __module__ = "wrens"
        nest: str = "mine"

    module = a_module("wrens")

    contract.check(module)


def test_a_step_that_is_not_reached_is_no_breach():
    alone = attempt(sparrow(Journal()), None)

    beyond = attempt(sparrow(Journal()), None, cancel_at=alone.steps + 1)

    assert (beyond.place, beyond.breaches) == ("", ())


def test_it_says_that_it_needs_the_thread_for_itself():
    async def test() -> None:
        contract.check("rostra.config")

    with pytest.raises(RuntimeError, match="synchronous test"):
        asyncio.run(test())


def test_adapters_of_the_stage_are_put_away_too():
    journal = Journal()

    class Egg: ...

    async def egg() -> AsyncIterator[Egg]:
        with journal.held("egg"):
            await checkpoint()
            yield Egg()
            await checkpoint()

    async def brood(egg: Egg) -> None:
        await asyncio.Event().wait()

    async def prepare():
        di.register(egg, lifetime="stage")
        yield brood

    contract.check(prepare)

    assert journal.opened
    assert journal.still_open == []
