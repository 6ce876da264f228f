"""Two workers against one, on a handler that only computes.

On a machine with few processors the load generator takes some of what the workers could have, and others take more. So three
figures stand side by side: what a processor second of the service is worth in requests, for one worker and for two; how much
of the time both workers were really at work, seen from the times at which each answer was computed; and what comes of both,
which is what two workers can do where they have two processors. What the machine itself loses when two processes compute at
once is shown beside them, as are requests per second and the share of a processor that the load generator took.
"""

import asyncio
import json
import subprocess
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
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
LONGEST_OF_HTTP = 1_000_000
"""Nanoseconds between one computation and the next that a worker needs to answer and to read what waits."""


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


@attrs.frozen
class Answers:
    """What a round of questions got.

    Args:
        found: Who answered, and from when until when it computed, in nanoseconds.
        asked_until: When the last question was asked.
    """

    found: list[tuple[str, int, int]] = attrs.field(factory=list)
    asked_until: int = 0


async def answers(port: int, count: int) -> Answers:
    """Ask so often, by several clients with a connection each."""
    left = iter(range(count))
    found: list[tuple[str, int, int]] = []
    asked_until = 0

    async def client() -> None:
        nonlocal asked_until
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for _ in left:
            asked_until = time.monotonic_ns()
            writer.write(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
            length = int(head.partition("content-length: ")[2].partition("\r\n")[0])
            pid, began, ended = (await reader.readexactly(length)).decode().split()
            found.append((pid, int(began), int(ended)))
        writer.close()

    async with asyncio.TaskGroup() as clients:
        for _ in range(CLIENTS):
            clients.create_task(client())
    return Answers(found, asked_until)


def stretches(answers: Answers) -> Iterator[tuple[int, int]]:
    """From when until when each worker was at work without a pause.

    What lies between two computations is its work at HTTP, unless that takes longer than HTTP takes. What was computed
    after the last question was asked does not count: one of two is the last to finish.
    """
    by_worker: dict[str, list[tuple[int, int]]] = defaultdict(list)
    for pid, began, ended in sorted(answers.found):
        if began < answers.asked_until:
            by_worker[pid].append((began, min(ended, answers.asked_until)))
    for computed in by_worker.values():
        since, until = computed[0]
        for began, ended in computed:
            if began - until > LONGEST_OF_HTTP:
                yield since, until
                since = began
            until = ended
        yield since, until


def overlap(answers: Answers) -> float:
    """The mean number of workers at work while any was: 1 is one after the other, 2 is both all the time."""
    at_work = [*stretches(answers)]
    edges = sorted([(began, 1) for began, _ in at_work] + [(ended, -1) for _, ended in at_work])
    count, before = 0, edges[0][0]
    spent: dict[int, int] = defaultdict(int)
    for moment, change in edges:
        spent[count] += moment - before
        count, before = count + change, moment
    busy = sum(time for count, time in spent.items() if count)
    return sum(count * time for count, time in spent.items()) / busy


def processor_seconds(parent: psutil.Process) -> float:
    """Of the service so far, all its processes together."""
    times = [each.cpu_times() for each in (parent, *parent.children())]
    return sum(each.user + each.system for each in times)


def measured(parent: psutil.Process, port: int) -> Figures:
    """One round."""
    before, began, own = processor_seconds(parent), time.monotonic(), time.process_time()
    got = asyncio.run(answers(port, REQUESTS))
    seconds = time.monotonic() - began
    return Figures(
        per_second=REQUESTS / seconds,
        per_cpu_second=REQUESTS / (processor_seconds(parent) - before),
        overlap=overlap(got),
        generator=(time.process_time() - own) / seconds,
        spread=Counter(pid for pid, _, _ in got.found),
    )


ALONE = """
import sys, time

began = time.process_time()
for _ in range(int(sys.argv[1])):
    total = 0
    for number in range(200_000):
        total += number * number
print(time.process_time() - began)
"""


def without_service(processes: int) -> float:
    """What the handler computes, without any service: rounds per processor second, in so many processes at once."""
    command = [sys.executable, "-c", ALONE, str(REQUESTS // processes)]
    running = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(processes)]
    return REQUESTS / sum(float(each.communicate(timeout=PATIENCE)[0]) for each in running)


def main() -> None:
    """Print the figures of pairs of rounds, one worker and two in turn."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "computing.py").write_text(SERVICE)
        with service(Path(folder), 1) as alone, service(Path(folder), 2) as both:
            measured(*alone), measured(*both)
            pairs = [(measured(*alone), measured(*both)) for _ in range(ROUNDS)]
            machine = tuple(without_service(2) / without_service(1) for _ in range(ROUNDS))
    worth = tuple(two.per_cpu_second / one.per_cpu_second for one, two in pairs)
    print(Ratio("requests per processor second, two workers / one", worth))
    print(Ratio("the same for the bare computation, in two processes / in one", machine))
    print(Ratio("workers at work at the same time, of two", tuple(two.overlap for _, two in pairs)))
    product = tuple(each * two.overlap for each, (_, two) in zip(worth, pairs, strict=True))
    print(f"{Ratio('what two workers do / what one does', product)}  goal ≥ 1.8")
    print(
        Ratio("requests per second, two workers / one", tuple(b.per_second / a.per_second for a, b in pairs))
    )
    print(
        Ratio("processors that the load generator took meanwhile", tuple(two.generator for _, two in pairs))
    )
    print("answers by worker:", *sorted(sum((two.spread for _, two in pairs), Counter()).values()))


if __name__ == "__main__":
    main()
