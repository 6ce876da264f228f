"""Commands of plugins that do something once, in a stage of their own."""

import signal
from pathlib import Path

import pytest
from command_line import ended, started, write

COMMANDS = """
    import asyncio
    from collections.abc import AsyncIterator

    import attrs
    import click

    from rostra import config, context, di, errors, plugin
    from rostra.cli import acting

    @attrs.frozen
    class ShopConfig(config.Config, section="shop"):
        name: str = "corner"

    class Till:
        def __init__(self, name):
            self.name = name

    async def prepare(settings: ShopConfig):
        context.add(Till(settings.name))

    async def sell(item: str, times: int, say, till: Till):
        for _ in range(times):
            say(f"{till.name} sells {item}")
        if item == "nothing":
            raise LookupError("there is nothing")

    class Safe:
        pass

    @di.adapter(lifetime="stage")
    async def safe() -> AsyncIterator[Safe]:
        print("looking for the key", flush=True)
        await asyncio.Event().wait()
        yield Safe()

    async def open_safe(say, safe: Safe):
        say("open")

    async def sleep(say):
        say("asleep")
        await asyncio.Event().wait()

    async def wait(say, cancel: plugin.Cancel):
        say("open")
        await cancel.wait()
        say("closed")

    def priced(given):
        if given["item"] == "air":
            raise errors.CommandLineError("air is for free")
        return {"item": given["item"].upper()}

    async def offer(item: str, say, safe: Till):
        say(f"{item}, {safe.name}")

    offers = acting("Offer.", offer, click.Argument(["item"]), plugin="shop_commands", before=priced)
    sells = acting(
        "Sell something.",
        sell,
        click.Argument(["item"]),
        click.Option(["--times"], type=int, default=1, help="How often."),
        plugin="shop_commands",
    )
    async def count(names, say):
        say(" ".join(names))

    def look(rehearsal):
        return {"names": [record.plugin.name for record in rehearsal.records if record.asked_by is None]}

    opens = acting("Open.", open_safe, plugin="shop_commands")
    sleeps = acting("Sleep.", sleep, plugin="shop_commands")
    waits = acting("Wait.", wait, plugin="shop_commands")
    counts = acting("Count.", count, plugin="shop_commands", look=look)
"""


@pytest.fixture
def installed(tmp_path: Path) -> dict[str, str]:
    """A distribution that adds commands, for ``PYTHONPATH``."""
    (tmp_path / "run").mkdir()
    write(tmp_path, "shop_commands.py", COMMANDS)
    write(tmp_path, "loud.py", "print('loaded')\nasync def prepare(): pass\n")
    about = tmp_path / "shop-1.0.dist-info"
    about.mkdir()
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: shop\nVersion: 1.0\n")
    (about / "entry_points.txt").write_text(
        "[rostra.commands]\noffer = shop_commands:offers\nsell = shop_commands:sells\nwait = shop_commands:waits\nopen = shop_commands:opens\nsleep = shop_commands:sleeps\ncount = shop_commands:counts\n"
    )
    return {"PYTHONPATH": str(tmp_path)}


def test_it_has_its_own_arguments_and_those_of_settings(tmp_path, installed):
    shown = ended(tmp_path, "sell", "--help", **installed)

    assert shown.stdout.startswith("Usage: rostra sell [OPTIONS] ITEM\n\n  Sell something.\n")
    assert "--times INTEGER" in shown.stdout
    assert "--config FILE" in shown.stdout


def test_it_finds_what_the_stage_has_and_prints_as_it_goes(tmp_path, installed):
    (tmp_path / "app.toml").write_text('plugins = ["loud"]\n[shop]\nname = "harbour"\n')

    sold = ended(tmp_path, "sell", "tea", "--times", "2", "-c", "app.toml", **installed)

    assert (sold.stdout, sold.stderr, sold.returncode) == ("harbour sells tea\n" * 2, "", 0)


def test_settings_of_the_command_line_and_the_environment_count(tmp_path, installed):
    by_option = ended(tmp_path, "sell", "tea", "--set", "shop.name=market", **installed)
    by_variable = ended(tmp_path, "sell", "tea", "--env-prefix", "APP", APP_SHOP_NAME="quay", **installed)

    assert by_option.stdout == "market sells tea\n"
    assert by_variable.stdout == "quay sells tea\n"


def test_what_it_raises_is_told_once_and_is_the_exit_code(tmp_path, installed):
    failed = ended(tmp_path, "sell", "nothing", **installed)
    misused = ended(tmp_path, "sell", "tea", "--set", "shop.nam=1", **installed)

    assert (failed.stdout, failed.returncode) == ("corner sells nothing\n", 1)
    assert failed.stderr.count("LookupError: there is nothing") == 1
    assert misused.returncode == 2
    assert "did you mean name?" in misused.stderr


def test_errors_say_nothing_of_the_plugin_that_nobody_wrote(tmp_path, installed):
    failed = ended(tmp_path, "sell", "nothing", **installed)

    assert failed.stderr.rstrip().endswith("LookupError: there is nothing")


def test_settings_of_others_are_not_told_but_options_that_nobody_reads_are(tmp_path, installed):
    (tmp_path / "app.toml").write_text("[http]\nport = 1\n")

    sold = ended(tmp_path, "sell", "tea", "-c", "app.toml", "--env-prefix", "APP", APP_X="1", **installed)
    misused = ended(tmp_path, "sell", "tea", "--set", "htpp.port=1", **installed)

    assert (sold.stdout, sold.stderr, sold.returncode) == ("corner sells tea\n", "", 0)
    assert misused.returncode == 2
    assert "htpp" in misused.stderr


def test_what_was_typed_may_be_changed_or_refused_before_anything_is_prepared(tmp_path, installed):
    offered = ended(tmp_path, "offer", "tea", **installed)
    refused = ended(tmp_path, "offer", "air", "--set", "shop.nam=1", **installed)

    assert (offered.stdout, offered.stderr) == ("TEA, corner\n", "")
    assert (refused.stderr, refused.returncode) == ("CommandLineError: air is for free\n", 2)


def test_what_a_terminal_would_obey_is_written_as_python_does(tmp_path, installed):
    assert ended(tmp_path, "sell", "t\x1b[2Jea", **installed).stdout == "corner sells t\\x1b[2Jea\n"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_in_order(tmp_path, installed, number):
    with started(tmp_path, "wait", **installed) as process:
        assert process.stdout.readline() == "open\n"
        process.send_signal(number)
        rest, errors = process.communicate(timeout=20)

    assert (rest, errors, process.returncode) == ("closed\n", "", 0)


@pytest.mark.parametrize(("command", "line"), [("open", "looking for the key\n"), ("sleep", "asleep\n")])
def test_a_signal_also_ends_what_waits_for_something_that_does_not_come(tmp_path, installed, command, line):
    with started(tmp_path, command, **installed) as process:
        assert process.stdout.readline() == line
        process.send_signal(signal.SIGINT)
        rest, errors = process.communicate(timeout=20)  # not the 25 s in which a stage drains

    assert (rest, errors, process.returncode) == ("", "", 0)


def test_it_may_look_at_plugins_that_are_prepared_and_not_started(tmp_path, installed):
    two = ended(tmp_path, "count", "loud.py", "shop_commands.py", **installed)
    none = ended(tmp_path, "count", **installed)
    wrong = ended(tmp_path, "count", "lout.py", **installed)

    loaded, names = two.stdout.splitlines()
    assert (loaded, two.returncode) == ("loaded", 0)
    assert {"loud", "shop_commands"} <= {*names.split()}
    assert (none.stdout, none.returncode) == ("", 2)
    assert (wrong.stdout, wrong.returncode) == ("", 2)
    assert "lout.py" in wrong.stderr
