"""What references outside of the settings ask for, answered as if they stood there; for tools."""

from collections.abc import Mapping, Sequence

from rostra.config.resolving import Spot, resolved
from rostra.config.source import ConfigSource
from rostra.config.spots import spots_in
from rostra.errors import Mistake


async def texts_of(
    source: ConfigSource,
    spots: Sequence[Spot],
    where: str,
    *,
    mistakes: Sequence[Mistake] = (),
    fix: Sequence[str] = (),
    timeout: float = 10,  # noqa: ASYNC109  (it names who did not answer)
) -> Mapping[Spot, str]:
    """What comes of texts with references. The source is left as it is.

    Args:
        source: The settings of resolvers, and the environment.
        spots: The texts.
        where: They stand, for messages.
        mistakes: What is wrong there besides.
        fix: What to do about it.
        timeout: Seconds for all resolvers together.

    Raises:
        ConfigError: References ask for what is not there.
        ResolverError: A resolver failed, was denied, or did not answer in time.
        ExceptionGroup: Several of those.
    """
    own = spots_in(source._settled.layers)  # noqa: SLF001  (a source has no public names but its settings)
    return await resolved(
        spots,
        source,
        lambda known: source._with(own.replaced(source._home, known)),  # noqa: SLF001  (as above)
        mistakes=mistakes,
        fix=fix,
        background=own.all,
        where=where,
        timeout=timeout,
    )
