"""A plugin that answers ``rostra probe`` from the first moment of preparing to the last of the teardown."""

from rostra import health, log
from rostra.cli import sockets
from rostra.plugin import Teardown

_log = log.get("rostra.cli")


async def prepare(checks: health.Checks, teardown: Teardown) -> None:
    """Open the socket of this process. Where that cannot be, the stage does without: it only cannot be asked."""
    try:
        await teardown.enter(health.serve(sockets.own(), checks))
    except OSError as error:
        _log.warning("probe.unavailable", reason=str(error))
