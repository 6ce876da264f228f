"""Events by the thousand: their lines are those that any event has, in the same order, and none is lost."""

import json
import logging
import math
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from contextlib import contextmanager
from io import StringIO
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rostra import log

values = st.one_of(
    st.text(), st.integers(), st.floats(), st.booleans(), st.none(), st.lists(st.integers()), st.binary()
)
keys = st.sampled_from(["count", "shop", "text", "timestamp", "level", "per%cent", 'quo"te', "ä"])


@contextmanager
def as_json(stream: Any = None) -> Iterator[None]:
    """Lines are JSON in the body, and nobody but rostra hears what is logged, not even pytest."""
    root = logging.getLogger()
    others, level, stderr = root.handlers[:], root.level, sys.stderr
    root.handlers[:], sys.stderr = [], stream or stderr
    log.configure(log.LogConfig(format="json"))
    try:
        yield
    finally:
        log.restore()
        root.handlers[:], sys.stderr = others, stderr
        root.setLevel(level)


@pytest.fixture
def lines(capsys: pytest.CaptureFixture[str]) -> Any:
    """The lines written since the last time, each read from JSON, without their times."""

    def read() -> list[dict[str, Any]]:
        found = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
        assert all(line.pop("timestamp") for line in found)
        return found

    return read


def ended(code: str) -> list[dict[str, Any]]:
    """The lines of a program."""
    run = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)], capture_output=True, text=True, timeout=60, check=False
    )
    return [json.loads(line) for line in run.stderr.splitlines()]


def test_it_is_the_line_that_any_event_has(lines):
    logger = log.get("orders").bind(shop="s1", level="mine")

    with as_json(), log.bound(request="r1", count=1, logger="theirs"):
        logger.info("order.placed", count=3, text="ä\n")
        logger.teller("order.placed", "count", "text")(3, "ä\n")

    first, second = lines()
    assert first == second
    assert first["request"] == "r1"


@given(
    told=st.dictionaries(keys, values),
    constant=st.dictionaries(keys, values),
    bound=st.dictionaries(keys, values),
)
def test_so_it_is_whatever_is_told(told, constant, bound):
    logger, stream = log.get("orders", **constant), StringIO()

    with as_json(stream), log.bound(**bound):
        logger.info("order.placed", **told)
        logger.teller("order.placed", *told)(*told.values())

    first, second = map(json.loads, stream.getvalue().splitlines())
    assert first.pop("timestamp") <= second.pop("timestamp")
    assert json.dumps(first, sort_keys=True) == json.dumps(second, sort_keys=True)


@given(st.lists(st.dictionaries(keys, values), max_size=5))
def test_each_line_has_what_is_bound_at_that_moment(changes):
    logger, stream = log.get("orders"), StringIO()
    tell = logger.teller("order.placed")

    with as_json(stream):
        for bound in changes:
            with log.bound(**bound):
                for write in (tell, lambda: logger.info("order.placed"), tell):
                    write()

    found = [json.loads(line) for line in stream.getvalue().splitlines()]
    assert all(each.pop("timestamp") for each in found)
    told = [json.dumps(each, sort_keys=True) for each in found]
    assert told[0::3] == told[1::3] == told[2::3]


def test_what_is_bound_may_change_by_itself(lines):
    found: list[int] = []
    tell = log.get("orders").teller("order.placed")

    with as_json(), log.bound(found=found):
        for number in (1, 2):
            found.append(number)
            tell()

    assert [line["found"] for line in lines()] == [[1], [1, 2]]


def test_what_is_bound_late_need_not_be_made_where_the_line_says_all_of_it(lines):
    def keys_of(request: str) -> dict[str, str]:
        raise AssertionError(request)

    with as_json(), log.bound(user="u1"):
        log.bind_late(keys_of, "r1")
        log.get("orders").teller("order.placed", "request", covered=keys_of)("r1")

    [line] = lines()
    assert (line["request"], line["user"]) == ("r1", "u1")


def test_lines_wait_for_each_other_and_none_overtakes_another(lines, capsys):
    later: list[Any] = []
    tell = log.get("orders").teller("order.placed", "number", later=later.append)

    with as_json():
        tell(1)
        tell(2)
        assert capsys.readouterr().err == ""
        log.get("orders").info("order.paid", number=1)
        tell(3)
        [flush, again] = later
        flush()

        assert [(line["event"], line["number"]) for line in lines()] == [
            ("order.placed", 1),
            ("order.placed", 2),
            ("order.paid", 1),
            ("order.placed", 3),
        ]
        again()
        assert lines() == []


def test_not_too_many_wait(lines):
    tell = log.get("orders").teller("order.placed", "number", later=lambda _: None)

    with as_json():
        for number in range(1500):
            tell(number)
        assert [line["number"] for line in lines()] == list(range(1000))

    assert [line["number"] for line in lines()] == list(range(1000, 1500))


def test_what_waits_is_written_at_the_end_of_the_process():
    lines = ended("""
        import asyncio
        from rostra import log

        async def main():
            tell = log.get("orders").teller("order.placed", "number", later=asyncio.get_running_loop().call_soon)
            tell(1)
            asyncio.get_running_loop().stop()
            return tell

        log.configure(log.LogConfig(format="json"))
        loop = asyncio.new_event_loop()
        told = loop.create_task(main())
        loop.run_forever()
        loop.close()
        told.result()(2)
    """)

    assert [line["number"] for line in lines] == [1, 2]


def test_a_child_does_not_write_what_waits_in_its_parent():
    lines = ended("""
        import os
        from rostra import log

        log.configure(log.LogConfig(format="json"))
        tell = log.get("orders").teller("order.placed", "number", later=lambda _: None)
        tell(1)
        if child := os.fork():
            os.waitpid(child, 0)
        else:
            tell(2)
    """)

    assert sorted(line["number"] for line in lines) == [1, 2]


def test_it_is_not_told_where_no_level_lets_it_through(caplog):
    caplog.set_level(logging.WARNING)

    log.get("orders").teller("order.placed")()

    assert caplog.records == []


def test_whoever_else_hears_the_logger_gets_a_record_of_it(caplog):
    class Record(logging.LogRecord):
        tenant = "t1"

    caplog.set_level(logging.INFO)
    logging.setLogRecordFactory(Record)
    try:
        log.get("orders").teller("order.placed", "count")(3)
    finally:
        logging.setLogRecordFactory(logging.LogRecord)

    [record] = caplog.records
    assert (record.tenant, record.getMessage()) == ("t1", "order.placed count=3")


@pytest.mark.parametrize("filtered", ["logger", "handler"])
def test_filters_are_asked(lines, filtered):
    def unwanted(_: logging.LogRecord) -> bool:
        return False

    with as_json():
        place = logging.getLogger("orders") if filtered == "logger" else logging.getLogger().handlers[0]
        place.addFilter(unwanted)
        log.get("orders").teller("order.placed", "share")(math.pi)
        place.removeFilter(unwanted)

    assert lines() == []
