"""What is wrong with settings, in one line: the errors that a source raises, of the mistakes that were found."""

from collections.abc import Mapping, Sequence
from typing import Any

from rostra.components import name_of
from rostra.config.declared import called, is_section
from rostra.config.tree import Path, bracketed
from rostra.errors import ConfigError, Mistake

__all__ = [
    "ConfigError",
    "claimed_twice",
    "read_by_nobody",
    "unreadable",
    "without_section",
    "wrong_sections",
]


def unreadable(mistakes: tuple[Mistake, ...]) -> ConfigError:
    """Files cannot be read, or options."""
    names = ", ".join(dict.fromkeys(each.setting for each in mistakes))
    return ConfigError(f"cannot read the settings of {names}", mistakes)


def read_by_nobody(mistakes: tuple[Mistake, ...]) -> ConfigError:
    """Nobody has asked for options."""
    settings = (
        "1 setting of the options is"
        if len(mistakes) == 1
        else f"{len(mistakes)} settings of the options are"
    )
    return ConfigError(f"{settings} read by nobody", mistakes)


def claimed_twice(collisions: Sequence[Mistake]) -> ConfigError:
    """Somebody else has claimed a section, or a variable."""
    mistakes = tuple(dict.fromkeys(collisions))
    names = "1 name is" if len(mistakes) == 1 else f"{len(mistakes)} names are"
    return ConfigError(f"{names} claimed twice", mistakes, ("rename one of them",))


def wrong_sections(wrong: Mapping[Path, tuple[Mistake, ...]]) -> ConfigError:
    """Settings of sections are wrong: all of them, by the place of the section."""
    mistakes = tuple(each for of_one in wrong.values() for each in of_one)
    settings = "1 setting" if len(mistakes) == 1 else f"{len(mistakes)} settings"
    verb = "is" if len(mistakes) == 1 else "are"
    *others, last = map(bracketed, wrong)
    named = f"{', '.join(others)} and {last}" if others else last
    return ConfigError(f"{settings} of {named} {verb} wrong", mistakes)


def without_section(cls: Any) -> ConfigError:
    """A class cannot be loaded as it is."""
    if not is_section(cls):
        return ConfigError(f"{name_of(cls)} is no class of settings", fix=("decorate it with @attrs.frozen",))
    line = f'class {cls.__name__}(config.Config, section="...")'
    return ConfigError(f"{called(cls)} has no section", fix=(line, "section=None stands for the root"))
