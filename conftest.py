"""What holds for every test of the tree: the core's, the plugins', the examples'.

With ``CI`` in the environment a skipped test fails the run, because there nobody reads the list of skips. One that
may be skipped is listed here with its reason. Property tests are the same in each run of CI, and nowhere a matter of speed.
"""

import gc
import os

import pytest
from hypothesis import HealthCheck, settings

_BROWSER = "the page is a convenience; what it asks for is tested without a browser, too"
MAY_BE_SKIPPED: dict[str, str] = {
    "tests/test_cli_graph_forms.py::test_graphviz_itself_draws_it": "a reader of our own checks the same text",
    "tests/test_config_unions.py::test_an_alias_may_stand_in_what_it_stands_for": "needs Python 3.12",
    "tests/test_di_waited_for.py::test_a_task_that_a_maker_starts_eagerly_waits_for_it": "needs Python 3.12",
    "tests/test_plugin_threads.py::test_they_begin_also_when_the_main_thread_has_ended": "Python 3.12 cannot",
    "plugins/rostra-aiohttp/tests/test_http_openapi_page.py": _BROWSER,
    "plugins/rostra-aiohttp/tests/test_http_websocket_browser.py": _BROWSER,
    "examples/chat/tests/test_chat.py::test_a_browser_opens_the_page_and_joins": _BROWSER,
}
"""What the name of a skipped test starts with, and why CI can do without it."""

PATIENT = {"deadline": None, "suppress_health_check": [HealthCheck.too_slow]}  # the machine may be busy
settings.register_profile("laptop", **PATIENT)
settings.register_profile("ci", **PATIENT, derandomize=True, print_blob=True)


class NoSkips:
    """Fails the run if something was skipped that is not listed."""

    def __init__(self) -> None:
        self.skipped: list[str] = []

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self._note(report)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        self._note(report)

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        if self.skipped and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        if self.skipped:
            terminalreporter.section("skipped, which CI does not allow", red=True)
            terminalreporter.line("conftest.py lists what may be skipped, each with its reason")
            for name in self.skipped:
                terminalreporter.line(f"  {name}")

    def _note(self, report: pytest.TestReport | pytest.CollectReport) -> None:
        expected_to_fail = hasattr(report, "wasxfail")
        listed = any(report.nodeid.startswith(name) for name in MAY_BE_SKIPPED)
        if report.skipped and not expected_to_fail and not listed:
            self.skipped.append(report.nodeid)


def pytest_collection_finish() -> None:
    """What was collected is there to stay: whoever collects garbage need not look through thousands of tests each time."""
    gc.collect()
    gc.freeze()


def pytest_configure(config: pytest.Config) -> None:
    in_ci = os.environ.get("CI", "").lower() not in {"", "0", "false"}
    settings.load_profile("ci" if in_ci else "laptop")
    is_one_of_several = hasattr(config, "workerinput")  # what it skips it reports to the first process
    if in_ci and not is_one_of_several:
        config.pluginmanager.register(NoSkips(), "no-skips")
