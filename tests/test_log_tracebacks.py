"""Where the tracebacks of the log begin."""

import sys
import sysconfig
import types
from pathlib import Path

import pytest

import rostra
from rostra.log.tracebacks import beginning

OURS = f"{Path(rostra.__file__).parent}/plugin/supervising.py"
GENERATED = "rostra.di/3/call_place.py"
PYTHONS = f"{sysconfig.get_path('stdlib')}/asyncio/tasks.py"
LIBRARY = f"{sysconfig.get_path('purelib')}/aiohttp/web_app.py"
PART = "/src/rostra_telegraph/sending.py"
USER = "/srv/myapp.py"


@pytest.fixture(autouse=True)
def part(monkeypatch: pytest.MonkeyPatch) -> None:
    """A plugin of rostra's own."""
    module = types.ModuleType("rostra_telegraph")
    module.__path__ = [str(Path(PART).parent)]
    module.__rostra_part__ = True  # type: ignore[attr-defined]  # as its package says it
    monkeypatch.setitem(sys.modules, "rostra_telegraph", module)


@pytest.mark.parametrize(
    ("frames", "shown"),
    [
        ([OURS, USER], [USER]),
        ([PART, LIBRARY, PART, GENERATED, USER, LIBRARY], [USER, LIBRARY]),
        ([PYTHONS, OURS, PYTHONS, USER, PYTHONS], [USER, PYTHONS]),
        (["<frozen runpy>", USER], [USER]),
    ],
)
def test_a_traceback_begins_with_the_code_of_the_user(frames: list[str], shown: list[str]) -> None:
    assert frames[beginning(frames) :] == shown


@pytest.mark.parametrize("frames", [[USER, OURS, GENERATED, USER], [USER, PART, LIBRARY], [LIBRARY, USER]])
def test_nothing_is_left_out_that_the_user_or_a_library_has_called(frames: list[str]) -> None:
    assert beginning(frames) == 0


def test_a_library_that_fails_when_rostra_calls_it_is_shown() -> None:
    assert beginning([OURS, PART, LIBRARY, LIBRARY]) == 2


@pytest.mark.parametrize("frames", [[], [OURS], [PART, LIBRARY, PART], [PYTHONS, OURS]])
def test_what_fails_in_rostra_itself_is_shown_whole(frames: list[str]) -> None:
    assert beginning(frames) == 0
