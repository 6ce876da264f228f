"""Which plugins are installed? The entry points of ``rostra.plugins``, by name."""

from collections.abc import Mapping

from rostra.installed import PLUGINS, entry_points, names

GROUP = PLUGINS


def is_installed(name: str) -> bool:
    """Whether there is an entry point of this name."""
    return (name.isidentifier() or "-" in name) and name != "__main__" and name in names(GROUP)


def installed(name: str) -> Mapping[str, str]:
    """The entry points, name to ``module`` or ``module:function``; none if ``name`` is not one."""
    return all_installed() if is_installed(name) else {}


def all_installed() -> Mapping[str, str]:
    """All entry points."""
    return {each.name: each.value for each in entry_points(GROUP)}
