"""Settings that are read, against cattrs alone, which neither merges nor knows who said what nor reads strictly.

First one section of thirty settings, again and again; then the start of a program with a thousand sections, each of
them declared, claimed and loaded once, in a process of its own.
"""

import gc
import time
import timeit
from functools import partial
from typing import Any

import attrs
import cattrs
from measure import compare, figure_of

from rostra.config import ConfigSource


@attrs.frozen
class Pool:
    """A table within the section."""

    url: str
    size: int = 5
    timeout: float = 1.5
    tags: list[str] = attrs.Factory(list)


@attrs.frozen
class Service:
    """Thirty settings."""

    name: str
    host: str
    user: str
    region: str
    stage: str
    log_format: str
    port: int
    workers: int
    retries: int
    backlog: int
    size: int
    timeout: float
    interval: float
    ratio: float
    jitter: float
    debug: bool
    verbose: bool
    compress: bool
    cache: bool
    hosts: list[str]
    ports: list[int]
    weights: list[float]
    labels: dict[str, str]
    limits: dict[str, int]
    token: str | None
    proxy: str | None
    quota: int | None
    primary: Pool
    replica: Pool
    spare: Pool | None = None


_POOL = {"url": "sqlite://", "size": 3, "timeout": 2.5, "tags": ["a", "b"]}
SERVICE: dict[str, Any] = {
    "name": "orders",
    "host": "localhost",
    "user": "me",
    "region": "eu",
    "stage": "test",
    "log_format": "json",
    "port": 8080,
    "workers": 4,
    "retries": 3,
    "backlog": 128,
    "size": 10,
    "timeout": 1.5,
    "interval": 2.0,
    "ratio": 0.5,
    "jitter": 0.1,
    "debug": True,
    "verbose": False,
    "compress": True,
    "cache": False,
    "hosts": ["a", "b", "c"],
    "ports": [1, 2, 3],
    "weights": [0.1, 0.2],
    "labels": {"team": "a", "kind": "b"},
    "limits": {"cpu": 1, "memory": 2},
    "token": "x",
    "proxy": None,
    "quota": 5,
    "primary": _POOL,
    "replica": _POOL,
    "spare": None,
}
VARIABLES = {f"APP_OTHER_{number}": str(number) for number in range(57)} | {
    "APP_SERVICE_PORT": "8081",
    "APP_SERVICE_PRIMARY_SIZE": "7",
    "APP_SERVICE_HOSTS": "a,b",
}

DECLARED = """
import gc, sys, time
import attrs, cattrs
from rostra import config
gc.disable()

def declared(number):
    @attrs.frozen
    class Section({base}):
        url: str
        size: int = 5
        timeout: float = 1.5
        debug: bool = False
        hosts: list[str] = attrs.Factory(list)
    return Section

said = {{f"s{{number}}": {{"url": "x", "size": 1, "hosts": ["a"]}} for number in range(int(sys.argv[1]))}}
began = time.perf_counter()
classes = {{name: declared(name) for name in said}}
{load}
print(time.perf_counter() - began)
"""
OURS = DECLARED.format(
    base="config.Config, section=number", load="config.ConfigSource(said).load_sections(classes.values())"
)
WITH_PREFIX = DECLARED.format(
    base="config.Config, section=number",
    load='config.ConfigSource(said, env_prefix="APP", environ={}).load_sections(classes.values())',
)
CATTRS = DECLARED.format(
    base="",
    load="converter = cattrs.Converter()\n"
    "made = [converter.structure(said[name], cls) for name, cls in classes.items()]",
)


def seconds(statement: Any) -> float:
    """Processor time for five hundred times, the best of five."""
    return min(timeit.repeat(statement, number=500, repeat=5, timer=time.process_time))


def seconds_of_loading(mapping: dict[str, Any]) -> float:
    """Processor time for five hundred sections of sources that are there already, the best of five.

    The sources are made twenty at a time: five hundred would not fit into the processor's cache, where the one
    mapping that the other side reads is all the time. As in ``timeit`` no garbage is collected meanwhile.
    """
    gc.disable()
    best = min(sum(_seconds_of_twenty(mapping) for _ in range(25)) for _ in range(5))
    gc.enable()
    return best


def _seconds_of_twenty(mapping: dict[str, Any]) -> float:
    sources = [ConfigSource(mapping) for _ in range(20)]
    began = time.process_time()
    for source in sources:
        source.load(Service, "service")
    return time.process_time() - began


def main() -> None:
    """Print the ratios."""
    mapping = {"service": SERVICE}
    converter = cattrs.Converter()
    environ = {f"HOME_{number}": "x" for number in range(40)} | VARIABLES
    by_cattrs = partial(seconds, lambda: converter.structure(SERVICE, Service))
    ours = ConfigSource(mapping).load(Service, "service")
    if ours != converter.structure(SERVICE, Service):
        raise SystemExit("both should read the same")
    compare(
        "a source made and a section of 30 settings loaded / cattrs",
        partial(seconds, lambda: ConfigSource(mapping).load(Service, "service")),
        by_cattrs,
    )
    compare(
        "the same, loaded from a source that is there / cattrs",
        partial(seconds_of_loading, mapping),
        by_cattrs,
        goal=2.0,
    )
    compare(
        "the same with 60 variables of the environment / cattrs",
        partial(
            seconds,
            lambda: ConfigSource(mapping, env_prefix="APP", environ=environ).load(Service, "service"),
        ),
        by_cattrs,
    )
    for name, program in (("", OURS), (" with a prefix", WITH_PREFIX)):
        compare(
            f"1000 sections declared and loaded{name} / by cattrs",
            partial(figure_of, ["-c", program, "1000"]),
            partial(figure_of, ["-c", CATTRS, "1000"]),
            pairs=5,
        )


if __name__ == "__main__":
    main()
