"""What the parent of workers decides: no process, no signal, no time."""

from signal import SIGABRT, SIGKILL, SIGTERM

import pytest
from decided import RULES, World, killed

from rostra.fork.following import MERCY, STOP_OVERTIME, due
from rostra.fork.messages import Chosen, Finished, Hurry, Stop
from rostra.fork.states import (
    Advanced,
    Beaten,
    Completed,
    Concluding,
    Line,
    Overslept,
    Renewed,
    Resized,
    Settle,
    Step,
    StopAsked,
    Ticked,
    Tiring,
    Told,
)


def test_all_are_started_at_once_and_all_that_run_make_it_ready() -> None:
    world = World(3)

    assert world.numbers == [1, 2, 3]
    world.run(1, 2)
    assert "ready" not in world.notices()
    world.run(3)
    assert world.notices() == ["ready"]
    assert world.lines()[-1] == "workers.running"


def test_one_that_does_not_start_ends_all_with_its_error() -> None:
    world = World(2)

    world.happen(Told(1, 2, False, "ConfigError: 1 setting of [http] is wrong"))
    world.happen(Advanced(1, Step.LEAVING))
    world.die(1, 2)
    assert world.told[2] == [Stop("worker 1 did not start")]
    world.settle()

    assert world.state.is_over
    assert world.state.failure is not None
    assert world.state.failure[1:] == ("ConfigError: 1 setting of [http] is wrong", 2)


def test_one_that_stops_by_itself_is_replaced_when_it_has_gone() -> None:
    world = World(2)
    world.run()

    world.happen(Advanced(1, Step.LEAVING))
    assert len(world.alive) == 2
    world.die(1, 1)
    world.settle()

    assert world.numbers == [1, 2]


def test_one_that_dies_is_replaced_under_its_number_after_a_pause() -> None:
    world = World(2)
    world.run()

    world.die(2)
    assert world.numbers == [1]
    assert due(world.state) == world.now + 1.0
    world.happen(Ticked(), after=1.0)

    assert world.numbers == [1, 2]


@pytest.mark.parametrize("size", [1, 2, 4])
def test_the_budget_ends_workers_that_always_die(size: int) -> None:
    world = World(size)

    for _ in range(100):
        if world.state.is_over:
            break
        for key in tuple(world.alive):
            if key in world.alive:
                world.run(key)
                world.die(key, 1)
        world.wake()

    assert world.state.is_over
    assert size * 3 <= len(world.told) <= size * (3 + 1)
    assert world.state.failure is not None
    assert world.state.failure.exit_code == 1


def test_deaths_that_are_far_between_end_nothing() -> None:
    world = World(1)

    for _ in range(50):
        world.run()
        world.die(next(iter(world.alive)))
        world.happen(Ticked(), after=31.0)

    assert world.numbers == [1]


def test_a_silent_one_shows_its_stacks_and_is_then_killed() -> None:
    world = World(2)
    world.run()

    world.now += 9.0
    world.happen(Beaten(1))
    assert due(world.state) == world.now + 1.0
    assert killed(world.happen(Ticked(), after=1.0)) == [(2, SIGABRT)]
    assert killed(world.happen(Ticked(), after=MERCY)) == [(2, SIGKILL)]

    world.die(2, -SIGKILL)
    assert world.state.failure is None
    assert "worker.silent" in world.lines()


def test_the_stacks_of_all_that_were_aborted_are_told_though_the_first_ends_all() -> None:
    world = World(2)
    world.happen(Ticked(), after=RULES.start_timeout + 10.0)
    assert len(world.alive) == 2

    for key in (1, 2):
        world.die(key, -SIGABRT, stacks="in import_for_ever")

    died = [each for each in world.actions if isinstance(each, Line) and each.event == "worker.unstarted"]
    assert [each.keys["stacks"] for each in died] == ["in import_for_ever"] * 2


def test_who_overslept_blames_nobody() -> None:
    world = World(2)
    world.run()

    world.happen(Overslept(1000.0), after=1000.0)

    assert killed(world.actions) == []
    assert killed(world.happen(Ticked(), after=10.0)) == [(1, SIGABRT), (2, SIGABRT)]


def test_a_reload_replaces_one_after_another_and_each_successor_runs_first() -> None:
    world = World(2)
    world.run()

    world.happen(Renewed("SIGHUP"))
    assert [each for each in world.told if world.told[each] == [] and each > 2] == [3]
    world.run(3)
    assert Stop("its successor runs", is_relieved=True) in world.told[1]
    assert len(world.alive) == 3
    world.obey()
    assert Stop("its successor runs", is_relieved=True) not in world.told[2]
    world.run(4)
    world.obey()

    assert world.numbers == [1, 2]
    assert {each.generation for each in world.alive.values()} == {2}
    assert world.notices() == ["ready", "reloading", "ready"]
    assert world.actions[-1:] == [Settle(2)] or Settle(2) in world.actions


def test_a_reload_whose_first_worker_does_not_start_keeps_the_old_ones() -> None:
    world = World(2)
    world.run()

    world.happen(Renewed("SIGHUP"))
    world.happen(Told(3, 2, False, "ConfigError: 1 setting is wrong"))
    world.die(3, 2)
    world.settle()

    assert sorted(world.alive) == [1, 2]
    assert world.lines()[-2:] == ["worker.unstarted", "workers.kept"]
    assert "worker.died" not in world.lines(), "both that serve are alive"
    world.die(2)
    world.settle()
    assert {each.generation for each in world.alive.values()} == {1}
    world.happen(Renewed("SIGHUP"))
    world.settle()
    assert {each.generation for each in world.alive.values()} == {3}


def test_a_reload_that_is_given_up_half_way_leaves_the_others_as_they_are_until_the_next() -> None:
    world = World(2)
    world.run()
    world.happen(Renewed("SIGHUP"))
    world.run(3)
    world.obey()

    world.happen(Renewed("SIGHUP"))
    world.die(4, 1)  # it was on its way for the first one
    world.wake()
    world.die(5, 1)
    world.settle()

    assert {key: each.generation for key, each in world.alive.items()} == {2: 1, 3: 2}
    world.happen(Renewed("SIGHUP"))
    world.settle()
    assert {each.generation for each in world.alive.values()} == {4}


def test_what_starts_is_dropped_when_somebody_saves_again() -> None:
    world = World(1, RULES._replace(outlives_boot=True))
    world.run()

    world.happen(Renewed("orders.py"))
    world.happen(Renewed("orders.py"), after=0.1)
    assert world.told[2] == [Stop("a newer one is on its way")]
    assert killed(world.happen(Ticked(), after=MERCY)) == [(2, SIGKILL)]
    world.die(2, -9)
    world.settle()

    assert {each.generation for each in world.alive.values()} == {3}


def test_what_a_failed_reload_has_started_is_stopped() -> None:
    world = World(2)
    world.run()
    world.happen(Renewed("SIGHUP"))
    world.happen(Resized(+1))
    assert sorted(world.alive) == [1, 2, 3, 4]

    world.die(3, 1)

    assert world.told[4][-1] == Stop("it ended with exit code 1")
    world.settle()
    assert {each.generation for each in world.alive.values()} == {1}
    assert world.numbers == [1, 2, 3]


def test_many_reloads_at_once_end_with_the_newest() -> None:
    world = World(3)
    world.run()

    for _ in range(20):
        world.happen(Renewed("SIGHUP"))
    world.settle()

    assert {each.generation for each in world.alive.values()} == {21}
    assert world.numbers == [1, 2, 3]


def test_somebody_who_works_on_the_code_is_waited_for() -> None:
    world = World(2, RULES._replace(outlives_boot=True))

    world.die(1, 1)
    world.die(2, 1)
    assert not world.state.is_over
    assert due(world.state) is None
    world.happen(Renewed("orders.py"))

    assert world.numbers == [1, 2]
    assert "workers.waiting" in world.lines()


def test_more_and_fewer_workers() -> None:
    world = World(2)
    world.run()

    world.happen(Resized(+1))
    world.settle()
    assert world.numbers == [1, 2, 3]
    for _ in range(5):
        world.happen(Resized(-1))
    world.settle()

    assert world.numbers == [1]
    assert world.state.size == 1


def test_a_tired_one_is_replaced_before_it_stops() -> None:
    world = World(1)
    world.run()

    world.happen(Tiring(1, "1000 requests"))
    assert len(world.alive) == 2
    assert not any(isinstance(each, Stop) for each in world.told[1])
    world.run(2)

    assert Stop("its successor runs", is_relieved=True) in world.told[1]


def test_the_chosen_one_has_gone_before_the_next_is_chosen() -> None:
    world = World(2)
    world.run()
    assert world.chosen == [1]

    world.happen(Renewed("SIGHUP"))
    world.run(3)
    assert world.chosen == [1]
    world.obey()

    assert world.chosen == [1, 3]


def test_what_came_to_its_end_in_the_chosen_one_is_told_to_the_others_before_any_of_them_is_chosen() -> None:
    world = World(3)
    world.run(1, 2)

    world.happen(Completed(1, "task report of plugin orders"))
    assert world.told[2] == [Finished("task report of plugin orders")]
    world.happen(Told(1, 0, False, ""))
    world.die(1, 0)
    world.run(3)

    assert world.told[3] == [Finished("task report of plugin orders")]
    assert world.told[2][1:] == [Chosen()]


def test_what_came_to_its_end_is_to_be_done_again_by_the_workers_of_a_reload_and_by_no_other() -> None:
    world = World(1)
    world.run()
    world.happen(Completed(1, "task report of plugin orders"))

    world.happen(Renewed("SIGHUP"))
    world.die(2, 1)  # the reload fails
    world.die(1)
    world.wake()
    world.run(3)
    assert Finished("task report of plugin orders") in world.told[3]
    world.happen(Renewed("SIGHUP"))
    world.settle()

    [newest] = world.alive
    assert Finished("task report of plugin orders") not in world.told[newest]


def test_a_stage_that_one_of_them_ends_for_all_ends_in_order_and_the_first_signal_hurries_nothing() -> None:
    world = World(2)
    world.run()

    world.happen(Concluding(1, "task lead of plugin orders set Cancel"))
    world.happen(StopAsked("SIGTERM"))

    why = "in worker 1 task lead of plugin orders set Cancel"
    assert [each[-1] for each in world.told.values()] == [Stop(why), Stop(why)]
    world.settle()
    assert world.state.is_over
    assert world.state.failure is None


def test_workers_whose_work_is_done_are_not_replaced_and_the_last_ends_all() -> None:
    world = World(2)
    world.run()

    world.happen(Told(2, 0, False, ""))
    world.die(2, 0)
    world.settle()
    assert world.numbers == [1]
    world.happen(Told(1, 0, False, ""))
    world.die(1, 0)

    assert world.state.is_over
    assert world.state.failure is None


def test_a_worker_that_a_signal_of_its_own_ended_is_replaced() -> None:
    world = World(1)
    world.run()

    world.happen(Told(1, 0, True, ""))
    world.die(1, 0)
    world.settle()

    assert world.numbers == [1]


def test_a_stop_tells_all_a_second_hurries_and_a_third_kills() -> None:
    world = World(2)
    world.run(1)

    world.happen(StopAsked("SIGTERM"))
    assert all(each[-1] == Stop("the parent got SIGTERM") for each in world.told.values())
    world.happen(StopAsked("SIGINT"))
    assert all(each[-1] == Hurry("the parent got a second signal, SIGINT") for each in world.told.values())
    assert killed(world.happen(StopAsked("SIGINT"))) == [(1, SIGKILL), (2, SIGKILL)]

    world.die(1)
    world.die(2)
    assert world.state.is_over
    assert world.state.failure is not None


def test_a_stop_that_all_obey_is_in_order_and_so_is_a_signal_to_the_whole_group_while_they_start() -> None:
    world = World(2)
    world.run(1)

    world.happen(StopAsked("SIGTERM"))
    world.die(1, 0)
    world.die(2, -SIGTERM)

    assert world.state.is_over
    assert world.state.failure is None


def test_who_does_not_stop_in_time_is_killed_and_that_is_told() -> None:
    world = World(1)
    world.run()

    world.happen(StopAsked("SIGTERM"))
    assert killed(world.happen(Ticked(), after=RULES.stop_timeout)) == []
    assert killed(world.happen(Ticked(), after=STOP_OVERTIME)) == [(1, SIGKILL)]
    world.die(1)

    assert world.state.failure is not None
    assert world.state.failure.what == "worker 1 did not stop in order"
