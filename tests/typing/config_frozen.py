"""What type checkers know about classes of settings that ``config.frozen`` makes; run by nobody."""

from typing import assert_type

from rostra import config


@config.frozen
class Limits:
    most: int
    patience: config.Duration = config.Duration(1.0)


@config.frozen
class Shop(config.Config, section="shop"):
    name: str = config.field(default="shop", validator=print)
    limits: Limits = Limits(5)


def making_and_reading(source: config.ConfigSource) -> None:
    shop = Shop(name="tea", limits=Limits(most=3))

    assert_type(shop, Shop)
    assert_type(shop.limits.most, int)
    assert_type(source.load(Shop), Shop)


def refusing(shop: Shop) -> None:
    Limits()  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]  (most has no default)
    Shop(nme="tea")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    Limits(most="3")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    shop.name = "tea"  # type: ignore[misc]  # pyright: ignore[reportAttributeAccessIssue]
