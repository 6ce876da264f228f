"""Settings in YAML: one document, a table, in the core schema of YAML 1.2 with the merge keys of 1.1.

PyYAML parses, with libyaml where that is there; ``yaml_tree`` puts together what it parsed.
"""

import re
from array import array
from collections.abc import Iterator
from typing import Any

from rostra.config.formats.content import Said, mistake, place_in
from rostra.config.formats.yaml_tree import Composer, MalformedError
from rostra.config.formats.yaml_words import fault_in
from rostra.config.unreadable import UnreadableError

_UNPRINTABLE = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_ODD_BREAK = re.compile("\r(?!\n)|[\x85\u2028\u2029]")


def yaml_settings(content: str, name: str) -> Said:
    """What a text in YAML says.

    Raises:
        UnreadableError: It is no YAML, holds what settings do not have, or PyYAML is not installed.
    """
    odd_breaks = array("Q", (found.start() for found in _ODD_BREAK.finditer(content)))
    composer = Composer(name, odd_breaks)
    wrong = composer.mistakes
    try:
        top = composer.document(_events(content, name))
    except MalformedError as error:
        wrong = [*wrong, error.mistake]
    else:
        if not wrong:
            return Said(top.value, top.line_at)
    raise UnreadableError(*wrong)


def _events(content: str, name: str) -> Iterator[Any]:
    """What a parser of YAML finds, bit by bit.

    Raises:
        MalformedError: It is no YAML, or there is no parser.
    """
    try:
        import yaml
    except ModuleNotFoundError:
        reason = 'PyYAML is not installed, which reads YAML: pip install "rostra[yaml]"'
        raise MalformedError(mistake(name, reason)) from None
    if found := _UNPRINTABLE.search(content):
        reason = "is not YAML: it holds a character that cannot be printed"
        raise MalformedError(mistake(name, reason, *place_in(content, found.start())))
    try:
        yield from yaml.parse(content, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    except yaml.YAMLError as error:
        fault = fault_in(content, error)
    else:
        return
    place = () if fault.at is None else place_in(content, fault.at)
    raise MalformedError(mistake(name, f"is not YAML: {fault.reason}", *place))
