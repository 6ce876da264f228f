"""Classes that are sections of the settings."""

import sys
from types import EllipsisType
from typing import Any, Self

from rostra.config.declared import SECTION
from rostra.config.namespaces import keep_locals
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
    __rostra_section__ = ...

    # attrs and dataclasses with slots make the class a second time, then without the keyword: the attribute that
    # the first time left in its namespace is there already.
    def __init_subclass__(cls, *, section: str | EllipsisType | None = ..., **options: Any) -> None:
        super().__init_subclass__(**options)
        if section is not ...:
            setattr(cls, SECTION, section)
        keep_locals(cls, sys._getframe(1))  # noqa: SLF001  (there is no public name for it)

    @classmethod
    def from_source(cls, source: ConfigSource) -> Self:
        """This class, loaded from its section of ``source``.

        Raises:
            ConfigError: Settings are wrong.
        """
        return source.load(cls)


def bool_var(default: bool | EllipsisType = ..., *, kw_only: bool = False) -> bool:
    """A boolean of an attrs class that also takes words: ``debug: bool = config.bool_var(False)``.

    ``1 on true yes`` and ``0 off false no`` in any case, also where the class is made by hand. A setting needs
    this only then: ``ConfigSource.load`` reads every ``bool`` so.

    Args:
        default: Left out, the setting is required.
        kw_only: As in ``attrs.field``.
    """
    import attrs

    missing: Any = attrs.NOTHING
    value: bool = attrs.field(
        default=missing if isinstance(default, EllipsisType) else default, converter=_word, kw_only=kw_only
    )
    return value


def _word(value: Any) -> bool:
    from rostra.config.scalars import SCALARS
    from rostra.config.showing import shown

    known = SCALARS[bool]
    try:
        return bool(known.read(value))
    except (ValueError, TypeError):
        pass
    raise ValueError(f"expected {known.expected}, found {shown(value)}")
