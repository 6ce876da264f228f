"""What ``rostra run`` does where it is to run in several processes, or in one that is replaced: it asks ``rostra.fork`` to."""

import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from importlib.util import find_spec
from typing import Any

from rostra import errors, fork
from rostra.cli.ending import reported
from rostra.cli.sockets import worker_of
from rostra.plugin import Named

__all__ = ["run_several"]


def run_several(
    plugins: tuple[Named, ...],
    *,
    watched: tuple[str, ...] | None,
    recycling: tuple[int, int, int],
    preload: bool,
    **stage: Any,
) -> None:
    """Run plugins in as many processes as are wanted.

    Args:
        plugins: What to load, in order.
        watched: Files of settings that are watched as the code is; None if nothing is.
        recycling: After how many requests a worker is replaced, by how many that varies, and at how many bytes of memory.
        preload: Whether plugins are imported before the workers are forked.
        stage: What else ``fork.stage`` is told.

    Raises:
        CommandLineError: What is wanted cannot be watched.
    """
    fork.stage(
        *plugins,
        watch=None if watched is None else _watched(watched, preload=preload),
        recycling=fork.Recycling(*recycling),
        preload=preload,
        reported=_reported_of(os.getpid()),
        where="--bind",
        **stage,
    )


def _watched(files: tuple[str, ...], *, preload: bool) -> Any:
    """What is watched, if it can be.

    Raises:
        CommandLineError: It cannot.
    """
    if find_spec("watchfiles") is None:
        raise errors.CommandLineError("watchfiles is not installed", fix=('pip install "rostra[watch]"',))
    if preload:
        why = ("what is imported before the workers are forked is never imported anew",)
        raise errors.CommandLineError(
            "--watch and --preload exclude each other", why, ("leave out one of them",)
        )
    return fork.Watched.of_here(files)


def _reported_of(parent: int) -> Callable[[], AbstractContextManager[None]]:
    """How a worker runs: what goes wrong is printed as always, and probes find it by its parent."""

    @contextmanager
    def in_a_worker() -> Iterator[None]:
        with worker_of(parent), reported():
            yield

    return in_a_worker
