"""What a test of messages over RabbitMQ needs: a node of its own, that may be killed.

``rabbitmq_node`` is a fixture for a ``conftest.py`` to import. Whichever tests ask for it, there is one node in a run of
pytest; it starts when it is first asked for, and is up whenever a test begins. ``fresh_rabbitmq_node`` has nothing of other
tests in it: a node that was killed and has to find the queues of many tests again is slow. ``RabbitNode`` makes further ones.
"""

import os
import shutil
import tempfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from rostra_amqp.nodes import RabbitNode, programs

__all__ = ["RabbitNode", "fresh_rabbitmq_node", "rabbitmq_node"]

_MISSING = (
    "RabbitMQ is not installed, so nothing was tried against a real one; apt-get install rabbitmq-server"
)
_NODE = pytest.StashKey[RabbitNode]()


@pytest.fixture
def rabbitmq_node(request: pytest.FixtureRequest) -> RabbitNode:
    """A RabbitMQ node that runs; the same one for all tests, so names should be of the test alone.

    Without an installed RabbitMQ the test is skipped. A test may kill and start it.
    """
    _skip_without_rabbitmq()
    return _shared_node(request.config)


@pytest.fixture
def fresh_rabbitmq_node(request: pytest.FixtureRequest) -> Iterator[RabbitNode]:
    """A RabbitMQ node that runs, and that no test has used before; others may do so afterwards if this is the first one.

    Without an installed RabbitMQ the test is skipped.
    """
    _skip_without_rabbitmq()
    if _NODE not in request.config.stash:
        yield _shared_node(request.config)
        return
    node = _new_node()
    try:
        node.start()
        yield node
    finally:
        _put_away(node)


def _shared_node(config: pytest.Config) -> RabbitNode:
    node = config.stash.get(_NODE, None)
    if node is None:
        node = config.stash[_NODE] = _new_node()
        config.add_cleanup(partial(_put_away, node))
    if node.pid is None:
        node.start()
    return node


def _skip_without_rabbitmq() -> None:
    if programs() is None:
        pytest.skip(_MISSING)


def _new_node() -> RabbitNode:
    """Its folder is short, because Erlang puts sockets into it."""
    return RabbitNode(Path(tempfile.mkdtemp(prefix="rostra-rabbit-")))


def _put_away(node: RabbitNode) -> None:
    node.stop()
    if "ROSTRA_KEEP_RABBITMQ" not in os.environ:
        shutil.rmtree(node.folder, ignore_errors=True)
