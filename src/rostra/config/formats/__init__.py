"""What do files say? Settings by the suffix of their name, secrets as they are.

Each reader is strict, bounded in time and memory, knows the line of every value, and never shows what it read.
Parsers are imported when a file needs them.
"""

from collections.abc import Callable
from pathlib import Path

from rostra.config.formats.content import Said, UnreadableError, content_of, mistake, secret_of

__all__ = ["Said", "UnreadableError", "is_dotenv", "secret_in", "settings_in", "variables_in"]


def settings_in(path: str | Path) -> tuple[tuple[str, Said], ...]:
    """What a file of settings says.

    Returns:
        Each file's name for messages, and what it says; the later wins.

    Raises:
        UnreadableError: It is not there, is no file, has a suffix that nobody reads, or is malformed.
    """
    name, path = str(path), Path(path)
    reader = READERS.get(path.suffix)
    if reader is None and not path.is_dir():
        known = ", ".join(f"*{suffix}" for suffix in sorted(READERS))
        raise UnreadableError(mistake(name, f"nobody here reads such files; known are {known}"))
    content = content_of(path, name)
    return ((name, reader(content, name)),) if reader else ()


def is_dotenv(path: str | Path) -> bool:
    """Whether a file holds variables: ``.env``, ``.env.local``, ``local.env``."""
    name = Path(path).name
    return name.endswith(".env") or name.startswith(".env.")


def variables_in(path: str | Path) -> Said:
    """The variables that a dotenv file sets, each a ``Text`` under its name. Nothing is expanded.

    Raises:
        UnreadableError: It is not there, is no file, or lines are malformed: all of them.
    """
    from rostra.config.formats.dotenv_format import variables

    name = str(path)
    return variables(content_of(Path(path), name), name)


def secret_in(path: str | Path) -> str:
    """The text of a file without the newlines at its end.

    Raises:
        UnreadableError: It is not there, is no file, or holds no text.
    """
    return secret_of(Path(path), str(path))


def _toml(content: str, name: str) -> Said:
    from rostra.config.formats.toml_format import toml

    return toml(content, name)


READERS: dict[str, Callable[[str, str], Said]] = {".toml": _toml}
"""Who reads files of settings, by suffix."""
