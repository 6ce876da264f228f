"""What can be done with messages from the command line, on a stage with the broker in memory."""

import asyncio
import io
import json
import re
import sys
from pathlib import Path
from typing import Any

import pytest
from command_line import ended, write

from rostra import context, di, plugin
from rostra.errors import CommandLineError
from rostra_messaging import PublishError, Reject, Retry, subscribe
from rostra_messaging.commands import dead
from rostra_messaging.commands.dead import Progress
from rostra_messaging.commands.publish import body_of, publish, with_body
from rostra_messaging.commands.tail import tail
from rostra_messaging.errors import EnvelopeNotFoundError

QUEUE = "billing.orders.placed"
TIME = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00"
ID = r"[0-9a-f]{32}"


@subscribe("orders.placed", group="billing", retry=Retry(delays=(0,)))
async def bill(order: dict[str, Any]) -> None:
    if order["item"] == "nothing":
        raise Reject("there is nothing to bill")
    raise LookupError("no such customer")


class Console:
    """Acts on a stage, and keeps what was said."""

    def __init__(self, running: Any) -> None:
        self.running = running

    async def do(self, act: Any, **given: Any) -> list[str]:
        said: list[str] = []
        with context.use(self.running.stage.components):
            await di.call(act, say=said.append, **given)
        return said


async def with_dead(running: Any, *items: str) -> list[str]:
    """Publish what nobody can bill; the ids, when all are dead."""
    ids = []
    for item in items:  # one after the other, so that they die in this order
        ids.append(await running.publish("orders.placed", {"item": item}))
        await running.endings.next(1 if item == "nothing" else 2)
    return ids


@pytest.mark.asyncio
async def test_dead_messages_are_listed_with_what_they_died_of(run) -> None:
    async with run(bill) as running:
        first, second = await with_dead(running, "tea", "nothing")

        said = await Console(running).do(dead.list_letters, queues=(QUEUE,), broker=None, limit=100)

    assert said[0] == f"{QUEUE}: 2 dead"
    assert re.fullmatch(rf"  {first}  orders.placed  2 tries  {TIME}  LookupError: no such customer", said[1])
    assert re.fullmatch(rf"  {second}  orders.placed  1 try  {TIME}  .*there is nothing to bill", said[2])


@pytest.mark.asyncio
async def test_a_long_list_says_how_to_see_the_rest(run) -> None:
    async with run(bill) as running:
        await with_dead(running, "nothing", "nothing", "nothing")

        said = await Console(running).do(dead.list_letters, queues=(QUEUE,), broker=None, limit=2)

    assert len(said) == 4
    assert said[-1] == "  and 1 more; --limit 3 shows them"


@pytest.mark.asyncio
async def test_a_dead_message_is_shown_whole(run) -> None:
    async with run(bill) as running:
        (id_,) = await with_dead(running, "tea")

        said = await Console(running).do(
            dead.show_letters, queue=QUEUE, ids=(id_,), broker=None, envelope=None
        )

    assert said[0] == f"message    {id_}"
    assert f"queue      {QUEUE}" in said
    assert "reason     LookupError: no such customer" in said
    assert "tries      2" in said
    assert any(re.fullmatch(rf"failed     {TIME} for the first time: LookupError: .*", line) for line in said)
    assert said[-1] == '{"item":"tea"}'


@pytest.mark.asyncio
async def test_without_an_id_the_oldest_is_shown_and_an_empty_queue_says_so(run) -> None:
    async with run(bill) as running:
        console = Console(running)
        nothing = await console.do(dead.show_letters, queue=QUEUE, ids=(), broker=None, envelope=None)
        first, _ = await with_dead(running, "nothing", "tea")
        said = await console.do(dead.show_letters, queue=QUEUE, ids=(), broker=None, envelope=None)

    assert nothing == [f"{QUEUE}: 0 dead"]
    assert said[0] == f"message    {first}"


@pytest.mark.asyncio
async def test_a_body_that_its_envelope_cannot_read_is_shown_as_it_is(run) -> None:
    async with run(bill) as running:
        await running.publish("orders.placed", b"\x00tea", envelope="raw")
        await running.endings.next()

        said = await Console(running).do(dead.show_letters, queue=QUEUE, ids=(), broker=None, envelope=None)

    assert said[-1] == "undecodable: the body is no JSON: b'\\x00tea'"


@pytest.mark.asyncio
async def test_dead_messages_are_replayed_by_id_or_all(run) -> None:
    async with run(bill) as running:
        console = Console(running)
        first, _, _ = await with_dead(running, "nothing", "nothing", "nothing")

        one = await console.do(dead.replay_letters, queue=QUEUE, ids=(first,), everything=False, broker=None)
        await running.endings.next()
        rest = await console.do(dead.replay_letters, queue=QUEUE, ids=(), everything=True, broker=None)
        await running.endings.next(3)
        letters = await running.dead(QUEUE)

    assert (one, rest) == ([f"1 back in {QUEUE}"], [f"3 back in {QUEUE}"])
    assert len(letters) == 3  # they died again


@pytest.mark.asyncio
async def test_dead_messages_are_forgotten_by_id_or_all(run) -> None:
    async with run(bill) as running:
        console = Console(running)
        first, second, _ = await with_dead(running, "nothing", "nothing", "nothing")

        two = await console.do(
            dead.drop_letters, queue=QUEUE, ids=(first, second), everything=False, broker=None
        )
        left = await running.dead(QUEUE)
        rest = await console.do(dead.drop_letters, queue=QUEUE, ids=(), everything=True, broker=None)

    assert (two, rest) == ([f"2 of {QUEUE} forgotten"], [f"1 of {QUEUE} forgotten"])
    assert len(left) == 1


@pytest.mark.parametrize("act", [dead.replay_letters, dead.drop_letters])
@pytest.mark.parametrize(("ids", "everything"), [((), False), (("7",), True)])
@pytest.mark.asyncio
async def test_it_has_to_be_clear_which_messages_are_meant(run, act, ids, everything) -> None:
    async with run(bill) as running:
        await with_dead(running, "nothing")

        with pytest.raises(CommandLineError, match="not clear which messages are meant"):
            await Console(running).do(act, queue=QUEUE, ids=ids, everything=everything, broker=None)
        letters = await running.dead(QUEUE)

    assert len(letters) == 1


@pytest.mark.parametrize("act", [dead.replay_letters, dead.drop_letters])
@pytest.mark.asyncio
async def test_it_is_told_that_some_messages_are_not_there(run, act) -> None:
    async with run(bill) as running:
        (id_,) = await with_dead(running, "nothing")

        with pytest.raises(CommandLineError, match="2 messages were not in the dead queue") as caught:
            await Console(running).do(
                act, queue=QUEUE, ids=(id_, "7", "8", id_), everything=False, broker=None
            )

    assert caught.value.why == ("1 of 3 that were named was there",)


@pytest.mark.parametrize(
    ("act", "given"),
    [
        (dead.list_letters, {"queues": (QUEUE, "biling.orders.placed"), "limit": 10}),
        (dead.show_letters, {"queue": "biling.orders.placed", "ids": (), "envelope": None}),
        (dead.replay_letters, {"queue": "biling.orders.placed", "ids": (), "everything": True}),
        (dead.drop_letters, {"queue": "biling.orders.placed", "ids": (), "everything": True}),
    ],
)
@pytest.mark.asyncio
async def test_a_queue_that_does_not_exist_is_told_with_the_closest_that_has_dead_messages(
    run, act, given
) -> None:
    async with run(bill) as running:
        await with_dead(running, "nothing")

        with pytest.raises(CommandLineError, match=r"there is no queue biling\.orders\.placed") as caught:
            await Console(running).do(act, broker=None, **given)

    assert caught.value.fix[0] == f"did you mean {QUEUE}?"


@pytest.mark.asyncio
async def test_a_dead_queue_as_the_broker_calls_it_is_told_as_what_is_meant(run) -> None:
    async with run(bill) as running:
        with pytest.raises(CommandLineError, match="there is no queue") as caught:
            await Console(running).do(dead.list_letters, queues=(f"{QUEUE}.dead",), broker=None, limit=10)

    assert caught.value.fix[0] == f"did you mean {QUEUE}?"


@pytest.mark.asyncio
async def test_what_is_not_there_is_not_shown(run) -> None:
    async with run(bill) as running:
        with pytest.raises(CommandLineError, match="a message is not among the oldest 10000") as caught:
            await Console(running).do(dead.show_letters, queue=QUEUE, ids=("7",), broker=None, envelope=None)

    assert caught.value.why == ("none has the id 7",)


@pytest.mark.asyncio
async def test_queues_are_counted(run) -> None:
    async with run(bill) as running:
        await with_dead(running, "nothing")

        said = await Console(running).do(dead.count_in_queues, queues=((None, QUEUE), ("default", "other")))
        none = await Console(running).do(dead.count_in_queues, queues=())

    assert said == [f"     1  {QUEUE}", "     0  other of default"]
    assert none == ["these plugins consume no queue that others share"]


def test_the_queues_of_plugins_are_those_that_are_shared(module) -> None:
    @subscribe("orders.#", group="audit", broker="billing")
    async def audit() -> None: ...

    @subscribe("orders.#")
    async def show() -> None: ...

    seen: list[Any] = []
    settings = {"messaging": {"brokers": {"billing": {"url": "memory://"}}}}
    plugin.rehearse(
        module(bill, audit, show),
        look=lambda rehearsal: seen.append(dead.queues_of(rehearsal)),
        config=settings,
    )

    (found,) = seen
    assert set(found["queues"]) == {(None, QUEUE), ("billing", "audit.orders.#")}


PUBLISHED = {
    "form": "json",
    "attributes": (),
    "key": None,
    "delay": None,
    "deadline": None,
    "broker": None,
    "envelope": None,
}


@pytest.mark.asyncio
async def test_a_message_is_published_with_all_that_was_said(run) -> None:
    seen = []

    @subscribe("orders.placed", group="billing")
    async def note(order: dict[str, Any]) -> None:
        seen.append(order)

    async with run(note) as running:
        said = await Console(running).do(
            publish,
            **with_body(
                {
                    **PUBLISHED,
                    "topic": "orders.placed",
                    "attributes": (("shop", "7"),),
                    "body": '{"item": "tea"}',
                }
            ),
        )
        await running.endings.next()

    assert re.fullmatch(ID, said[0])
    assert seen == [{"item": "tea"}]


@pytest.mark.asyncio
async def test_a_body_may_come_from_standard_input(run, monkeypatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b'["tea"]')))
    seen = []

    @subscribe("orders.placed", group="billing")
    async def note(order: list[str]) -> None:
        seen.append(order)

    async with run(note) as running:
        await Console(running).do(publish, **with_body({**PUBLISHED, "topic": "orders.placed", "body": "-"}))
        await running.endings.next()

    assert seen == [["tea"]]


@pytest.mark.asyncio
async def test_what_no_queue_wants_is_an_error(run) -> None:
    async with run(bill) as running:
        with pytest.raises(PublishError):
            await Console(running).do(
                publish, **with_body({**PUBLISHED, "topic": "orders.plcaed", "body": "{}"})
            )


@pytest.mark.parametrize(
    ("content", "form", "body"),
    [(b'{"a": 1}', "json", {"a": 1}), ("påske".encode(), "text", "påske"), (b"\xff", "bytes", b"\xff")],
)
@pytest.mark.asyncio
async def test_a_body_is_what_it_is_said_to_be(content, form, body) -> None:
    assert body_of(content, form) == body


@pytest.mark.parametrize(
    ("content", "form", "what"), [(b"planted", "json", "JSON"), (b"\xff", "text", "text in UTF-8")]
)
@pytest.mark.asyncio
async def test_a_body_that_is_something_else_is_told_without_it(content, form, what) -> None:
    with pytest.raises(CommandLineError, match=f"the body is no {what}") as caught:
        body_of(content, form)

    assert "planted" not in str(caught.value)
    assert caught.value.__context__ is None


@pytest.mark.asyncio
async def test_messages_are_shown_as_they_pass(run) -> None:
    async with run(bill) as running:
        cancel = plugin.Cancel()
        said: list[str] = []
        with context.use(running.stage.components):
            tailing = asyncio.create_task(
                di.call(
                    tail, topic="orders.#", count=2, is_json=False, broker=None, envelope=None, say=said.append,
                    cancel=cancel,
                )
            )  # fmt: skip
        while not said:
            first = await running.publish("orders.placed", {"item": "nothing"})
            await running.endings.next()
        await running.publish("orders.placed", ["\x1btea"])
        await tailing

    assert re.fullmatch(rf'{TIME}  orders.placed  {ID}  {{"item":"nothing"}}', said[0])
    assert said[1].endswith('["\\u001btea"]')
    assert first


@pytest.mark.asyncio
async def test_messages_are_shown_as_json_until_it_is_cancelled(run) -> None:
    async with run(bill) as running:
        cancel = plugin.Cancel()
        said: list[str] = []
        with context.use(running.stage.components):
            tailing = asyncio.create_task(
                di.call(
                    tail, topic="#", count=None, is_json=True, broker=None, envelope=None, say=said.append,
                    cancel=cancel,
                )
            )  # fmt: skip
        while not said:
            await running.publish("orders.placed", b"tea", envelope="raw", key="7", attributes={"shop": 1})
            await running.endings.next()
        cancel.set()
        await tailing

    told = json.loads(said[0])
    assert (told["topic"], told["key"], told["attempt"]) == ("orders.placed", "7", 1)
    assert told["attributes"]["shop"] == 1
    assert told["undecodable"] == "the body is no JSON"
    assert "data" not in told


@pytest.mark.asyncio
async def test_an_envelope_that_nobody_knows_is_told(run) -> None:
    async with run(bill) as running:
        with pytest.raises(EnvelopeNotFoundError):
            await Console(running).do(dead.show_letters, queue=QUEUE, ids=(), broker=None, envelope="jsn")


@pytest.mark.parametrize(
    "arguments", [("dead", "list", QUEUE), ("dead", "show", QUEUE), ("publish", "t", "{}"), ("tail", "t")]
)
def test_a_broker_in_the_process_of_a_service_cannot_be_reached(tmp_path: Path, arguments) -> None:
    (tmp_path / "run").mkdir()

    refused = ended(tmp_path, *arguments)

    assert (refused.stdout, refused.returncode) == ("", 2)
    assert refused.stderr.startswith("CommandLineError: there is no broker that can be reached from here\n")


def test_a_body_that_is_no_json_is_told_before_the_broker_is_looked_for(tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    nobody = "messaging.url=amqp://guest:guest@127.0.0.1:1/"

    refused = ended(tmp_path, "publish", "orders.placed", "{item: tea", "--set", nobody)

    assert (refused.stdout, refused.returncode) == ("", 2)
    assert refused.stderr.startswith("CommandLineError: the body is no JSON\n")


def test_attributes_are_pairs(tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()

    refused = ended(tmp_path, "publish", "t", "{}", "-a", "planted")

    assert refused.returncode == 2
    assert "number 1 sets nothing; write it as shop=7." in refused.stderr
    assert "planted" not in refused.stderr


def test_queues_of_a_broken_plugin_are_not_counted_but_told(tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    write(tmp_path, "shop.py", "async def prepare(): raise RuntimeError('closed')\n")

    refused = ended(tmp_path, "dead", "queues", "shop.py")

    assert (refused.stdout, refused.returncode) == ("", 1)
    assert "RuntimeError: closed" in refused.stderr


def test_who_looks_at_many_dead_messages_says_every_few_seconds_how_far_it_is(capsys) -> None:
    times = iter([0.0, 1.0, 4.9, 5.0, 5.0, 9.9, 10.0, 10.0])
    progress = Progress(lambda: next(times))

    for looked in (10, 20, 30, 40, 50):
        progress(looked, 100)

    assert capsys.readouterr().err.splitlines() == ["looked at 30 of 100", "looked at 50 of 100"]
