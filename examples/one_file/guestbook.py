"""A plugin that is told by the settings what to do, and adds a component under its alias."""

from collections import deque

import attrs

from rostra import plugin


@attrs.frozen
class GuestbookOptions:
    greeting: str
    keeps: int = 100
    """So many guests are remembered."""


class Guestbook:
    def __init__(self, greeting: str, keeps: int) -> None:
        self.greeting = greeting
        self.guests: deque[str] = deque(maxlen=keeps)

    def enter(self, name: str) -> str:
        self.guests.append(name)
        return f"{self.greeting}, {name}!\n"


async def prepare(options: plugin.Options) -> None:
    told = options.load(GuestbookOptions)
    options.add(Guestbook(told.greeting, told.keeps))
