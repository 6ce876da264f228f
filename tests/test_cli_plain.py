"""Command lines that are read without click, and that they mean what click would make of them."""

import inspect
import os
import signal
import subprocess
import sys

import pytest
from command_line import ended, environment, started, write
from hypothesis import given
from hypothesis import strategies as st

from rostra.cli.run import command
from rostra.cli.running import Plain, plainly, run

words = st.sampled_from(
    ["run", "app", "app.py", "a.b:c", "", "-", "--", "-c", "--config", "--config=f", "-cf", "--set", "--set=a=1",
     "--set=a", "a=1", "=1", " =", "--env-prefix", "--env-prefix=", "-x", "--help", "-h", "--workers", "2", "--conf", "-c=f"]
)  # fmt: skip


@pytest.mark.parametrize(
    ("arguments", "plain"),
    [
        (["run"], Plain()),
        (["run", "app.py"], Plain(("app.py",))),
        (["run", "app.py", "-c", "app.toml", "aiohttp"], Plain(("app.py", "aiohttp"), ("app.toml",))),
        (["run", "--config=a.toml", "-c", "b.toml", "app"], Plain(("app",), ("a.toml", "b.toml"))),
        (["run", "app", "--env-prefix", "A", "--env-prefix=B"], Plain(("app",), (), "B")),
        (["run", "app", "--set", "a.b=1", "--set=c=d=e"], Plain(("app",), (), None, ("a.b=1", "c=d=e"))),
    ],
)
def test_plugins_files_a_prefix_and_settings_are_read_here(arguments, plain):
    assert plainly(arguments) == plain


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["--help"],
        ["check", "app"],
        ["run", "--help"],
        ["run", "app", "--workers", "2"],
        ["run", "app", "--", "-c"],
        ["run", "app", "-capp.toml"],
        ["run", "app", "-c"],
        ["run", "app", "-c", "--watch"],
        ["run", "app", "--conf", "app.toml"],
        ["run", "app", "--set", "nothing"],
        ["run", "app", "--set", "=1"],
    ],
)
def test_all_else_is_clicks_to_read_or_to_refuse(arguments):
    assert plainly(arguments) is None


@given(st.lists(words, max_size=6))
def test_what_is_read_here_is_what_click_reads(arguments):
    plain = plainly(["run", *arguments])

    if plain is not None:
        with command.make_context("run", list(arguments)) as asked:
            assert inspect.getcallargs(run, **plain._asdict()) == asked.params


@pytest.mark.parametrize("arguments", [["run", "job.py"], ["run", "job", "--set", "a.b=1"]])
def test_click_is_not_imported_for_a_plain_command_line(tmp_path, arguments):
    write(tmp_path, "job.py", "import sys\nasync def prepare():\n    print('click' in sys.modules)\n")

    done = ended(tmp_path, *arguments)

    assert done.stdout == "False\n"


def test_installed_plugins_are_not_looked_for_when_a_file_is_named(tmp_path):
    write(tmp_path, "job.py", "async def prepare(): ...\n")
    program = (
        "import sys\nopened = []\n"
        "sys.addaudithook(lambda event, arguments: opened.append(str(arguments[0])) if event == 'open' else None)\n"
        "from rostra.cli import main\n"
        "sys.argv = ['rostra', 'run', 'job.py']\n"
        "try: main()\n"
        "finally: print(any(each.endswith('entry_points.txt') for each in opened))"
    )

    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=tmp_path, env=environment(tmp_path), capture_output=True, text=True, timeout=30, check=False,
    )  # fmt: skip

    assert (done.stdout, done.returncode) == ("False\n", 0), done.stderr


def test_a_file_that_is_called_as_an_installed_plugin_is_the_one_that_runs(tmp_path):
    write(tmp_path, "log.py", "async def prepare():\n    print('here')\n")

    done = ended(tmp_path, "run", "log.py")

    assert done.stdout == "here\n"


@pytest.mark.parametrize("more", [[], ["--stop-timeout", "25"]])
def test_exceptions_of_clicks_are_said_by_click(tmp_path, more):
    write(tmp_path, "job.py", "import click\nasync def prepare():\n    raise click.UsageError('not so')\n")

    done = ended(tmp_path, "run", "job.py", *more)

    assert (done.returncode, done.stderr.splitlines()[-1]) == (2, "Error: not so")


@pytest.mark.parametrize("more", [[], ["--stop-timeout", "25"]])
def test_ctrl_c_before_there_is_a_stage_aborts(tmp_path, more):
    (tmp_path / "run").mkdir()
    os.mkfifo(tmp_path / "app.toml")

    with (
        started(tmp_path, "run", "-c", "app.toml", *more) as process,
        (tmp_path / "app.toml").open("w"),  # returns when it is being read
    ):
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=20)

    assert (process.returncode, errors.endswith("\nAborted!\n")) == (1, True), errors


def test_shells_are_still_told_what_may_be_typed_next(tmp_path):
    asking = {"_ROSTRA_COMPLETE": "bash_complete", "COMP_WORDS": "rostra run --env", "COMP_CWORD": "2"}

    told = ended(tmp_path, "run", **asking)

    assert "--env-prefix" in told.stdout
