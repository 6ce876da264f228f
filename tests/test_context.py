import asyncio
import contextvars
import threading
from collections.abc import Callable

import pytest

from rostra import context
from rostra.components import Components
from rostra.errors import ComponentNotFoundError, NoContextError


class User: ...


def in_a_thread(ask: Callable[[], object]) -> object:
    """What a plain thread, which has a context of its own, gets as an answer; what it raises."""
    answers: list[object] = []

    def run() -> None:
        try:
            answers.append(ask())
        except LookupError as error:
            answers.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join(timeout=10)
    return answers[0]


def without_a_context(ask: Callable[[], object]) -> object:
    """What running code gets that nobody gave a context."""
    return contextvars.Context().run(ask)


@pytest.mark.parametrize(
    "ask",
    [
        context.current_context,
        lambda: context.add(User()),
        lambda: context.get(User),
        lambda: context.find(User),
    ],
    ids=["current_context", "add", "get", "find"],
)
def test_where_there_is_no_context_the_error_says_where_to_get_one(ask: Callable[[], object]) -> None:
    with pytest.raises(NoContextError, match=r"no stage runs in this process") as caught:
        without_a_context(ask)

    assert "inside `with context.child():`" in str(caught.value)


def test_what_is_added_is_found_here_by_type_and_name() -> None:
    with context.child():
        user, owner = context.add(User()), context.add(User(), name="owner")
        seven = context.add(7, "answer")

        assert context.get(User) is user
        assert context.get(User, name="owner") is owner
        assert context.get("answer") is seven
        assert context.find(User) == {None: user, "owner": owner}
        assert context.get(str, default="nothing") == "nothing"


def test_what_a_child_adds_is_gone_with_it() -> None:
    with context.child() as outer:
        with context.child() as inner:
            context.add(User())
            assert context.current_context() is inner
            assert inner.parent is outer

        assert context.current_context() is outer
        with pytest.raises(ComponentNotFoundError):
            context.get(User)


def test_a_child_is_left_though_its_body_fails() -> None:
    with context.child() as outer:
        with pytest.raises(ZeroDivisionError), context.child():
            raise ZeroDivisionError

        assert context.current_context() is outer


def test_a_layer_that_exists_already_can_be_used_and_used_again() -> None:
    layer = Components(label="task sweep")

    with context.use(layer):
        user = context.add(User())
    with context.use(layer) as used:
        assert used is layer
        assert context.get(User) is user


@pytest.mark.asyncio
async def test_a_plain_task_shares_the_layer_of_its_starter() -> None:
    with context.child():
        added = await asyncio.create_task(adds_a_user())

        assert context.get(User) is added


@pytest.mark.asyncio
async def test_a_task_that_opens_a_child_does_not_change_its_starters_layer() -> None:
    opened, seen = asyncio.Event(), asyncio.Event()

    async def separate() -> None:
        with context.child():
            context.add(User())
            opened.set()
            await seen.wait()

    with context.child() as ours:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(separate())
            await opened.wait()
            assert context.current_context() is ours
            assert context.get(User, default=None) is None
            seen.set()


@pytest.mark.asyncio
async def test_a_task_can_be_started_in_a_layer_without_entering_it() -> None:
    layer = Components(label="task sweep")

    with context.child() as ours:
        task = asyncio.create_task(adds_a_user(), context=context.bound(layer))
        added = await task

        assert context.current_context() is ours
        assert context.get(User, default=None) is None
        assert layer.get(User) is added


def test_a_bound_context_keeps_the_other_variables_of_its_maker() -> None:
    language: contextvars.ContextVar[str] = contextvars.ContextVar("language")
    language.set("Swahili")

    assert context.bound(Components()).run(language.get) == "Swahili"


@pytest.mark.asyncio
async def test_work_handed_to_a_thread_by_asyncio_sees_the_layer_of_who_handed_it_over() -> None:
    with context.child() as layer:
        assert await asyncio.to_thread(context.current_context) is layer


def test_a_plain_thread_sees_the_layer_that_is_shown_not_that_of_its_starter() -> None:
    stage = Components(label="stage")

    with context.shown(stage), context.child():
        assert in_a_thread(context.current_context) is stage
    assert isinstance(in_a_thread(context.current_context), NoContextError)


def test_a_thread_that_opens_a_child_gets_one_of_the_layer_shown() -> None:
    stage = Components(label="stage")

    def parent() -> object:
        with context.child() as layer:
            return layer.parent

    with context.shown(stage):
        assert in_a_thread(parent) is stage


def test_of_several_layers_shown_the_latest_that_is_still_shown_counts() -> None:
    first, second = Components(label="first"), Components(label="second")
    showing_first = context.shown(first)
    showing_first.__enter__()

    with context.shown(second):
        assert in_a_thread(context.current_context) is second
        showing_first.__exit__(None, None, None)
        assert in_a_thread(context.current_context) is second

    assert isinstance(in_a_thread(context.current_context), NoContextError)


async def adds_a_user() -> User:
    return context.add(User())


def test_where_there_is_no_context_get_gives_its_default() -> None:
    default = object()

    found = contextvars.Context().run(context.get, User, default=default)

    assert found is default
