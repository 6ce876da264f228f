"""What of a value is a secret though its class does not say so? By where it comes from, and by what it is called. Pure.

A ``Secret`` is masked before; this is for what people forget: passwords in addresses, values out of files for secrets or
of resolvers, texts that are called ``token``.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from rostra.config.layers import DEFAULT, Origin
from rostra.config.secret import MASK
from rostra.config.showing import without_password
from rostra.config.unresolved import asks_for_secrets

__all__ = ["gives_secret", "is_called_secret", "masked"]

_VARIABLE = re.compile(r"pass|secret|token|credential|private|api_?key", re.IGNORECASE)
_SETTING = re.compile(
    r"((^|[_-])pass|pass(word|wd|phrase)|secret|token|credential|(api|private)_?key)s?$", re.IGNORECASE
)


def is_called_secret(setting: str) -> bool:
    """Whether a setting is called as secrets are: ``db_password``, ``tokens``."""
    return bool(_SETTING.search(setting))


def gives_secret(reference: str) -> bool:
    """Whether a reference asks where secrets are kept, or for a variable that is called as they are."""
    return asks_for_secrets(reference) or bool(_VARIABLE.search(reference))


def masked(
    value: Any, name: str, origin: Origin | None, references: Iterable[str], variables: Mapping[str, str]
) -> Any:
    """A value with ``***`` in place of what may be a secret.

    Args:
        value: What JSON knows in its place.
        name: What the setting is called.
        origin: Who said it. A default is in the source for everybody to read.
        references: What stood in place of it, or of parts of it.
        variables: What all variables are now.
    """
    if value is None or origin in (None, DEFAULT):
        return value
    if origin.kind == "secret file" or (_is_text(value) and is_called_secret(name)):
        return MASK
    return _without_referred(_without_passwords(value), references, variables)


def _is_text(value: Any) -> bool:
    """Whether it is a text that is to be seen, or has one in it."""
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return (isinstance(value, str) and value != MASK) or any(map(_is_text, inner))


def _without_passwords(value: Any) -> Any:
    if isinstance(value, str):
        return without_password(value)
    if isinstance(value, list):
        return [_without_passwords(each) for each in value]
    if isinstance(value, dict):
        return {name: _without_passwords(_unless_secret(name, each)) for name, each in value.items()}
    return value


def _unless_secret(name: Any, value: Any) -> Any:
    """The value of a key of a mapping, or ``***`` if it is called as secrets are."""
    return MASK if isinstance(value, str) and isinstance(name, str) and is_called_secret(name) else value


def _without_referred(value: Any, references: Iterable[str], variables: Mapping[str, str]) -> Any:
    """A value without what references gave that is secret: by where it is kept, or by the name of its variable.

    Of an address only that part is masked, if it is known.
    """
    for each in references:
        if not gives_secret(each):
            continue
        text = variables.get(each.removeprefix("${").removeprefix("env:").removesuffix("}"))
        if not isinstance(value, str) or not text or (text not in value and f":{MASK}@" not in value):
            return MASK
        value = value.replace(text, MASK)
    return value
