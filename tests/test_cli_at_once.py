"""Whatever is known to be wrong is told at once, by ``rostra run`` as by ``rostra check``, and what is perhaps wrong after it."""

import pytest
from command_line import ended, write


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "run").mkdir()
    return tmp_path


PREPARED = """
    import attrs
    from rostra import config

    @attrs.frozen
    class {0}(config.Config, section="{1}"):
        size: int

    async def prepare(settings: {0}): ...
"""


def test_what_may_follow_from_a_plugin_that_failed_is_told_as_such_after_what_cannot(folder):
    write(folder, "failing.py", "async def prepare():\n    raise LookupError('no shelf')\n")
    write(
        folder,
        "needy.py",
        """
        from rostra import di

        class Missing: ...
        class Repo: ...

        @di.adapter
        def left() -> Repo: ...

        @di.adapter
        def right() -> Repo: ...

        async def sweep(missing: Missing, repo: Repo): ...

        async def prepare():
            yield sweep
        """,
    )

    wrong = ended(folder, "check", "failing", "needy")

    assert (wrong.returncode, wrong.stdout) == (1, "")
    assert wrong.stderr.startswith("3 errors\n")
    certain, uncertain = wrong.stderr.split("\nResolveError: ")
    assert "ConflictError" in certain
    assert "LookupError: no shelf" in certain
    assert "nothing gives a Missing" in uncertain
    assert uncertain.endswith("\n  it may follow from what failed; check again when that is mended\n")


def test_what_may_follow_from_wrong_settings_makes_nothing_else_of_them(folder):
    write(folder, "config.toml", "[db]\nsize = 'many'\n")
    write(
        folder,
        "needy.py",
        """
        class Missing: ...

        async def sweep(missing: Missing): ...

        async def prepare():
            yield sweep
        """,
    )
    write(folder, "wrong.py", PREPARED.format("Db", "db"))

    told = ended(folder, "check", "wrong.py", "needy.py", "-c", "config.toml")

    assert told.returncode == 2
    assert "nothing gives a Missing" in told.stderr


def test_a_table_that_a_plugin_may_read_that_failed_is_not_said_to_be_read_by_nobody(folder):
    write(folder, "config.toml", "[db]\nsize = 1\n[shop]\nsize = 1\n[shpo]\nsize = 1\n")
    write(folder, "good_one.py", PREPARED.format("Shop", "shop"))
    write(folder, "broken.py", "import nothing_of_this_name\n")

    told = ended(folder, "check", "broken.py", "good_one.py", "-c", "config.toml")

    assert told.stdout == "hint: nobody reads [shpo] of config.toml:5; did you mean [shop]?\n"


SETTLED = """
    [htttp]
    port = 9000

    [http]
    most_requests = "few"

    [db]
    size = "many"

    [shpo]
    size = 1
"""


@pytest.mark.parametrize("command", ["check", "run"])
def test_everything_wrong_with_settings_is_told_at_once(folder, command):
    write(folder, "config.toml", SETTLED)
    write(
        folder,
        "web.py",
        """
        import attrs
        from rostra import config
        from rostra_aiohttp import get

        @attrs.frozen
        class Db(config.Config, section="db"):
            size: int

        @get("/")
        async def hello(db: Db) -> str: ...
        """,
    )

    told = ended(folder, command, "web.py", "-c", "config.toml", "--set", "dbb.size=3")

    assert told.returncode == 2
    assert "nobody reads [htttp] of config.toml:2; did you mean [http]?" in told.stdout + told.stderr
    assert "nobody reads [shpo] of config.toml:11" in told.stdout + told.stderr
    assert told.stderr.endswith(
        "2 errors\n\n"
        "ConfigError: 2 settings of [db] and [http] are wrong\n"
        '  db.size              expected a whole number, found "many"   from config.toml:9\n'
        '  http.most_requests   expected a whole number, found "few"    from config.toml:6\n\n'
        "ConfigError: 1 setting of the options is read by nobody\n"
        "  dbb.size   nobody asks for it; did you mean db.size?   from --set dbb.size\n"
    )


@pytest.mark.parametrize("command", ["check", "run"])
def test_sections_of_several_prepares_that_are_wrong_are_told_together(folder, command):
    write(folder, "config.toml", SETTLED)
    write(folder, "first.py", PREPARED.format("Db", "db"))
    write(folder, "second.py", PREPARED.format("Shop", "shop"))

    told = ended(folder, command, "first.py", "second.py", "-c", "config.toml")

    assert told.returncode == 2
    assert "nobody reads [shpo] of config.toml:11; did you mean [shop]?" in told.stdout + told.stderr
    assert told.stderr.endswith(
        "ConfigError: 2 settings of [db] and [shop] are wrong\n"
        '  db.size     expected a whole number, found "many"   from config.toml:9\n'
        "  shop.size   missing; expected a whole number        set size in [shop]\n"
    )


def test_a_section_that_somebody_gives_in_another_way_is_not_looked_for(folder):
    write(folder, "config.toml", SETTLED)
    write(
        folder,
        "giving.py",
        """
        from rostra import context
        from second import Shop

        async def prepare():
            context.add(Shop(size=1))
        """,
    )
    write(folder, "first.py", PREPARED.format("Db", "db"))
    write(folder, "second.py", PREPARED.format("Shop", "shop"))

    told = ended(folder, "run", "giving.py", "first.py", "second.py", "-c", "config.toml")

    assert told.returncode == 2
    assert "db.size   expected a whole number" in told.stderr
    assert "shop.size" not in told.stderr


LACKING = """
    class Database: ...

    async def prepare(database: Database): ...
"""


def test_what_a_prepare_lacks_is_told_once_with_who_else_lacks_it(folder):
    write(folder, "lacking.py", LACKING)
    write(
        folder,
        "needy.py",
        """
        from lacking import Database

        async def sweep(database: Database): ...

        async def prepare():
            yield sweep
        """,
    )

    told = ended(folder, "check", "lacking.py", "needy.py")

    assert told.returncode == 1
    assert told.stderr == (
        "ResolveError: cannot build prepare and task sweep of plugin needy\n"
        "\n"
        "  prepare(database: Database)   lacking.py:4\n"
        "  └ database: Database          nothing gives a Database\n"
        "    as well as:   task sweep of plugin needy, needy.py:4\n"
        "    in context:   nothing\n"
        "    to fix:       mark the class with @di.adapter, or in a prepare before this one: di.register(Database) or"
        " context.add(Database(...))\n"
        "  while preparing plugin lacking\n"
    )


def test_a_prepare_for_which_two_could_be_meant_is_told_once(folder):
    write(
        folder,
        "torn.py",
        """
        from rostra import di

        class Store: ...

        @di.adapter
        def disk() -> Store: ...

        @di.adapter
        def memory() -> Store: ...

        async def prepare(store: Store): ...
        """,
    )

    told = ended(folder, "check", "torn.py")

    assert told.stderr.startswith("ConflictError: cannot build prepare\n")
    assert told.stderr.count("cannot build") == 1


def test_two_prepares_that_lack_the_same_are_told_once_each(folder):
    write(folder, "lacking.py", LACKING)
    write(folder, "other.py", "from lacking import Database\n\nasync def prepare(database: Database): ...\n")

    told = ended(folder, "check", "lacking.py", "other.py")

    assert told.stderr.startswith("2 errors\n")
    assert told.stderr.count("cannot build prepare\n") == 2
    assert "it may follow" not in told.stderr


@pytest.mark.parametrize("command", ["run", "check"])
def test_what_a_transport_refuses_is_told_beside_what_cannot_be_built(folder, command):
    write(
        folder,
        "shop.py",
        """
        from rostra_aiohttp import get

        class Repo: ...

        @get("/goods")
        async def goods(repo: Repo) -> None: ...

        @get("/goods")
        async def wares() -> None: ...
        """,
    )

    told = ended(folder, command, "shop.py", *(("--log-format", "text") if command == "run" else ()))

    assert told.returncode == 1
    assert "2 errors\n" in told.stderr
    assert "ResolveError: cannot build GET /goods → goods\n" in told.stderr
    assert "HandlerError: GET /goods is answered twice\n" in told.stderr
