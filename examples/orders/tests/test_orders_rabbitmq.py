"""The same service on RabbitMQ, as a program of its own that is told by one variable."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from rostra_amqp.testing import RabbitNode, rabbitmq_node

__all__ = ["rabbitmq_node"]

EXAMPLES = Path(__file__).parents[2]
PATIENCE = 60.0


class Program:
    """The service; its log is read line by line."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self.process = process
        self.url = self.wait_for("http.listening")["url"]
        self.wait_for("stage.running")

    def wait_for(self, event: str) -> dict[str, Any]:
        """The next line of the log with this event."""
        assert self.process.stderr is not None
        lines = []
        for text in self.process.stderr:
            line: dict[str, Any] = json.loads(text)
            lines.append(text)
            if line["event"] == event:
                return line
        raise AssertionError(f"no {event} among {''.join(lines)}")

    def ask(self, path: str, body: object = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        headers = {"Content-Type": "application/json"}
        request = urllib.request.Request(self.url + path, data, headers)
        with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
            return json.load(answer)

    def ask_until_some(self, path: str) -> Any:
        """Ask again until there is something: it is logged before it is stored."""
        end = time.monotonic() + PATIENCE
        while not (found := self.ask(path)) and time.monotonic() < end:
            time.sleep(0.05)
        return found


@pytest.fixture
def program(rabbitmq_node: RabbitNode) -> Iterator[Program]:
    prefix = f"orders{time.time_ns()}."
    variables = {"ORDERS_MESSAGING_URL": rabbitmq_node.url, "ORDERS_MESSAGING_PREFIX": prefix}
    command = [sys.executable, "-m", "rostra", "run", "orders", "-c", "orders/config.toml", "--env-prefix", "ORDERS",
               "--set", "http.port=0", "--set", "logging.format=json"]  # fmt: skip
    process = subprocess.Popen(
        command, cwd=EXAMPLES, env={**os.environ, **variables}, stderr=subprocess.PIPE, text=True
    )
    assert process.stderr is not None
    too_late = threading.Timer(PATIENCE, process.kill)  # whoever reads its log waits no longer
    too_late.start()
    try:
        yield Program(process)
    finally:
        too_late.cancel()
        process.kill()
        process.wait()
        process.stderr.close()


def test_on_rabbitmq_orders_are_billed_by_the_same_code(program: Program) -> None:
    placed = program.ask("/orders", {"item": "tea", "quantity": 2})
    billed = program.wait_for("order.billed")
    program.ask("/orders", {"item": "gold", "quantity": 90})

    assert billed["number"] == placed["number"]
    assert program.ask("/bills") == [{"number": placed["number"], "amount": 700}]
    assert program.ask_until_some("/bills/failed") == ["order 2 costs 31500, and 20000 is the most, in try 1"]
    assert program.ask("/bills/failed/again", {}) == {"tried": 1}
    assert len(program.ask_until_some("/bills/failed")) == 1
    program.process.send_signal(signal.SIGTERM)
    assert program.process.wait(PATIENCE) == 0
