"""A planted secret is in nothing that a process writes: its log, its last words, and what the commands show."""

from pathlib import Path

import attrs
import pytest
from command_line import ended, write
from planted import PARTS, PLANTED, given_away

from rostra import plugin
from rostra.config import Config, ConfigSource, Secret

SERVICE = """
    import attrs
    import structlog
    from rostra import config, plugin

    @attrs.frozen
    class DbConfig(config.Config, section="db"):
        password: config.Secret[str]
        port: int = attrs.field(default=5432)
        tokens: dict[str, config.Secret[str]] = attrs.field(factory=dict)

        @port.validator
        def _(self, field, value):
            if value == 1:
                raise ValueError(f"{value} does not go with {self.password.reveal()}")

    async def work(db: DbConfig):
        structlog.get_logger().info("work.begun", db=db, password=db.password)
        password = db.password
        raise RuntimeError(f"cannot connect as {db} with {password}")

    async def prepare(db: DbConfig):
        yield work
"""

FAILING_PREPARE = SERVICE.replace("yield work", 'raise LookupError(f"{db} {db.password!r}", db)')


def settings(folder: Path, port: object, logging: str) -> None:
    (folder / "config.toml").write_text(
        f'[logging]\nformat = "{logging}"\nlevel = "debug"\n[db]\npassword = "{PLANTED}"\nport = {port}\n'
    )


def is_given_away(text: str) -> bool:
    return any(part in text.casefold() for part in PARTS)


@pytest.mark.parametrize("logging", ["text", "json"])
@pytest.mark.parametrize(
    ("service", "port", "code", "said"),
    [
        (SERVICE, 5, 1, "cannot connect as"),
        (FAILING_PREPARE, 5, 1, "LookupError"),
        (SERVICE, '"x"', 2, "expected a whole number"),
        (SERVICE, 1, 2, "for a reason that may tell a secret"),
    ],
    ids=["a task fails", "a prepare fails", "a setting is mistyped", "a validator quotes"],
)
def test_a_stage_that_fails_says_why_and_gives_nothing_away(
    service: str, port: object, code: int, said: str, logging: str, tmp_path: Path
) -> None:
    write(tmp_path, "service.py", service)
    settings(tmp_path, port, logging)
    variables = {"APP_DB_TOKENS": f'{{"a": "{PLANTED}"}}'}

    run = ended(
        tmp_path, "run", "service.py", "-c", "config.toml", "--env-prefix", "APP", "--set", f"db.password={PLANTED}",
        **variables,
    )  # fmt: skip

    written = run.stdout + run.stderr
    assert (run.returncode, said in written, is_given_away(written)) == (code, True, False), written


@pytest.mark.parametrize("port", [5, '"x"', 1])
@pytest.mark.parametrize(
    "command",
    [
        ["check", "service.py"],
        ["config", "service.py"],
        ["config", "service.py", "--format", "json"],
        ["config", "service.py", "--format", "toml"],
        ["config", "service.py", "--env"],
        ["config", "service.py", "--json-schema"],
        ["config", "service.py", "--template", "toml"],
        ["config", "service.py", "--template", "yaml"],
        ["graph", "service.py"],
    ],
    ids=" ".join,
)
def test_no_command_shows_a_secret(command: list[str], port: object, tmp_path: Path) -> None:
    write(tmp_path, "service.py", SERVICE)
    settings(tmp_path, port, "text")
    (tmp_path / "password").write_text(PLANTED)
    variables = {"APP_DB_TOKENS": f'{{"a": "{PLANTED}"}}', "APP_DB_PASSWORD_FILE": str(tmp_path / "password")}

    run = ended(tmp_path, *command, "-c", "config.toml", "--env-prefix", "APP", **variables)

    written = run.stdout + run.stderr
    assert written
    assert "Usage:" not in written, written
    assert not is_given_away(written), written


@pytest.mark.parametrize("port", ['"${file:password}"', '"${PLANTED}x"', "5"])
def test_what_references_give_is_in_nothing_that_is_written(port: str, tmp_path: Path) -> None:
    write(tmp_path, "service.py", SERVICE)
    (tmp_path / "password").write_text(PLANTED)
    (tmp_path / "config.toml").write_text(
        f'[db]\npassword = "${{file:password}}"\nport = {port}\ntokens = {{a = "${{PLANTED}}"}}\n'
    )

    runs = [
        ended(tmp_path, *command, "-c", "config.toml", PLANTED=PLANTED if port == "5" else "8080")
        for command in (["run", "service.py"], ["check", "service.py"], ["config", "service.py"])
    ]

    for run in runs:
        written = run.stdout + run.stderr
        assert written
        assert not is_given_away(written), written


@attrs.frozen
class DbConfig(Config, section="db"):
    password: Secret[str]
    port: int = 5432


async def failing_prepare(db: DbConfig) -> None:
    raise RuntimeError(f"cannot connect as {db}")


async def failing_task(db: DbConfig) -> None:
    raise RuntimeError(f"cannot connect as {db} with {db.password}")


async def task_of_it(db: DbConfig) -> object:
    return failing_task


async def loading(source: ConfigSource) -> None:
    source.load(DbConfig)
    raise LookupError


@pytest.mark.parametrize("prepare", [failing_prepare, task_of_it, loading])
@pytest.mark.parametrize("port", [5, "x"])
def test_what_a_stage_raises_leads_to_no_secret(prepare: plugin.Named, port: object) -> None:
    with pytest.raises(Exception) as caught:  # noqa: PT011  (whichever it is, it is looked at)
        plugin.stage(prepare, config={"db": {"password": PLANTED, "port": port}})

    assert given_away(caught.value, __file__) == []
