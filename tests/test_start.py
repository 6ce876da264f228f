"""What a start has no use for is not imported: each module takes time and memory in every service."""

import importlib
import subprocess
import sys
from pathlib import Path

import pytest
from command_line import ended, environment, write

STARTED = """
import sys

from rostra import plugin
from rostra.handlers import Handlers, mark


class Bell:
    transport = "__main__"
    path_names = frozenset()
    provides = markers = ()
    takes_scalars = takes_payload = needs_payload = False

    def describe(self):
        return "the bell"


async def ring(): ...


mark(ring, Bell())


async def prepare(handlers: Handlers, load: plugin.Loader, cancel: plugin.Cancel, teardown: plugin.Teardown):
    handlers.on(Bell, lambda bound: print(len(bound), "bound"))
    yield tell


async def tell():
    print(*sorted(sys.modules))


if __name__ == "__main__":
    plugin.stage("__main__")
"""

OTHERS = {
    "how parameters of handlers are found": {"rostra.handlers.sources", "rostra.handlers.shapes"},
    "why a handler is refused": {"rostra.handlers.refusals"},
    "rehearsals": {"rostra.plugin.rehearsing"},
    "options, and plugins that settings list": {"rostra.plugin.options", "rostra.plugin.listing"},
    "restarts": {"rostra.plugin.restarting"},
    "why there is no such plugin": {"rostra.plugin.unfound"},
    "names that are not plainly those of modules": {"rostra.plugin.reading", "rostra.installed"},
    "threads for calls that block": {"rostra.plugin.daemons", "concurrent.futures.thread", "queue"},
    "where something hangs": {"rostra.plugin.hanging", "rostra.plugin.trees"},
    "what a component that is missing is told with": {"rostra.components.missing"},
    "what variables say about settings": {"rostra.config.variables"},
    "who said a setting": {"rostra.config.speakers", "rostra.config.given"},
    "annotations that are strings": {"rostra.config.namespaces"},
    "why settings are refused": {"rostra.config.summaries", "rostra.errors.config"},
    "several processes": {"rostra.fork.parent", "rostra.fork.balancing", "rostra.fork.uris"},
    "clocks that move when told": {"rostra.clock.manual"},
    "probes without HTTP": {"rostra.health.probing", "rostra.health.asking"},
    "what asks checks": {"rostra.health.findings"},
    "sockets at files": {"rostra.fork.files"},
    "structlog": {"rostra.log.structured", "rostra.log.text"},
}


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """The modules that a service has which asks for little."""
    folder = tmp_path_factory.mktemp("start")
    write(folder, "service.py", STARTED)
    command = [sys.executable, "service.py"]

    done = subprocess.run(
        command, cwd=folder, env=environment(folder), capture_output=True, text=True, timeout=60, check=True
    )

    first, modules = done.stdout.splitlines()
    assert first == "1 bound"
    return set(modules.split())


@pytest.mark.parametrize("matter", OTHERS)
def test_a_start_does_without(loaded: set[str], matter: str) -> None:
    assert loaded & OTHERS[matter] == set()


def test_what_starts_do_without_is_there(loaded: set[str]) -> None:
    assert "rostra.plugin.life" in loaded
    assert all(importlib.import_module(name) for names in OTHERS.values() for name in names)


def test_a_command_that_goes_well_loads_no_telling_of_errors(tmp_path: Path) -> None:
    write(tmp_path, "job.py", "import sys\nasync def prepare():\n    print(*sys.modules)\n")

    done = ended(tmp_path, "run", "job.py")

    loaded = set(done.stdout.split())
    assert "rostra.cli.running" in loaded
    assert (
        loaded
        & {
            "rostra.cli.report",
            "rostra.cli.misnamed",
            "rostra.cli.several",
            "rostra.errors.cli",
            "rostra.errors.plugin",
            "click",
        }
        == set()
    )


def test_options_are_there_for_the_first_that_asks_for_them(tmp_path: Path) -> None:
    source = """
        import sys
        from rostra import plugin

        print("rostra.plugin.options" in sys.modules)

        async def prepare(options: "plugin.Options"):
            print(options.alias, dict(options))
    """
    write(tmp_path, "job.py", source)

    done = ended(tmp_path, "run", "job.py")

    assert done.stdout.splitlines() == ["False", "job {}"], done.stderr
