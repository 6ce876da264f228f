"""One instance of each error of this plugin, whose whole text stands in the README."""

from rostra_messaging import (
    BrokerNotFoundError,
    EnvelopeNotFoundError,
    NoReplyError,
    NotReplayedError,
    PublishError,
    SubscriptionError,
    UndecodableError,
)

SAMPLES = (
    PublishError(
        "orders.placed", "default", "no queue wants it", "no", ('subscribe to it: @subscribe("orders.placed", group=...)',)
    ),
    SubscriptionError(
        "billing.orders.placed",
        "default",
        "it exists, and is durable = false",
        ("orders.placed as billing", "handler bill, shop.py:12"),
        ("delete it, or give the group another name",),
    ),
    BrokerNotFoundError(
        'there is no broker "biling"',
        ("orders.placed as billing of biling", "handler bill, shop.py:12"),
        ("there are default and billing",),
        ("did you mean billing?",),
    ),
    EnvelopeNotFoundError("jsn", ("cloudevents", "json", "protobuf"), ("orders.placed as billing", "handler bill, shop.py:12")),
    NotReplayedError("billing.orders.placed", 3, 1, 2),
    NoReplyError("prices.asked", "nothing came within 30 s"),
    UndecodableError("it is no JSON"),
)  # fmt: skip
