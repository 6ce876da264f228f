import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.request import urlopen

import pytest

ROSTRA = Path(sys.executable).with_name("rostra")
FOLDER = Path(__file__).parent.parent


@pytest.fixture
def started(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    command = [str(ROSTRA), "run", "-c", "app.yml", "--env-prefix", "APP"]
    environment = {
        **os.environ,
        "APP_HTTP_PORT": "0",
        "APP_PLUGINS_GUESTS_GREETING": "Bonjour",
        "XDG_RUNTIME_DIR": str(tmp_path),
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    with subprocess.Popen(command, cwd=FOLDER, env=environment, stderr=subprocess.PIPE, text=True) as process:
        yield process
        process.kill()


def test_the_file_alone_makes_an_application_that_answers(started: subprocess.Popen[str]) -> None:
    assert started.stderr is not None
    events = map(json.loads, started.stderr)
    url = next(each["url"] for each in events if each["event"] == "http.listening")

    with urlopen(f"{url}/hello/world") as greeting, urlopen(f"{url}/guests") as guests:
        assert greeting.read() == b"Bonjour, world!\n"
        assert json.load(guests) == ["world"]

    started.send_signal(signal.SIGTERM)
    assert started.wait(20) == 0
