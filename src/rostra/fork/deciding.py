"""What is to be done? From what the parent knows and what happened, to what it knows then and what it does now.

Pure: the moment and the chance are given. Two bounds hold whatever happens: no worker is started when one more than wanted
is alive, and none after the budget of restarts is used up. What follows whatever happened last stands in ``following``.
"""

from collections.abc import Callable, Iterable
from signal import SIGINT, SIGKILL, SIGTERM, Signals

from rostra.fork.following import Outcome, follow, hurry_the_late, line_about, retired
from rostra.fork.messages import Finished, Hurry, Stop
from rostra.fork.states import (
    Action,
    Advanced,
    Beaten,
    Completed,
    Concluding,
    Event,
    Failure,
    Gone,
    Kill,
    Line,
    Member,
    Notice,
    Overslept,
    Renewed,
    Resized,
    State,
    Step,
    StopAsked,
    Tell,
    Ticked,
    Tiring,
    Told,
)
from rostra.plugin.restarting import Restarts, pause

_DEADLY = 3
"""The signal to stop that kills."""


def decide(state: State, event: Event, now: float, chance: float) -> Outcome:
    """What is known after ``event``, and what to do, in this order.

    Args:
        state: What was known before.
        event: What happened.
        now: When; of ``Ticked`` the moment up to which all that has come is heard.
        chance: At least 0, less than 1, for the jitter of pauses.
    """
    state, actions = _happened(state._replace(now=now), event, chance)
    state, more = follow(state)
    return state, actions + more


def _happened(state: State, event: Event, chance: float) -> Outcome:
    match event:
        case Gone():
            member = state.member(event.key)
            return (state, []) if member is None else _gone(_without(state, member), member, event, chance)
        case StopAsked(signal):
            return _stop(state, signal)
        case Resized(by):
            return _resized(state, by)
        case Renewed(reason):
            return _renewed(state, reason)
        case Overslept(seconds):
            members = tuple(_spared(each, seconds, state.now) for each in state.members)
            return state._replace(members=members), []
        case Ticked():
            return hurry_the_late(state)
        case _:
            return _said(state, event)


def _said(state: State, event: Beaten | Advanced | Completed | Concluding | Told | Tiring) -> Outcome:
    """A worker has said something."""
    match event:
        case Beaten(key):
            return _changed(state, key, lambda member: member._replace(beat=state.now)), []
        case Advanced(key, step):
            return _advanced(state, key, step)
        case Completed(key, task):
            return _completed(state, key, task)
        case Concluding(key, reason):
            return _concluded(state, key, reason)
        case Told(key, exit_code, was_told, error):
            return _changed(state, key, lambda it: it._replace(ended=(exit_code, was_told, error))), []
        case Tiring(key, reason):
            tired = _changed(state, key, lambda member: member._replace(is_tired=True))
            return tired, _said_of(state, key, "info", "worker.tired", reason=reason)


# What happens to one worker


def _advanced(state: State, key: int, step: Step) -> Outcome:
    member = state.member(key)
    if member is None or step <= member.step:
        return state, []
    if step is not Step.RUNNING:
        return state.with_member(member._replace(step=step, since=state.now)), []
    state = state.with_member(member._replace(step=step, since=state.now, beat=state.now, has_run=True))
    good = max(state.good, member.generation)
    finished = (task for generation, task in state.finished if generation == member.generation)
    return state._replace(good=good), [
        line_about(member, "info", "worker.running"),
        *(Tell(key, Finished(task)) for task in finished),
    ]


def _completed(state: State, key: int, task: str) -> Outcome:
    """What is to be done once is done: no other worker of this generation needs to do it."""
    member = state.member(key)
    if member is None or (member.generation, task) in state.finished:
        return state, []
    others = (
        each
        for each in state.members
        if each.generation == member.generation and each.is_serving and each.key != key
    )
    return state._replace(finished=(*state.finished, (member.generation, task))), [
        line_about(member, "info", "worker.finished", task=task),
        *(Tell(each.key, Finished(task)) for each in others),
    ]


def _gone(state: State, member: Member, gone: Gone, chance: float) -> Outcome:
    """A worker that is no longer among the members has ended: was that in order, and what follows?"""
    if state.chosen == member.key:
        state = state._replace(chosen=None)
    if state.is_ending or member.is_told:
        return _left(state, member, gone)
    if _is_done(member, gone):
        has_successor = any(each.number == member.number for each in state.members)
        done = state.done if has_successor else state.done | {member.number}
        return state._replace(done=done), [line_about(member, "info", "worker.done")]
    line = _line_of_death(member, gone)
    if not member.has_run and member.generation > state.good:
        state, actions = _unstarted(state, member, gone)
    else:
        state, actions = _crashed(state, member, gone, chance)
    return state, [line, *actions]


def _left(state: State, member: Member, gone: Gone) -> Outcome:
    """It was told to stop. A signal to the whole group, before it could hear any, ends it in order as well."""
    is_in_order = gone.status in (0, -SIGTERM, -SIGINT)
    if is_in_order:
        return state, [line_about(member, "info", "worker.stopped")]
    line = _line_of_death(member, gone)
    if not state.is_ending or state.failure is not None:
        return state, [line]
    what = f"worker {member.number} did not stop in order"
    return state._replace(failure=Failure(what, _how(member, gone), _exit_code(member, gone))), [line]


def _line_of_death(member: Member, gone: Gone) -> Line:
    """One that never ran has not died: the worker with its number may be serving."""
    shown = {"stacks": gone.stacks} if gone.stacks else {}
    event = "worker.died" if member.has_run else "worker.unstarted"
    return line_about(member, "warning", event, how=_how(member, gone), **shown)


def _unstarted(state: State, member: Member, gone: Gone) -> Outcome:
    """It did not start, and none of its generation ever has: what they have in common is broken."""
    why = _how(member, gone)
    if member.generation < state.generation:
        return state, []  # a newer one is on its way
    if state.good > 0:
        kept = state._replace(generation=state.good, is_reloading=False, keeps_old=True)
        kept, told = _told([each for each in state.members if each.generation > state.good], kept, Stop(why))
        ready = Notice("ready", f"the reload failed: {why}")
        return kept, [Line("error", "workers.kept", {"why": why}), ready, *told]
    failure = Failure(f"worker {member.number} did not start", why, _exit_code(member, gone))
    if not state.rules.outlives_boot:
        return _given_up(state, failure)
    return state._replace(is_dormant=True, is_reloading=False), [
        Line("error", "workers.waiting", {"why": why, "until": "the next change"})
    ]


def _crashed(state: State, member: Member, gone: Gone, chance: float) -> Outcome:
    policy = state.rules.restart
    crashes = tuple(moment for moment in state.crashes if state.now - moment < policy.within)
    seconds = pause(policy, Restarts(crashes[:: state.size]), state.now, chance)
    if seconds is not None:
        not_before = max(state.not_before, state.now + seconds)
        return state._replace(crashes=(*crashes, state.now), not_before=not_before), []
    if state.rules.outlives_boot:
        return state._replace(is_dormant=True), [
            Line("error", "workers.waiting", {"why": _how(member, gone), "until": "the next change"})
        ]
    what = f"workers died again and again, {len(crashes) + 1} times within {policy.within:g} s"
    return _given_up(
        state, Failure(what, f"worker {member.number}: {_how(member, gone)}", _exit_code(member, gone))
    )


def _given_up(state: State, failure: Failure) -> Outcome:
    if state.is_ending:
        return state, []
    return _all_told(state._replace(failure=failure, stops=1), Stop(failure.what))


def _is_done(member: Member, gone: Gone) -> bool:
    return gone.status == 0 and member.ended is not None and not member.ended[1]


def _exit_code(member: Member, gone: Gone) -> int:
    said = 0 if member.ended is None else member.ended[0]
    return max(gone.status, 0) or said or 1


def _how(member: Member, gone: Gone) -> str:
    """How it ended, in one line: in its own words, or by what the system says."""
    if gone.reason:
        return gone.reason
    if member.ended is not None and member.ended[2]:
        return member.ended[2]
    if member.aborted is not None:
        where = "its start took too long" if not member.has_run else "its loop gave no sign of life"
        return f"{where}, and it was ended by {_signal(gone.status)}"
    if gone.status < 0:
        return f"it was ended by {_signal(gone.status)}"
    return f"it ended with exit code {gone.status}"


def _signal(status: int) -> str:
    try:
        return Signals(-status).name
    except ValueError:
        return f"signal {-status}" if status < 0 else f"itself, with exit code {status}"


# What is asked of all


def _concluded(state: State, key: int, reason: str) -> Outcome:
    """The stage is one of all workers: what only one of them runs has ended it for all."""
    member = state.member(key)
    if member is None or state.is_ending or not _is_current(state, member):
        return state, []
    why = f"in worker {member.number} {reason}"
    return _all_stopped(state._replace(is_concluded=True, is_dormant=False), why, why)


def _is_current(state: State, member: Member) -> bool:
    """Whether no reload is about to replace it."""
    return member.generation == state.generation or state.keeps_old


def _stop(state: State, signal: str) -> Outcome:
    stops = state.stops + 1
    state = state._replace(stops=stops, is_dormant=False)
    if stops == 1:
        return _all_stopped(state, signal, f"the parent got {signal}")
    if stops < _DEADLY:
        hurry = Hurry(f"the parent got a second signal, {signal}")
        return state, [
            Line("warning", "workers.hurried", {"reason": signal}),
            *(Tell(each.key, hurry) for each in state.members),
        ]
    members = tuple(each._replace(is_killed=True) for each in state.members)
    failure = state.failure or Failure("workers were killed by a third signal", signal, 1)
    return state._replace(members=members, failure=failure), [Kill(each.key, SIGKILL) for each in members]


def _all_stopped(state: State, reason: str, told: str) -> Outcome:
    state, actions = _all_told(state, Stop(told))
    count = len(state.members)
    lines: list[Action] = [
        Line("info", "workers.stopping", {"reason": reason, "count": count}),
        Notice("stopping", ""),
    ]
    return state, [*lines, *actions]


def _all_told(state: State, message: Stop) -> Outcome:
    return _told(state.members, state, message)


def _told(members: Iterable[Member], state: State, message: Stop) -> Outcome:
    actions: list[Action] = []
    for member in members:
        if not member.is_told:
            state, told = retired(state, member, message)
            actions += told
    return state, actions


def _resized(state: State, by: int) -> Outcome:
    size = max(1, state.size + by)
    return state._replace(size=size), [Line("info", "workers.resized", {"count": size})]


def _renewed(state: State, reason: str) -> Outcome:
    if state.is_ending:
        return state, []
    newest = state.newest + 1
    needed = (state.generation, state.good)
    renewed = state._replace(
        finished=tuple(each for each in state.finished if each[0] in needed),
        generation=newest,
        newest=newest,
        crashes=(),
        not_before=state.now,
        done=frozenset(),
        is_reloading=True,
        keeps_old=False,
        is_dormant=False,
    )
    actions: list[Action] = [
        Line("info", "workers.reloading", {"reason": reason, "generation": newest}),
        Notice("reloading", reason),
    ]
    if not state.rules.outlives_boot:
        return renewed, actions
    for member in state.members:  # of those that start what was saved before, nobody wants anything any more
        if member.step is Step.STARTING and not member.is_told:
            renewed, told = retired(renewed, member, Stop("a newer one is on its way"))
            actions += told
    return renewed, actions


def _without(state: State, member: Member) -> State:
    return state._replace(members=tuple(each for each in state.members if each.key != member.key))


def _changed(state: State, key: int, change: Callable[[Member], Member]) -> State:
    member = state.member(key)
    return state if member is None else state.with_member(change(member))


def _spared(member: Member, seconds: float, now: float) -> Member:
    """A worker that may have been suspended for so long, too: it begins anew to be waited for."""
    return member._replace(
        since=member.since + seconds, beat=now, aborted=None if member.aborted is None else now
    )


def _said_of(state: State, key: int, level: str, event: str, **keys: object) -> list[Action]:
    member = state.member(key)
    return [] if member is None else [line_about(member, level, event, **keys)]
