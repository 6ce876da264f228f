"""The commands that there are: ours, those of plugins, and how fast they answer."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from command_line import ended, write

PLUGINS_COMMAND = """
    import click

    @click.command()
    @click.argument("name")
    def hello(name):
        "Say hello."
        click.echo(f"hello {name}")

    not_a_command = 1
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "run").mkdir()
    return tmp_path


@pytest.fixture
def installed(folder: Path) -> dict[str, str]:
    """A distribution that adds commands, for ``PYTHONPATH``."""
    write(folder, "greeting_commands.py", PLUGINS_COMMAND)
    about = folder / "greeting-1.0.dist-info"
    about.mkdir()
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: greeting\nVersion: 1.0\n")
    (about / "entry_points.txt").write_text(
        "[rostra.commands]\nhello = greeting_commands:hello\nwrong = greeting_commands:not_a_command\n"
        "run = greeting_commands:hello\n"
    )
    return {"PYTHONPATH": str(folder)}


def test_help_lists_the_commands(folder):
    shown = ended(folder, "--help")

    head, _, commands = shown.stdout.partition("Commands:\n")
    assert shown.returncode == 0
    assert head == (
        "Usage: rostra [OPTIONS] COMMAND [ARGS]...\n\n"
        "  Run asyncio applications made of plugins.\n\n"
        "Options:\n"
        "  --version   Show the version and exit.\n"
        "  -h, --help  Show this message and exit.\n\n"
    )
    lines = dict(line.split(maxsplit=1) for line in commands.splitlines())
    assert list(lines) == sorted(lines)
    assert lines["check"] == "Show everything that would keep plugins from starting."
    assert lines["config"] == "Show the settings that plugins read, and who said what."
    assert lines["probe"] == "Ask a running stage whether it is well."
    assert lines["run"] == "Run plugins until they are done or told to stop."


@pytest.mark.parametrize("command", ["check", "config", "probe", "run"])
def test_each_command_tells_what_it_does_and_its_exit_codes(folder, command):
    shown = ended(folder, command, "--help")

    assert shown.returncode == 0
    assert "The exit code is 0" in " ".join(shown.stdout.split())


def test_the_version_is_that_of_the_distribution(folder):
    from importlib.metadata import version

    assert ended(folder, "--version").stdout == f"rostra {version('rostra')}\n"


def test_a_plugin_adds_commands_by_entry_points(folder, installed):
    shown = ended(folder, "--help", **installed)
    said = ended(folder, "hello", "world", **installed)

    assert re.search(r"^  hello +Added by greeting\.$", shown.stdout, re.MULTILINE)
    assert re.search(r"^  run +Run plugins until", shown.stdout, re.MULTILINE)
    assert (said.stdout, said.returncode) == ("hello world\n", 0)


def test_an_entry_point_that_names_no_command_says_so(folder, installed):
    wrong = ended(folder, "wrong", **installed)

    assert wrong.returncode == 1
    assert "the entry point wrong of rostra.commands names 1, which is not a click.Command" in wrong.stderr


def test_help_imports_nothing_but_click(folder):
    program = (
        "import sys, click; before = set(sys.modules)\n"
        "from rostra.cli import main\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        "names = {name.partition('.')[0] for name in set(sys.modules) - before} - sys.stdlib_module_names - {'click'}\n"
        "print(*sorted(names), 'asyncio' in sys.modules, 'importlib.metadata' in sys.modules)"
    )

    shown = subprocess.run(
        [sys.executable, "-c", program, "--help"],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=30,
        check=True,
    )

    assert shown.stdout.splitlines()[-1] == "rostra False False"


def test_help_says_of_a_command_of_a_plugin_what_its_module_says_and_runs_nothing_for_it(folder, installed):
    said = '"""``rostra hello``: say `hello` to somebody.\n\nAnd no more."""\n\nprint("imported")\n'
    write(folder, "greeting_commands.py", said)
    in_package = folder / "greeting_parts"
    in_package.mkdir()
    write(in_package, "__init__.py", "1 / 0\n")
    write(in_package, "bye.py", '"""Say good-bye."""\n')
    write(in_package, "broken.py", "def ...\n")
    (folder / "greeting-1.0.dist-info" / "entry_points.txt").write_text(
        "[rostra.commands]\nhello = greeting_commands:hello\nbye = greeting_parts.bye:bye\n"
        "broken = greeting_parts.broken:x\nabsent = nothing_of_this_name.at_all:x\n"
    )

    shown = ended(folder, "--help", **installed)

    lines = dict(line.split(maxsplit=1) for line in shown.stdout.partition("Commands:\n")[2].splitlines())
    assert (lines["hello"], lines["bye"]) == ("Say hello to somebody.", "Say good-bye.")
    assert (lines["broken"], lines["absent"]) == ("Added by greeting.", "Added by greeting.")
    assert "imported" not in shown.stdout


@pytest.mark.parametrize(
    ("typed", "here"),
    [
        ("--port", "To listen on another port: --set http.port=8081"),
        ("--host=::", "To listen elsewhere: --set http.host=0.0.0.0"),
        ("--reload", "To start anew when code was saved: rostra run --watch"),
        ("--prelaod", "Did you mean '--preload'?"),
    ],
)
def test_an_option_that_others_have_is_told_as_it_is_called_here(folder, typed, here):
    refused = ended(folder, "run", "hello", typed)

    assert refused.returncode == 2
    assert refused.stderr.endswith(f"Error: No such option '{typed.partition('=')[0]}'. {here}\n")
