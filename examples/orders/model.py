"""What an order is."""

import enum
from datetime import datetime

import attrs


class State(enum.Enum):
    """What became of an order."""

    OPEN = "open"
    PAID = "paid"
    EXPIRED = "expired"


@attrs.frozen
class NewOrder:
    """What a customer asks for."""

    item: str = attrs.field(validator=attrs.validators.min_len(1))
    quantity: int = attrs.field(default=1, validator=attrs.validators.ge(1))


@attrs.frozen
class Order:
    """What was asked for, since when, and what became of it."""

    number: int
    item: str
    quantity: int
    placed: datetime
    state: State = State.OPEN


@attrs.frozen
class Bill:
    """What is to be paid for an order."""

    number: int
    amount: int
    """In cents."""
