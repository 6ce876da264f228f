"""The commands for messages against a real RabbitMQ: each is a process of its own, as a service is."""

import asyncio
import datetime as dt
import json
import re
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from command_line import ROSTRA, ended, environment, started, write

import rostra_messaging
from rostra_amqp.testing import RabbitNode
from rostra_messaging import Broker, Consumer

SHOP = """
    from rostra_messaging import Reject, subscribe

    @subscribe("orders.placed", group="billing")
    async def bill(order: dict[str, str]) -> None:
        if order["item"] == "nothing":
            raise Reject("there is nothing to bill")
        print("billed", order["item"], flush=True)

    @subscribe("orders.audited")
    async def audit(order: dict[str, str]) -> None:
        print("audited", flush=True)
        raise Reject("there is nothing to audit")
"""
QUEUE = "billing.orders.placed"
DEAD = 300


@pytest.fixture
def settings(tmp_path: Path, rabbitmq_node: RabbitNode, prefix: str) -> tuple[str, ...]:
    """What each command is told of the broker."""
    (tmp_path / "run").mkdir()
    write(tmp_path, "shop.py", SHOP)
    text = f'[messaging]\nurl = "{rabbitmq_node.url}"\nprefix = "{prefix}"\noptions = {{settle = 0}}\n'
    (tmp_path / "app.toml").write_text(text)
    return ("-c", "app.toml")


@pytest.fixture
def shop(tmp_path: Path, settings: tuple[str, ...]) -> Iterator["subprocess.Popen[str]"]:
    """A service that runs."""
    with started(tmp_path, "run", "shop.py", *settings, "--log-format", "json") as process:
        assert process.stderr is not None
        for line in process.stderr:
            if json.loads(line)["event"] == "stage.running":
                break
        yield process


def said(folder: Path, *arguments: str) -> list[str]:
    done = ended(folder, *arguments)
    assert (done.stderr, done.returncode) == ("", 0)
    return done.stdout.splitlines()


def test_what_died_is_listed_shown_put_back_and_forgotten(tmp_path, settings, shop) -> None:
    (first,) = said(tmp_path, "publish", "orders.placed", '{"item": "nothing"}', *settings)
    (second,) = said(tmp_path, "publish", "orders.placed", '{"item": "nothing"}', "-a", "shop=7", *settings)
    said(tmp_path, "publish", "orders.placed", '{"item": "tea"}', *settings)
    assert shop.stdout.readline() == "billed tea\n"

    counted = said(tmp_path, "dead", "queues", "shop.py", *settings)
    listed = said(tmp_path, "dead", "list", QUEUE, *settings)
    shown = said(tmp_path, "dead", "show", QUEUE, second, *settings)
    dropped = said(tmp_path, "dead", "drop", QUEUE, first, *settings)
    replayed = said(tmp_path, "dead", "replay", QUEUE, "--all", *settings)

    assert counted == [f"     2  {QUEUE}"]
    assert listed[0] == f"{QUEUE}: 2 dead"
    assert re.fullmatch(rf"  {first}  orders.placed  1 try  \S+  .*there is nothing to bill", listed[1])
    assert 'attribute  shop = "7"' in shown
    assert shown[-1] == '{"item":"nothing"}'
    assert (dropped, replayed) == ([f"1 of {QUEUE} forgotten"], [f"1 back in {QUEUE}"])


def test_a_queue_that_does_not_exist_is_an_error_that_names_what_is_meant(
    tmp_path, settings, shop, prefix
) -> None:
    nowhere = ended(tmp_path, "dead", "list", "biling.orders.placed", *settings)
    as_shown = ended(tmp_path, "dead", "list", f"{prefix}{QUEUE}.dead", *settings)
    its_dead = ended(tmp_path, "dead", "replay", f"{QUEUE}.dead", "--all", *settings)

    assert [each.returncode for each in (nowhere, as_shown, its_dead)] == [2, 2, 2]
    assert [each.stdout for each in (nowhere, as_shown, its_dead)] == ["", "", ""]
    assert nowhere.stderr.startswith("CommandLineError: there is no queue biling.orders.placed\n")
    assert f"did you mean {QUEUE}?" in as_shown.stderr
    assert f"did you mean {QUEUE}?" in its_dead.stderr


def test_what_cannot_be_put_back_is_told_and_stays(tmp_path, settings, shop) -> None:
    said(tmp_path, "publish", "orders.audited", '{"item": "tea"}', *settings)
    assert shop.stdout.readline() == "audited\n"
    shop.terminate()
    shop.communicate(timeout=40)  # its queue goes with it

    replayed = ended(tmp_path, "dead", "replay", "orders.audited", "--all", *settings)
    listed = said(tmp_path, "dead", "list", "orders.audited", *settings)

    assert (replayed.stdout, replayed.returncode) == ("0 back in orders.audited\n", 1)
    assert replayed.stderr.startswith(
        "NotReplayedError: 1 of 1 dead messages of orders.audited was not put back\n"
    )
    assert listed[0] == "orders.audited: 1 dead"


@pytest.mark.asyncio
async def test_a_replay_that_is_killed_loses_none(tmp_path, settings, connecting) -> None:
    sent = {f"m{number}" for number in range(DEAD)}
    wanted = rostra_messaging.Queue(topic="orders.placed", name=QUEUE, prefetch=DEAD)
    async with connecting() as broker, asyncio.timeout(90):
        async with broker.consume(wanted) as consumer:
            await bury(broker, consumer, sent)
        async with broker.consume(wanted) as consumer:
            arriving = aiter(consumer)
            replaying = await asyncio.create_subprocess_exec(
                ROSTRA, "dead", "replay", QUEUE, "--all", *settings, cwd=tmp_path, env=environment(tmp_path)
            )
            back = [(await anext(arriving)).parcel.id for _ in range(10)]
            replaying.kill()
            await replaying.wait()
            letters = broker.dead_letters(QUEUE)
            # RabbitMQ notices soon that who held the others is gone.
            while len(back) + consumer._line.qsize() + await letters.count() < DEAD:  # noqa: ASYNC110
                await asyncio.sleep(0.05)
            back += [consumer._line.get_nowait().parcel.id for _ in range(consumer._line.qsize())]
            dead = {letter.parcel.id for letter in await letters.list(DEAD)}

    assert replaying.returncode == -signal.SIGKILL
    assert dead
    assert dead | {*back} == sent


async def bury(broker: Broker, consumer: Consumer, ids: set[str]) -> None:
    async with asyncio.TaskGroup() as publishing:
        for each in ids:
            parcel = rostra_messaging.Parcel(id=each, topic="orders.placed", body=b"{}")
            publishing.create_task(broker.publish(parcel, deadline=60))
    arriving = aiter(consumer)
    why = rostra_messaging.Failure("there is nothing to bill", dt.datetime.now(dt.UTC))
    deliveries = [await anext(arriving) for _ in ids]
    await asyncio.gather(*(each.dead(why) for each in deliveries))


def test_what_passes_is_shown_to_others_than_its_handlers(tmp_path, settings, shop) -> None:
    command = [ROSTRA, "tail", "orders.#", "-n", "1", "--json", *settings]
    with subprocess.Popen(
        command, cwd=tmp_path, env=environment(tmp_path), text=True, stdout=subprocess.PIPE
    ) as tailing:
        for _ in range(100):  # it passes only what is published after it began
            said(tmp_path, "publish", "orders.placed", '{"item": "tea"}', "--key", "7", *settings)
            if tailing.poll() is not None:
                break
        passed = json.loads(tailing.communicate(timeout=20)[0])

    assert tailing.returncode == 0
    assert (passed["topic"], passed["key"], passed["data"]) == ("orders.placed", "7", {"item": "tea"})
    assert shop.stdout.readline() == "billed tea\n"


def test_what_no_queue_wants_is_an_error(tmp_path, settings) -> None:
    refused = ended(tmp_path, "publish", "orders.plcaed", "{}", *settings)

    assert (refused.stdout, refused.returncode) == ("", 1)
    assert refused.stderr.startswith("PublishError: ")
