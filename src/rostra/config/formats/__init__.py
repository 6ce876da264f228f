"""What do files say? Settings by the suffix of their name, folders file by file, secrets as they are.

Each reader is strict, bounded in time and memory, knows the line of every value, and never shows what it read.
Parsers are imported when a file needs them.
"""

from pathlib import Path
from stat import S_ISDIR

from rostra.config.formats.content import Said, content_of, mistake, mode_and_size, secret_of
from rostra.config.formats.readers import READERS, is_dotenv, settings_of
from rostra.config.unreadable import UnreadableError

__all__ = ["Said", "UnreadableError", "is_dotenv", "secret_in", "settings_in", "variables_in"]


def settings_in(path: str | Path) -> tuple[tuple[str, Said], ...]:
    """What a file of settings says, or a folder.

    Returns:
        Each file's name for messages, and what it says; the later wins.

    Raises:
        UnreadableError: It is not there, has a suffix that nobody reads, or is malformed: all that is wrong.
    """
    name, path = str(path), Path(path)
    mode, _ = mode_and_size(path)
    if S_ISDIR(mode):
        from rostra.config.formats.folders import folder

        return folder(path, name)
    if path.suffix in READERS:
        return ((name, settings_of(path, name)),)
    if not mode:
        content_of(path, name)  # says why it is not there
    known = ", ".join(f"*{suffix}" for suffix in READERS)
    raise UnreadableError(mistake(name, f"nobody here reads such files; known are {known}, .env and folders"))


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
