"""A parent of workers whose processes exist only in words: what is decided is done to them."""

from signal import SIGKILL
from typing import Any

from rostra.fork.deciding import decide
from rostra.fork.following import due
from rostra.fork.messages import Chosen, Stop
from rostra.fork.states import (
    Advanced,
    Beaten,
    Gone,
    Kill,
    Line,
    Notice,
    Rules,
    Spawn,
    State,
    Step,
    Tell,
    Ticked,
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
