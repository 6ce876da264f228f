"""The commands for messages against a real RabbitMQ: each is a process of its own, as a service is."""

import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from command_line import ROSTRA, ended, environment, started, write

from rostra_amqp.testing import RabbitNode

SHOP = """
    from rostra_messaging import Reject, subscribe

    @subscribe("orders.placed", group="billing")
    async def bill(order: dict[str, str]) -> None:
        if order["item"] == "nothing":
            raise Reject("there is nothing to bill")
        print("billed", order["item"], flush=True)
"""
QUEUE = "billing.orders.placed"


@pytest.fixture
def settings(tmp_path: Path, rabbitmq_node: RabbitNode, prefix: str) -> tuple[str, ...]:
    """What each command is told of the broker."""
    (tmp_path / "run").mkdir()
    write(tmp_path, "shop.py", SHOP)
    text = f'[messaging]\nurl = "{rabbitmq_node.url}"\nprefix = "{prefix}"\n'
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
