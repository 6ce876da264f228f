"""A process without a parent of ours: it, too, may be given sockets, and tells systemd how it is.

It is a plugin, ``rostra.fork.lone``, for a stage with a ``Notifying`` among its components.
"""

import asyncio
import os
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager

from rostra.components import Components
from rostra.fork.inherited import inherited
from rostra.fork.notifying import Notifying
from rostra.fork.refusals import bind_uris
from rostra.fork.sockets import Sockets
from rostra.plugin import Lifecycle, Phase, Teardown

__all__ = ["given", "prepare"]


def given(uris: Iterable[str] = (), where: str = "--bind", *, reuse_port: bool = False) -> Components:
    """What the stage of a lone process is given: the sockets of systemd and of ``uris``, and the line to systemd.

    Raises:
        AddressError: An address cannot be read.
        ListenError: Nobody can listen there, or systemd gave what does not listen.
    """
    bound = (*inherited(os.environ), *bind_uris(uris, where, reuse_port=reuse_port))
    layer = Components(label="given")
    layer.add(Sockets(bound, reuse_port=reuse_port))
    layer.add(Notifying.taken_from(os.environ))
    return layer


async def prepare(line: Notifying, sockets: Sockets, lifecycle: Lifecycle, teardown: Teardown) -> None:
    """Tell systemd when the stage runs and when it stops, and in between that its loop turns."""
    await teardown.enter(_telling(line, sockets, lifecycle))


@asynccontextmanager
async def _telling(line: Notifying, sockets: Sockets, lifecycle: Lifecycle) -> AsyncIterator[None]:
    tasks = [asyncio.create_task(_tell(line, sockets, lifecycle), name="systemd: how it is")]
    if line.watchdog:
        tasks.append(asyncio.create_task(_beat(line), name="systemd: watchdog"))
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)


async def _tell(line: Notifying, sockets: Sockets, lifecycle: Lifecycle) -> None:
    if await lifecycle.wait_for(Phase.RUNNING) is Phase.RUNNING:
        line.ready()
        sockets.tell_unused()
    await lifecycle.wait_for(Phase.STOPPING)
    line.stopping()


async def _beat(line: Notifying) -> None:
    while True:
        line.alive()
        await asyncio.sleep(line.watchdog / 3)
