"""CI does not pass over what was skipped, and what is said about types also runs."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import house
import pytest

SUITE = """
import pytest

def test_passes():
    pass

@pytest.mark.skipif("'{reason}'", reason="{reason}")
def test_needs_something():
    pass

@pytest.mark.xfail(strict=True)
def test_is_known_to_fail():
    raise ZeroDivisionError
"""
TYPED = [file for file in house.python_files() if file.match("tests/typing/*.py")]


def run_suite(folder: Path, *more: str, reason: str, **environment: str) -> tuple[int, str]:
    """The exit code and the output of a suite that skips a test if there is a reason, with the tree's conftest."""
    shutil.copy(house.ROOT / "conftest.py", folder)
    (folder / "test_suite.py").write_text(SUITE.format(reason=reason))
    inherited = {name: value for name, value in os.environ.items() if name != "CI"}
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:asyncio", *more],
        cwd=folder,
        env=inherited | environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return done.returncode, done.stdout


@pytest.mark.parametrize("processes", ["0", "2"])
def test_a_skipped_test_fails_in_ci_and_is_named(tmp_path: Path, processes: str) -> None:
    code, output = run_suite(tmp_path, "--numprocesses", processes, reason="no broker", CI="true")

    assert code == pytest.ExitCode.TESTS_FAILED
    assert "skipped, which CI does not allow" in output
    assert output.count("test_suite.py::test_needs_something") == 1
    assert "test_is_known_to_fail" not in output


def test_a_file_that_is_skipped_fails_in_ci_also_where_several_processes_collect_it(tmp_path: Path) -> None:
    (tmp_path / "test_other.py").write_text("import pytest\npytest.importorskip('no_such_module')\n")

    code, output = run_suite(tmp_path, "--numprocesses", "2", reason="", CI="true")

    assert code == pytest.ExitCode.TESTS_FAILED
    assert output.count("  test_other.py") == 1


@pytest.mark.parametrize(
    ("reason", "environment"), [("no broker", {}), ("", {"CI": "true"})], ids=["laptop", "CI"]
)
def test_a_skipped_test_is_fine_on_a_laptop_and_expected_failures_are_anywhere(
    tmp_path: Path, reason: str, environment: dict[str, str]
) -> None:
    code, output = run_suite(tmp_path, reason=reason, **environment)

    assert code == pytest.ExitCode.OK, output


@pytest.mark.parametrize("file", TYPED or [None], ids=lambda file: file.name if file else "none yet")
def test_what_is_said_about_types_can_be_run(file: Path | None) -> None:
    if file is not None:
        assert "assert_type" in file.read_text()
        subprocess.run([sys.executable, "-W", "error", file], check=True, timeout=60)
