"""Making what a plan says where nobody can wait: a plan that would have to is refused, and so the code never does."""

from collections.abc import Coroutine, Iterable
from typing import Any

from rostra import errors
from rostra.components import name_of
from rostra.di.offers import step_of
from rostra.di.plans import Node
from rostra.di.running import Run


def check_now(run: Run, wanted: str, nodes: Iterable[Node]) -> None:
    """Refuse what would have to wait.

    Raises:
        NeedsAwaitError: Something on the way needs ``await`` and is not there yet.
    """
    way = next(filter(None, map(run.waits_for, nodes)), None)
    if way is not None:
        reason = f"{way[-1].adapter.label} can only be awaited"
        steps = (
            *((step_of(offer), offer.adapter.place) for offer in way),
            (name_of(way[-1].made), reason),
        )
        raise errors.NeedsAwaitError(wanted, reason, steps, fixes=(f"await di.nject({wanted})",))


def driven(coroutine: Coroutine[Any, Any, Any]) -> Any:
    """The result of a coroutine that does not wait.

    Raises:
        NeedsAwaitError: It does, because another task is making the same thing.
    """
    try:
        coroutine.send(None)
    except StopIteration as done:
        return done.value
    coroutine.close()
    reason = "another task is making it"
    raise errors.NeedsAwaitError("it", reason, (("now", reason),), fixes=("await di.nject(...)",))
