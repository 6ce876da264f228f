"""What the parent of workers decides, whatever happens to it: no process, no signal, no time."""

from signal import SIGABRT, SIGKILL, SIGTERM
from typing import Any

import hypothesis.strategies as st
import pytest
from hypothesis import settings
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from rostra.fork.deciding import decide
from rostra.fork.following import MERCY, STOP_OVERTIME, due
from rostra.fork.messages import Chosen, Hurry, Stop
from rostra.fork.states import (
    Advanced,
    Beaten,
    Gone,
    Kill,
    Line,
    Notice,
    Overslept,
    Renewed,
    Resized,
    Rules,
    Settle,
    Spawn,
    State,
    Step,
    StopAsked,
    Tell,
    Ticked,
    Tiring,
    Told,
)
from rostra.plugin import Restart

RULES = Rules(
    heartbeat=10.0,
    start_timeout=20.0,
    stop_timeout=5.0,
    restart=Restart(budget=3, within=60.0, delay=1.0, longest=4.0, jitter=0.0),
)


class World:
    """Processes that exist only in words; the state is asked what to do with them."""

    def __init__(self, size: int, rules: Rules = RULES) -> None:
        self.now = 100.0
        self.state = State(rules, size)
        self.largest = size
        self.alive: dict[int, Spawn] = {}
        self.told: dict[int, list[object]] = {}
        self.chosen: list[int] = []
        self.doomed: set[int] = set()
        self.actions: list[Any] = []
        self.happen(Ticked())

    def happen(self, event: Any, *, after: float = 0.0) -> list[Any]:
        """Let it happen, and do what is decided; return what that is."""
        self.now += after
        self.state, actions = decide(self.state, event, self.now, 0.5)
        self.largest = max(self.largest, self.state.size)
        for action in actions:
            self._do(action)
        self.actions += actions
        return actions

    def _do(self, action: Any) -> None:
        match action:
            case Spawn(key):
                assert not self.state.is_ending, "no worker is started when all are to stop"
                assert len(self.alive) <= self.state.size, "never more than one more than wanted"
                assert action.number <= action.of
                self.alive[key] = action
                self.told[key] = []
            case Tell(key, message):
                assert key in self.alive
                self.told[key].append(message)
                if message == Chosen():
                    assert not [each for each in self.chosen if each in self.alive]
                    self.chosen.append(key)
            case Kill(key, signal):
                assert key in self.alive, "no signal goes to a process that was waited for"
                self.doomed |= {key} if signal == SIGKILL else set()

    def run(self, *keys: int) -> None:
        for key in keys or tuple(self.alive):
            self.happen(Advanced(key, Step.RUNNING))

    def die(self, key: int, status: int = -9, **more: Any) -> list[Any]:
        del self.alive[key]
        return self.happen(Gone(key, status, **more))

    def obey(self) -> bool:
        """Let those end that were told to; whether there were any."""
        obedient = [key for key in self.alive if any(isinstance(each, Stop) for each in self.told[key])]
        for key in obedient:
            self.happen(Told(key, 0, False, ""))
            self.die(key, 0)
        return bool(obedient)

    def settle(self) -> None:
        """Let everything happen that obedient workers do, until nothing does."""
        for _ in range(200):
            starting = [each.key for each in self.state.members if each.step is Step.STARTING]
            leaving = [
                each.key
                for each in self.state.members
                if not each.is_told and (each.step is Step.LEAVING or each.aborted is not None)
            ]
            if starting and not leaving:
                self.run(*starting)
            elif leaving:
                self.die(leaving[0])
            elif not self.obey() and not self.wake():
                return
        raise AssertionError("it never settles")

    def wake(self) -> bool:
        """Move to the moment in which a worker may be started again; whether there is one."""
        if self.state.is_ending or self.state.not_before <= self.now or due(self.state) is None:
            return False
        for key in self.alive:
            self.happen(Beaten(key))
        self.now = self.state.not_before
        self.happen(Ticked())
        return True

    @property
    def numbers(self) -> list[int]:
        return sorted(each.number for each in self.alive.values())

    def lines(self) -> list[str]:
        return [each.event for each in self.actions if isinstance(each, Line)]

    def notices(self) -> list[str]:
        return [each.kind for each in self.actions if isinstance(each, Notice) and each.kind != "status"]


def killed(actions: list[Any]) -> list[tuple[int, int]]:
    return [(each.key, each.signal) for each in actions if isinstance(each, Kill)]


class Supervising(RuleBasedStateMachine):
    """Anything happens to workers, in any order, and the parent keeps its promises."""

    @initialize(size=st.integers(1, 4), outlives=st.booleans(), heartbeat=st.sampled_from([0.0, 10.0]))
    def begin(self, size: int, outlives: bool, heartbeat: float) -> None:
        self.world = World(size, RULES._replace(outlives_boot=outlives, heartbeat=heartbeat))

    def worker(self, data: st.DataObject) -> int:
        return data.draw(st.sampled_from(sorted(self.world.alive)))

    @precondition(lambda self: self.world.alive)
    @rule(data=st.data(), step=st.sampled_from([Step.RUNNING, Step.LEAVING]))
    def a_worker_gets_further(self, data: st.DataObject, step: Step) -> None:
        self.world.happen(Advanced(self.worker(data), step))

    @precondition(lambda self: self.world.alive)
    @rule(data=st.data())
    def a_worker_beats(self, data: st.DataObject) -> None:
        self.world.happen(Beaten(self.worker(data)))

    @precondition(lambda self: self.world.alive)
    @rule(data=st.data())
    def a_worker_is_tired(self, data: st.DataObject) -> None:
        self.world.happen(Tiring(self.worker(data), "1000 requests"))

    @precondition(lambda self: self.world.alive)
    @rule(data=st.data(), status=st.sampled_from([0, 1, 2, -9, -6, -15]))
    def a_worker_is_gone(self, data: st.DataObject, status: int) -> None:
        self.world.die(self.worker(data), status)

    @precondition(lambda self: self.world.alive)
    @rule(data=st.data(), code=st.sampled_from([0, 1, 2]), was_told=st.booleans())
    def a_worker_says_how_it_ends_and_is_gone(self, data: st.DataObject, code: int, was_told: bool) -> None:
        key = self.worker(data)
        self.world.happen(Told(key, code, was_told, "ValueError: no" if code else ""))
        self.world.die(key, code)

    @rule(seconds=st.floats(0, 30))
    def time_passes(self, seconds: float) -> None:
        self.world.happen(Ticked(), after=seconds)

    @rule()
    def the_parent_waits_until_something_is_due(self) -> None:
        moment = due(self.world.state)
        if moment is not None:
            self.world.now = max(self.world.now, moment)
            self.world.happen(Ticked())

    @rule(seconds=st.floats(0, 30))
    def the_parent_oversleeps(self, seconds: float) -> None:
        self.world.happen(Overslept(seconds), after=seconds)

    @rule()
    def the_settings_are_read_again(self) -> None:
        self.world.happen(Renewed("SIGHUP"))

    @rule(by=st.sampled_from([1, -1]))
    def the_number_changes(self, by: int) -> None:
        self.world.happen(Resized(by))

    @rule()
    def workers_obey(self) -> None:
        self.world.obey()

    @rule()
    def all_goes_well_for_a_while(self) -> None:
        """Then there is one worker of each number, and it is up to date."""
        world = self.world
        world.settle()
        state = world.state
        if not state.is_ending and not state.is_dormant:
            assert world.numbers == sorted(state.wanted)
            generations = {each.generation for each in state.members}
            assert max(generations, default=0) <= state.generation
            assert state.keeps_old or generations <= {state.generation}
            assert not any(each.is_tired for each in state.members)
            assert state.is_ready or not state.wanted

    @rule()
    def a_signal_stops(self) -> None:
        self.world.happen(StopAsked("SIGTERM"))

    @invariant()
    def every_process_is_known_and_no_other(self) -> None:
        if hasattr(self, "world"):
            assert {each.key for each in self.world.state.members} == set(self.world.alive)

    @invariant()
    def two_of_one_number_are_one_and_whom_it_replaces(self) -> None:
        if hasattr(self, "world"):
            state = self.world.state
            numbers = [
                each.number
                for each in state.members
                if each.is_staying and each.generation == state.generation and not each.is_tired
            ]
            assert len(numbers) == len(set(numbers))

    @invariant()
    def it_waits_for_something_or_is_over(self) -> None:
        """Whoever waits has somebody to wait for, a moment, or the next change of the code."""
        if hasattr(self, "world"):
            state = self.world.state
            assert state.members or state.is_over or state.is_dormant or due(state) is not None

    def teardown(self) -> None:
        """A stop ends, though no worker ever obeys."""
        if not hasattr(self, "world"):
            return
        world = self.world
        world.happen(StopAsked("SIGTERM"))
        for _ in range(100):
            for key in world.doomed & set(world.alive):
                world.die(key)
            if world.state.is_over:
                break
            moment = due(world.state)
            assert moment is not None
            world.now = max(world.now, moment)
            world.happen(Ticked())
        assert world.state.is_over
        assert not world.alive


TestSupervising = Supervising.TestCase
TestSupervising.settings = settings(max_examples=100, stateful_step_count=30, deadline=None)


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

    died = [each for each in world.actions if isinstance(each, Line) and each.event == "worker.died"]
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
    assert world.lines()[-1] == "workers.kept"
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
