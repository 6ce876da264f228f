"""What did the user type, where that is as plain as nearly always? Read here, since to import click takes longer than to read it.

That is ``rostra run`` with plugins, files, a prefix and settings, each option written in full. Whatever else there is, and
all that is wrong, click has to read. Pure.
"""

from collections.abc import Iterator, Sequence

from rostra.values import Values

__all__ = ["Plain", "plainly"]


class Plain(Values):
    """What a plain command line says; called as the parameters of ``rostra run`` are."""

    plugins: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    env_prefix: str | None = None
    overrides: tuple[str, ...] = ()


_OPTIONS = {"-c": "files", "--config": "files", "--env-prefix": "env_prefix", "--set": "overrides"}


def plainly(arguments: Sequence[str]) -> Plain | None:
    """What these arguments of ``rostra`` say; None if click has to read them."""
    if not arguments or arguments[0] != "run":
        return None
    said: dict[str, list[str]] = {"plugins": [], **{name: [] for name in _OPTIONS.values()}}
    for name, value in _read(iter(arguments[1:])):
        if name is None or value is None or (name == "overrides" and not _is_assignment(value)):
            return None
        said[name].append(value)
    prefix = said["env_prefix"][-1] if said["env_prefix"] else None
    return Plain(tuple(said["plugins"]), tuple(said["files"]), prefix, tuple(said["overrides"]))


def _read(left: Iterator[str]) -> Iterator[tuple[str | None, str | None]]:
    """What each one is, and its value; None in place of what is not plain."""
    for each in left:
        if not each.startswith("-"):
            yield "plugins", each
            continue
        option, equals, value = each.partition("=") if each.startswith("--") else (each, "", "")
        yield _OPTIONS.get(option), value if equals else _value(next(left, None))


def _value(typed: str | None) -> str | None:
    return None if typed is None or typed.startswith("-") else typed


def _is_assignment(value: str) -> bool:
    key, equals, _value = value.partition("=")
    return bool(key.strip() and equals)
