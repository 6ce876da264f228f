"""Who reads which file of settings: by the suffix of its name. A reader is imported when a file needs it."""

from collections.abc import Callable
from pathlib import Path

from rostra.config.formats.content import Said, content_of


def _toml(content: str, name: str) -> Said:
    from rostra.config.formats.toml_format import toml

    return toml(content, name)


def _json(content: str, name: str) -> Said:
    from rostra.config.formats.json_format import json_settings

    return json_settings(content, name)


def _ini(content: str, name: str) -> Said:
    from rostra.config.formats.ini_format import ini

    return ini(content, name)


def _yaml(content: str, name: str) -> Said:
    from rostra.config.formats.yaml_format import yaml_settings

    return yaml_settings(content, name)


READERS: dict[str, Callable[[str, str], Said]] = {
    ".cfg": _ini,
    ".ini": _ini,
    ".json": _json,
    ".toml": _toml,
    ".yaml": _yaml,
    ".yml": _yaml,
}
"""By suffix. Each takes the content of a file and its name for messages."""


def is_dotenv(path: str | Path) -> bool:
    """Whether a file holds variables: ``.env``, ``.env.local``, ``local.env``."""
    name = Path(path).name
    return name.endswith(".env") or name.startswith(".env.")


def settings_of(path: Path, name: str) -> Said:
    """What a file with a known suffix says.

    Raises:
        UnreadableError: It is not there, is no file, or is malformed.
    """
    return READERS[path.suffix](content_of(path, name), name)
