"""The pytest plugin, tried in runs of pytest of its own: strict, auto, and without pytest-asyncio."""

from pathlib import Path

import pytest

pytest_plugins = ["pytester"]


@pytest.fixture
def suite(pytester: pytest.Pytester) -> pytest.Pytester:
    """A folder in which pytest treats warnings as errors."""
    pytester.makeini(
        """
        [pytest]
        addopts = -W error --strict-markers -p no:cacheprovider
        asyncio_default_fixture_loop_scope = function
        """
    )
    return pytester


def outcome(suite: pytest.Pytester, *options: str, **expected: int) -> str:
    result = suite.runpytest_subprocess(*options)
    result.assert_outcomes(**expected)
    return result.stdout.str()


def test_all_works_in_auto_mode_and_with_another_default_of_the_loop_too(suite: pytest.Pytester):
    fixtures = Path(__file__).with_name("test_testing_fixtures.py")
    suite.makepyfile(test_fixtures=fixtures.read_text())

    scopes = [f"asyncio_default_{kind}_loop_scope=module" for kind in ("fixture", "test")]
    result = suite.runpytest_subprocess("--asyncio-mode=auto", *(f"-o{scope}" for scope in scopes))

    assert result.ret == 0
    assert result.parseoutcomes().keys() == {"passed"}


def test_a_prepare_that_fails_is_a_normal_error_of_the_test_with_its_notes(suite):
    suite.makepyfile(
        """
        import pytest

        async def prepare():
            raise ValueError("no shelf")

        @pytest.mark.rostra_plugins.with_args(prepare)
        async def test_shelf():
            raise AssertionError("this does not run")
        """
    )

    text = outcome(suite, errors=1)

    assert "E       ValueError: no shelf" in text
    assert "while preparing plugin" in text


FAILING = """
    import pytest
    from rostra import di, plugin

    class Shelf: ...

    class Missing: ...

    def shelf() -> Shelf:
        raise ValueError("no shelf")

    async def prepare(): ...

    async def failing():
        raise LookupError("no room")

    @pytest.mark.rostra_plugins.with_args(prepare)
    async def test_shelf():
        di.register(shelf)
        await di.nject(Shelf)

    @pytest.mark.rostra_plugins.with_args(prepare)
    async def test_missing():
        await di.nject(Missing)

    @pytest.mark.rostra_plugins.with_args(failing)
    async def test_failing(): ...

    @pytest.mark.rostra_plugins("nowhere")
    async def test_nowhere(): ...

    async def works():
        yield failing

    @pytest.mark.rostra_plugins.with_args(works)
    async def test_task(rostra_run): ...
"""


def test_what_failed_is_shown_with_the_code_of_the_author_alone(suite):
    suite.makepyfile(FAILING)

    text = outcome(suite, failed=2, errors=3)

    for told in (
        "ValueError: no shelf",
        "cannot build Missing",
        "LookupError: no room",
        'no plugin "nowhere"',
    ):
        assert told in text
    assert 'raise ValueError("no shelf")' in text
    assert "await di.nject(Shelf)" in text
    assert "rostra/di/" not in text
    assert "rostra/plugin/" not in text


def test_the_whole_way_is_shown_where_pytest_is_to_show_all(suite):
    suite.makepyfile(FAILING)

    text = outcome(suite, "--full-trace", failed=2, errors=3)

    assert "rostra/di/" in text
    assert "rostra/plugin/" in text


def test_a_task_that_fails_ends_and_fails_the_test_that_runs_it(suite):
    suite.makepyfile(
        """
        import asyncio
        import pytest
        from rostra import context

        class Broken(asyncio.Event): ...

        async def sweep(broken: Broken):
            await broken.wait()
            raise ValueError("no broom")

        async def prepare():
            context.add(Broken())
            yield sweep

        @pytest.mark.rostra_plugins.with_args(prepare)
        async def test_waiting(rostra_run):
            context.get(Broken).set()
            await asyncio.Event().wait()
        """
    )

    text = outcome(suite, failed=1)

    assert "ValueError: no broom" in text
    assert "task sweep" in text


def test_a_task_that_fails_at_the_very_end_fails_the_test_too(suite):
    suite.makepyfile(
        """
        import pytest
        from rostra import plugin

        async def sweep(cancel: plugin.Cancel):
            await cancel.wait()
            raise ValueError("no broom")

        async def prepare():
            yield sweep

        @pytest.mark.rostra_plugins.with_args(prepare)
        async def test_quick(rostra_run): ...
        """
    )

    assert "ValueError: no broom" in outcome(suite, passed=1, errors=1)


def test_tasks_need_an_asynchronous_test(suite):
    suite.makepyfile(
        """
        import pytest

        @pytest.mark.rostra_plugins()
        def test_still(rostra_run): ...
        """
    )

    assert "write `async def test_still`" in outcome(suite, errors=1)


def test_a_mark_that_decorates_the_plugin_instead_of_naming_it_says_so(suite):
    suite.makepyfile(
        app="""
        async def prepare(load): ...
        async def prepare_alone(): ...
        """,
        test_taken="""
        import pytest, app

        @pytest.mark.rostra_plugins(app.prepare)
        async def test_orders(): ...
        """,
        test_refused="""
        import pytest
        from app import prepare_alone

        @pytest.mark.rostra_plugins(prepare_alone)
        async def test_orders(): ...
        """,
    )

    text = outcome(suite, errors=2)

    assert "@pytest.mark.rostra_plugins(prepare) does not give test_orders its plugins" in text
    assert "to fix  @pytest.mark.rostra_plugins.with_args(prepare)\n" in text
    assert "to fix  @pytest.mark.rostra_plugins.with_args(prepare_alone)\n" in text


def test_a_mark_takes_nothing_but_plugins(suite):
    suite.makepyfile(
        """
        import pytest

        @pytest.mark.rostra_plugins("shop", config={})
        async def test_shelf(): ...
        """
    )

    assert "it takes plugins and nothing else" in outcome(suite, errors=1)


def test_without_pytest_asyncio_a_test_that_asks_for_a_stage_says_what_is_missing(pytester):
    pytester.makepyfile(
        """
        import pytest

        @pytest.mark.rostra_plugins("shop")
        async def test_shelf(): ...

        @pytest.mark.rostra_plugins("shop")
        def test_still(): ...

        def test_other(rostra_context): ...
        """
    )

    text = outcome(pytester, "-p", "no:asyncio", "-W", "error", "--strict-markers", passed=1, errors=2)

    assert "test_shelf asks for a stage, which needs pytest-asyncio\n" in text
    assert 'to fix  pip install "pytest-asyncio>=1.5"\n' in text


def test_a_suite_that_uses_none_of_this_is_left_alone(pytester):
    pytester.makepyfile(
        """
        import sys

        def test_other():
            rostra = {name for name in sys.modules if name.partition(".")[0] == "rostra"}
            assert rostra == {"rostra", "rostra.testing", "rostra.testing.pytest_plugin"}
            assert "asyncio" not in sys.modules
        """
    )

    others = ("-p", "no:asyncio", "-p", "no:anyio")
    text = outcome(pytester, *others, "--setup-show", "-W", "error", passed=1)

    assert "rostra_" not in text


def test_the_mark_and_the_fixtures_are_listed(pytester):
    marks = pytester.runpytest_subprocess("--markers").stdout.str()
    fixtures = pytester.runpytest_subprocess("--fixtures").stdout.str()

    assert "@pytest.mark.rostra_plugins(*plugins): " in marks
    for name in ("config_source", "context", "load", "plugin_context", "run", "stage"):
        assert f"rostra_{name} -- " in fixtures
