"""``rostra render``, ``rostra secret get``, and references in the settings of ``rostra run``, as processes of their own."""

import os
import pty
import stat
import subprocess
import textwrap
from pathlib import Path

import pytest
import vaults
from command_line import ROSTRA, ended, environment, started, write


@pytest.fixture
def folder(tmp_path):
    """A folder with resolvers beside it, for ``PYTHONPATH``."""
    for name, text in vaults.FILES.items():
        (tmp_path / "installed" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "installed" / name).write_text(text)
    return tmp_path


def rostra(folder: Path, *arguments: str, **more: str):
    return ended(folder, *arguments, PYTHONPATH=str(folder / "installed"), **more)


def test_a_file_is_printed_with_its_references_replaced_and_all_else_as_it_is(folder):
    write(
        folder,
        "app.yml",
        """\
        # ${NOT_THIS} and ${
        server:
            host:   "${HOST}"     # ${NOR_THIS}
            port: ${PORT:-8080}
            token: '${vault:shop/token}'
        template: $${HOST}
        """,
    )

    done = rostra(folder, "render", "app.yml", HOST="${vault:no}")

    assert done.stderr == ""
    assert done.returncode == 0
    assert done.stdout == textwrap.dedent(
        """\
        # ${NOT_THIS} and ${
        server:
            host:   "${vault:no}"     # ${NOR_THIS}
            port: 8080
            token: '<shop/token>'
        template: ${HOST}
        """
    )


def test_overlays_win_over_the_environment_and_that_over_the_settings(folder):
    write(folder, "file.txt", "${A} ${B} ${C} ${db.host} ${db.port} ${db.name} ${db.user} ${db.on}\n")
    write(folder, "one.toml", 'A = "one"\nB = "one"\n[db]\nhost = "one"\non = true')
    write(folder, "two.json", '{"A": "two ${B}"}')
    write(folder, "app.toml", 'C = "app"\n[db]\nhost = "app"\nport = 1\nname = "is ${B:-x}"\nuser = "app"')
    overlays = ["--overlay", "one.toml", "--overlay", "two.json"]
    settings = ["-c", "app.toml", "--env-prefix", "APP", "--set", "db.user=set"]

    done = rostra(
        folder, "render", "file.txt", *overlays, *settings, B="env", C="env", APP_DB_PORT="2", APP_DB_USER="e"
    )

    assert done.stdout == "two ${B} one env one 2 is env set true\n", done.stderr


def test_all_that_is_missing_or_wrong_is_told_at_once_with_its_line(folder):
    write(
        folder,
        "app.yml",
        'a: "${A}"\nb: ${db.hots}\nc: ${C:-${D}} # ${E}\nd: "${1}"\ne: ${file:none}\nf: ${db}\ng: ${PORT-80}',
    )
    write(folder, "app.toml", '[db]\nhost = "x"')

    done = rostra(folder, "render", "app.yml", "-c", "app.toml")

    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr == (
        "ConfigError: 7 references in app.yml cannot be resolved\n"
        "  app.yml:4:5   expected a variable's name, or resolver:reference, between ${ and }\n"
        "  app.yml:1:5   nobody says what ${A} is\n"
        "  app.yml:2:4   nobody says what ${db.hots} is; did you mean db.host?\n"
        "  app.yml:3:4   nobody says what ${D} is\n"
        "  app.yml:6:4   db is a table: name one of its settings\n"
        "  app.yml:7:4   nobody says what ${PORT-80} is; a default stands behind :-\n"
        "  app.yml:5:4   there is no file none\n"
        "  to fix  say it in an --overlay, in the environment or in -c; or give a default: ${NAME:-default}\n"
    )


def test_a_file_that_is_none_of_its_format_is_told_with_exit_code_2(folder):
    write(folder, "app.yml", "a: ok\nb: @x\nc: ${C}\n")

    done = rostra(folder, "render", "app.yml")

    assert done.returncode == 2
    assert done.stderr == (
        "ConfigError: app.yml cannot be rendered\n"
        "  app.yml:2   is not YAML, even before anything is replaced\n"
    )


def test_a_value_that_would_break_the_file_is_refused_and_not_shown(folder):
    write(folder, "app.yml", "a: ok\nb: ${B}\n")

    done = rostra(folder, "render", "app.yml", B="s3cret: [")

    assert done.returncode == 2
    assert done.stderr == (
        "ConfigError: app.yml cannot be rendered\n"
        "  app.yml:2:4   what ${B} stands for cannot be written here:"
        " the file would not mean what it should; put quotes around it\n"
    )


def test_a_file_is_written_whole_and_for_its_owner_alone(folder):
    write(folder, "app.env", 'A="${A}"\n')
    (folder / "out.env").write_text("before")
    (folder / "out.env").chmod(0o644)

    failed = rostra(folder, "render", "app.env", "-o", "out.env")
    before = (folder / "out.env").read_text()
    done = rostra(folder, "render", "app.env", "-o", "out.env", A='q"')

    assert (failed.returncode, before) == (2, "before")
    assert (done.returncode, done.stdout) == (0, "")
    assert (folder / "out.env").read_text() == 'A="q\\""\n'
    assert stat.S_IMODE((folder / "out.env").stat().st_mode) == 0o600
    assert sorted(each.name for each in folder.iterdir() if each.is_file()) == ["app.env", "out.env"]


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (["none.yml"], "none.yml cannot be read\n  why     No such file or directory"),
        (["installed"], "installed cannot be read\n  why     Is a directory"),
        (["binary"], "binary holds binary data, not text in UTF-8"),
        (["text", "-o", "none/out"], "none/out cannot be written\n  why     No such file or directory"),
        (["text", "-o", "installed"], "installed is there, and is no file"),
    ],
)
def test_a_file_that_cannot_be_read_or_written_is_told(folder, arguments, problem):
    (folder / "binary").write_bytes(b"\xff")
    (folder / "text").write_text("a")

    done = rostra(folder, "render", *arguments)

    assert done.returncode == 2
    assert done.stderr.startswith(f"CommandLineError: {problem}")


def test_standard_input_is_read_byte_by_byte(folder):
    content = "\ufeffa = '${A}'\r\n".encode()

    done = subprocess.run(
        [ROSTRA, "render", "-", "--format", "toml"],
        input=content, capture_output=True, env=environment(folder, A="x"), timeout=30, check=True,
    )  # fmt: skip

    assert done.stdout == "\ufeffa = 'x'\r\n".encode()


@pytest.mark.parametrize(
    ("reference", "code"),
    [("vault:reset", 1), ("vault:denied", 1), ("hang:a", 1), ("deaf:a", 1), ("vault:none", 2)],
)
def test_a_resolver_that_fails_ends_with_one_and_one_that_has_nothing_with_two(folder, reference, code):
    write(folder, "file.txt", f"${{{reference}}}")

    done = rostra(folder, "render", "file.txt", "--timeout", "0.2")
    alone = rostra(folder, "secret", "get", reference, "--timeout", "0.2")

    assert (done.returncode, alone.returncode) == (code, code)
    assert (done.stdout, alone.stdout) == ("", "")
    assert vaults.SECRET not in done.stderr + alone.stderr


def test_one_secret_is_printed_with_the_settings_of_its_resolver(folder):
    write(folder, "app.toml", '[vault]\nurl = "${URL}"\n[db]\nurl = "${UNSET} ${vault:b}"\nport = "${1}"')

    done = rostra(folder, "secret", "get", "vault:a/b c", "-c", "app.toml", URL="x")

    assert (done.returncode, done.stdout, done.stderr) == (0, "<a/b c>", "")


@pytest.mark.parametrize(
    ("reference", "printed"), [("env:WORD", "s3cret"), ("file:token", "a\nb"), ("vault:none:-x", "x")]
)
def test_variables_files_and_defaults_are_secrets_too(folder, reference, printed):
    (folder / "token").write_text("a\nb\n\n")

    assert rostra(folder, "secret", "get", reference, WORD="s3cret").stdout == printed


@pytest.mark.parametrize("reference", ["TOKEN", "vault:", "a b", "${env:A}", "}"])
def test_what_is_no_reference_is_told_without_repeating_it(folder, reference):
    done = rostra(folder, "secret", "get", reference)

    assert done.returncode == 2
    assert done.stderr.startswith("CommandLineError: this is no reference to a secret\n")


def test_an_unset_variable_is_told(folder):
    done = rostra(folder, "secret", "get", "env:UNSET")

    assert done.returncode == 2
    assert done.stderr == (
        "ConfigError: 1 reference in the command cannot be resolved\n  the command   the variable UNSET is not set\n"
    )


def test_a_person_gets_a_newline_behind_the_secret(folder):
    ours, theirs = pty.openpty()
    try:
        subprocess.run(
            [ROSTRA, "secret", "get", "env:WORD"], stdout=theirs, env=environment(folder, WORD="s3cret"), timeout=30, check=True
        )  # fmt: skip
        printed = os.read(ours, 100)
    finally:
        os.close(ours)
        os.close(theirs)

    assert printed == b"s3cret\r\n"


APP = """
import attrs
from rostra import config

@attrs.frozen
class DbConfig(config.Config, section="db"):
    url: str
    token: config.Secret[str]

async def prepare(settings: DbConfig):
    print(settings.url, settings.token.reveal())
"""


def test_a_stage_resolves_references_before_it_prepares_plugins_and_reads_how_to_log(folder):
    write(folder, "app.py", APP)
    write(
        folder,
        "app.toml",
        '[logging]\nformat = "${FORMAT}"\n[vault]\nurl = "${URL}"\n[db]\nurl = "${URL}/db"\ntoken = "${vault:token}"',
    )

    done = rostra(folder, "run", "app.py", "-c", "app.toml", URL="pg", FORMAT="json")
    checked = rostra(folder, "check", "app.py", "-c", "app.toml", URL="pg", FORMAT="json")

    assert done.returncode == 0, done.stderr
    assert done.stdout == "pg/db <token>\n"
    assert all(line.startswith("{") for line in done.stderr.splitlines())
    assert "unread" not in done.stderr
    assert checked.returncode == 0, checked.stderr


def test_a_stage_whose_references_lead_nowhere_does_not_start(folder):
    write(folder, "app.py", APP)
    write(folder, "app.toml", '[db]\nurl = "${URL}"\ntoken = "x"\n[logging]\nformat = "${FORMAT:-text}"')

    ran, checked = (rostra(folder, command, "app.py", "-c", "app.toml") for command in ("run", "check"))

    assert (ran.returncode, checked.returncode) == (2, 2)
    assert (
        ran.stderr
        == checked.stderr
        == (
            "ConfigError: 1 reference in the settings cannot be resolved\n"
            "  db.url   the variable URL is not set   from app.toml:2\n"
        )
    )


def test_a_stage_names_the_resolver_that_hangs_before_its_start_takes_too_long(folder):
    write(folder, "app.py", APP)
    write(folder, "app.toml", '[db]\nurl = "${hang:url}"\ntoken = "x"')

    done = rostra(folder, "run", "app.py", "-c", "app.toml", "--start-timeout", "0.5")

    assert done.returncode == 1
    assert done.stderr == (
        "ResolverTimeoutError: the resolver hang did not answer\n"
        "  where   db.url from app.toml:2 asks for ${hang:url}\n"
        "  why     there was no answer within 0.25 s, which is the time for all together\n"
        "  to fix  see that its server can be reached from here\n"
        "          ask it alone: rostra secret get hang:url\n"
    )


def test_a_signal_while_a_resolver_hangs_ends_the_stage_in_order(folder):
    write(folder, "app.py", APP)
    write(folder, "app.toml", '[db]\nurl = "${hang:url}"\ntoken = "x"')
    path = str(folder / "installed")

    with started(folder, "run", "app.py", "-c", "app.toml", PYTHONPATH=path, SAY_WHEN_ASKED="1") as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "asked\n"
        process.terminate()
        _, said = process.communicate(timeout=20)

    assert process.returncode == 0, said


def test_a_stage_does_not_wait_for_a_resolver_that_ignores_its_cancellation(folder):
    write(folder, "app.py", APP)
    write(folder, "app.toml", '[db]\nurl = "${deaf:url}"\ntoken = "x"')

    done = rostra(folder, "run", "app.py", "-c", "app.toml", "--start-timeout", "3")

    assert done.returncode == 1
    assert "ResolverTimeoutError: the resolver deaf did not answer" in done.stderr
