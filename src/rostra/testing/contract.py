"""Does a plugin keep what every plugin promises?

It loads alone. It can be cancelled at every step of preparing and running. Afterwards no task, socket,
descriptor, thread or signal handler of it is left. Its sections are frozen. Plugins are prepared and started
for real, many times over, each time in an event loop of its own; nothing is replaced.
"""

import inspect
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, ClassVar

import attrs

from rostra.config import Config
from rostra.errors import ContractError
from rostra.plugin import Named, find
from rostra.testing.attempt import Attempt, attempt

__all__ = ["PluginContract", "check"]

_PATIENCE = 10.0
_MOST_STEPS = 1000


def check(plugin: Named, *, config: Mapping[str, Any] | None = None, patience: float = _PATIENCE) -> None:
    """Raise everything by which a plugin breaks the contract at once.

    Call it from a synchronous test. For one test each, derive from ``PluginContract``.

    Args:
        plugin: As it is given to a stage.
        config: The settings it needs. A port of 0 takes any free one.
        patience: Seconds that each start and each stop may take.

    Raises:
        ContractError: The plugin breaks its contract; if it cannot even be loaded, with the reason as cause.
    """
    alone = attempt(plugin, config, patience=patience)
    breaches = [*alone.breaches]
    if not breaches:
        breaches += [*_cancelled_at_every_step(plugin, config, alone.steps, patience)]
    _raise(plugin, [*breaches, *_unfrozen_sections(plugin)], alone.error)


class PluginContract:
    """The contract as tests: derive from it and name the plugin.

    ::

        class TestContract(contract.PluginContract):
            plugin = "rostra_aiohttp"
            config = {"http": {"port": 0}}
    """

    plugin: ClassVar[Any]
    config: ClassVar[Mapping[str, Any] | None] = None
    patience: ClassVar[float] = _PATIENCE

    def test_it_loads_alone_and_leaves_nothing(self) -> None:
        """The plugin needs no other that it does not load itself, and puts away what it opened."""
        alone = self._attempt()
        _raise(self._plugin, alone.breaches, alone.error)

    def test_it_can_be_cancelled_at_every_step(self) -> None:
        """Wherever a cancellation reaches it, it ends soon and leaves nothing."""
        alone = self._attempt()
        steps = _cancelled_at_every_step(self._plugin, self.config, alone.steps, self.patience)
        _raise(self._plugin, [*alone.breaches, *steps], alone.error)

    def test_its_sections_are_frozen(self) -> None:
        """Nobody can change settings that others read."""
        _raise(self._plugin, _unfrozen_sections(self._plugin))

    def _attempt(self) -> Attempt:
        return attempt(self._plugin, self.config, patience=self.patience)

    @property
    def _plugin(self) -> Named:
        plugin = inspect.getattr_static(type(self), "plugin")  # a function in a class would become a method
        return plugin.__func__ if isinstance(plugin, staticmethod) else plugin


def _cancelled_at_every_step(
    plugin: Named, config: Mapping[str, Any] | None, steps: int, patience: float
) -> Iterator[str]:
    """Each distinct breach once, with the first place at which it was seen; of the first thousand steps."""
    seen: dict[str, list[str]] = {}
    for step in range(1, min(steps, _MOST_STEPS) + 1):
        life = attempt(plugin, config, cancel_at=step, patience=patience)
        for breach in life.breaches:
            seen.setdefault(breach, []).append(life.place)
        if life.is_stuck:
            break  # each further step would take as long, and say the same
    for breach, places in seen.items():
        more = "" if len(places) == 1 else f" and {len(places) - 1} more"
        yield f"cancelled at {places[0]}{more}: {breach}"


def _unfrozen_sections(plugin: Named) -> Iterator[str]:
    home = find(plugin).module
    if home is None:
        return
    for section in _descendants(Config):
        if f"{section.__module__}.".startswith(f"{home.__name__}."):
            changeable = [name for name in _settings(section) if _can_be_set(section, name)]
            if changeable:
                yield f"{section.__qualname__} is not frozen: {', '.join(changeable)} can be changed"


def _descendants(cls: type[Any]) -> Iterator[type[Any]]:
    for child in cls.__subclasses__():
        yield child
        yield from _descendants(child)


def _settings(section: type[Any]) -> Iterator[str]:
    """The names of its fields; none for what attrs leaves behind when it makes a class again, with slots."""
    made = vars(section)
    if "__attrs_attrs__" in made:
        yield from (field.name for field in attrs.fields(section))
    yield from made.get("__dataclass_fields__", ())


def _can_be_set(section: type[Any], name: str) -> bool:
    empty = object.__new__(section)
    try:
        setattr(empty, name, None)
    except AttributeError:
        return False
    return True


def _raise(plugin: Named, breaches: Iterable[str], cause: BaseException | None = None) -> None:
    found = tuple(dict.fromkeys(breaches))
    if found:
        raise ContractError(plugin if isinstance(plugin, str) else find(plugin).name, found) from cause
