"""What waits for an hour is tested in no time."""

import asyncio

from rostra.clock import Clock, ManualClock


async def remind(clock: Clock, said: list[str]) -> None:
    """Code under test: it asks for a clock and waits with it."""
    await clock.sleep(3600)
    said.append("the tea is ready")


async def main() -> None:
    clock, said = ManualClock(), []
    reminder = asyncio.create_task(remind(clock, said))
    await clock.wait_for_sleepers()

    await clock.advance(3599)
    assert said == []

    await clock.advance(1)
    assert said == ["the tea is ready"]
    await reminder


asyncio.run(main())
