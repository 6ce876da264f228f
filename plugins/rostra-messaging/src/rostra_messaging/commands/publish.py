"""``rostra publish``: publish a message, as a service would."""

import sys
from collections.abc import Callable, Mapping
from typing import Any

import click

from rostra import documents
from rostra.cli import acting
from rostra.errors import CommandLineError
from rostra_messaging.publishing import Publisher

_HELP = """Publish a message on TOPIC, and print its id when it is safe.

BODY is JSON, or with --as text taken as it is; without one, or with -, standard input is read. The exit code is 0 if
the message is stored, 1 if that is not known, or if no queue wants it, and 2 if the command or the settings are wrong.
"""


async def publish(
    topic: str,
    body: Any,
    attributes: tuple[tuple[str, str], ...],
    key: str | None,
    delay: float | None,
    deadline: float | None,
    broker: str | None,
    envelope: str | None,
    say: Callable[[str], None],
    publisher: Publisher,
) -> None:
    """Publish a message.

    Raises:
        PublishError: It is not known to be stored.
        UnsayableError: The envelope takes something else.
    """
    said = await publisher.publish(
        topic,
        body,
        attributes=dict(attributes),
        key=key,
        delay=delay,
        deadline=deadline,
        broker=broker,
        envelope=envelope,
    )
    say(said)


def with_body(given: Mapping[str, Any]) -> Mapping[str, Any]:
    """What was typed, with the body as it is published; standard input is read to its end.

    Raises:
        CommandLineError: The body is not what it is said to be.
    """
    typed, form = given["body"], given["form"]
    content = sys.stdin.buffer.read() if typed == "-" else typed.encode("utf-8", "surrogateescape")
    return {**{name: each for name, each in given.items() if name != "form"}, "body": body_of(content, form)}


def body_of(content: bytes, form: str) -> Any:
    """What is published.

    Args:
        content: As it was typed.
        form: ``json``, ``text`` or ``bytes``.

    Raises:
        CommandLineError: It is none of that.
    """
    try:
        if form == "json":
            return documents.parse(content)
        return content if form == "bytes" else content.decode()
    except ValueError as error:
        reason = str(error)
    if form != "json":
        raise CommandLineError("the body is no text in UTF-8", (), ("say --as bytes",))
    raise CommandLineError(
        "the body is no JSON",
        (reason,),
        (
            'texts stand in double quotes: rostra publish orders.placed \'{"item": "tea"}\'',
            "or say --as text, or --as bytes",
        ),
    )


def _pairs(
    _: click.Context, parameter: click.Parameter, given: tuple[str, ...]
) -> tuple[tuple[str, str], ...]:
    for number, each in enumerate(given, start=1):
        if not each.partition("=")[0] or "=" not in each:  # what was typed may be a secret
            raise click.BadParameter(f"number {number} sets nothing; write it as shop=7.", param=parameter)
    return tuple((name, value) for name, _, value in (each.partition("=") for each in given))


command = acting(
    _HELP,
    publish,
    click.Argument(["topic"]),
    click.Argument(["body"], default="-"),
    click.Option(
        ["--as", "form"],
        type=click.Choice(["json", "text", "bytes"]),
        default="json",
        show_default=True,
        help="What BODY is.",
    ),
    click.Option(
        ["-a", "--attribute", "attributes"],
        multiple=True,
        metavar="NAME=VALUE",
        callback=_pairs,
        help="What travels beside it.",
    ),
    click.Option(["--key"], help="Messages with the same key keep their order."),
    click.Option(["--delay"], type=click.FloatRange(0), metavar="SECONDS", help="Before it is delivered."),
    click.Option(
        ["--deadline"], type=click.FloatRange(0, min_open=True), metavar="SECONDS", help="In which to end."
    ),
    click.Option(["--broker"], metavar="NAME", help="Of [messaging.brokers]; else that of [messaging]."),
    click.Option(["--envelope"], metavar="NAME", help="How it is written, if not as the settings say."),
    plugin="rostra_messaging.commands.reaching",
    before=with_body,
)
