"""Two workers against one, on a handler that only computes.

On a machine with few processors the load generator takes some of what the workers could have, and others take more. So three
figures stand side by side: what a processor second of the service is worth in requests, for one worker and for two; how much
of the time both workers were really at work, seen from the times at which each answer was computed; and what comes of both,
which is what two workers can do where they have two processors. Requests per second are shown as well, with the share of a
processor that the load generator took.
"""

import asyncio
import json
import subprocess
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import attrs
import psutil
from measure import ENVIRONMENT, Ratio

SERVICE = """
import os
import time

from rostra_aiohttp import get

@get("/")
def compute() -> str:
    began = time.monotonic_ns()
    total = 0
    for number in range(200_000):
        total += number * number
    return f"{os.getpid()} {began} {time.monotonic_ns()}"
"""

ROUNDS = 5
REQUESTS = 300
CLIENTS = 16
PATIENCE = 60.0


@attrs.frozen
class Figures:
    """What one round showed.

    Args:
        per_second: Requests per second.
        per_cpu_second: Requests per second of processor time that the service took.
        overlap: The mean number of workers at work while any was.
        generator: The share of a processor that the load generator took.
        spread: Answers by worker.
    """

    per_second: float
    per_cpu_second: float
    overlap: float
    generator: float
    spread: Counter[str]


@contextmanager
def service(folder: Path, workers: int) -> Iterator[tuple[psutil.Process, int]]:
    """The parent of so many workers, and the port of their service."""
    command = [sys.executable, "-m", "rostra", "run", "computing.py", "--workers", str(workers)]
    process = subprocess.Popen(
        [*command, "--bind", "tcp://127.0.0.1:0"],
        cwd=folder,
        env=ENVIRONMENT,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr is not None
    try:
        port, running = 0, 0
        for line in process.stderr:
            said = json.loads(line) if line.startswith("{") else {"event": line}
            port = int(said["url"].rpartition(":")[2]) if said["event"] == "http.listening" else port
            running += said["event"] == "stage.running"
            if port and running == workers:
                break
        yield psutil.Process(process.pid), port
    finally:
        process.terminate()
        process.communicate(timeout=PATIENCE)


async def answers(port: int, count: int) -> list[tuple[str, int, int]]:
    """Ask so often, by several clients with a connection each: who answered, and from when until when it computed."""
    left = iter(range(count))
    found: list[tuple[str, int, int]] = []

    async def client() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for _ in left:
            writer.write(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
            length = int(head.partition("content-length: ")[2].partition("\r\n")[0])
            pid, began, ended = (await reader.readexactly(length)).decode().split()
            found.append((pid, int(began), int(ended)))
        writer.close()

    async with asyncio.TaskGroup() as clients:
        for _ in range(CLIENTS):
            clients.create_task(client())
    return found


def overlap(found: Sequence[tuple[str, int, int]]) -> float:
    """The mean number of workers at work while any was: 1 is one after the other, 2 is both all the time."""
    edges = sorted([(began, 1) for _, began, _ in found] + [(ended, -1) for _, _, ended in found])
    at_work, before = 0, edges[0][0]
    spent: dict[int, int] = defaultdict(int)
    for moment, change in edges:
        spent[at_work] += moment - before
        at_work, before = at_work + change, moment
    busy = sum(time for count, time in spent.items() if count)
    return sum(count * time for count, time in spent.items()) / busy


def processor_seconds(parent: psutil.Process) -> float:
    """Of the service so far, all its processes together."""
    times = [each.cpu_times() for each in (parent, *parent.children())]
    return sum(each.user + each.system for each in times)


def measured(parent: psutil.Process, port: int) -> Figures:
    """One round."""
    before, began, own = processor_seconds(parent), time.monotonic(), time.process_time()
    found = asyncio.run(answers(port, REQUESTS))
    seconds = time.monotonic() - began
    return Figures(
        per_second=len(found) / seconds,
        per_cpu_second=len(found) / (processor_seconds(parent) - before),
        overlap=overlap(found),
        generator=(time.process_time() - own) / seconds,
        spread=Counter(pid for pid, _, _ in found),
    )


def main() -> None:
    """Print the figures of pairs of rounds, one worker and two in turn."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "computing.py").write_text(SERVICE)
        with service(Path(folder), 1) as alone, service(Path(folder), 2) as both:
            measured(*alone), measured(*both)
            pairs = [(measured(*alone), measured(*both)) for _ in range(ROUNDS)]
    worth = tuple(two.per_cpu_second / one.per_cpu_second for one, two in pairs)
    print(Ratio("requests per processor second, two workers / one", worth))
    print(Ratio("workers at work at the same time, of two", tuple(two.overlap for _, two in pairs)))
    both = tuple(each * two.overlap for each, (_, two) in zip(worth, pairs, strict=True))
    print(f"{Ratio('what two workers do / what one does', both)}  goal ≥ 1.8")
    print(
        Ratio("requests per second, two workers / one", tuple(b.per_second / a.per_second for a, b in pairs))
    )
    print(
        Ratio("processors that the load generator took meanwhile", tuple(two.generator for _, two in pairs))
    )
    print("answers by worker:", *sorted(sum((two.spread for _, two in pairs), Counter()).values()))


if __name__ == "__main__":
    main()
