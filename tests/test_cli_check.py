"""``rostra check`` shows every problem of settings, plugins, adapters and handlers at once, without a server."""

import json
import signal
from pathlib import Path

import pytest
from command_line import ended, started, write

GOOD = """
    from collections.abc import AsyncIterator
    from rostra import config, di
    import attrs

    @attrs.frozen
    class DbConfig(config.Config, section="db"):
        url: str = "sqlite:///orders.db"
        size: int = 3

    class Pool: ...

    @di.adapter(lifetime="stage", eager=True)
    async def pool(settings: DbConfig) -> AsyncIterator[Pool]:
        raise ConnectionError("check connects to nothing")
        yield Pool()

    async def sweep(pool: Pool):
        raise AssertionError("check runs no task")

    async def prepare():
        yield sweep
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write(tmp_path, "good.py", GOOD)
    (tmp_path / "run").mkdir()
    return tmp_path


def test_what_is_in_order_is_so_without_a_server_or_a_task(folder):
    checked = ended(folder, "check", "good.py")

    assert (checked.returncode, checked.stdout, checked.stderr) == (0, "good.py: all is in order\n", "")


def test_wrong_settings_of_all_plugins_are_told_together_with_exit_code_2(folder):
    write(
        folder,
        "web.py",
        """
        from rostra import config
        import attrs

        @attrs.frozen
        class WebConfig(config.Config, section="web"):
            port: int = 8080

        async def prepare(settings: WebConfig): ...
    """,
    )

    wrong = ended(folder, "check", "web.py", "good.py", "--set", "web.port=80a", "--set", "db.size=many")

    assert (wrong.returncode, wrong.stdout) == (2, "")
    assert wrong.stderr == (
        "ConfigError: 2 settings of [db] and [web] are wrong\n"
        '  db.size    expected a whole number, found "many"   from --set db.size\n'
        '  web.port   expected a whole number, found "80a"    from --set web.port\n'
    )


def test_problems_of_all_kinds_are_told_at_once_with_exit_code_1(folder):
    write(
        folder,
        "shop.py",
        """
        from rostra_aiohttp import post
        from good import DbConfig
        import attrs

        @attrs.frozen
        class Order: ...

        @attrs.frozen
        class Note: ...

        class Missing: ...

        @post("/orders")
        async def place(order: Order, note: Note) -> None: ...

        async def sweep(missing: Missing): ...

        async def paint(settings: DbConfig): ...

        async def prepare():
            yield sweep, paint
    """,
    )

    wrong = ended(folder, "check", "shop.py", "--set", "db.size=many")

    assert wrong.returncode == 1
    assert wrong.stderr.startswith("3 errors\n\nConfigError: ")
    assert "ResolveError: " in wrong.stderr
    assert "HandlerError: " in wrong.stderr


def test_a_plugin_that_fails_does_not_hide_what_is_wrong_with_others(folder):
    write(
        folder,
        "broken.py",
        """
        async def prepare():
            raise LookupError("no shelf")
    """,
    )

    wrong = ended(folder, "check", "broken.py", "goood", "good.py", "--set", "db.size=many")

    assert wrong.returncode == 1
    assert wrong.stderr.startswith("3 errors\n")
    assert wrong.stderr.count("LookupError: no shelf") == 1
    assert "while preparing plugin broken\n" in wrong.stderr
    assert 'there is no plugin "goood"' in wrong.stderr
    assert "db.size" in wrong.stderr


def test_what_looks_like_a_mistake_is_a_hint(folder):
    write(folder, "config.toml", '[dbb]\nurl = "x"\n')

    hinted = ended(folder, "check", "good.py", "-c", "config.toml")

    assert hinted.returncode == 0
    assert (
        hinted.stdout
        == "hint: nobody reads [dbb] of config.toml:1; did you mean [db]?\ngood.py: all is in order\n"
    )


def test_a_misspelt_plugin_is_wrong_usage(folder):
    wrong = ended(folder, "check", "goood")

    assert wrong.returncode == 2
    assert 'did you mean "good"?' in wrong.stderr


def test_an_error_without_single_settings_is_told_too(folder):
    write(
        folder,
        "unnamed.py",
        """
        from rostra import config

        class Nameless(config.Config): ...

        async def prepare(settings: Nameless): ...
        """,
    )

    checked = ended(folder, "check", "unnamed.py")

    assert checked.returncode == 2
    assert "Nameless has no section" in checked.stderr


def test_the_settings_of_the_log_are_checked_as_run_would_read_them(folder):
    wrong = ended(folder, "check", "good.py", "--set", "logging.level=trace")
    right = ended(folder, "check", "good.py", "--set", "logging.level=debug")

    assert wrong.returncode == 2
    assert "logging.level" in wrong.stderr
    assert (right.returncode, right.stdout) == (0, "good.py: all is in order\n")


def test_code_that_cannot_be_read_is_shown_by_its_place_alone(folder):
    write(folder, "broken.py", "async def prepare(:\n")

    checked = ended(folder, "check", "broken.py")

    assert checked.returncode == 1
    assert "frozen" not in checked.stderr
    assert "rostra/" not in checked.stderr
    assert f'File "{folder}/broken.py", line 1' in checked.stderr
    assert "while importing plugin broken" in checked.stderr


def test_an_adapter_on_the_way_of_an_error_is_not_called_needless(folder):
    write(
        folder,
        "halfway.py",
        """
        from rostra import di

        class Missing: ...
        class Store: ...

        @di.adapter
        def store(missing: Missing) -> Store: ...

        async def sweep(store: Store): ...

        async def prepare():
            yield sweep
        """,
    )

    checked = ended(folder, "check", "halfway.py")

    assert (checked.returncode, checked.stdout) == (1, "")
    assert "store(missing: Missing)" in checked.stderr


def test_what_is_installed_below_the_folder_of_a_plugin_is_none_of_its_business(folder):
    adding = """
        from rostra import di

        class {0}: ...

        @di.adapter
        def make() -> {0}:
            return {0}()
    """
    loading = """
        import sys
        from rostra import plugin

        sys.path.insert(0, "venv/site-packages")

        async def prepare(load: plugin.Loader):
            await load("given", "mine")
    """
    (folder / "venv/site-packages").mkdir(parents=True)
    write(folder, "venv/site-packages/given.py", adding.format("Given"))
    write(folder, "mine.py", adding.format("Mine"))
    write(folder, "shop.py", loading)

    hinted = ended(folder, "check", "shop.py")

    assert "mine.py:6: nothing that rostra calls needs it" in hinted.stdout
    assert "given.py" not in hinted.stdout


def test_json_has_the_problems_and_hints_for_programs(folder):
    write(folder, "config.toml", "[db]\nsize = 4\n[dbb]\n")
    write(
        folder,
        "needy.py",
        """
        from rostra import di

        class Repo:
            def __init__(self, name: str): ...

        async def sweep(repo: Repo): ...

        async def prepare():
            yield sweep
        """,
    )

    wrong = ended(folder, "check", "good.py", "needy.py", "-c", "config.toml", "--format", "json")

    assert (wrong.returncode, wrong.stderr) == (1, "")
    assert json.loads(wrong.stdout) == {
        "version": 1,
        "problems": [
            {
                "type": "ResolveError",
                "what": "cannot build task sweep of plugin needy: nothing gives a Repo",
                "where": ["sweep(repo: Repo), needy.py:7"],
                "why": [],
                "fix": ["mark a function -> Repo with @di.adapter, or in prepare: context.add(Repo(...))"],
                "notes": [],
            }
        ],
        "hints": ["nobody reads [dbb] of config.toml:3; did you mean [db]?"],
    }


def test_a_class_that_could_be_made_of_what_there_is_is_proposed_for_registration(folder):
    write(
        folder,
        "nearly.py",
        """
        from good import Pool

        class Repo:
            def __init__(self, pool: Pool): ...

        async def sweep(repo: Repo): ...

        async def prepare():
            yield sweep
        """,
    )

    wrong = ended(folder, "check", "good.py", "nearly.py")

    assert (
        "to fix:       mark the class with @di.adapter, or in prepare: di.register(Repo) or context.add(Repo(...))\n"
        in wrong.stderr
    )


def test_what_a_plugin_that_failed_may_need_is_not_called_needless(folder):
    write(
        folder,
        "failing.py",
        """
        from rostra import di

        class Store: ...

        @di.adapter
        def store() -> Store: ...

        async def sweep(store: Store): ...

        async def prepare():
            raise LookupError("no shelf")
            yield sweep
        """,
    )

    checked = ended(folder, "check", "failing.py")

    assert (checked.returncode, checked.stdout) == (1, "")


def test_a_wrong_section_is_told_without_a_place_in_rostra(folder):
    write(
        folder,
        "web.py",
        """
        from rostra import config
        import attrs

        @attrs.frozen
        class WebConfig(config.Config, section="web"):
            port: int = 8080

        async def prepare(settings: WebConfig): ...
        """,
    )

    wrong = ended(folder, "check", "web.py", "--set", "web.port=80a")

    assert wrong.stderr == (
        "ConfigError: 1 setting of [web] is wrong\n"
        '  web.port   expected a whole number, found "80a"   from --set web.port\n'
        "  while preparing plugin web\n"
    )


def test_two_plugins_that_fail_alike_are_both_told(folder):
    for name in ("left.py", "right.py"):
        write(
            folder,
            name,
            """
            async def prepare():
                raise LookupError("no shelf")
            """,
        )

    wrong = ended(folder, "check", "left.py", "right.py")

    assert wrong.returncode == 1
    assert wrong.stderr.startswith("2 errors\n")
    assert "while preparing plugin left\n" in wrong.stderr
    assert "while preparing plugin right\n" in wrong.stderr


def test_a_prepare_that_never_ends_is_told_with_where_it_awaits_and_with_what_is_wrong_besides(folder):
    write(
        folder,
        "hanging.py",
        """
        import asyncio

        async def prepare():
            await asyncio.Event().wait()
        """,
    )

    wrong = ended(
        folder, "check", "good.py", "hanging", "--start-timeout", "0.5", "--set", "logging.level=trace"
    )

    assert (wrong.returncode, wrong.stdout) == (1, "")
    assert wrong.stderr.startswith("2 errors\n\nConfigError: 1 setting of [logging] is wrong\n")
    assert (
        "StartTimeoutError: the stage did not start within 0.5 s\n"
        "  plugin hanging, which is being prepared\n"
        "    prepare hanging.py:5 "
    ) in wrong.stderr


def test_a_prepare_that_blocks_the_loop_is_told_with_its_line_and_ended_with_the_process(folder):
    write(
        folder,
        "blocking.py",
        """
        import threading

        async def prepare():
            threading.Event().wait()
        """,
    )

    wrong = ended(folder, "check", "blocking", "--start-timeout", "0.1")

    assert (wrong.returncode, wrong.stdout) == (1, "")
    assert wrong.stderr.startswith(
        "StartTimeoutError: the stage did not start within 0.1 s\n  prepare blocking.py:5 "
    )


def test_a_thread_that_never_comes_back_does_not_keep_a_check_from_ending(folder):
    write(
        folder,
        "waiting.py",
        """
        import asyncio
        import threading

        async def prepare():
            await asyncio.to_thread(threading.Event().wait)
        """,
    )

    wrong = ended(folder, "check", "waiting", "--start-timeout", "0.1")

    assert wrong.returncode == 1
    assert "prepare waiting.py:6" in wrong.stderr


def test_a_check_that_is_interrupted_says_so(folder):
    write(
        folder,
        "hanging.py",
        """
        import asyncio

        async def prepare():
            print("here", flush=True)
            await asyncio.Event().wait()
        """,
    )

    with started(folder, "check", "hanging") as check:
        check.stdout.readline()
        check.send_signal(signal.SIGINT)
        out, err = check.communicate(timeout=20)

    assert (check.returncode, out, err) == (1, "", "\nAborted!\n")


@pytest.mark.parametrize("form", ["text", "json"])
def test_a_wrong_secret_is_told_without_it(folder, form):
    write(
        folder,
        "sealed.py",
        """
        from rostra import config
        import attrs

        @attrs.frozen
        class SealConfig(config.Config, section="seal"):
            key: config.Secret[int]

        async def prepare(settings: SealConfig): ...
        """,
    )
    write(folder, "config.toml", '[seal]\nkey = "planted"\n')

    wrong = ended(folder, "check", "sealed", "-c", "config.toml", "--format", form)

    assert wrong.returncode == 2
    assert "seal.key" in wrong.stdout + wrong.stderr
    assert "planted" not in wrong.stdout + wrong.stderr


def test_settings_that_cannot_be_resolved_are_told_without_a_guess_at_who_reads_them(folder):
    write(folder, "config.toml", '[db]\nurl = "${NOT_SET_ANYWHERE}"\n')

    wrong = ended(folder, "check", "good.py", "-c", "config.toml")

    assert (wrong.returncode, wrong.stdout) == (2, "")
    assert "the variable NOT_SET_ANYWHERE is not set" in wrong.stderr
