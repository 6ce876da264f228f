from datetime import timedelta

import attrs

from rostra import config


@attrs.frozen
class GreeterConfig(config.Config, section="greeter"):
    greeting: str = "Hello"
    times: int = 1
    pause: timedelta = timedelta(seconds=1)


async def greet(settings: GreeterConfig) -> None:
    print(settings.greeting)


async def prepare():
    yield greet
