"""What follows from what is known: the rules that hold whatever happened last, in their order.

Each takes what is known and gives what is known then, and what to do about it.
"""

from signal import SIGABRT, SIGKILL
from typing import TypeAlias

from rostra.fork.messages import Chosen, Stop
from rostra.fork.states import Action, Kill, Line, Member, Notice, Settle, Spawn, State, Step, Tell

START_OVERTIME = 5.0
"""Seconds that a start may take longer than its stage allows, before the worker is made to show where it hangs."""

STOP_OVERTIME = 4.5
"""Seconds that a stop may take longer: what was cancelled gets time to end, too. With the usual timeout all is over
before Kubernetes kills, 30 s after the signal."""

MERCY = 2.0
"""Seconds for a worker to show its stacks, before it is killed: one that is suspended never does."""

Outcome: TypeAlias = "tuple[State, list[Action]]"


def follow(state: State) -> Outcome:
    """Apply all rules."""
    actions: list[Action] = []
    for rule in (_start_missing, _retire_surplus, _choose, _finish_reload, _tell_status):
        state, more = rule(state)
        actions += more
    return state, actions


def due(state: State) -> float | None:
    """The moment in which ``Ticked`` is to happen again because time alone changes something; None: there is none."""
    moments = [moment for each in state.members if (moment := _deadline(state, each)) is not None]
    if state.not_before > state.now and _missing(state._replace(now=state.not_before)):
        moments.append(state.not_before)
    return min(moments, default=None)


def is_alive(state: State) -> bool:
    """Whether a supervisor need not worry: one worker gives signs of life, or one is on its way."""
    heartbeat = state.rules.heartbeat
    return any(
        each.step is Step.STARTING
        or (each.is_serving and (not heartbeat or state.now - each.beat <= heartbeat))
        for each in state.members
    )


def retired(state: State, member: Member, message: Stop) -> Outcome:
    """Tell a worker to stop."""
    since = member.since if member.step is Step.LEAVING else state.now
    leaving = member._replace(step=Step.LEAVING, since=since, is_told=True)
    return state.with_member(leaving), [Tell(member.key, message)]


def hurry_the_late(state: State) -> Outcome:
    """End workers that are silent, or take too long to start or to stop."""
    actions: list[Action] = []
    for member in state.members:
        deadline = _deadline(state, member)
        if deadline is None or deadline > state.now:
            continue
        if member.step is Step.LEAVING or member.aborted is not None:
            state = state.with_member(member._replace(is_killed=True))
            why = "its stop took too long" if member.aborted is None else "it did not even show its stacks"
            actions += [line_about(member, "error", "worker.killed", why=why), Kill(member.key, SIGKILL)]
        else:
            state = state.with_member(member._replace(aborted=state.now))
            event = "worker.silent" if member.step is Step.RUNNING else "worker.late"
            seconds = round(state.now - (member.beat if member.step is Step.RUNNING else member.since), 1)
            actions += [line_about(member, "error", event, seconds=seconds), Kill(member.key, SIGABRT)]
    return state, actions


def _deadline(state: State, member: Member) -> float | None:
    """The moment in which something is done about a worker that does nothing by itself."""
    rules = state.rules
    if member.is_killed:
        return None
    if member.aborted is not None:
        return member.aborted + MERCY
    if member.step is Step.LEAVING:
        is_draft = rules.outlives_boot and not member.has_run and not state.is_ending
        return member.since + (MERCY if is_draft else rules.stop_timeout + STOP_OVERTIME)
    if member.step is Step.STARTING:
        return member.since + rules.start_timeout + START_OVERTIME
    return member.beat + rules.heartbeat if rules.heartbeat > 0 else None


def _start_missing(state: State) -> Outcome:
    actions: list[Action] = []
    for number in _missing(state):
        member = Member(state.next_key, number, state.generation, since=state.now, beat=state.now)
        state = state._replace(members=(*state.members, member), next_key=state.next_key + 1)
        actions += [
            Spawn(member.key, number, state.size, state.generation),
            line_about(member, "info", "worker.starting"),
        ]
    return state, actions


def _missing(state: State) -> list[int]:
    """The numbers of workers to start now.

    Those of which no worker is there at once, those of which one is to be replaced one after another.
    """
    if state.is_ending or state.is_dormant or state.now < state.not_before:
        return []
    staying = [each for each in state.members if each.is_staying]
    lacking = sorted(state.wanted - {each.number for each in staying if _is_fresh(state, each)})
    there = {each.number for each in staying}
    empty = [number for number in lacking if number not in there]
    may_replace = not empty and all(each.step is Step.RUNNING for each in staying)
    starting = lacking[:1] if may_replace else empty
    return starting[: max(0, state.size + 1 - len(state.members))]


def _is_fresh(state: State, member: Member) -> bool:
    """Whether it is not to be replaced."""
    return (member.generation == state.generation or state.keeps_old) and not member.is_tired


def _retire_surplus(state: State) -> Outcome:
    """Tell those to stop whose successors run, and those whose numbers are not wanted."""
    actions: list[Action] = []
    if state.is_ending:
        return state, actions
    newest = {each.number: each.key for each in state.members if each.is_serving}
    for member in state.members:
        is_replaced = member.key < newest.get(member.number, 0)
        if member.is_serving and (is_replaced or member.number > state.size):
            reason = "its successor runs" if is_replaced else "fewer workers are wanted"
            state, told = retired(state, member, Stop(reason, is_relieved=True))
            actions += [line_about(member, "info", "worker.retiring", reason=reason), *told]
    return state, actions


def _choose(state: State) -> Outcome:
    """Name the one worker in which single tasks run; the next one only when that has gone."""
    serving = [each for each in state.members if each.is_serving]
    if state.chosen is not None or state.is_ending or not serving:
        return state, []
    member = min(serving, key=lambda it: (not _is_fresh(state, it), it.number))
    return state._replace(chosen=member.key), [
        line_about(member, "info", "worker.chosen"),
        Tell(member.key, Chosen()),
    ]


def _finish_reload(state: State) -> Outcome:
    """Say so when all that are wanted run, for the first time or after a reload."""
    if state.is_ending or not state.wanted or (state.is_ready and not state.is_reloading):
        return state, []
    outdated = [each for each in state.members if each.generation != state.generation]
    served = {each.number for each in state.members if each.is_serving}
    if outdated or not state.wanted <= served:
        return state, []
    event = "workers.reloaded" if state.is_ready else "workers.running"
    return state._replace(is_ready=True, is_reloading=False), [
        Settle(state.generation),
        Line("info", event, {"count": len(served), "generation": state.generation}),
        Notice("ready", ""),
    ]


def _tell_status(state: State) -> Outcome:
    count = sum(each.step is Step.RUNNING for each in state.members)
    status = "1 worker runs" if count == 1 else f"{count} workers run"
    if status == state.status:
        return state, []
    return state._replace(status=status), [Notice("status", status)]


def line_about(member: Member, level: str, event: str, **keys: object) -> Line:
    """A line of the log about a worker."""
    return Line(level, event, {"worker": member.number, **keys}, member.key)
