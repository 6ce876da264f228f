"""Loggers, what their lines look like, and configuring the logging of a process."""

import json
import logging
import subprocess
import sys
import textwrap
from collections.abc import Iterator

import pytest

from rostra import config, log
from rostra.config import Secret


@pytest.fixture(autouse=True)
def logging_as_before() -> Iterator[None]:
    yield
    log.restore()
    log.unbind("task", "plugin", "request")


@pytest.fixture
def lines(capsys):
    """The lines written since the last time, each read from JSON."""
    return lambda: [json.loads(line) for line in capsys.readouterr().err.splitlines()]


def run(code: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    script = textwrap.dedent(code)
    return subprocess.run(
        [sys.executable, "-c", script, *arguments], capture_output=True, text=True, timeout=30, check=False
    )


def as_json(**settings) -> None:
    log.configure(log.LogConfig(format="json", **settings))


def test_unconfigured_a_logger_writes_warnings_as_readable_text_to_stderr():
    ended = run("""
        from rostra import log
        orders = log.get("myapp.orders")
        orders.info("orders.expired", count=3)
        orders.warning("orders.lost", count=2, reason="no such thing", empty="")
    """)

    assert ended.stderr == "orders.lost count=2 reason='no such thing' empty=''\n"


def test_unconfigured_a_logger_imports_no_structlog():
    ended = run("""
        import sys
        from rostra import log
        log.get("myapp").warning("orders.lost")
        print("structlog" in sys.modules)
    """)

    assert ended.stdout == "False\n"


@pytest.mark.parametrize(("wanted", "imports_structlog"), [("text", True), ("json", False)])
def test_configuring_imports_no_rich_and_structlog_for_text_only(wanted, imports_structlog):
    ended = run(
        """
        import sys
        from rostra import log
        log.configure(log.LogConfig(format=sys.argv[1]))
        log.get("myapp").warning("orders.lost")
        print("structlog" in sys.modules, "rich" in sys.modules)
        import rich  # can be imported by whoever wants it
        """,
        wanted,
    )

    assert ended.returncode == 0
    assert ended.stdout == f"{imports_structlog} False\n"


def test_structlog_writes_the_same_lines_when_it_is_imported_only_after_configuring():
    ended = run("""
        import sys
        from rostra import log
        log.configure(log.LogConfig(format="json"))
        log.bind(request="r1")
        import structlog
        print("rich" in sys.modules)
        structlog.contextvars.bind_contextvars(user="u1")
        structlog.get_logger("theirs").info("orders.expired", count=3)
        log.get("ours").info("orders.found")
        log.restore()
        print(structlog.is_configured())
    """)

    theirs, ours = map(json.loads, ended.stderr.splitlines())
    assert ended.stdout == "False\nFalse\n"
    assert {**theirs, "timestamp": ""} == {
        "timestamp": "",
        "level": "info",
        "logger": "theirs",
        "event": "orders.expired",
        "request": "r1",
        "user": "u1",
        "count": 3,
    }
    assert (ours["request"], ours["user"]) == ("r1", "u1")


def test_who_only_looks_whether_structlog_is_installed_leaves_it_to_be_configured():
    ended = run("""
        import sys
        from importlib.util import find_spec
        from rostra import log
        before = list(sys.meta_path)
        log.configure(log.LogConfig(format="json"))
        print(find_spec("structlog") is not None, find_spec("structlog.stdlib") is not None)
        import structlog
        print(structlog.is_configured(), "rich" in sys.modules, sys.meta_path == before)
    """)

    assert ended.stdout == "True True\nTrue False True\n"


def test_what_was_found_before_logging_was_restored_configures_nothing_after_it():
    ended = run("""
        from importlib.util import find_spec, module_from_spec
        from rostra import log
        import sys
        log.configure(log.LogConfig(format="json"))
        found = find_spec("structlog")
        log.restore()
        sys.modules["structlog"] = structlog = module_from_spec(found)
        found.loader.exec_module(structlog)
        print(structlog.is_configured())
    """)

    assert ended.stdout == "False\n"


def test_restored_logging_leaves_a_later_import_of_structlog_alone():
    ended = run("""
        import sys
        from rostra import log
        before = list(sys.meta_path)
        log.configure(log.LogConfig(format="json"))
        log.restore()
        import structlog
        print(structlog.is_configured(), sys.meta_path == before)
    """)

    assert ended.stdout == "False True\n"


def test_what_json_cannot_say_is_written_as_python_shows_it(lines):
    as_json()
    circle: list[object] = []
    circle.append(circle)

    log.get("myapp").info("orders.odd", kind=int, pair={(1, 2): 3}, circle=circle)

    [line] = lines()
    assert (line["kind"], line["pair"], line["circle"]) == ("<class 'int'>", "{(1, 2): 3}", "[[...]]")


def test_a_line_in_json_is_one_object_with_the_event_and_its_keys(lines):
    as_json()

    log.get("myapp").info("orders.expired", count=3, text="two\nlines")

    [line] = lines()
    assert line.pop("timestamp").endswith("Z")
    assert line == {
        "level": "info",
        "logger": "myapp",
        "event": "orders.expired",
        "count": 3,
        "text": "two\nlines",
    }


def test_a_key_may_be_called_like_anything_that_logging_uses(lines):
    as_json()

    log.get("myapp").info("orders.expired", message="m", args=1, name="n", level="l", msg=2, timestamp=0)

    [line] = lines()
    assert (line["message"], line["args"], line["name"], line["msg"]) == ("m", 1, "n", 2)
    assert (line["level"], line["level_"], line["timestamp_"]) == ("info", "l", 0)


def test_a_line_in_text_has_time_level_event_logger_and_keys_and_no_colours_off_a_terminal(capsys):
    log.configure(log.LogConfig(format="text"))

    log.get("myapp").info("orders.expired", count=3)

    line = capsys.readouterr().err
    assert line[8:] == " [info     ] orders.expired [myapp] count=3\n"


def test_a_value_from_outside_can_neither_end_a_line_of_text_nor_move_the_cursor(capsys):
    log.configure(log.LogConfig(format="text"))

    log.get("myapp").info("order.placed", item="tea\n12:00:00 [critical ] forged \x1b[2J")

    text = capsys.readouterr().err
    assert text.count("\n") == 1
    assert "\x1b" not in text


def test_on_a_terminal_the_default_is_text_with_colours(capsys, monkeypatch):
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    log.configure()

    log.get("myapp").info("orders.expired", count=3)

    assert "\x1b[" in capsys.readouterr().err


def test_elsewhere_the_default_is_json(lines):
    log.configure()

    log.get("myapp").info("orders.expired")

    assert lines()[0]["event"] == "orders.expired"


@pytest.mark.parametrize("wanted", ["text", "json"])
def test_a_traceback_shows_no_local_variables_and_no_secret(capsys, wanted):
    log.configure(log.LogConfig(format=wanted))

    def connect() -> None:
        password = f"hunter{2}"
        raise ConnectionError(len(password))

    try:
        connect()
    except ConnectionError:
        log.get("myapp").exception("database.failed", password=Secret("hunter2"))

    text = capsys.readouterr().err
    assert "ConnectionError: 7" in text
    assert "Traceback" in text
    assert "hunter2" not in text


def test_loggers_of_the_standard_library_and_of_structlog_write_the_same_way(lines):
    import structlog

    as_json()

    logging.getLogger("theirs").warning("%d of %s", 3, "many")
    structlog.get_logger("structured").info("done", count=3)

    first, second = lines()
    assert (first["logger"], first["level"], first["event"]) == ("theirs", "warning", "3 of many")
    assert (second["logger"], second["event"], second["count"]) == ("structured", "done", 3)


def test_levels_are_set_for_all_and_for_single_loggers_and_can_be_changed_at_any_time(lines):
    as_json(level="warning", levels={"myapp.db": "debug"})
    everything, database = log.get("myapp"), log.get("myapp.db.pool")

    everything.info("hidden")
    database.debug("shown")
    logging.getLogger("myapp").setLevel("INFO")
    everything.info("shown.now")
    logging.getLogger("myapp").setLevel(logging.NOTSET)

    assert [line["event"] for line in lines()] == ["shown", "shown.now"]


@pytest.mark.parametrize(("spelling", "meaning"), [("INFO", "info"), ("WARNING", "warning")])
def test_levels_may_be_spelt_in_upper_case(spelling, meaning):
    settings = config.ConfigSource({"logging": {"level": spelling}}).load(log.LogConfig)

    assert settings.level == log.LogConfig(level=spelling).level == meaning


def test_what_is_no_level_or_format_is_an_error_of_the_settings():
    source = config.ConfigSource({"logging": {"level": "loud", "levels": {"x": "quiet"}, "format": "html"}})

    with pytest.raises(config.ConfigError) as caught:
        source.load(log.LogConfig)

    mistakes = [mistake.setting for mistake in caught.value.mistakes]
    assert mistakes == ["logging.format", "logging.level", "logging.levels.x"]


def test_what_is_bound_to_a_task_stands_in_all_its_lines_and_the_lines_own_keys_win(lines):
    as_json()

    log.bind(task="sweep", plugin="myapp")
    log.get("theirs").info("swept", plugin="other")
    log.unbind("task")
    log.get("theirs").info("swept")

    first, second = lines()
    assert (first["task"], first["plugin"]) == ("sweep", "other")
    assert "task" not in second
    assert second["plugin"] == "myapp"


def test_what_is_bound_late_is_made_for_a_line_and_the_latest_wins(lines):
    as_json()
    asked: list[str] = []

    def keys_of(request: str) -> dict[str, str]:
        asked.append(request)
        return {"request": request, "plugin": "http"}

    with log.bound(plugin="myapp", user="u1"):
        log.bind_late(keys_of, "r1")
        log.bind_late(keys_of, "r2")
        log.get("myapp").debug("unheard")
        assert asked == []
        log.get("myapp").info("heard")
        log.bind(request="mine")
        log.get("myapp").info("heard")

    first, second = lines()
    assert (first["request"], first["plugin"], first["user"]) == ("r2", "http", "u1")
    assert (second["request"], second["plugin"], second["user"]) == ("mine", "http", "u1")


def test_what_is_bound_inside_bound_is_gone_at_its_end(lines):
    as_json()
    log.bind(plugin="myapp")

    with log.bound(request="r1", plugin="other"):
        log.bind(user="u1")
        log.get("myapp").info("inside")
    log.get("myapp").info("outside")

    inside, outside = lines()
    assert (inside["request"], inside["user"], inside["plugin"]) == ("r1", "u1", "other")
    assert outside.keys().isdisjoint({"request", "user"})
    assert outside["plugin"] == "myapp"


def test_a_logger_keeps_the_keys_that_were_bound_to_it(lines):
    as_json()
    logger = log.get("myapp", part="db").bind(pool=1)

    logger.info("opened")
    logger.unbind("part").info("closed")

    opened, closed = lines()
    assert (opened["part"], opened["pool"]) == ("db", 1)
    assert "part" not in closed


def test_a_record_knows_the_line_that_wrote_it(caplog):
    log.get("myapp").warning("orders.lost")

    [record] = caplog.records
    assert record.filename == "test_log.py"
    assert record.funcName == "test_a_record_knows_the_line_that_wrote_it"


def test_nothing_is_made_of_a_line_that_no_level_lets_through():
    class Unprintable:
        def __str__(self) -> str:
            raise AssertionError

    log.get("myapp").debug("unseen", value=Unprintable())

    assert not log.get("myapp").is_enabled_for(logging.DEBUG)


def test_configuring_again_replaces_what_was_configured(lines):
    as_json()
    as_json()

    log.get("myapp").info("once")

    assert len(lines()) == 1


def test_restoring_puts_everything_back():
    import structlog

    def state():
        root, other = logging.getLogger(), logging.getLogger("myapp.db")
        hooks = sys.excepthook, sys.unraisablehook
        return (
            list(root.handlers),
            root.level,
            other.level,
            hooks,
            structlog.is_configured(),
            logging.getLoggerClass(),
        )

    before = state()

    as_json(level="debug", levels={"myapp.db": "error"})
    during = state()
    log.restore()

    assert state() == before
    assert all(one != other for one, other in zip(before[:-1], during[:-1], strict=True))


def test_a_plain_handler_to_the_terminal_would_write_each_line_twice_and_steps_aside(capsys):
    plain = logging.StreamHandler(sys.stderr)
    logging.getLogger().addHandler(plain)
    as_json()

    log.get("myapp").info("once")
    log.restore()
    logging.getLogger().removeHandler(plain)

    assert capsys.readouterr().err.count("once") == 1


@pytest.mark.asyncio
async def test_the_plugin_leaves_logging_alone_that_the_application_configured():
    theirs = logging.NullHandler()
    logging.getLogger().addHandler(theirs)
    before = list(logging.getLogger().handlers)

    await log.prepare(log.LogConfig(), config.ConfigSource())
    after = list(logging.getLogger().handlers)
    logging.getLogger().removeHandler(theirs)

    assert after == before


@pytest.mark.asyncio
async def test_the_plugin_configures_what_the_section_says_whoever_was_there_before(lines):
    source = config.ConfigSource({"logging": {"format": "json", "level": "error"}})

    await log.prepare(source.load(log.LogConfig), source)
    log.get("myapp").warning("hidden")
    log.get("myapp").error("shown")

    assert [line["event"] for line in lines()] == ["shown"]


def test_what_is_bound_to_the_process_stands_on_every_line_whoever_writes_it():
    ended = run("""
        import asyncio, contextvars, logging, threading
        from rostra import log

        log.configure(log.LogConfig(format="json"))
        tell = log.get("myapp").teller("request.written")
        contextvars.Context().run(tell)
        log.bind_process(worker=3)
        contextvars.Context().run(log.get("myapp").info, "task.written")
        contextvars.Context().run(tell)
        thread = threading.Thread(target=logging.getLogger("theirs").warning, args=("library written",))
        thread.start(); thread.join()
        log.get("myapp").info("own.written", worker=4)
        import structlog
        structlog.get_logger("structlog").info("structlog.written")
    """)

    found = [json.loads(line) for line in ended.stderr.splitlines()]
    assert [(each["event"], each.get("worker")) for each in found] == [
        ("request.written", None),
        ("task.written", 3),
        ("request.written", 3),
        ("library written", 3),
        ("own.written", 4),
        ("structlog.written", 3),
    ]
