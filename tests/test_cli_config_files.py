"""What ``rostra config`` writes for others: files to begin with, the variables, and a schema that fits the files."""

import json
import os
import re
import subprocess
import textwrap
import tomllib
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from command_line import ROSTRA, ended, environment, write
from shop_settings import SHOP

EXAMPLES = Path(__file__).parents[1] / "examples"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write(tmp_path, "shop.py", SHOP)
    (tmp_path / "run").mkdir()
    return tmp_path


def orders(folder: Path, *arguments: str) -> Any:
    done = ended(folder, "config", "orders", *arguments, PYTHONPATH=str(EXAMPLES))
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def values(shown: str) -> dict[str, Any]:
    return {each["setting"]: each["value"] for each in json.loads(shown)["settings"]}


OF_NOTHING = r"^(tls|admin)\..*$|^  (tls|admin):\n(?:(?:#.*|    .*)?\n)*"
"""Settings of tables that are by default nothing: such a table is there as soon as one of them is set."""


@pytest.mark.parametrize("suffix", ["toml", "yaml"])
@pytest.mark.parametrize("is_taken_out", [False, True])
def test_a_template_of_the_orders_gives_their_defaults(folder, suffix, is_taken_out):
    defaults = values(orders(folder, "--format", "json"))

    text = orders(folder, "--template", suffix)
    if is_taken_out:
        text = re.sub(r'^#(?!#|.*"\.\.\."$)', "", text, flags=re.MULTILINE)  # what stands for a text is none
        text = re.sub(OF_NOTHING, "", text, flags=re.MULTILINE)
        text = re.sub(r"^.*(format).*$", "", text, flags=re.MULTILINE)  # each stands for the other
    (folder / f"all.{suffix}").write_text(text)

    assert values(orders(folder, "-c", f"all.{suffix}", "--format", "json")) == defaults


def test_a_template_may_be_asked_for_before_the_plugins(folder):
    after = ended(folder, "config", "shop.py", "--template").stdout
    before = ended(folder, "config", "--template", "shop.py").stdout
    with_format = ended(folder, "config", "--template", "toml", "shop.py").stdout

    assert after.startswith("## The settings of shop.py.\n")
    assert after == before == with_format


def test_what_is_missing_does_not_keep_a_template_from_being_written(folder):
    write(
        folder,
        "strict.py",
        """
        from shop import DbConfig

        async def prepare(db: DbConfig): ...
        """,
    )

    shown = ended(folder, "config", "strict.py", "--template")

    assert shown.returncode == 2
    assert '\n## Where it is.\n## text; required\n#url = "..."\n' in shown.stdout
    assert "db.url   missing; expected text" in shown.stderr


def test_the_schema_of_the_orders_accepts_their_file_and_refuses_mistakes_in_it(folder):
    schema = json.loads(orders(folder, "--json-schema"))
    settings = tomllib.loads((EXAMPLES / "orders/config.toml").read_text())

    validator = jsonschema.Draft202012Validator(schema)

    jsonschema.Draft202012Validator.check_schema(schema)
    assert schema["title"] == "The settings of orders"
    assert schema["properties"]["storage"]["title"] == "Where orders are kept."
    validator.validate(settings)
    validator.validate(yaml.safe_load(orders(folder, "--template", "yaml")) or {})
    validator.validate(settings | {"plugins": ["orders"]})
    assert not validator.is_valid(settings | {"shop": {"nam": "x"}})
    assert not validator.is_valid(settings | {"http": {"port": 70000}})
    assert not validator.is_valid(settings | {"expiry": {"every": "sometimes"}})


def test_the_schema_of_an_application_in_one_file_accepts_the_file(folder):
    example = EXAMPLES / "one_file"

    done = ended(folder, "config", "-c", str(example / "app.yml"), "--json-schema", PYTHONPATH=str(example))

    assert (done.returncode, done.stderr) == (0, "")
    settings = yaml.safe_load((example / "app.yml").read_text())
    jsonschema.validate(settings, json.loads(done.stdout), jsonschema.Draft202012Validator)


def test_variables_are_listed_with_what_they_are_and_whether_they_are_set(folder):
    (folder / "url").write_text("sqlite://")
    variables = {"APP_DB_URL_FILE": str(folder / "url"), "APP_DB_MODE": "safe"}

    shown = ended(folder, "config", "shop.py", "--env", "--env-prefix", "APP", **variables)

    rows = [re.split(r" {3,}", line) for line in shown.stdout.splitlines()]
    assert (shown.returncode, shown.stderr) == (0, "")
    assert rows[:3] == [
        ["variable", "type", "default", "set"],
        ["APP_DB_URL", "text", "required", "by APP_DB_URL_FILE"],
        ["APP_DB_PASSWORD", "text or nothing, secret", "no"],
    ]
    assert ["APP_DB_POOL", "a table, as JSON, secret", "no"] in rows
    assert ["APP_DB_POOL_SIZE", "a whole number", "5", "no"] in rows
    assert ["APP_DB_MODE", "one of fast, safe", '"fast"', "yes"] in rows
    assert rows[-1] == ["Each may have _FILE behind its name: then it names a file with the value."]


def test_variables_are_listed_as_json(folder):
    shown = ended(
        folder,
        "config",
        "shop.py",
        "--env",
        "--format",
        "json",
        "--env-prefix",
        "APP",
        APP_DB_TOKENS="planted",
    )

    found = {each["variable"]: each for each in json.loads(shown.stdout)["variables"]}
    assert found["APP_DB_TOKENS"] == {
        "variable": "APP_DB_TOKENS",
        "file": "APP_DB_TOKENS_FILE",
        "setting": "db.tokens",
        "type": "a list, each text",
        "default": None,
        "required": False,
        "secret": True,
        "set": ["APP_DB_TOKENS"],
        "documentation": "",
    }
    assert found["APP_DB_URL"]["required"]
    assert "planted" not in shown.stdout


def test_a_class_that_cannot_be_described_is_told_and_hides_no_other(folder):
    write(
        folder,
        "odd.py",
        """
        import attrs
        from rostra import config, di

        @attrs.frozen
        class OddConfig(config.Config, section="odd"):
            it: "NoSuchType"

        class Odd: ...

        @di.adapter
        def odd(settings: OddConfig) -> Odd: ...

        async def prepare(): ...
        """,
    )

    shown = ended(folder, "config", "odd.py", "shop.py", "--template")

    assert shown.returncode == 2
    assert "nobody knows the type NoSuchType of OddConfig.it" in shown.stderr
    assert "[db]" in shown.stdout


def test_who_stops_reading_gets_no_traceback(folder):
    ours, its = os.pipe()
    os.close(ours)

    done = subprocess.run(
        [ROSTRA, "config", "shop.py"],
        cwd=folder, env=environment(folder), stdout=its, stderr=subprocess.PIPE, text=True, timeout=30, check=False,
    )  # fmt: skip
    os.close(its)

    assert (done.returncode, done.stderr) == (1, "")


@pytest.mark.parametrize(
    "arguments",
    [["config", "shop.py"], ["graph", "shop.py"], ["render", "app.env"], ["secret", "get", "env:HOME"]],
    ids=str,
)
def test_output_that_cannot_be_written_is_told_and_no_success(folder, arguments):
    write(folder, "app.env", "A=${HOME}\n")

    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [ROSTRA, *arguments],
            cwd=folder, env=environment(folder), stdout=full, stderr=subprocess.PIPE, text=True, timeout=30, check=False,
        )  # fmt: skip

    assert (done.returncode, done.stderr) == (
        1,
        "standard output cannot be written: No space left on device\n",
    )


def test_closed_output_is_no_failure(folder):
    command = [ROSTRA, "config", "shop.py", "--set", "db.url=x"]

    done = subprocess.run(
        ["sh", "-c", '"$@" >&-', "sh", *command],
        cwd=folder, env=environment(folder), stderr=subprocess.PIPE, text=True, timeout=30, check=False,
    )  # fmt: skip

    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize(
    "what", [["--template"], ["--json-schema"], ["--env", "--env-prefix", "APP"]], ids=str
)
def test_references_that_stand_for_nothing_do_not_hide_the_settings(folder, what):
    write(folder, "app.toml", 'plugins = ["shop"]\nweb.name = "${NO_SUCH_VARIABLE}"\n')

    shown = ended(folder, "config", "-c", "app.toml", *what)

    assert shown.returncode == 2
    assert "patience" in shown.stdout.lower()
    assert "the variable NO_SUCH_VARIABLE is not set" in shown.stderr


PAGE = Path(__file__).parents[1] / "docs/how-to/settings-of-a-service.rst"
BLOCK = re.compile(r"\.\. code-block:: (\w+)\n(?:   :caption: (\S+)\n)?\n((?:   .*\n|\n)+)")


def test_the_page_shows_what_the_command_writes(tmp_path):
    (tmp_path / "name.txt").write_text("somebody")
    blocks = [(kind, name, textwrap.dedent(text)) for kind, name, text in BLOCK.findall(PAGE.read_text())]
    for name, text in ((name, text) for _, name, text in blocks if name):
        (tmp_path / name).write_text(text)

    sessions = [text.rstrip().split("\n") for kind, _, text in blocks if kind == "console"]

    assert len(sessions) == 3
    for command, *lines in sessions:
        *variables, arguments = re.split(r"(?<!\S)rostra ", command.removeprefix("$ "))
        set_ = dict(each.split("=") for each in " ".join(variables).split())
        written = ended(tmp_path, *arguments.split(), **set_).stdout
        expected = ".*?".join(re.escape(part) for part in "\n".join(lines).split("..."))
        assert re.match(expected, written, re.DOTALL), written


def test_a_file_that_never_answers_does_not_hold_the_command(folder):
    os.mkfifo(folder / "pipe")
    write(folder, "app.toml", 'web.name = "${file:pipe}"\n')

    shown = ended(folder, "config", "-c", "app.toml", "--start-timeout", "1")

    assert shown.returncode == 1
    assert "there was no answer within 0.5 s" in shown.stderr
