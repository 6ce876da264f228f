"""``rostra run`` as a user runs it: real processes, real signals, a taken port, a typo."""

import json
import signal
import socket
import subprocess
import sys
from pathlib import Path

import psutil
import pytest
from command_line import ended, started, write

SERVICE = """
from rostra import config, plugin
import attrs, asyncio

@attrs.frozen
class GreeterConfig(config.Config, section="greeter"):
    greeting: str = "Hello"
    port: int = 8080
    timeout: config.Duration = config.Duration(5)

async def greet(settings: GreeterConfig, cancel: plugin.Cancel, started: plugin.Started):
    started()
    print(settings.greeting, flush=True)
    await cancel.wait()
    print("finished", flush=True)

async def prepare():
    yield greet
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "service.py").write_text(SERVICE)
    (tmp_path / "run").mkdir()
    return tmp_path


@pytest.mark.parametrize(
    "plugin", ["service.py", "service", "service:prepare", "./service.py", "service.py:prepare"]
)
def test_a_service_runs_until_sigterm_and_ends_in_order(folder, plugin):
    with started(folder, "run", plugin) as process:
        assert process.stdout.readline() == "Hello\n"

        process.send_signal(signal.SIGTERM)
        printed, errors = process.communicate(timeout=20)

    assert (printed, process.returncode) == ("finished\n", 0)
    assert "Traceback" not in errors


def test_python_m_rostra_is_the_same_command(folder):
    program = [sys.executable, "-m", "rostra", "--help"]

    shown = subprocess.run(program, cwd=folder, capture_output=True, text=True, timeout=30, check=True)

    assert shown.stdout == ended(folder, "--help").stdout
    assert "Usage: rostra [OPTIONS] COMMAND [ARGS]..." in shown.stdout


def test_ctrl_c_ends_in_order_too(folder):
    with started(folder, "run", "service.py") as process:
        process.stdout.readline()

        process.send_signal(signal.SIGINT)
        printed, errors = process.communicate(timeout=20)

    assert (printed, process.returncode) == ("finished\n", 0)
    assert "KeyboardInterrupt" not in errors


def test_a_second_ctrl_c_cuts_the_stop_short_and_teardown_still_runs(folder):
    write(
        folder,
        "stubborn.py",
        """
        import asyncio
        from rostra import plugin

        async def linger(cancel: plugin.Cancel):
            print("running", flush=True)
            await cancel.wait()
            print("lingering", flush=True)
            await asyncio.Event().wait()

        async def prepare(teardown: plugin.Teardown):
            teardown.add(lambda: print("put away", flush=True))
            yield linger
    """,
    )
    with started(folder, "run", "stubborn.py") as process:
        assert process.stdout.readline() == "running\n"
        process.send_signal(signal.SIGINT)
        assert process.stdout.readline() == "lingering\n"

        process.send_signal(signal.SIGINT)
        printed, errors = process.communicate(timeout=20)

    assert (printed, process.returncode) == ("put away\n", 1)
    assert errors.count("StopTimeoutError: ") == 1
    assert "Traceback" not in errors


def test_a_service_that_is_done_ends_with_0(folder):
    write(
        folder,
        "job.py",
        """
        async def work():
            print("done")

        async def prepare():
            yield work
    """,
    )

    job = ended(folder, "run", "job.py")

    assert (job.stdout, job.returncode) == ("done\n", 0)


def test_settings_come_from_files_the_environment_and_the_command_line_and_the_last_wins(folder):
    write(folder, "base.toml", '[greeter]\ngreeting = "from base"\nport = 1\n')
    write(folder, "local.toml", '[greeter]\ngreeting = "from local"\n')
    write(
        folder,
        "show.py",
        """
        from service import GreeterConfig

        async def prepare(settings: GreeterConfig):
            print(settings.greeting, settings.port, settings.timeout)
    """,
    )
    files = ("-c", "base.toml", "-c", "local.toml")
    prefix = ("--env-prefix", "SHOP")
    option = ("--set", "greeter.port=3", "--set", "greeter.timeout=1m")
    variables = {"SHOP_GREETER_GREETING": "from the environment", "SHOP_GREETER_PORT": "2"}

    printed = [
        ended(folder, "run", "show.py", *files, **variables).stdout,
        ended(folder, "run", "show.py", *files, *prefix, **variables).stdout,
        ended(folder, "run", "show.py", *files, *prefix, *option, **variables).stdout,
    ]

    assert printed == ["from local 1 5s\n", "from the environment 2 5s\n", "from the environment 3 1m\n"]


def test_wrong_settings_are_told_all_at_once_with_exit_code_2(folder):
    write(folder, "config.toml", '[greeter]\ntimeout = []\ngreting = "hi"\n')

    wrong = ended(
        folder, "run", "service.py", "-c", "config.toml", "--env-prefix", "APP", APP_GREETER_PORT="80a"
    )

    assert wrong.returncode == 2
    assert wrong.stdout == ""
    assert "ConfigError: 3 settings of [greeter] are wrong\n" in wrong.stderr
    assert wrong.stderr.count("greeter.port") == 1
    assert "from APP_GREETER_PORT" in wrong.stderr
    assert "did you mean greeting?" in wrong.stderr
    assert "Traceback" not in wrong.stderr


def test_a_secret_is_never_printed(folder):
    write(
        folder,
        "vault.py",
        """
        from rostra import config
        import attrs

        @attrs.frozen
        class VaultConfig(config.Config, section="vault"):
            pin: config.Secret[int] | None = None
            password: config.Secret[str] | None = None

        async def prepare(settings: VaultConfig):
            password = settings.password.reveal()
            raise RuntimeError(f"the vault is closed to {settings}")
    """,
    )

    wrong = ended(folder, "run", "vault.py", "--set", "vault.pin=hunter2")
    failed = ended(folder, "run", "vault.py", "--set", "vault.password=hunter2")

    assert (wrong.returncode, failed.returncode) == (2, 1)
    assert "vault.pin" in wrong.stderr
    assert "the vault is closed" in failed.stderr
    assert "hunter2" not in wrong.stderr + failed.stderr


def test_a_task_that_raises_is_told_once_with_its_plugin_and_exit_code_1(folder):
    write(
        folder,
        "shop.py",
        """
        async def sweep():
            password = "hunter2"
            raise ValueError("no broom")

        async def prepare():
            yield sweep
    """,
    )

    failed = ended(folder, "run", "shop.py")

    assert failed.returncode == 1
    assert failed.stderr.count("ValueError: no broom") == 1
    assert failed.stderr.count("Traceback") == 1
    assert f'File "{folder}/shop.py", line 4, in sweep' in failed.stderr
    assert "task sweep of plugin shop" in failed.stderr
    assert "hunter2" not in failed.stderr
    assert "rostra/plugin" not in failed.stderr


def test_several_tasks_that_raise_are_told_one_after_the_other(folder):
    write(
        folder,
        "shop.py",
        """
        import asyncio
        both = asyncio.Barrier(2)

        async def sweep():
            await both.wait()
            raise ValueError("no broom")

        async def paint():
            await both.wait()
            raise LookupError("no brush")

        async def prepare():
            yield sweep, paint
    """,
    )

    failed = ended(folder, "run", "shop.py")

    assert failed.returncode == 1
    assert "\n2 errors\n" in f"\n{failed.stderr}"
    assert failed.stderr.index("ValueError: no broom") < failed.stderr.index("LookupError: no brush")
    assert "ExceptionGroup" not in failed.stderr


@pytest.mark.parametrize(
    "ends",
    [
        "async def leave():\n    raise SystemExit(7)\n\nasync def prepare():\n    yield leave\n",
        "async def prepare():\n    raise SystemExit(7)\n",
    ],
)
def test_an_exit_code_that_the_application_chose_is_kept(folder, ends):
    (folder / "leaving.py").write_text(ends)

    left = ended(folder, "run", "leaving.py")

    assert left.returncode == 7
    assert "Traceback" not in left.stderr


def test_a_port_that_is_taken_is_a_clear_error(folder):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        write(
            folder,
            "web.py",
            """
            from rostra_aiohttp import get

            @get("/")
            async def hello() -> str:
                return "hello"
        """,
        )

        failed = ended(folder, "run", "web.py", "--set", f"http.port={port}")

    assert failed.returncode == 1
    assert str(port) in failed.stderr
    assert "to fix  " in failed.stderr
    assert "Traceback" not in failed.stderr


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["run", "servce"], 'PluginNotFoundError: there is no plugin "servce"'),
        (["run", "servce"], 'did you mean "service"?'),
        (["run", "servce.py"], "there is no file servce.py\n  to fix  did you mean service.py?"),
        (["run", "service.py", "-c", "confg.toml"], "confg.toml"),
        (["run", "service.py", "--set", "greeter.port"], "number 1 sets nothing; write it as http.port=8081."),
        (["run", "service.py", "--set", "a=1", "--set", "=1"], "number 2 sets nothing"),
        (["run", "service.py", "--start-timeout", "soon"], '"soon" is no duration; write it as 90, 90s or 1m30s.'),
        (["run", "service.py", "--colour"], "No such option"),
        (["run"], "there is no plugin to run"),
        (["rnu", "service.py"], "There is no command rnu. Did you mean run?"),
        (["service.py"], "There is no command service.py. To run a plugin, type: rostra run service.py"),
        (["probe", "well"], "'well' is not one of 'live', 'ready', 'startup'"),
    ],
)  # fmt: skip
def test_wrong_usage_is_told_with_exit_code_2(folder, arguments, told):
    wrong = ended(folder, *arguments)

    assert wrong.returncode == 2
    assert told in wrong.stderr
    assert "Traceback" not in wrong.stderr


def test_a_plugin_that_another_one_misses_is_a_failure(folder):
    write(
        folder,
        "shop.py",
        """
        from rostra import plugin

        async def prepare(load: plugin.Loader):
            await load("storrage")
    """,
    )

    failed = ended(folder, "run", "shop.py")

    assert failed.returncode == 1
    assert 'there is no plugin "storrage"' in failed.stderr
    assert "Traceback" not in failed.stderr


def test_an_error_in_a_plugins_own_code_is_shown_from_its_first_line_on(folder):
    write(folder, "shop.py", "import json\n\njson.loads('{')\n")

    failed = ended(folder, "run", "shop.py")

    assert failed.returncode == 1
    assert f'\nTraceback (most recent call last):\n  File "{folder}/shop.py", line 3' in failed.stderr
    assert failed.stderr.count("JSONDecodeError") == 1


def test_the_log_can_be_json_for_machines(folder):
    with started(folder, "run", "service.py", "--log-format", "json") as process:
        process.stdout.readline()
        process.send_signal(signal.SIGTERM)
        _, errors = process.communicate(timeout=20)

    assert errors.splitlines()
    assert all(line.startswith("{") for line in errors.splitlines())


def test_where_json_was_asked_for_the_error_at_the_end_is_json_too(folder):
    write(
        folder,
        "shop.py",
        "async def prepare():\n    yield lose\n\nasync def lose():\n    raise KeyError(1)\n",
    )

    failed = ended(folder, "run", "shop.py", "--log-format", "json")

    *_, last = map(json.loads, failed.stderr.splitlines())
    assert failed.returncode == 1
    assert (last["event"], last["level"], last["exit_code"]) == ("command.failed", "critical", 1)
    assert "KeyError: 1" in last["error"]
    assert "in task lose of plugin shop" in last["error"]


def test_it_runs_on_uvloop_when_asked(folder):
    pytest.importorskip("uvloop")
    write(
        folder,
        "loop.py",
        """
        import asyncio

        async def prepare():
            print(type(asyncio.get_running_loop()).__module__)
    """,
    )

    assert ended(folder, "run", "loop.py", "--loop", "uvloop").stdout == "uvloop\n"
    assert ended(folder, "run", "loop.py").stdout != "uvloop\n"


def test_a_start_that_hangs_ends_after_the_given_time(folder):
    write(
        folder,
        "slow.py",
        """
        import asyncio

        async def prepare():
            await asyncio.Event().wait()
    """,
    )

    failed = ended(folder, "run", "slow.py", "--start-timeout", "0.2s")

    assert failed.returncode == 1
    assert failed.stderr.count("StartTimeoutError: ") == 1
    assert "slow.py:5" in failed.stderr


def test_what_it_started_is_gone_afterwards(folder):
    with started(folder, "run", "service.py") as process:
        process.stdout.readline()
        assert len(list((folder / "run").glob("*/*.sock"))) == 1

        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=20)

    assert not list((folder / "run").glob("*/*.sock"))
    assert not psutil.pid_exists(process.pid)


def test_settings_and_variables_that_nobody_reads_are_warned_of_once(folder):
    write(
        folder,
        "job.py",
        """
        from service import GreeterConfig

        async def work(settings: GreeterConfig): ...

        async def prepare():
            yield work
        """,
    )

    write(folder, "job.toml", "port = 1")
    job = ended(
        folder, "run", "job.py", "-c", "job.toml", "--env-prefix", "APP", APP_GREETER_PROT="1"
    )  # fmt: skip

    told = [json.loads(line) for line in job.stderr.splitlines() if "settings.unread" in line]
    assert job.returncode == 0
    assert [(each["level"], each["hint"]) for each in told] == [
        ("warning", "nobody reads port of job.toml:1"),
        ("warning", "no setting reads APP_GREETER_PROT; did you mean APP_GREETER_PORT?"),
    ]


def test_an_option_that_nobody_reads_ends_the_start_with_what_was_meant(folder):
    arguments = ("job.py", "--set", "greter.port=1", "--set", "x=1", "--set", "greeter.port=2")
    write(
        folder,
        "job.py",
        """
        from service import GreeterConfig

        async def work(settings: GreeterConfig):
            print("worked")

        async def prepare():
            yield work
        """,
    )

    ran, checked = ended(folder, "run", *arguments), ended(folder, "check", *arguments)

    told = (
        "ConfigError: 2 settings of the options are read by nobody\n"
        "  greter.port   nobody asks for it; did you mean greeter.port?   from --set greter.port\n"
        "  x             nobody asks for it                               from --set x\n"
    )
    assert (ran.returncode, ran.stdout) == (2, "")
    assert ran.stderr.endswith(told)
    assert (checked.returncode, checked.stderr) == (2, told)
