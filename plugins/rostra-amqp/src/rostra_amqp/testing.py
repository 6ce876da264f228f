"""What a test of messages over RabbitMQ needs: a node of its own, that may be killed.

``rabbitmq_node`` is a fixture for a ``conftest.py`` to import. Whichever tests ask for it, there is one node in a run of
pytest; it starts when it is first asked for, and is up whenever a test begins. ``RabbitNode`` makes further ones.
"""

import os
import shutil
import tempfile
from pathlib import Path

import pytest

from rostra_amqp.nodes import RabbitNode, programs

__all__ = ["RabbitNode", "rabbitmq_node"]

_MISSING = (
    "RabbitMQ is not installed, so nothing was tried against a real one; apt-get install rabbitmq-server"
)
_NODE = pytest.StashKey[RabbitNode]()


@pytest.fixture
def rabbitmq_node(request: pytest.FixtureRequest) -> RabbitNode:
    """A RabbitMQ node that runs; the same one for all tests, so names should be of the test alone.

    Without an installed RabbitMQ the test is skipped. A test may kill and start it.
    """
    if programs() is None:
        pytest.skip(_MISSING)
    node = request.config.stash.get(_NODE, None)
    if node is None:
        node = request.config.stash[_NODE] = _made(request.config)
    if node.pid is None:
        node.start()
    return node


def _made(config: pytest.Config) -> RabbitNode:
    """A node whose folder goes with the run; it is short, because Erlang puts sockets into it."""
    folder = Path(tempfile.mkdtemp(prefix="rostra-rabbit-"))
    node = RabbitNode(folder)

    def away() -> None:
        node.stop()
        if "ROSTRA_KEEP_RABBITMQ" not in os.environ:
            shutil.rmtree(folder, ignore_errors=True)

    config.add_cleanup(away)
    return node
