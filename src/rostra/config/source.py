"""The settings, merged from all who have a say, and the classes that sections are made of."""

import sys
from collections.abc import Hashable, Iterable, Iterator, Mapping
from pathlib import Path as FilePath
from types import EllipsisType
from typing import Any, Self, TypeVar

from rostra import errors
from rostra.config.declared import SECTION, UnknownTypeError, is_section, keep_locals, section_of
from rostra.config.environment import FILE, Asked, Environment, without_settings
from rostra.config.layers import Layer, Origin, Part, of_mapping, settled
from rostra.config.sections import Claims, asked_by, evaluated
from rostra.config.tree import Nothing, Path, at, dotted
from rostra.config.view import View, bearing, shown

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
            from rostra.config.summaries import unreadable

            raise unreadable(mistakes)
        try:
            return cls(bearing(parts), env_prefix=env_prefix, environ=environ)
        except errors.ConfigError as error:
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
        from rostra.config.given import again

        parts, mistakes = again(self._home)
        if mistakes:
            from rostra.config.summaries import unreadable

            raise unreadable(mistakes)
        known = self._environment
        return type(self)(bearing(parts), env_prefix=known.prefix, environ=known.given)

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
        from rostra.config.spots import resolve

        await resolve(self, timeout)

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
        from rostra.config.speakers import origin_said

        path = tuple(setting.split("."))
        loaded = (known for _, known in self._loaded if path[: len(known)] == known)
        place = max(loaded, key=len, default=None)
        if place is None:
            return origin_said(self._settled.layers, path)
        extra = self._extra.get(place, ())
        return origin_said(self._settled.layers, path, place, extra, self._claims.sections[place])

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
            from rostra.config.summaries import read_by_nobody

            raise read_by_nobody(mistakes)

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
        collisions: list[errors.Mistake] = []
        for cls, place in wanted:
            one = asked_by(cls, place, self._environment)
            collisions += self._claims.claim(one)
            asked.append(one)
        if collisions:
            from rostra.config.summaries import claimed_twice

            raise claimed_twice(collisions)
        wrong: dict[Path, tuple[errors.Mistake, ...]] = {}
        for one in asked:
            if mistakes := self._made(one):
                wrong[one.place] = mistakes
        if wrong:
            from rostra.config.summaries import wrong_sections

            raise wrong_sections(wrong)

    def _made(self, asked: Asked) -> "tuple[errors.Mistake, ...]":
        """Make a section and keep it, or tell everything that is wrong with it."""
        try:
            outcome = evaluated(asked, self._settled, self._environment, self._claims)
        except UnknownTypeError as error:
            return (errors.Mistake(dotted(asked.place) or "the root", str(error)),)
        if not outcome.mistakes:
            self._loaded[asked.cls, asked.place] = outcome.made
            if outcome.environment:
                self._extra[asked.place] = outcome.environment
        return outcome.mistakes


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


def _said(
    mappings: tuple[Mapping[str, Any], ...], prefix: str | None, given: Mapping[str, str] | None
) -> tuple[tuple[Part, ...], Environment] | Exception:
    """What mappings and variables say, or what is to be raised where none of them can be seen."""
    try:
        parts = tuple(_parts(mappings))
        of_variables = [each for part in parts for each in part.layers if each.origin.kind == "dotenv"]
        return parts, _environment(prefix, tuple(of_variables), given)
    except (errors.ConfigError, TypeError) as error:
        return error.with_traceback(None)


def _parts(mappings: tuple[Mapping[str, Any], ...]) -> Iterator[Part]:
    """What mappings say; a view brings along who said it, and where it can be asked again."""
    for number, mapping in enumerate(mappings, 1):
        if not isinstance(mapping, Mapping):
            kind = type(mapping).__name__
            raise TypeError(f"settings are mappings, not a {kind}; ConfigSource.from_files reads files")
        if not isinstance(mapping, View):
            yield of_mapping(mapping, "a mapping" if len(mappings) == 1 else f"mapping {number}")
        elif not mapping._place:  # noqa: SLF001  (a view has no public names but its settings)
            yield from mapping._home  # noqa: SLF001  (as above)
        else:
            from rostra.config.given import of_table

            yield of_table(tuple(mapping._home), mapping._place)  # noqa: SLF001  (as above)


def _environment(
    prefix: str | None, files: tuple[Layer, ...], given: Mapping[str, str] | None
) -> Environment:
    if not prefix:
        return without_settings(files, given)
    from rostra.config.variables import environment

    return environment(prefix, files, given)


def _place(cls: Any, section: str | None) -> Path:
    name = section_of(cls) if section is None else section
    if isinstance(name, EllipsisType) or not is_section(cls):
        from rostra.config.summaries import without_section

        raise without_section(cls)
    return tuple(name.split(".")) if name else ()


class Config:
    """What a class of settings derives from, so that it is injected by its type alone.

    ``class DbConfig(Config, section="db")`` under ``@attrs.frozen`` or ``@dataclasses.dataclass`` is loaded from
    the table ``[db]`` once per stage. Any other class can be loaded by ``ConfigSource.load``.

    Args:
        section: The table, with dots for a table within a table. None stands for the root, which ignores tables
            that are none of its settings.
    """

    __slots__ = ()
    __rostra_section__ = ...

    # attrs and dataclasses with slots make the class a second time, then without the keyword: the attribute that
    # the first time left in its namespace is there already.
    def __init_subclass__(cls, *, section: str | EllipsisType | None = ..., **options: Any) -> None:
        super().__init_subclass__(**options)
        if section is not ...:
            setattr(cls, SECTION, section)
        keep_locals(cls, sys._getframe(1))  # noqa: SLF001  (there is no public name for it)

    @classmethod
    def from_source(cls, source: ConfigSource) -> Self:
        """This class, loaded from its section of ``source``.

        Raises:
            ConfigError: Settings are wrong.
        """
        return source.load(cls)
