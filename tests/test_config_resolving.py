"""``${…}`` in settings is replaced once, before anybody reads them, and what stands in the way is told at once."""

import asyncio
import gc
import importlib
import traceback

import attrs
import pytest
import vaults
from hypothesis import given
from hypothesis import strategies as st
from importable import importable

from rostra import config
from rostra.config import ConfigError, ConfigSource
from rostra.config.references import escaped
from rostra.errors import ResolverDeniedError, ResolverError, ResolverTimeoutError

pytestmark = pytest.mark.asyncio


@attrs.frozen
class DbConfig(config.Config, section="db"):
    url: str = ""
    port: int = 0
    password: config.Secret[str] | None = None
    hosts: tuple[str, ...] = ()


@pytest.fixture
def vault(tmp_path):
    """The module of the resolvers that are installed."""
    with importable(tmp_path / "installed", vaults.FILES):
        yield importlib.import_module("vaults_of_tests")


def source(**db):
    return ConfigSource({"db": db}, environ={"PORT": "5432", "EMPTY": "", "ODD": "${PORT}"})


async def checkpoint():
    """One turn of the loop."""
    await asyncio.sleep(0)


async def failure(settings, seconds=10):
    """What resolving ends with; no exception in it leads to a secret."""
    with pytest.raises(Exception) as caught:  # noqa: PT011  (each test looks at it)
        await settings.resolve(seconds)
    assert vaults.SECRET not in "".join(traceback.format_exception(caught.value))
    return caught.value


async def test_a_variable_takes_the_place_of_its_reference_and_is_read_as_the_setting_says():
    settings = source(url="pg://${HOST:-localhost}:${PORT}/", port="${PORT}", hosts="${HOSTS:-a, b}")

    await settings.resolve()

    assert settings.load(DbConfig) == DbConfig("pg://localhost:5432/", 5432, None, ("a", "b"))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("${EMPTY}", ""),
        ("${EMPTY:-x}", "x"),
        ("${UNSET:-}", ""),
        ("${UNSET:-${EMPTY:-${PORT}}}", "5432"),
        ("${PORT:-${UNSET}}", "5432"),
        ("${env:PORT}", "5432"),
        ("$${PORT} $PORT", "${PORT} $PORT"),
        ("${ODD}", "${PORT}"),
        ("${UNSET:-$${PORT}}", "${PORT}"),
    ],
)
async def test_a_default_serves_what_is_unset_or_empty_and_no_value_is_read_again(text, expected):
    settings = source(url=text)

    await settings.resolve()
    await settings.resolve()

    assert settings["db"]["url"] == expected


@given(text=st.text(st.sampled_from("${}:-aA") | st.characters(exclude_categories=["Cs"]), max_size=30))
async def test_any_text_is_kept_when_it_is_escaped_or_when_a_variable_says_it(text):
    settings = ConfigSource({"a": escaped(text), "b": "${A}", "c": "${B:-${A}}"}, environ={"A": text})

    await settings.resolve()

    assert settings == {"a": text, "b": text, "c": text}


KNOWN = {"A": "a${E}", "E": ""}


def joined(parts):
    """Parts of a text as one: how it is written, and what it means; None if a variable is missing."""
    meanings = [meaning for _, meaning in parts]
    return "".join(text for text, _ in parts), None if None in meanings else "".join(meanings)


def reference(name, default):
    meant = KNOWN.get(name)
    if default is None:
        return f"${{{name}}}", meant
    text, otherwise = joined(default)
    return f"${{{name}:-{text}}}", meant or otherwise


literals = st.sampled_from(["", "x", " ", "-", ":", "{y}"]).map(lambda text: (text, text)) | st.just(
    ("$${z}", "${z}")
)
parts = st.recursive(
    literals,
    lambda inner: st.builds(reference, st.sampled_from("AEU"), st.none() | st.lists(inner, max_size=3)),
    max_leaves=8,
)


@given(st.lists(parts, max_size=4))
async def test_a_text_means_what_its_parts_mean_and_unneeded_defaults_are_not_asked(parts):
    text, meaning = joined(parts)
    settings = ConfigSource({"a": text}, environ=KNOWN)

    if meaning is None:
        error = await failure(settings)
        assert {each.reason for each in error.mistakes} == {"the variable U is not set"}
    else:
        await settings.resolve()
        assert settings["a"] == meaning


async def test_strings_in_lists_and_in_tables_in_lists_are_resolved_and_keys_are_not():
    settings = ConfigSource({"a": [{"b": ["${PORT}"]}], "${PORT}": 1}, environ={"PORT": "1"})

    await settings.resolve()

    assert settings == {"a": [{"b": ["1"]}], "${PORT}": 1}


async def test_variables_of_dotenv_files_lie_under_those_of_the_process(tmp_path):
    (tmp_path / ".env").write_text("PORT=1\nHOST=db\n")
    (tmp_path / "config.toml").write_text('url = "${HOST}:${PORT}"')
    settings = ConfigSource.from_files(tmp_path / "config.toml", tmp_path / ".env", environ={"PORT": "2"})

    await settings.resolve()

    assert settings.url == "db:2"


async def test_what_the_environment_and_options_say_is_literal():
    settings = ConfigSource.from_files(
        env_prefix="APP", overrides=["db.url=${PORT}"], environ={"APP_DB_PASSWORD": "${PORT}"}
    )

    await settings.resolve()

    loaded = settings.load(DbConfig)
    assert loaded.url == "${PORT}"
    assert loaded.password.reveal() == "${PORT}"


async def test_what_a_later_source_covers_is_not_asked_for():
    settings = ConfigSource(
        {"db": {"url": "${UNSET}", "hosts": ["${UNSET}"]}}, {"db": {"url": "x", "hosts": []}}
    )

    await settings.resolve()

    assert settings == {"db": {"url": "x", "hosts": []}}


async def test_a_source_made_of_a_resolved_one_does_not_resolve_it_again():
    settings = source(url="${ODD}")
    await settings.resolve()

    other = ConfigSource(settings, {"port": "${PORT}"}, environ={"PORT": "1"})
    await other.resolve()

    assert other == {"db": {"url": "${PORT}"}, "port": "1"}


async def test_tools_know_where_a_value_stands_and_what_gave_it(tmp_path):
    (tmp_path / "config.toml").write_text('[db]\n\nurl = "${HOST:-s3cret}:${PORT}"\nport = 1')
    settings = ConfigSource.from_files(tmp_path / "config.toml", environ={"PORT": "1"})

    await settings.resolve()

    assert str(settings.origin("db.url")) == f"{tmp_path}/config.toml:3"
    assert settings.references("db.url") == ("${HOST}", "${PORT}")
    assert settings.references("db.port") == ()


async def test_a_setting_that_is_read_too_early_says_what_to_do(tmp_path):
    (tmp_path / "config.toml").write_text('[db]\nport = "${PORT}"\nhosts = ["a", "$${b}"]\nurl = 1')
    settings = ConfigSource.from_files(tmp_path / "config.toml")

    with pytest.raises(ConfigError) as caught:
        settings.load(DbConfig)

    assert str(caught.value).replace(f"{tmp_path}/", "") == (
        "3 settings of [db] are wrong\n"
        "  db.port       has a reference; await source.resolve() first   from config.toml:2\n"
        "  db.hosts[1]   has a reference; await source.resolve() first   from config.toml:3\n"
        "  db.url        expected text, found 1                          from config.toml:4"
    )


async def test_a_file_gives_its_text_without_the_newlines_at_its_end(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "token").write_text("a\nb\r\n\n")
    settings = source(
        url="${file:token}", password=f"${{file:{tmp_path}/token}}", port="${file:none:-${PORT}}"
    )

    await settings.resolve()

    loaded = settings.load(DbConfig)
    assert (loaded.url, loaded.password.reveal(), loaded.port) == ("a\nb", "a\nb", 5432)


async def test_everything_wrong_with_references_is_told_at_once(vault, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "config.toml").write_text(
        '[db]\nurl = "${HOST} and ${env:HOST2}"\nport = "a ${1a}"\npassword = "${vault:none}"\n'
        'hosts = ["${file:none}", "${file:installed}", "${valt:a}", "${UNSET:-${UNSET2}}"]'
    )

    error = await failure(ConfigSource.from_files("config.toml", environ={}))

    assert str(error) == (
        "8 references in the settings cannot be resolved\n"
        "  db.port       malformed at column 3: expected a variable's name, or resolver:reference,"
        " between ${ and }   from config.toml:3\n"
        "  db.url        the variable HOST is not set                        from config.toml:2\n"
        "  db.url        the variable HOST2 is not set                       from config.toml:2\n"
        "  db.password   vault has nothing at none                           from config.toml:4\n"
        "  db.hosts[0]   there is no file none                               from config.toml:5\n"
        "  db.hosts[1]   the file installed cannot be read: Is a directory   from config.toml:5\n"
        "  db.hosts[2]   there is no resolver valt; did you mean vault?      from config.toml:5\n"
        "  db.hosts[3]   the variable UNSET2 is not set                      from config.toml:5\n"
        "  to fix  a ${ that is no reference is written $${\n"
        "          installed resolvers: broken, crowd, deaf, env, file, hang, missing, shut, stuck, unclosable, vault"
    )


async def test_a_malformed_reference_never_shows_the_text_around():
    error = await failure(source(password="hunter2${}hunter2", url="hun${ter2"))

    assert "hun" not in str(error)


async def test_a_resolver_is_opened_when_a_setting_names_it_asked_once_and_closed(vault):
    settings = source(url="${vault:a}${vault:b}${vault:a}", password="${vault:a}", hosts="${PORT:-${hang:a}}")

    await settings.resolve()

    assert settings.db.url == "<a><b><a>"
    assert vault.journal == ["opened https://vault.example with ", "a", "b", "closed"]


async def test_what_a_resolver_has_not_or_is_empty_takes_the_default(vault):
    settings = source(url="${vault:none:-x}", hosts=["${vault:empty:-y}", "${vault:empty}"])

    await settings.resolve()

    assert settings["db"] == {"url": "x", "hosts": ["y", ""]}


async def test_a_resolver_loads_its_own_section_which_may_use_variables_and_files(vault, tmp_path):
    (tmp_path / "token").write_text("t0ken\n")
    own = {"token": f"${{file:{tmp_path}/token}}", "url": "${URL:-http://here}"}
    settings = ConfigSource({"vault": own, "db": {"url": "${vault:a}"}}, environ={})

    await settings.resolve()

    assert vault.journal[0] == "opened http://here with t0ken"
    assert settings.hints() == ("nobody reads [db] of a mapping",)


@pytest.mark.parametrize(
    ("token", "circle"),
    [("${vault:t}", "vault → vault.token → vault"), ("${hang:t}", "vault → vault.token → hang")],
)
async def test_a_resolver_whose_settings_need_a_resolver_is_told_as_a_circle(vault, token, circle):
    settings = ConfigSource({"vault": {"token": token}, "db": {"url": "${vault:a}"}}, environ={})

    error = await failure(settings, seconds=0.05)

    found = error if isinstance(error, ConfigError) else error.exceptions[0]
    assert str(found) == (
        "1 reference in the settings cannot be resolved\n"
        f"  vault.token   a resolver's own settings may ask env and file only: {circle}   from a mapping"
    )


async def test_two_resolvers_of_one_name_are_not_chosen_from(vault, tmp_path):
    other = {
        "others-1.dist-info/METADATA": "Metadata-Version: 2.1\nName: others\nVersion: 1\n",
        "others-1.dist-info/entry_points.txt": "[rostra.secrets]\nvault = others:vault\n",
    }
    with importable(tmp_path / "others", other):
        error = await failure(source(url="${vault:a}", hosts="${vault:b}"))

    assert str(error) == ("2 distributions have a resolver vault: others and vaults\n  to fix  uninstall one")


async def test_lookups_run_at_once_but_not_all_of_them(vault):
    settings = source(hosts=[f"${{crowd:{number}}}" for number in range(60)])

    await settings.resolve()

    assert settings.db.hosts == [str(number) for number in range(60)]
    assert 3 <= max(vault.at_once) <= 16


async def test_who_comes_meanwhile_waits_and_then_finds_it_done(vault):
    settings = source(url="${vault:a}")

    await asyncio.gather(*(settings.resolve() for _ in range(3)))

    assert vault.journal.count("a") == 1
    assert settings.db.url == "<a>"


async def test_after_a_failure_or_a_cancellation_nothing_is_replaced_and_the_next_call_tries_again(vault):
    settings = source(url="${hang:a}", hosts="${PORT}")
    first = asyncio.create_task(settings.resolve())
    await vault.arrived.wait()
    second = asyncio.create_task(settings.resolve())

    first.cancel()
    with pytest.raises(asyncio.CancelledError):
        await first
    assert settings.db.hosts == "${PORT}"
    assert vault.journal == ["hang closed"]
    vault.let_go.set()
    await second

    assert settings["db"] == {"url": "at last", "hosts": "5432"}


@pytest.mark.parametrize("steps", range(14))
async def test_cancelled_at_any_step_what_was_opened_is_closed_and_the_next_call_succeeds(vault, steps):
    settings = source(url="${vault:a}", hosts="${vault:b}")

    resolving = asyncio.create_task(settings.resolve())
    for _ in range(steps):
        await checkpoint()
    resolving.cancel()
    await asyncio.wait({resolving})

    opened = sum(each.startswith("opened") for each in vault.journal)
    assert vault.journal.count("closed") == opened
    await settings.resolve()
    assert settings["db"] == {"url": "<a>", "hosts": "<b>"}


async def test_a_resolver_that_fails_or_is_denied_is_told_without_what_it_said(vault):
    settings = source(
        url="${vault:reset} ${vault:reset}",
        hosts=["${vault:number}", "${vault:cancelled}"],
        password="${vault:denied}",
    )

    error = await failure(settings)

    assert isinstance(error, ExceptionGroup)
    failed, denied = sorted(error.exceptions, key=lambda each: isinstance(each, ResolverDeniedError))
    assert str(failed) == (
        "the resolver vault failed\n"
        "  where   db.url from a mapping asks for ${vault:reset}\n"
        "          db.hosts[0] from a mapping asks for ${vault:number}\n"
        "          db.hosts[1] from a mapping asks for ${vault:cancelled}\n"
        "  why     it raised ConnectionResetError (Connection reset by peer) at installed/vaults_of_tests.py:36\n"
        "          what it gave for number is no text, but an int\n"
        "          it ended cancelled, though nobody cancelled it\n"
        "  to fix  ask it alone: rostra secret get vault:reset"
    )
    assert str(denied) == (
        "the resolver vault was denied\n"
        "  where   db.password from a mapping asks for ${vault:denied}\n"
        "  why     it raised PermissionError at installed/vaults_of_tests.py:34\n"
        "  to fix  see what the account that it uses may read\n"
        "          ask it alone: rostra secret get vault:denied"
    )
    assert vault.journal[-1] == "closed"


@pytest.mark.parametrize(
    ("op", "reason"),
    [
        ("broken", "it raised ValueError at installed/vaults_of_tests.py:115"),
        ("unclosable", "it raised ValueError at installed/vaults_of_tests.py:125"),
        ("missing", "it raised ModuleNotFoundError for no_such_module_of_tests"),
    ],
)
async def test_a_resolver_that_cannot_be_imported_opened_or_closed_is_told_with_who_needs_it(
    vault, op, reason
):
    error = await failure(source(url=f"${{{op}:a}}"))

    assert type(error) is ResolverError
    assert error.asked == (("db.url from a mapping", f"${{{op}:a}}"),)
    assert error.reasons == (reason,)


RUDE = """
import asyncio
from contextlib import asynccontextmanager

def rude(opening=None, asked=None, closing=None):
    @asynccontextmanager
    async def opened(source):
        if opening: raise opening
        async def resolve(reference):
            if asked: raise asked
            return "x"
        yield resolve
        if closing: raise closing
    return opened

class Odd(BaseException): pass

opens = rude(opening=Odd({secret!r}))
asks = rude(asked=Odd({secret!r}))
closes = rude(closing=Odd({secret!r}))
leaves = rude(asked=SystemExit({secret!r}))
groups = rude(asked=BaseExceptionGroup({secret!r}, [Odd({secret!r})]))

@asynccontextmanager
async def nothing(source):
    yield
"""


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("opens", "it raised Odd at rude/rude.py:8"),
        ("asks", "it raised Odd at rude/rude.py:10"),
        ("closes", "it raised Odd at rude/rude.py:13"),
        ("leaves", "it raised SystemExit at rude/rude.py:10"),
        ("groups", "it raised BaseExceptionGroup of Odd at rude/rude.py:10"),
        ("nothing", "what it opened is no function, but a NoneType"),
    ],
)
async def test_whatever_a_resolver_raises_or_gives_nothing_is_left_empty_and_nothing_is_told_of_it(
    name, reason, tmp_path, capfd
):
    files = {
        "rude.py": RUDE.format(secret=vaults.SECRET),
        "rude-1.dist-info/METADATA": "Metadata-Version: 2.1\nName: rude\nVersion: 1\n",
        "rude-1.dist-info/entry_points.txt": f"[rostra.secrets]\nrude = rude:{name}\n",
    }
    with importable(tmp_path / "rude", files):
        settings = source(url="${rude:a}")
        error = await failure(settings)
        gc.collect()

    assert type(error) is ResolverError
    assert error.reasons == (reason,)
    assert settings["db"]["url"] == "${rude:a}"
    assert vaults.SECRET not in "".join(capfd.readouterr())


async def test_an_error_of_rostra_that_a_resolver_raises_is_told_as_it_is_without_its_cause(vault):
    error = await failure(source(url="${vault:wrong}"))

    assert str(error) == "the vault is not set up"


async def test_settings_that_a_resolver_reads_are_not_said_to_be_read_by_nobody(vault):
    settings = ConfigSource.from_files(overrides=["vault.url=x", "vault.token=y"])
    settings = ConfigSource(settings, {"url": "${vault:a}"})

    await settings.resolve()

    settings.check_options()
    assert vault.journal[0] == "opened x with y"


@pytest.mark.parametrize("op", ["hang", "shut", "stuck", "deaf"])
async def test_a_resolver_that_hangs_is_named_and_does_not_hold_the_start(vault, op):
    settings = source(url=f"${{{op}:a}}", hosts=["${vault:a}"])

    error = await failure(settings, seconds=0.05)
    vault.let_go.set()

    assert type(error) is ResolverTimeoutError
    assert error.resolver == op
    assert error.asked == (("db.url from a mapping", f"${{{op}:a}}"),)
    assert vault.journal[:3] == ["opened https://vault.example with ", "a", "closed"] or op in {
        "deaf",
        "hang",
    }


async def test_what_a_secret_was_read_from_is_not_shown_where_the_value_is_wrong(vault):
    settings = source(port="${vault:a}", hosts="${vault:a}")

    await settings.resolve()

    with pytest.raises(ConfigError) as caught:
        settings.load(DbConfig)
    assert caught.value.mistakes[0].reason == "expected a whole number, found ***"


async def test_several_kinds_of_errors_come_together(vault):
    error = await failure(source(url="${UNSET}", hosts=["${vault:reset}", "${hang:a}"]), seconds=0.05)

    assert isinstance(error, ExceptionGroup)
    assert {type(each) for each in error.exceptions} == {ConfigError, ResolverError, ResolverTimeoutError}
