"""What can never work on RabbitMQ is told before anything is started, with what to do: options, and queues."""

import json
import textwrap
import tomllib
from pathlib import Path

import pytest
from command_line import ended, write

from rostra.errors import ConfigError
from rostra_amqp import AmqpConfig, Options
from rostra_amqp.refusing import check_queue
from rostra_messaging import Connection, SubscriptionError
from rostra_messaging.brokers import Queue

SHOP = """
    from rostra_messaging import Retry, subscribe

    @subscribe("orders.placed", group="billing")
    async def bill(order: dict[str, str]) -> None: ...
"""
PATIENT = SHOP.replace('"billing"', '"billing", ordered=True, retry=Retry(delays=(3600,))')
RABBIT = """
    [messaging]
    url = "amqp://nobody.example"

    [messaging.options]
"""


def refusal(settings: dict[str, object] | None = None, **about: object) -> SubscriptionError | None:
    asked = Connection(url="amqp://nobody.example", settings=settings or {})
    try:
        check_queue(asked, Queue(topic="orders.placed", name="billing", **about))
    except SubscriptionError as error:
        return error
    return None


@pytest.mark.parametrize("command", ["check", "config", "run"])
def test_a_typo_in_the_options_is_told_with_its_place(tmp_path: Path, command: str) -> None:
    write(tmp_path, "shop.py", SHOP)
    write(tmp_path, "app.toml", f"{RABBIT}    heartbeet = 5\n")

    told = ended(tmp_path, command, "shop.py", "-c", "app.toml")

    assert told.returncode == 2
    assert "messaging.options.heartbeet" in told.stdout + told.stderr
    assert "did you mean heartbeat?" in told.stdout + told.stderr


@pytest.mark.parametrize("command", ["check", "run"])
def test_a_url_with_a_bad_port_is_told_with_its_place_before_anything_connects(
    tmp_path: Path, command: str
) -> None:
    write(tmp_path, "shop.py", SHOP)
    write(
        tmp_path,
        "app.toml",
        """
        [messaging]
        url = "amqp://shop:hunter2@rabbit:notaport/"
        options = {heartbeet = 5}

        [messaging.brokers.billing]
        url = "amqp://:5672/"
        """,
    )

    told = ended(tmp_path, command, "shop.py", "-c", "app.toml", "--set", "logging.format=text")

    assert told.returncode == 2
    assert (
        "messaging.url   what stands for the port is no number from 1 to 65535   from app.toml:3"
        in told.stderr
    )
    assert "to fix  write it as amqp://user:password@host:5672/vhost" in told.stderr
    assert "messaging.options.heartbeet   unknown" in told.stderr
    assert "messaging.brokers.billing.url   it names no host   from app.toml:7" in told.stderr
    assert "hunter2" not in told.stdout + told.stderr
    assert "Traceback" not in told.stderr


def test_a_url_of_the_environment_is_told_with_its_variable(tmp_path: Path) -> None:
    write(tmp_path, "shop.py", SHOP)
    by_variable = {"APP_MESSAGING_URL": "amqp://shop:hunter2@rabbit:notaport/"}

    told = ended(tmp_path, "check", "shop.py", "--env-prefix", "APP", **by_variable)

    assert told.returncode == 2
    assert "from APP_MESSAGING_URL" in told.stderr
    assert "hunter2" not in told.stderr


@pytest.mark.parametrize("command", ["check", "run"])
def test_urls_with_passwords_that_are_not_escaped_are_told_all_at_once_without_the_passwords(
    tmp_path: Path, command: str
) -> None:
    write(tmp_path, "shop.py", SHOP)
    write(
        tmp_path,
        "app.toml",
        """
            [messaging]
            url = "amqp://guest:hun/ter2@rabbit/"

            [messaging.brokers.bills]
            url = "amqp://guest:12#hunter2@rabbit/"
        """,
    )

    told = ended(tmp_path, command, "shop.py", "-c", "app.toml", "--set", "logging.format=text")

    assert told.returncode == 2
    assert (
        "messaging.url   what stands for the port is no number from 1 to 65535   from app.toml:3"
        in told.stderr
    )
    assert "messaging.brokers.bills.url   it has a # in it   from app.toml:6" in told.stderr
    assert "%2F for /, %23 for #, %40 for @" in told.stderr
    assert "ter2" not in told.stdout + told.stderr


def test_options_are_shown_with_their_defaults_and_who_said_them(tmp_path: Path) -> None:
    write(tmp_path, "shop.py", SHOP)
    write(tmp_path, "app.toml", f"{RABBIT}    heartbeat = 5\n")
    by_variable = {"APP_MESSAGING_OPTIONS_SETTLE": "7s"}

    shown = ended(
        tmp_path,
        "config",
        "shop.py",
        "-c",
        "app.toml",
        "--env-prefix",
        "APP",
        "--format",
        "toml",
        **by_variable,
    )

    lines = shown.stdout.splitlines()
    assert shown.returncode == 0
    assert "heartbeat = 5  # app.toml:6" in lines
    assert 'settle = "7s"  # APP_MESSAGING_OPTIONS_SETTLE' in lines
    assert 'consumer_timeout = "30m"  # the default' in lines
    assert tomllib.loads(shown.stdout)["messaging"]["options"]["settle"] == "7s"


def test_options_of_brokers_that_are_named_are_checked_and_shown_with_them(tmp_path: Path) -> None:
    more = """
    [messaging.brokers.billing]
    url = "amqp://billing.example"
    options = {settle = "7s"}
    """
    write(tmp_path, "shop.py", SHOP)
    write(tmp_path, "right.toml", f"{RABBIT}{more}")
    write(tmp_path, "wrong.toml", f"{RABBIT}{more.replace('settle', 'setle')}")

    shown = ended(tmp_path, "config", "shop.py", "-c", "right.toml", "--format", "json")
    checked = ended(tmp_path, "check", "shop.py", "-c", "wrong.toml")

    settings = {each["setting"]: each["value"] for each in json.loads(shown.stdout)["settings"]}
    assert settings["messaging.brokers"]["billing"]["options"] == {"settle": "7s"}
    assert checked.returncode == 2
    assert "messaging.brokers.billing.options.setle   unknown; did you mean settle?" in checked.stderr


def test_options_that_stand_in_one_variable_are_checked_too(tmp_path: Path) -> None:
    write(tmp_path, "shop.py", SHOP)
    write(tmp_path, "app.toml", RABBIT)

    told = ended(
        tmp_path, "check", "shop.py", "-c", "app.toml", "--env-prefix", "APP",
        APP_MESSAGING_OPTIONS='{"heartbeet": 5}',
    )  # fmt: skip

    assert told.returncode == 2
    assert "messaging.options.heartbeet   unknown; did you mean heartbeat?" in told.stderr


def test_a_subscription_that_rabbitmq_would_not_bear_is_told_by_check(tmp_path: Path) -> None:
    write(tmp_path, "shop.py", PATIENT)
    write(tmp_path, "app.toml", RABBIT)

    told = ended(tmp_path, "check", "shop.py", "-c", "app.toml")

    assert told.returncode == 1
    assert told.stderr == textwrap.dedent("""\
        SubscriptionError: the queue billing.orders.placed cannot be consumed
          where   broker default
                  orders.placed as billing
                  handler bill, shop.py:4
          why     a message may be unsettled for 3900 s (one try, and all delays, which are waited for in place), but RabbitMQ takes back what is so for 1800 s, with all else that the subscription has
          to fix  a shorter deadline=, or shorter delays in retry=
                  or raise consumer_timeout of RabbitMQ, and say so: [messaging.options] consumer_timeout = "2h"
        """)


@pytest.mark.parametrize(
    "about",
    [
        {"held": 1799.0, "ordered": True},
        {"held": 300.0, "delays": (3600.0,)},  # which wait at the broker
        {"held": None},  # without end, as its author says
    ],
)
def test_what_rabbitmq_bears_is_not_refused(about: dict[str, object]) -> None:
    assert refusal(**about) is None


@pytest.mark.parametrize(
    ("about", "advice"),
    [
        ({"held": 1800.0}, "a shorter deadline="),
        ({"held": 4000.0, "ordered": True}, "a shorter deadline=, or shorter delays in retry="),
        (
            {"held": 300.0, "delays": (3600.0,), "options": (Options(type="stream"),)},
            "a shorter deadline=, or shorter delays in retry=",
        ),
    ],
)
def test_what_stays_unsettled_too_long_is_refused_with_what_to_do(
    about: dict[str, object], advice: str
) -> None:
    refused = refusal(**about)

    assert refused is not None
    assert "RabbitMQ takes back what is so for 1800 s" in refused.reason
    assert refused.fix[0] == advice


def test_an_operator_who_has_more_patience_says_so() -> None:
    assert refusal({"consumer_timeout": "2h"}, held=7000.0) is None
    assert refusal({"consumer_timeout": "2h"}, held=7200.0) is not None


def test_a_name_that_is_too_long_for_its_retry_queues_is_refused() -> None:
    asked = Connection(url="amqp://nobody.example", options=AmqpConfig())

    with pytest.raises(SubscriptionError, match="longer than the 255 bytes of AMQP"):
        check_queue(asked, Queue(topic="orders.placed", name="b" * 245))


def test_options_that_nobody_read_yet_are_read_strictly() -> None:
    with pytest.raises(ConfigError, match="did you mean heartbeat"):
        refusal({"heartbeet": 5})
