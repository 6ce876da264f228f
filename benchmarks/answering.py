"""Services that benchmarks start: on a port that is free, and asked only once they listen."""

import socket
import subprocess
import time

PATIENCE = 30.0


def free_port() -> int:
    """A port that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for(service: "subprocess.Popen[bytes]", port: int, name: object) -> None:
    """Return once it listens.

    Raises:
        SystemExit: It ended, or takes too long.
    """
    began = time.monotonic()
    while True:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        if service.poll() is not None or time.monotonic() - began > PATIENCE:
            raise SystemExit(f"{name} does not listen on port {port}")
        time.sleep(0.01)
