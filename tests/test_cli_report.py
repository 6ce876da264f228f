"""What is printed when it went wrong: each error once, readable, with no secret, and with the right exit code."""

import asyncio
import functools
import linecache
import types

import pytest

from rostra.cli.report import exit_code, leaves, worded
from rostra.errors import CommandLineError, ConfigError, PluginNotFoundError, RostraError, Wording


class OrdersLostError(RostraError, RuntimeError):
    def wording(self) -> Wording:
        return Wording("3 orders were lost", why=("the disk is full",), fix=("buy a larger disk",))


def users_module(source: str) -> types.ModuleType:
    module = types.ModuleType("myapp")
    file = "/srv/myapp.py"
    linecache.cache[file] = (len(source), None, source.splitlines(keepends=True), file)
    exec(compile(source, file, "exec"), vars(module))
    return module


def raised(call) -> BaseException:
    """What ``call`` raises, without the frame of this function."""
    try:
        call()
    except Exception as error:  # noqa: BLE001  (any will do)
        return error.with_traceback(error.__traceback__ and error.__traceback__.tb_next)
    pytest.fail("nothing was raised")


def test_an_error_of_rostra_says_itself_without_a_traceback():
    error = raised(lambda: (_ for _ in ()).throw(OrdersLostError()))
    error.add_note("while preparing plugin orders")

    assert worded(error) == (
        "OrdersLostError: 3 orders were lost\n"
        "  why     the disk is full\n"
        "  to fix  buy a larger disk\n"
        "  while preparing plugin orders"
    )


def test_any_other_error_has_its_traceback_from_the_users_code_on_and_its_notes():
    myapp = users_module("async def sweep():\n    return 1 / 0\n")
    error = raised(functools.partial(asyncio.run, myapp.sweep()))
    error.add_note("task sweep of plugin myapp")

    assert worded(error) == (
        "Traceback (most recent call last):\n"
        '  File "/srv/myapp.py", line 2, in sweep\n'
        "    return 1 / 0\n"
        "           ~~^~~\n"
        "ZeroDivisionError: division by zero\n"
        "task sweep of plugin myapp"
    )


def test_what_lies_behind_an_error_is_shown_from_the_users_code_on_too():
    myapp = users_module(
        "import json\n\ndef load():\n    try:\n        json.loads('{')\n    except ValueError as error:\n"
        "        raise RuntimeError('no orders') from error\n"
    )

    text = worded(raised(myapp.load))

    assert "JSONDecodeError" in text
    assert "The above exception was the direct cause" in text
    assert text.count("/srv/myapp.py") == 2
    assert text.startswith('Traceback (most recent call last):\n  File "/srv/myapp.py", line 5')


def test_local_variables_are_never_shown():
    myapp = users_module("def connect():\n    password = 'hunter' + str(2)\n    raise OSError('refused')\n")

    assert "hunter2" not in worded(raised(myapp.connect))


def test_a_group_is_taken_apart_and_each_error_is_told_once():
    lost, timeout = OrdersLostError(), TimeoutError("no answer")
    inner = ExceptionGroup("teardown", [timeout, lost])
    inner.add_note("while tearing down")

    assert worded(ExceptionGroup("stage", [lost, inner])) == (
        "2 errors\n\n"
        "OrdersLostError: 3 orders were lost\n"
        "  why     the disk is full\n"
        "  to fix  buy a larger disk\n"
        "  while tearing down\n\n"
        "TimeoutError: no answer\n"
        "while tearing down"
    )


def test_a_group_of_one_reads_like_that_one():
    assert worded(ExceptionGroup("stage", [TimeoutError("no answer")])) == "TimeoutError: no answer"


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (OrdersLostError(), 1),
        (ConfigError("1 setting of [http] is wrong"), 2),
        (CommandLineError("there is no file x.py"), 2),
        (PluginNotFoundError("ordres"), 2),
        (PluginNotFoundError("ordres", "shop, shop.py:3"), 1),
        (ExceptionGroup("", [ConfigError("a"), ExceptionGroup("", [ConfigError("b")])]), 2),
        (ExceptionGroup("", [ConfigError("a"), OrdersLostError()]), 1),
    ],
)
def test_the_exit_code_is_2_only_if_nothing_but_usage_and_settings_is_wrong(error, code):
    assert exit_code(error) == code


def test_the_leaves_of_a_group_of_groups_are_in_its_order():
    first, second, third = (ValueError(str(number)) for number in range(3))

    group = ExceptionGroup("", [first, ExceptionGroup("", [second]), third])

    assert list(leaves(group)) == [first, second, third]
