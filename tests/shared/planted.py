"""A planted secret: every way of saying it in settings, and a look at everything that an error leads to."""

import asyncio
import json
import traceback
import types
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from rostra.config import ConfigSource, Secret

PLANTED = "Xq7-correct-horse-Zz9"
PARTS = (PLANTED.casefold(), "xq7-co", "horse", "zz9")
"""In no text of ours and no path, in any case."""

DEEPEST = 12


def given_away(error: BaseException, but: str) -> list[str]:
    """Every text in which something of the secret stands, among all that an error leads to.

    Args:
        error: Its arguments, fields, notes, causes, and the locals of the frames of its traceback.
        but: The file of the test, whose own frames know the secret.
    """
    found = []
    for what, text in _texts(error, but, "error", set(), 0):
        if any(part in text.casefold() for part in PARTS):
            found.append(f"{what}: {text[:200]}")
    return found


def _texts(it: Any, but: str, what: str, seen: set[int], depth: int) -> Iterator[tuple[str, str]]:
    if id(it) in seen or depth > DEEPEST:
        return
    seen.add(id(it))
    yield what, repr(it)
    yield what, str(it)
    for name, part in _parts(it, but):
        yield from _texts(part, but, f"{what} > {name}", seen, depth + 1)


def _parts(it: Any, but: str) -> Iterator[tuple[str, Any]]:
    """What an object holds; what holds secrets on purpose, and must hide them, is not opened."""
    if isinstance(it, BaseException):
        yield from _of_exception(it, but)
    elif isinstance(it, ConfigSource | Secret | str | bytes | type | types.ModuleType | types.FunctionType):
        return
    elif isinstance(it, Mapping):
        yield from ((f"[{key!r}]", each) for key, each in it.items())
        yield from (("key", key) for key in it)
    elif isinstance(it, list | tuple | set | frozenset):
        yield from ((f"[{number}]", each) for number, each in enumerate(it))
    elif type(it).__module__.startswith("rostra."):
        yield from _attributes(it)


def _of_exception(error: BaseException, but: str) -> Iterator[tuple[str, Any]]:
    yield "args", error.args
    yield "notes", getattr(error, "__notes__", ())
    yield "cause", error.__cause__
    yield "context", error.__context__
    yield from _attributes(error)
    if isinstance(error, BaseExceptionGroup):
        yield "exceptions", error.exceptions
    for frame, line in traceback.walk_tb(error.__traceback__):
        if frame.f_code.co_filename not in (but, __file__):
            for name, value in frame.f_locals.items():
                yield f"{frame.f_code.co_qualname}:{line} {name}", value


def _attributes(it: Any) -> Iterator[tuple[str, Any]]:
    names = {name for cls in type(it).__mro__ for name in getattr(cls, "__slots__", ())}
    for name in (*names, *getattr(it, "__dict__", ())):
        if not name.startswith("__") and hasattr(it, name):
            yield name, getattr(it, name)


# how a section [x] is said


def _in_mapping(section: Any, folder: Path) -> ConfigSource:
    return ConfigSource({"x": section})


def _in_file(suffix: str, write: Callable[[Any], str]) -> Callable[[Any, Path], ConfigSource]:
    def said(section: Any, folder: Path) -> ConfigSource:
        file = folder / f"config{suffix}"
        file.write_text(write(section))
        return ConfigSource.from_files(file)

    return said


def _variables(section: Any) -> dict[str, str]:
    entries = section if isinstance(section, dict) else {"": section}
    return {f"APP_X_{key.upper()}".rstrip("_"): _text(each) for key, each in entries.items()}


def _in_variables(section: Any, folder: Path) -> ConfigSource:
    return ConfigSource(env_prefix="APP", environ=_variables(section))


def _in_dotenv(section: Any, folder: Path) -> ConfigSource:
    lines = [f"{name}='{text}'" for name, text in _variables(section).items()]
    (folder / ".env").write_text("\n".join(lines))
    return ConfigSource.from_files(folder / ".env", env_prefix="APP", environ={})


def _in_secret_files(section: Any, folder: Path) -> ConfigSource:
    environ = {}
    for name, text in _variables(section).items():
        (folder / name).write_text(text)
        environ[f"{name}_FILE"] = str(folder / name)
    return ConfigSource(env_prefix="APP", environ=environ)


def _in_options(section: Any, folder: Path) -> ConfigSource:
    entries = section if isinstance(section, dict) else {"": section}
    options = [f"{f'x.{key}'.rstrip('.')}={_text(each)}" for key, each in entries.items()]
    return ConfigSource.from_files(overrides=options)


def _by_reference(reference: str) -> Callable[[Any, Path], ConfigSource]:
    def said(section: Any, folder: Path) -> ConfigSource:
        (folder / "secret").write_text(PLANTED)
        written = json.dumps({"x": section}).replace(PLANTED, reference.format(folder=folder))
        (folder / "config.json").write_text(written)
        source = ConfigSource.from_files(folder / "config.json", environ={"PLANTED": PLANTED})
        asyncio.run(source.resolve())
        return source

    return said


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _toml(value: Any) -> str:
    if isinstance(value, dict):
        return f"{{{', '.join(f'{json.dumps(key)} = {_toml(each)}' for key, each in value.items())}}}"
    if isinstance(value, list):
        return f"[{', '.join(map(_toml, value))}]"
    return json.dumps(value)


def _ini(section: Any) -> str:
    return "[x]\n" + "".join(f"{key} = {_text(each)}\n" for key, each in section.items())


SAID: dict[str, Callable[[Any, Path], ConfigSource]] = {
    "mapping": _in_mapping,
    "toml": _in_file(".toml", lambda section: f"x = {_toml(section)}"),
    "yaml": _in_file(".yaml", lambda section: json.dumps({"x": section})),
    "json": _in_file(".json", lambda section: json.dumps({"x": section})),
    "ini": _in_file(".ini", _ini),
    "variables": _in_variables,
    "dotenv": _in_dotenv,
    "secret files": _in_secret_files,
    "options": _in_options,
    "reference to a variable": _by_reference("${{PLANTED}}"),
    "reference to a file": _by_reference("${{file:{folder}/secret}}"),
}
"""By name: makes a source in which a section x is said, which may need files in a folder."""
