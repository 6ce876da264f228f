"""Who asked gets an answer or the reason why there is none, whatever the envelope can say; and no stage ends by that."""

import pytest

from rostra.plugin import Phase
from rostra_messaging import (
    Message,
    NoReplyError,
    Reject,
    Retry,
    Send,
    around_publishing,
    subscribe,
)

pytestmark = pytest.mark.asyncio

ONCE = Retry(delays=())


async def test_why_a_question_died_is_told_also_where_the_envelope_has_no_word_for_nothing(run):
    @subscribe("pictures.asked", group="pictures", envelope="raw")
    async def draw(_picture: bytes) -> bytes:
        raise Reject("too large")

    async with run(draw) as running:
        with pytest.raises(NoReplyError, match="too large"):
            await running.publisher.request("pictures.asked", b"...", envelope="raw")

        assert running.stage.lifecycle.phase is Phase.RUNNING


@pytest.mark.parametrize(("envelope", "nothing"), [("raw", b""), ("text", "")])
async def test_nothing_is_an_answer_in_every_envelope(run, envelope, nothing):
    @subscribe("pictures.asked", group="pictures", envelope=envelope, retry=ONCE)
    async def draw() -> None:
        pass

    async with run(draw) as running:
        question = b"?" if envelope == "raw" else "?"
        answer = await running.publisher.request("pictures.asked", question, envelope=envelope)
        ended = await running.endings.next()

    assert (answer, ended) == (nothing, [("pictures.pictures.asked", "done")])


async def test_an_answer_that_the_envelope_cannot_say_is_a_failure_of_the_handler(run):
    @subscribe("pictures.asked", group="pictures", envelope="raw", retry=ONCE)
    async def draw() -> int:
        return 3

    async with run(draw) as running:
        with pytest.raises(NoReplyError, match="a body of type int in the envelope raw"):
            await running.publisher.request("pictures.asked", b"?", envelope="raw")


async def test_a_middleware_that_fails_where_a_dead_question_is_told_ends_no_stage(run, caplog):
    @subscribe("prices.asked", group="prices", retry=ONCE)
    async def price(item: str) -> None:
        raise Reject(f"no {item}")

    @around_publishing
    async def stumble(message: Message, send: Send) -> None:
        if message.topic == "answers":
            raise ValueError("no answers today")
        await send(message)

    async with run(price, stumble) as running:
        for item in ("tea", "milk"):
            await running.publish("prices.asked", item, attributes={"reply_to": "answers"})
            await running.endings.next()

        assert running.stage.lifecycle.phase is Phase.RUNNING
    assert caplog.text.count("reply.lost") == 2


async def test_a_stranger_may_want_the_reply_anywhere(run):
    @subscribe("prices.asked", group="prices", retry=ONCE)
    async def price(item: str) -> int:
        if item == "tea":
            raise Reject("no tea")
        return 3

    async with run(price) as running:
        for topic in ("*", "..", "x" * 300, "to.nobody", "half.\ud800"):
            for item in ("tea", "milk"):
                await running.publish("prices.asked", item, attributes={"reply_to": topic})
        ended = await running.endings.next(10)

        assert running.stage.lifecycle.phase is Phase.RUNNING
    assert sorted(outcome for _, outcome in ended) == ["dead"] * 5 + ["done"] * 5
