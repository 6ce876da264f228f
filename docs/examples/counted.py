"""A service in several workers that counts, and whose workers each show what all of them have counted."""

from rostra import fork, plugin
from rostra.metrics import Metrics
from rostra_aiohttp import get


@get("/")
async def hello(metrics: Metrics) -> str:
    """One more greeting."""
    metrics.counter("greetings_total").add()
    return "Hello!"


@get("/metrics")
async def show(merged: fork.Merged | None = None) -> str:
    """The sums, as Prometheus reads them; whichever worker is asked, they are those of all. Histograms are left out here."""
    shown = (
        [] if merged is None else [each for each in await merged.collected() if each.spec.kind == "counter"]
    )
    return "".join(f"{each.spec.name} {each.value:g}\n" for each in shown)


async def gather(metrics: Metrics, cancel: plugin.Cancel, merged: fork.Merged | None = None) -> None:
    """Let what this worker counts be added to what the others count; a process of its own has no others."""
    if merged is not None:
        with metrics.exported(merged):
            await cancel.wait()


async def prepare():
    """Gather from before the first request until after the last one."""
    yield plugin.task(gather, background=True)
