"""What can never work is told when the decorator runs or when handlers are bound, with both places if there are two."""

import re

import pytest

from rostra import plugin
from rostra.errors import HandlerError
from rostra_messaging import (
    BrokerNotFoundError,
    EnvelopeNotFoundError,
    Message,
    Payload,
    Retry,
    Subscription,
    subscribe,
)


async def handler(_number: int) -> None:
    pass


def without_lines(error: BaseException) -> str:
    """The text of an error, without the numbers of lines."""
    return re.sub(r"\S*test_messaging_binding\.py:\d+", "shop.py", str(error))


@pytest.mark.parametrize(
    ("options", "why", "fix"),
    [
        ({"topic": ""}, 'the topic "": it is empty', '@subscribe("orders.placed")'),
        (
            {"topic": "orders..placed"},
            'the topic "orders..placed": there is no word between two of its dots, or at its end',
            '@subscribe("orders.placed")',
        ),
        (
            {"topic": "orders", "group": "b*"},
            'the group "b*": b* is a word with a wildcard in it; * and # stand for whole words only',
            'group="billing"',
        ),
        (
            {"topic": "orders", "group": "*"},
            'the group "*": wildcards are for what is subscribed to',
            'group="billing"',
        ),
        (
            {"topic": "orders", "publishes": "orders.#"},
            'publishes="orders.#": wildcards are for what is subscribed to',
            'publishes="orders.billed"',
        ),
        (
            {"topic": "orders." + "x" * 200, "group": "y" * 100},
            "group and topic are the name of the queue: it has more than 255 bytes",
            "shorter ones",
        ),
        ({"concurrency": 0}, "concurrency=0 handles nothing", "concurrency=1 is one after the other"),
        (
            {"concurrency": 5, "prefetch": 4},
            "prefetch=4 brings fewer than concurrency=5 would handle at once",
            "prefetch=5, or leave it out",
        ),
        ({"deadline": 0}, "deadline=0 is over before it begins", "deadline=None is without end"),
        ({"retry": 3}, "retry=3 is no Retry", "retry=Retry(delays=(1, 10, 60)) is four tries in all"),
        (
            {"retry": Retry(delays=(1, -1))},
            "a delay of -1 seconds cannot be waited for",
            "Retry(delays=(1, 10, 60))",
        ),
        (
            {"retry": Retry(delays=(float("nan"),))},
            "a delay of nan seconds cannot be waited for",
            "Retry(delays=(1, 10, 60))",
        ),
    ],
)
def test_a_subscription_that_can_never_work_is_an_error_of_its_line(options, why, fix):
    with pytest.raises(HandlerError) as caught:
        subscribe(**{"topic": "orders", **options})(handler)

    assert without_lines(caught.value) == (
        f"handler cannot subscribe as it says\n  where   handler handler, shop.py\n  why     {why}\n  to fix  {fix}"
    )


def test_the_decorator_needs_a_topic():
    with pytest.raises(HandlerError) as caught:
        subscribe(handler)

    assert without_lines(caught.value) == (
        "@subscribe needs a topic\n"
        "  where   handler handler, shop.py\n"
        "  why     without parentheses it takes the function for the topic\n"
        '  to fix  write @subscribe("orders.placed")'
    )


def test_a_handler_does_not_yield():
    async def several(_number: int):
        yield 1

    with pytest.raises(HandlerError, match="it yields, and a message is done when its handler returns"):
        subscribe("orders")(several)


def test_a_filter_is_not_async():
    async def is_large(_message: Message) -> bool:
        return False

    with pytest.raises(HandlerError, match="its filter is async, and what that returns is always true"):
        subscribe("orders", filter=is_large)(handler)


def test_a_function_stays_as_it_is():
    marked = subscribe("orders.placed", group="billing")(handler)

    assert marked is handler


def test_the_queue_of_a_group_is_called_by_both_names():
    def queue(**options):
        return Subscription(topic="orders.*", **options).queue

    assert (queue(group="billing").name, queue().name) == ("billing.orders.*", None)
    assert (queue(group="billing").label, queue().label) == ("billing.orders.*", "orders.* (of this process)")


@pytest.mark.parametrize("delays", [3, "10"])
def test_a_ladder_of_one_number_or_a_text_is_an_error(delays):
    with pytest.raises(TypeError, match="one for each further try"):
        Retry(delays)


def test_a_queue_is_told_after_which_delays_messages_come_again():
    ladder = Retry(delays=(1, 10, 10))

    assert Subscription(topic="orders", retry=ladder).queue.delays == (1, 10)
    assert Subscription(topic="orders", retry=ladder, ordered=True).queue.delays == (), "it waits in place"


async def problem_of(module, *handlers, **settings):
    """What a stage with these handlers says instead of running."""
    stage = plugin.Stage("rostra_messaging", module(*handlers), config={"messaging": settings})
    try:
        async with stage:
            pass
    except Exception as error:  # noqa: BLE001  (it is looked at)
        return error
    return None


@pytest.mark.asyncio
async def test_two_handlers_of_one_queue_are_an_error_with_both_places(module):
    @subscribe("orders.placed", group="billing")
    async def bill(_number: int) -> None:
        pass

    @subscribe("orders.placed", group="billing", filter=lambda _: True)
    async def bill_again(_number: int) -> None:
        pass

    error = await problem_of(module, bill, bill_again)

    assert isinstance(error, HandlerError)
    assert without_lines(error) == (
        "orders.placed as billing is handled twice\n"
        "  where   orders.placed as billing\n"
        "          handler bill, shop.py\n"
        "          handler bill_again, shop.py\n"
        "  why     both would take messages from one queue, and each message would be handled by either of them\n"
        "  to fix  give one of them a group of its own, so that both get all messages"
    )


@pytest.mark.asyncio
async def test_two_handlers_without_a_group_both_get_all(run):
    seen = []

    @subscribe("orders.placed")
    async def one(number: int) -> None:
        seen.append(f"one {number}")

    @subscribe("orders.placed")
    async def other(number: int) -> None:
        seen.append(f"other {number}")

    async with run(one, other) as running:
        await running.publish("orders.placed", 1)
        await running.endings.next(2)

    assert sorted(seen) == ["one 1", "other 1"]


@pytest.mark.asyncio
async def test_all_that_is_wrong_is_told_at_once(module):
    @subscribe("orders.placed", broker="biling")
    async def bill(_number: int) -> None:
        pass

    @subscribe("orders.placed", envelope="jsn")
    async def note(_number: int) -> None:
        pass

    error = await problem_of(module, bill, note, brokers={"billing": {"url": "memory://"}})

    assert isinstance(error, ExceptionGroup)
    unknown_broker, unknown_envelope = error.exceptions
    assert isinstance(unknown_broker, BrokerNotFoundError)
    assert without_lines(unknown_broker) == (
        'there is no broker "biling"\n'
        "  where   orders.placed of biling\n"
        "          handler bill, shop.py\n"
        "  why     there are default, billing\n"
        "  to fix  did you mean billing?"
    )
    assert isinstance(unknown_envelope, EnvelopeNotFoundError)
    assert unknown_envelope.where[0] == "orders.placed"
    assert "did you mean json?" in str(unknown_envelope)


class Connection:
    """No payload."""


@pytest.mark.asyncio
async def test_a_payload_that_no_message_can_be_is_an_error(module):
    @subscribe("orders.placed")
    async def bill(_number: Payload[Connection]) -> None:
        pass

    error = await problem_of(module, bill)

    assert isinstance(error, HandlerError)
    assert without_lines(error) == (
        "bill cannot take the payload that it wants\n"
        "  where   orders.placed\n"
        "          handler bill, shop.py\n"
        "  why     there is no way to make Connection from JSON\n"
        "  to fix  let it be a class of attrs, a dataclass, a list, a dict, a text, a number or bytes\n"
        "          if di shall make it, register it"
    )


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("url", "text"),
    [
        (
            "amqq://user:planted@host",
            "nothing speaks amqq://\n  where   [messaging] url, from a mapping\n  why     installed are ",
        ),
        (
            "planted",
            "the URL of a broker has no scheme\n  where   [messaging] url, from a mapping\n  why     installed are ",
        ),
    ],
)
async def test_a_url_that_nothing_speaks_is_an_error_that_shows_no_password(module, url, text):
    async def use(_message: Message) -> None:
        pass

    error = await problem_of(module, subscribe("orders")(use), url=url)

    assert isinstance(error, BrokerNotFoundError)
    assert str(error).startswith(text)
    assert "planted" not in str(error)
    assert error.__cause__ is None


@pytest.mark.asyncio
async def test_a_broker_of_another_name_has_its_own_messages(run):
    seen = []

    @subscribe("orders.placed", group="billing", broker="other")
    async def bill(number: int) -> None:
        seen.append(number)

    @subscribe("orders.placed", group="billing")
    async def bill_here(number: int) -> None:
        seen.append(-number)

    async with run(
        bill, bill_here, brokers={"other": {"url": "memory://", "envelope": "msgpack"}}
    ) as running:
        await running.publish("orders.placed", 1)
        await running.publish("orders.placed", 2, broker="other")
        await running.endings.next(2)

    assert sorted(seen) == [-1, 2]
