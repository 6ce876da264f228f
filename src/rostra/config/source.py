"""The settings, merged from all who have a say, and the sections that classes make of them."""

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path as FilePath
from types import EllipsisType
from typing import Any, Self, TypeVar

from rostra.components import name_of
from rostra.config.claims import Claims
from rostra.config.declared import UnknownTypeError, called, is_section, paths_of, section_of
from rostra.config.environment import FILE, Asked, Environment, asked_by, environment
from rostra.config.faults import UnreadableError
from rostra.config.layers import DEFAULT, Layer, Origin, Part, again, brought_by, settled
from rostra.config.tree import Nothing, Path, at, bracketed, dotted
from rostra.config.view import View, bearing, shown
from rostra.errors import ConfigError, Mistake

Section = TypeVar("Section")


class ConfigSource(View):
    """The settings of a program: a dict that merges mappings and remembers who said what.

    Tables are merged, everything else is replaced, and the later wins: defaults of the classes, mappings and
    files in their order, the environment (``APP_FOO_BAR``), files that it names (``APP_FOO_BAR_FILE``), options
    (``--set foo.bar=1``). As a dict, ``source["db"]["url"]`` or ``source.db.url``, it shows mappings, files and
    options; the environment has its say in ``load``, since only a class tells what its variables mean.

    All sources are read when it is made, the files of ``_FILE`` when their section is loaded. Strings of mappings
    and files may have references, ``${NAME}``, which ``await source.resolve()`` replaces.

    Args:
        mappings: Tables within tables, such as ``toml.load`` returns, and other sources.
        env_prefix: What variables begin with, ``APP`` for ``APP_FOO_BAR``. None and an empty one: no variable is a
            setting, but references may still name some.
        environ: What to read in place of ``os.environ``.

    Raises:
        ConfigError: A mapping is nested too deeply, or the prefix cannot begin a variable.
    """

    __slots__ = ("_asked", "_claims", "_environment", "_extra", "_loaded", "_resolving", "_settled")

    def __init__(
        self,
        *mappings: Mapping[str, Any],
        env_prefix: str | None = None,
        environ: Mapping[str, str] | None = None,
    ) -> None:
        said = _said(mappings, env_prefix, environ)
        del mappings, environ  # they may hold secrets, and tracebacks may show what stands here
        if isinstance(said, Exception):
            raise said
        parts, self._environment = said
        self._claims = Claims()
        self._asked: set[str] = set()
        self._extra: dict[Path, tuple[Layer, ...]] = {}
        self._loaded: dict[tuple[type, Path], Any] = {}
        self._resolving: Any = None
        self._settle(parts)

    def _settle(self, parts: tuple[Part, ...]) -> None:
        """Merge what the parts say, and show it."""
        layers = [each for part in parts for each in part.layers if each.origin.kind != "dotenv"]
        self._settled = settled(layers)
        self._home, self._place = list(parts), ()
        dict.clear(self)
        dict.update(self, shown(self._settled.values, self._home))

    @classmethod
    def from_files(
        cls,
        *paths: str | FilePath,
        env_prefix: str | None = None,
        overrides: Iterable[str] = (),
        environ: Mapping[str, str] | None = None,
    ) -> Self:
        """A source of files, of which later ones win.

        Args:
            paths: Files in TOML, YAML, JSON or INI, files of variables, and folders; known by their names.
            env_prefix: See ``ConfigSource``.
            overrides: ``foo.bar=1``, as after ``--set``: they win over everything else.
            environ: See ``ConfigSource``.

        Raises:
            ConfigError: Files are missing, unreadable or malformed, or overrides are; all of them.
        """
        from rostra.config.given import parts_of

        parts, mistakes = parts_of(paths, overrides)
        del overrides  # they may hold secrets, and tracebacks may show what stands here
        if mistakes:
            del environ
            raise _unreadable(mistakes)
        try:
            return cls(bearing(parts), env_prefix=env_prefix, environ=environ)
        except ConfigError as error:
            wrong = error.with_traceback(None)
        del environ, parts
        raise wrong

    def reload(self) -> Self:
        """A source that has asked again whoever can say something else by now; this one is left as it is.

        Files, folders and files of variables are read again, the environment is copied again; mappings and options
        are what they were. Nothing is loaded yet: whoever wants to know what is new loads sections of both and
        compares.

        Raises:
            ConfigError: Files are missing, unreadable or malformed; all of them.
        """
        try:
            parts = again(self._home)
        except UnreadableError as error:
            mistakes = error.mistakes
        else:
            known = self._environment
            return type(self)(bearing(parts), env_prefix=known.prefix, environ=known.given)
        raise _unreadable(mistakes)

    async def resolve(self, timeout: float = 10) -> None:  # noqa: ASYNC109  (it names who did not answer)
        """Replace the references in the strings of mappings and files, in place: ``${NAME}``, ``${op:reference}``.

        A stage does this before it prepares the first plugin. It is done once: later calls do nothing, and one
        that comes meanwhile waits. If it fails or is cancelled, nothing is replaced, and the next call tries again.
        Tables that were taken out of the source before keep what they have.

        Args:
            timeout: Seconds for all resolvers together.

        Raises:
            ConfigError: References are malformed, or ask for variables, files, secrets or resolvers that are not
                there; all of them.
            ResolverError: A resolver failed; ``ResolverDeniedError`` and ``ResolverTimeoutError`` are such.
            ExceptionGroup: Several of those.
        """
        while self._resolving is not None:
            await self._resolving.wait()
        if not any(each.may_refer for each in self._settled.layers):
            return
        from rostra.config.spots import spots_in

        found = spots_in(self._settled.layers)
        if found:
            await self._resolve(found, timeout)

    async def _resolve(self, found: Any, seconds: float) -> None:
        import asyncio

        from rostra.config.resolving import Partly, resolved

        self._resolving = over = asyncio.Event()
        try:
            texts = await resolved(
                found.all,
                self,
                lambda known: self._with(found.replaced(self._home, known)),
                mistakes=found.mistakes,
                fix=found.fix,
                timeout=seconds,
            )
            self._settle(found.replaced(self._home, Partly(texts, {})))
        finally:
            self._resolving = None
            over.set()

    def _with(self, parts: tuple[Part, ...]) -> "ConfigSource":
        """The source that resolvers load their own settings from."""
        made = ConfigSource(env_prefix=self._environment.prefix, environ=self._environment.given)
        made._environment, made._claims, made._asked = self._environment, self._claims, self._asked
        made._settle(parts)
        return made

    @property
    def variables(self) -> Mapping[str, str]:
        """The variables of this process, or those given in their place, over those of dotenv files; a copy.

        All of them, whatever they begin with: what ``${NAME}`` is.
        """
        return self._environment.all()

    def references(self, setting: str) -> tuple[str, ...]:
        """Which references gave what a setting is, without their defaults: ``("${DB_URL}",)`` for ``db.url``.

        None of them before ``resolve``, and for what no mapping and no file says.
        """
        from rostra.config.speakers import references_around

        return references_around(self._settled.layers, tuple(setting.split(".")))

    def load(self, cls: type[Section], section: str | None = None) -> Section:
        """A section as an instance of its class. It is made once; a second call returns the same.

        Args:
            cls: An attrs class, a dataclass, or a ``Config`` subclass.
            section: Its table, with dots for a table within a table; by default the one that the ``Config``
                subclass was made for, and for other classes the root, of which tables that are none of its
                settings are left alone.

        Raises:
            ConfigError: Settings are wrong: all mistakes; or another class claims this section.
        """
        wanted = cls, _place(cls, section)
        if wanted not in self._loaded:
            self._make((wanted,))
        loaded: Section = self._loaded[wanted]
        return loaded

    def load_sections(self, classes: Iterable[type]) -> dict[type, Any]:
        """Several ``Config`` subclasses at once.

        Returns:
            The instances by class.

        Raises:
            ConfigError: The mistakes in all of them.
        """
        places = {cls: _place(cls, None) for cls in classes}
        self._make([each for each in places.items() if each not in self._loaded])
        return {cls: self._loaded[cls, place] for cls, place in places.items()}

    def origin(self, setting: str) -> Origin | None:
        """Who said what a setting is: ``source.origin("db.url")``.

        The environment and the defaults of classes count once a section is loaded. None: nobody said anything.
        """
        from rostra.config.evaluation import section_of
        from rostra.config.speakers import origin_of

        path = tuple(setting.split("."))
        loaded = (known for _, known in self._loaded if path[: len(known)] == known)
        place = max(loaded, key=len, default=None)
        if place is None:
            return origin_of(self._settled.layers, path)
        within = section_of(self._settled.layers, place, self._extra.get(place, ()))
        if (origin := origin_of(within, path[len(place) :])) is not None:
            return origin
        return DEFAULT if path in paths_of(self._claims.sections[place], place) else None

    def variable(self, setting: str) -> str | None:
        """The variable that sets a setting, for messages: ``APP_DB_URL`` for ``db.url``.

        None: no variables are read, for want of a prefix.
        """
        return self._environment.variable(tuple(setting.split(".")))

    def hints(self) -> tuple[str, ...]:
        """What looks like a mistake but may be none: variables and tables that nobody has read.

        Ask when all sections are loaded. Each hint is a sentence, with the closest match. A table is read when it
        is taken out of the source, too: ``source.db``, ``source["db"]``, ``source.get("db")``.
        """
        known = self._environment.variables.keys() <= self._claims.names()
        if known and self._is_read(self._settled.values):
            return ()
        from rostra.config.hints import unread

        return unread(self._settled, self._claims, self._asked, self._environment)

    def check_options(self) -> None:
        """Refuse options that nobody has read: who types one means something by it.

        A stage does this when all is prepared.

        Raises:
            ConfigError: There are some; all of them, with the closest match of each.
        """
        options = (each.values for each in self._settled.layers if each.origin.kind == "option")
        if all(map(self._is_read, options)):
            return
        from rostra.config.hints import unread_options

        mistakes = unread_options(self._settled, self._claims, self._asked)
        if mistakes:
            what = (
                "1 setting of the options is"
                if len(mistakes) == 1
                else f"{len(mistakes)} settings of the options are"
            )
            raise ConfigError(f"{what} read by nobody", mistakes)

    def _is_read(self, table: Iterable[Hashable]) -> bool:
        """Whether all keys of a table at the root have been asked for: then there is no hint to be looked for."""
        return all(key in self._asked or self._claims.reads((key,)) for key in table)

    def __getitem__(self, key: str) -> Any:
        value = super().__getitem__(key)
        self._asked.add(key)
        return value

    def get(self, key: str, default: Any = None) -> Any:
        """As of every dict."""
        try:
            return self[key]
        except KeyError:
            return default

    def _make(self, wanted: Iterable[tuple[type, Path]]) -> None:
        """Make sections and keep them, or tell everything that is wrong with any of them."""
        asked: list[Asked] = []
        claimed_twice: tuple[Mistake, ...] = ()
        for cls, place in wanted:
            one = asked_by(cls, place, self._environment)
            claimed_twice += self._claims.claim(one)
            asked.append(one)
        if claimed_twice:
            collisions = tuple(dict.fromkeys(claimed_twice))
            names = "1 name is" if len(collisions) == 1 else f"{len(collisions)} names are"
            raise ConfigError(f"{names} claimed twice", collisions, ("rename one of them",))
        wrong: dict[Path, tuple[Mistake, ...]] = {}
        for one in asked:
            if mistakes := self._made(one):
                wrong[one.place] = mistakes
        if wrong:
            raise _wrong(list(wrong), tuple(each for mistakes in wrong.values() for each in mistakes))

    def _made(self, asked: Asked) -> tuple[Mistake, ...]:
        """Make a section and keep it, or tell everything that is wrong with it."""
        try:
            outcome = _evaluated()(asked, self._settled, self._environment, self._claims)
        except UnknownTypeError as error:
            return (Mistake(dotted(asked.place) or "the root", str(error)),)
        mistakes: tuple[Mistake, ...] = outcome.mistakes
        if not mistakes:
            self._loaded[asked.cls, asked.place] = outcome.made
            if outcome.environment:
                self._extra[asked.place] = outcome.environment
        return mistakes


def is_said(source: ConfigSource, place: Path) -> bool:
    """Whether anybody says anything about a setting that no class declares.

    Its variable is known then, for hints about misspelt ones.
    """
    known = source._environment  # noqa: SLF001  (its own module)
    name = known.variable(place)
    if name is not None:
        source._claims.variables.setdefault(name, place)  # noqa: SLF001  (as above)
    said = at(source._settled.values, place)  # noqa: SLF001  (as above)
    return not isinstance(said, Nothing) or bool({name, f"{name}{FILE}"} & known.variables.keys())


@cache
def _evaluated() -> Callable[..., Any]:
    from rostra.config.evaluation import evaluated

    return evaluated


def _said(
    mappings: tuple[Mapping[str, Any], ...], prefix: str | None, given: Mapping[str, str] | None
) -> tuple[tuple[Part, ...], Environment] | Exception:
    """What mappings and variables say, or what is to be raised where none of them can be seen."""
    try:
        parts = tuple(_parts(mappings))
        of_variables = [each for part in parts for each in part.layers if each.origin.kind == "dotenv"]
        return parts, environment(prefix, given, of_variables)
    except (ConfigError, TypeError) as error:
        return error.with_traceback(None)


def _parts(mappings: tuple[Mapping[str, Any], ...]) -> Iterator[Part]:
    for number, mapping in enumerate(mappings, 1):
        if not isinstance(mapping, Mapping):
            kind = type(mapping).__name__
            raise TypeError(f"settings are mappings, not a {kind}; ConfigSource.from_files reads files")
        yield from brought_by(mapping, "a mapping" if len(mappings) == 1 else f"mapping {number}")


def _unreadable(mistakes: tuple[Mistake, ...]) -> ConfigError:
    names = ", ".join(dict.fromkeys(each.setting for each in mistakes))
    return ConfigError(f"cannot read the settings of {names}", mistakes)


def _place(cls: Any, section: str | None) -> Path:
    if not is_section(cls):
        raise ConfigError(f"{name_of(cls)} is no class of settings", fix=("decorate it with @attrs.frozen",))
    name = section_of(cls) if section is None else section
    if isinstance(name, EllipsisType):
        line = f'class {cls.__name__}(config.Config, section="...")'
        raise ConfigError(f"{called(cls)} has no section", fix=(line, "section=None stands for the root"))
    return tuple(name.split(".")) if name else ()


def _wrong(places: list[Path], mistakes: tuple[Mistake, ...]) -> ConfigError:
    settings = "1 setting" if len(mistakes) == 1 else f"{len(mistakes)} settings"
    verb = "is" if len(mistakes) == 1 else "are"
    *others, last = map(bracketed, places)
    named = f"{', '.join(others)} and {last}" if others else last
    return ConfigError(f"{settings} of {named} {verb} wrong", mistakes)
