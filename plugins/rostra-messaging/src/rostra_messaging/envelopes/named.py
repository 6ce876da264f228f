"""Which envelope is meant? By name, as settings have it, or an object of somebody's own.

An envelope by name is an entry point of the group ``rostra.envelopes``. Its value is called once per stage with the
settings of messaging, and returns the envelope.
"""

from collections.abc import Callable, Mapping
from typing import TypeAlias

from rostra.installed import entry_points
from rostra_messaging.envelopes.contract import Envelope
from rostra_messaging.errors import EnvelopeNotFoundError
from rostra_messaging.settings import MessagingConfig

GROUP = "rostra.envelopes"
"""Of the entry points."""

MakeEnvelope: TypeAlias = Callable[[MessagingConfig], Envelope]
"""What an entry point names."""


class Envelopes:
    """The envelopes of a stage, by name. A component.

    Args:
        settings: Of messaging.
        known: Those that are there already. Others are looked up among the entry points, and made once.
    """

    def __init__(self, settings: MessagingConfig, known: Mapping[str, Envelope] | None = None) -> None:
        self._settings = settings
        self._known: dict[str, Envelope] = dict(known or {})

    def add(self, name: str, envelope: Envelope) -> None:
        """Let settings and subscriptions call this one by a name; it takes the place of another."""
        self._known[name] = envelope

    @property
    def names(self) -> tuple[str, ...]:
        """What there is, also of what nobody has asked for."""
        return tuple(sorted({*self._known, *(each.name for each in entry_points(GROUP))}))

    def choose(self, *asked: "Envelope | str | None") -> Envelope:
        """The first of these that says anything, as an envelope.

        Raises:
            EnvelopeNotFoundError: There is none of that name.
        """
        chosen = next(each for each in asked if each is not None)
        if not isinstance(chosen, str):
            return chosen
        found = self._known.get(chosen)
        if found is None:
            found = self._known[chosen] = self._made(chosen)
        return found

    def _made(self, name: str) -> Envelope:
        point = next((each for each in entry_points(GROUP) if each.name == name), None)
        if point is None:
            raise EnvelopeNotFoundError(name, self.names)
        make: MakeEnvelope = point.load()
        return make(self._settings)
