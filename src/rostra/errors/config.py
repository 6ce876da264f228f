"""What can go wrong when settings are read."""

from rostra.errors.base import RostraError, Wording
from rostra.values import Values

_WIDEST = 72
"""A reason longer than this does not push the last column of every other line to the right."""


class Mistake(Values):
    """One line of a ConfigError.

    Args:
        setting: The setting with its section, ``greeter.port``; or the file, variable or section that is wrong.
        reason: What was expected and what was found. Never the value of a secret.
        origin: Who said so (``from config.toml``), or where the setting can be made (``set APP_GREETER_PORT``).
    """

    setting: str
    reason: str
    origin: str = ""


class ConfigError(RostraError, ValueError):
    """Settings are wrong: all mistakes that one look at them found.

    Args:
        summary: What is wrong, in one line.
        mistakes: In the order of the classes' settings.
        fix: What to do about it, where a mistake does not say that itself.
    """

    summary: str
    mistakes: tuple[Mistake, ...] = ()
    fix: tuple[str, ...] = ()

    def parts(self) -> Wording:
        """The summary, who said what is wrong, and why it is."""
        origins = dict.fromkeys(each.origin for each in self.mistakes if each.origin)
        reasons = tuple(f"{each.setting}: {each.reason}" for each in self.mistakes)
        return Wording(self.summary, tuple(origins), reasons, self.fix)

    def wording(self) -> Wording:
        """The summary, and the mistakes as a table."""
        settings = max((len(each.setting) for each in self.mistakes), default=0)
        reasons = max((len(each.reason) for each in self.mistakes if len(each.reason) <= _WIDEST), default=0)
        body = tuple(
            f"{each.setting:<{settings}}   {each.reason:<{reasons}}   {each.origin}".rstrip()
            for each in self.mistakes
        )
        return Wording(self.summary, fix=self.fix, body=body)
