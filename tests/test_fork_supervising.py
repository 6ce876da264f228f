"""Anything happens to workers, in any order, and their parent keeps its promises."""

import hypothesis.strategies as st
from decided import RULES, World
from hypothesis import settings
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from rostra.fork.following import due
from rostra.fork.states import (
    Advanced,
    Beaten,
    Completed,
    Concluding,
    Overslept,
    Renewed,
    Resized,
    Step,
    StopAsked,
    Ticked,
    Tiring,
    Told,
)


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
    @rule(data=st.data(), task=st.sampled_from(["report", "sweep"]))
    def a_task_of_one_worker_comes_to_its_end(self, data: st.DataObject, task: str) -> None:
        self.world.happen(Completed(self.worker(data), task))

    @precondition(lambda self: self.world.alive)
    @rule(data=st.data())
    def a_task_of_one_worker_ends_the_stage(self, data: st.DataObject) -> None:
        self.world.happen(Concluding(self.worker(data), "task lead of plugin orders set Cancel"))

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
