"""Work that is started and forgotten, and not lost."""

import asyncio
import pickle
import textwrap

import attrs
import pytest
from staged import forever

from rostra import context, plugin
from rostra.components import Components
from rostra.errors import ClosedError, JobsFullError
from rostra.plugin.tasks import Jobs
from rostra.testing import Journal, checkpoint


@attrs.frozen
class Mail:
    text: str


async def ended(jobs: plugin.Jobs) -> None:
    while jobs.running:
        await checkpoint()


@pytest.mark.asyncio
async def test_a_job_is_a_coroutine_or_a_function_whose_parameters_come_from_di():
    sent = []

    async def send(mail: Mail):
        sent.append(mail.text)

    async with plugin.Stage(send_nothing) as stage:
        stage.components.add(Mail("from the context"))
        jobs = stage.components.get(plugin.Jobs)
        jobs.start(send)
        jobs.start(send(Mail("given")))
        await ended(jobs)

    assert sent == ["from the context", "given"]


async def send_nothing(): ...


@pytest.mark.asyncio
async def test_a_job_sees_a_layer_of_its_own_above_that_of_the_stage():
    labels = []

    async def job():
        labels.extend(layer.label for layer in context.current_context().layers())

    async with plugin.Stage(send_nothing) as stage:
        jobs = stage.components.get(plugin.Jobs)
        jobs.start(job, name="receipt")
        await ended(jobs)

    assert labels == ["job receipt", "stage"]


@pytest.mark.asyncio
async def test_a_job_that_fails_is_logged_and_counted_and_nothing_else(caplog):
    async def broken():
        raise ValueError("no")

    async def vanishing():
        raise asyncio.CancelledError

    async with plugin.Stage(send_nothing) as stage:
        jobs = stage.components.get(plugin.Jobs)
        jobs.start(broken())
        jobs.start(vanishing)
        await ended(jobs)
        assert jobs.failed == 2

    assert [record.getMessage() for record in caplog.records] == [
        "job.failed job=broken",
        "job.failed job=vanishing",
    ]


@pytest.mark.asyncio
async def test_more_jobs_than_may_run_are_refused_and_their_coroutines_closed():
    jobs = Jobs(Components(), limit=2)
    jobs.start(forever())
    jobs.start(forever())

    with pytest.raises(JobsFullError) as caught:
        jobs.start(forever())

    await jobs.close()
    assert str(caught.value) == textwrap.dedent("""\
        2 jobs run already, and no more may
          why     a job is started and forgotten: without a limit a slow one fills the memory
          to fix  take in less work while jobs.running is near jobs.limit
                  or await the work where it arises""")
    assert str(pickle.loads(pickle.dumps(caught.value))) == str(caught.value)


@pytest.mark.asyncio
async def test_jobs_go_on_while_the_stage_drains_and_are_cancelled_and_awaited_before_anything_is_put_away():
    order = []

    async def job():
        try:
            await forever()
        finally:
            await checkpoint()
            order.append("job ended")

    async def task(jobs: plugin.Jobs, cancel: plugin.Cancel):
        jobs.start(job)
        await cancel.wait()
        order.append(f"draining with {jobs.running} job")

    async def prepare(teardown: plugin.Teardown):
        teardown.add(lambda: order.append("pool closed"))
        yield task

    async with plugin.Stage(prepare) as stage:
        await stage.start()
        await checkpoint()

    assert order == ["draining with 1 job", "job ended", "pool closed"]


@pytest.mark.asyncio
async def test_no_job_starts_at_teardown():
    refused = []

    async def prepare(teardown: plugin.Teardown, jobs: plugin.Jobs):
        def late():
            with pytest.raises(ClosedError):
                jobs.start(forever())
            refused.append(True)

        teardown.add(late)

    async with plugin.Stage(prepare):
        pass

    assert refused == [True]


@pytest.mark.asyncio
async def test_a_job_that_ignores_its_cancellation_is_left_behind(caplog):
    free = asyncio.Event()

    async def mule():
        while not free.is_set():
            try:
                await free.wait()
            except asyncio.CancelledError:
                continue

    async with plugin.Stage(send_nothing) as stage:
        stage.components.get(plugin.Jobs).start(mule)
        await checkpoint()

    free.set()
    await checkpoint()
    assert "job.abandoned job='job mule'" in caplog.text


@pytest.mark.asyncio
@pytest.mark.parametrize("steps", range(12))
async def test_closed_at_any_step_what_jobs_opened_is_closed(steps):
    journal, jobs = Journal(), Jobs(Components())

    async def job(name):
        await checkpoint()
        with journal.held(name):
            await checkpoint()
            if name == "short":
                return
            await forever()

    for name in ("long", "short"):
        jobs.start(job(name))
    for _ in range(steps):
        await checkpoint()
    await jobs.close()

    assert journal.still_open == []
    assert jobs.running == 0
