"""The worker's end of the control channel, while its loop turns: a plugin, the first that a worker's stage loads.

It gives signs of life from the loop, tells what the stage reaches, and does what the parent says. When the parent is
gone, however that came, the worker stops in order.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from rostra import log
from rostra.fork.asking import Asking
from rostra.fork.channel import Channel
from rostra.fork.merging import Merged
from rostra.fork.messages import (
    Beat,
    Chosen,
    Collected,
    Finished,
    Granted,
    Hurry,
    Message,
    Reached,
    Refused,
    Stop,
    Tired,
)
from rostra.fork.recycling import Endurance, Recycling
from rostra.fork.sockets import Sockets
from rostra.fork.worker import Worker
from rostra.plugin import Chosen as Turn
from rostra.plugin import Lifecycle, Phase, Stage, Teardown

_log = log.get("rostra.fork")


class Link:
    """What a worker says to its parent, and hears from it. A component of the worker's stage.

    Args:
        channel: The worker's end.
        worker: Is told whether others take over.
        turn: Is told when this worker is chosen, and what has come to its end in others.
        beat: Seconds between two signs of life.
        recycling: After what it asks for a successor.
    """

    def __init__(
        self, channel: Channel, worker: Worker, turn: Turn, beat: float, recycling: Recycling
    ) -> None:
        self._channel = channel
        self._worker = worker
        self._turn = turn
        self._beat = beat
        self._writes = False
        self.asking = Asking(self.send, channel.descriptor)
        self.merged = Merged(self.send)
        self.endurance = Endurance(recycling, lambda reason: self.send(Tired(reason)))

    def send(self, message: Message) -> None:
        """Say something; from the thread of the loop."""
        self._channel.send(message)
        if self._channel.is_waiting and not self._writes:
            self._writes = True
            asyncio.get_running_loop().add_writer(self._channel.fileno(), self._flush)

    @asynccontextmanager
    async def attended(self, stage: Stage, lifecycle: Lifecycle, sockets: Sockets) -> AsyncIterator[None]:
        """Give signs of life, and hear the parent, during the body."""
        log.unbind("plugin")  # what the parent says is not said by a plugin
        loop = asyncio.get_running_loop()
        loop.add_reader(self._channel.fileno(), self._receive, stage)
        tasks = [
            asyncio.create_task(self._give_signs(), name="worker: signs of life"),
            asyncio.create_task(self._tell(lifecycle, sockets), name="worker: phases"),
        ]
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks)
            loop.remove_reader(self._channel.fileno())
            self._stop_writing()

    async def _give_signs(self) -> None:
        while True:
            if not self._channel.is_waiting:  # a parent that is suspended need not hear all of them
                self.merged.hand_over()
                self.send(Beat())
            self.endurance.look_at_memory()
            await asyncio.sleep(self._beat)

    async def _tell(self, lifecycle: Lifecycle, sockets: Sockets) -> None:
        for phase in (Phase.RUNNING, Phase.STOPPING):
            if await lifecycle.wait_for(phase) is phase:
                self.send(Reached(str(phase)))
                if phase is Phase.RUNNING:
                    sockets.tell_unused()

    def _receive(self, stage: Stage) -> None:
        for message in self._channel.received():
            self._obey(message, stage)
        if self._channel.is_over:
            asyncio.get_running_loop().remove_reader(self._channel.fileno())
            _log.warning("parent.gone")
            self.asking.lose()
            self.merged.lose()
            stage.stop("its parent has gone")

    def _obey(self, message: Message, stage: Stage) -> None:
        match message:
            case Granted():
                self.asking.granted(message)
            case Refused():
                self.asking.refused(message)
            case Collected():
                self.merged.collected_by_parent(message)
            case Chosen():
                self._turn.set()
            case Finished(task):
                self._turn.note_end(task)
            case Stop(reason, is_relieved):
                self._worker.is_relieved = is_relieved
                stage.stop(reason)
            case Hurry(reason):
                stage.stop_now(reason)
            case _:
                raise AssertionError(f"a parent does not say {message}")

    def _flush(self) -> None:
        self._channel.flush()
        if not self._channel.is_waiting:
            self._stop_writing()

    def _stop_writing(self) -> None:
        if self._writes:
            self._writes = False
            asyncio.get_running_loop().remove_writer(self._channel.fileno())


async def prepare(
    link: Link, stage: Stage, lifecycle: Lifecycle, sockets: Sockets, teardown: Teardown
) -> None:
    """Attend to the parent, from the first prepare to the last of the teardown."""
    await teardown.enter(link.attended(stage, lifecycle, sockets))
