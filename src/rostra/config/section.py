"""Classes that are sections of the settings."""

from types import EllipsisType
from typing import Any, Self

from rostra.config.source import ConfigSource


class Config:
    """What a class of settings derives from, so that it is injected by its type alone.

    ``class DbConfig(Config, section="db")`` under ``@attrs.frozen`` or ``@dataclasses.dataclass`` is loaded from
    the table ``[db]`` once per stage. Any other class can be loaded by ``ConfigSource.load``.

    Args:
        section: The table, with dots for a table within a table. None stands for the root, which ignores tables
            that are none of its settings.
    """

    __slots__ = ()

    # attrs and dataclasses with slots make the class a second time, then without the keyword: the attribute that
    # the first time left in its namespace is there already.
    def __init_subclass__(cls, *, section: str | EllipsisType | None = ..., **options: Any) -> None:
        super().__init_subclass__(**options)
        if section is not ...:
            cls.__rostra_section__ = section  # type: ignore[attr-defined]  (no annotation: it would be a setting)

    @classmethod
    def from_source(cls, source: ConfigSource) -> Self:
        """This class, loaded from its section of ``source``.

        Raises:
            ConfigError: Settings are wrong.
        """
        return source.load(cls)
