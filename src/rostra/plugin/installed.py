"""Which plugins are installed? The entry points of ``rostra.plugins``, by name."""

from collections.abc import Mapping

from rostra.installed import PLUGINS, entry_points, names

GROUP = PLUGINS


def installed(name: str) -> Mapping[str, str]:
    """The entry points, name to ``module`` or ``module:function``; none if ``name`` is surely not one."""
    if not (name.isidentifier() or "-" in name) or name == "__main__":
        return {}
    return all_installed() if name in names(GROUP) else {}


def all_installed() -> Mapping[str, str]:
    """All entry points."""
    return {each.name: each.value for each in entry_points(GROUP)}
