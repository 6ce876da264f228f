"""Which files changed: seen in real folders, by a process of its own."""

import json
import os
import select
import socket
import subprocess
import sys
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import attrs
import pytest

from rostra.fork.channel import Channel
from rostra.fork.messages import Changed, Message, Unwatched, Watching
from rostra.fork.watching import differing, existing, is_ours, stamps

PATIENCE = 60.0

WATCH = """
import json, resource, socket, sys
from pathlib import Path
import watchfiles
from rostra.fork.channel import Channel
from rostra.fork.watching import Watched, watch
number, folders, files, most_files = json.loads(sys.argv[1])
if most_files:
    resource.setrlimit(resource.RLIMIT_NOFILE, (most_files, most_files))
watch(Watched(tuple(map(Path, folders)), tuple(map(Path, files))), Channel(socket.socket(fileno=number)))
"""
"""A watcher; who forks it in earnest is the parent of workers."""


@attrs.define(eq=False)
class Watcher:
    """What the parent of workers sees of one."""

    process: subprocess.Popen[bytes]
    channel: Channel
    changes: int = 0
    waiting: deque[Message] = attrs.field(factory=deque)

    def told_of(self, wanted: set[str]) -> set[str]:
        """All paths that it tells of until these are among them; a slow disk may make two changes of one save."""
        paths: set[str] = set()
        while not wanted <= paths:
            message = self.told()
            assert isinstance(message, Changed)
            self.changes += 1
            paths |= set(message.paths)
        return paths

    def told(self) -> Any:
        """The next thing that it tells."""
        while not self.waiting:
            select.select([self.channel], [], [], PATIENCE)
            self.waiting.extend(self.channel.received())
            assert self.waiting or not self.channel.is_over
        return self.waiting.popleft()


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "app" / "templates").mkdir(parents=True)
    (tmp_path / "app" / "web.py").write_text("ANSWER = 1")
    return tmp_path


@contextmanager
def watching(folders: list[Path], files: list[Path], most_files: int = 0) -> Iterator[Watcher]:
    mine, its = socket.socketpair()
    said = json.dumps([its.fileno(), list(map(str, folders)), list(map(str, files)), most_files])
    process = subprocess.Popen([sys.executable, "-c", WATCH, said], pass_fds=[its.fileno()])
    its.close()
    channel = Channel(mine)
    try:
        yield Watcher(process, channel)
    finally:
        channel.close()
        process.wait(PATIENCE)  # it notices by itself


def test_what_was_saved_came_and_went_is_told_and_nothing_else(project):
    settings, web, page = (
        project / "elsewhere.toml",
        project / "app/web.py",
        project / "app/templates/page.html",
    )
    with watching([project / "app"], [settings]) as watcher:
        assert watcher.told() == Watching()

        (project / "app" / "notes.txt").write_text("not code")
        (project / "app" / ".hidden.py").write_text("editor")
        (project / "other.py").write_text("elsewhere")
        web.write_text("ANSWER = 2")
        settings.write_text("[http]")
        (project / "app" / "new").mkdir()
        page.write_text("<p>")
        seen = watcher.told_of({str(web), str(settings), str(page)})
        web.unlink()

        assert str(web) in watcher.told_of({str(web)})
        assert seen == {str(web), str(settings), str(page)}


def test_saves_that_come_quickly_are_one_change(project):
    with watching([project], []) as watcher:
        assert watcher.told() == Watching()

        for number in range(200):
            (project / "app" / "web.py").write_text(f"ANSWER = {number}")
        (project / "app" / "templates" / "page.html").write_text("<p>")

        saved = {str(project / "app/web.py"), str(project / "app/templates/page.html")}
        assert watcher.told_of(saved) == saved
        assert watcher.changes < 20


def test_an_editor_that_writes_beside_and_renames_is_seen_as_well(project):
    with watching([project], [project / "app.toml"]) as watcher:
        assert watcher.told() == Watching()
        for name in ("app/web.py", "app.toml"):
            beside = project / f"{name}.tmp"
            beside.write_text("")
            beside.replace(project / name)
            assert watcher.told_of({str(project / name)}) == {str(project / name)}


def test_what_keeps_it_from_watching_is_told(project):
    """As with a machine whose limit of watched folders is reached: here it is that of open files."""
    with watching([project], [], most_files=4) as watcher:
        told = watcher.told()

        assert isinstance(told, Unwatched)
        assert "Too many open files" in told.reason


def test_a_watcher_ends_with_its_parent(project):
    with watching([project], []) as watcher:
        assert watcher.told() == Watching()

        watcher.channel.close()

        assert watcher.process.wait(PATIENCE) == 0


@pytest.mark.parametrize(
    ("path", "is_one"),
    [
        ("web.py", True),
        ("orders/templates/page.html", True),
        ("orders/page.jinja2", True),
        ("orders/web.pyc", False),
        ("orders/__pycache__/web.py", False),
        ("orders/.#web.py", False),
        (".git/hooks/x.py", False),
        ("node_modules/x/page.html", False),
        ("env/lib/x.py", False),
        ("env/lib/site-packages/x.py", False),
        ("../beside.py", False),
    ],
)
def test_of_a_folder_what_somebody_edits_is_watched(tmp_path, path, is_one):
    folder = tmp_path / ".hidden" / "project"
    (folder / "env").mkdir(parents=True)
    (folder / "env" / "pyvenv.cfg").touch()

    assert is_ours((folder / path).resolve(), [folder]) is is_one


def test_folders_below_others_and_those_that_are_not_there_are_left_out(project):
    folders = [project / "app", project, project / "none", project / "app" / "web.py"]

    assert existing(folders) == [project.resolve()]


def test_a_file_differs_when_it_is_another_also_in_a_folder_of_settings(tmp_path):
    one, two, three = (tmp_path / name for name in ("one", "two", "three"))
    one.write_text("1")
    two.write_text("2")
    before = stamps([tmp_path])

    one.write_text("10")
    two.unlink()
    three.touch()

    assert differing(before, stamps([tmp_path])) == {tmp_path, one, two, three}


ANEW = """
import sys
from pathlib import Path
from rostra.fork.anew import import_anew
folder = Path(sys.argv[1])
sys.path.insert(0, str(folder))
import_anew([folder])
import app.web, json
print(app.web.ANSWER)
"""


def imported(project: Path) -> str:
    command = [sys.executable, "-c", ANEW, str(project)]
    environ = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
    done = subprocess.run(command, env=environ, capture_output=True, text=True, check=True, timeout=PATIENCE)
    return done.stdout


def test_what_was_saved_within_the_same_second_is_what_is_imported(project):
    moment = time.time() + 3600  # as good as now, however long it takes from here
    answers = []
    for answer in (1, 2):
        (project / "app" / "web.py").write_text(f"ANSWER = {answer}")
        os.utime(project / "app" / "web.py", (moment, moment))
        answers.append(imported(project))

    assert answers == ["1\n", "2\n"]
    assert not list(project.rglob("*.pyc"))


def test_what_was_saved_long_ago_is_compiled_once(project):
    os.utime(project / "app" / "web.py", (1_000_000_000, 1_000_000_000))

    assert [imported(project), imported(project)] == ["1\n", "1\n"]
    assert len(list(project.rglob("web.*.pyc"))) == 1
