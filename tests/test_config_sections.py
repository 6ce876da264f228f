"""Which classes can be sections, what their settings are, and who may claim which name."""

import dataclasses
import importlib.util
import pickle
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any, ClassVar, Final

import attr
import attrs
import pytest

from rostra import config
from rostra.config import Config, ConfigError, ConfigSource, Secret

SETTINGS = {"greeter": {"greeting": "hi", "pool": {"size": 3}}}


@attrs.frozen
class Pool:
    size: int = 5


@attr.s(auto_attribs=True)
class OldSpelling(Config, section="greeter"):
    greeting: str
    pool: Pool = Pool()


@attr.s
class OldestSpelling(Config, section="greeter"):
    greeting = attr.ib(type=str)  # pyright: ignore[reportGeneralTypeIssues]  (it knows dataclasses only)
    pool = attr.ib(type=Pool, default=Pool())  # pyright: ignore[reportGeneralTypeIssues]  (as above)


@attrs.define
class Define(Config, section="greeter"):
    greeting: str
    pool: Pool = Pool()


@attrs.define(slots=False)
class WithoutSlots(Config, section="greeter"):
    greeting: str
    pool: Pool = Pool()


@attrs.frozen
class Frozen(Config, section="greeter"):
    greeting: str
    pool: Pool = Pool()


@dataclasses.dataclass
class Data(Config, section="greeter"):
    greeting: str
    pool: Pool = dataclasses.field(default_factory=Pool)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class SlottedData(Config, section="greeter"):
    pool: Pool = dataclasses.field(default_factory=Pool)
    greeting: str


class Plain(Config, section="greeter"):
    known: ClassVar[int] = 5
    greeting: str
    pool: Pool = Pool()


class StringPlain(Config, section="greeter"):
    known: "ClassVar[int]" = 5
    greeting: "str"
    pool: "Pool" = Pool()


@attrs.frozen
class Base(Config):
    greeting: str


@attrs.frozen
class Derived(Base, section="greeter"):
    pool: "Pool" = Pool()


SPELLINGS = [
    OldSpelling,
    OldestSpelling,
    Define,
    WithoutSlots,
    Frozen,
    Data,
    SlottedData,
    Plain,
    StringPlain,
    Derived,
]


def wrong(load: Callable[[], object]) -> str:
    with pytest.raises(ConfigError) as caught:
        load()
    assert caught.value.__context__ is None
    return str(caught.value)


def rows(text: str) -> list[str]:
    """The lines of an error without the alignment."""
    return [" ".join(line.split()) for line in text.splitlines()]


@pytest.mark.parametrize("cls", SPELLINGS)
def test_every_spelling_of_a_section_is_loaded_by_its_type_alone(cls: Any) -> None:
    loaded = ConfigSource(SETTINGS).load(cls)

    assert type(loaded) is cls
    assert (loaded.greeting, loaded.pool) == ("hi", Pool(3))


@pytest.mark.parametrize("cls", SPELLINGS)
def test_every_spelling_has_defaults_and_required_settings(cls: Any) -> None:
    defaulted = ConfigSource({"greeter": {"greeting": "hi"}}).load(cls)
    text = wrong(lambda: ConfigSource().load(cls))

    assert defaulted.pool == Pool(5)
    assert text.splitlines()[1] == "  greeter.greeting   missing; expected text   set greeting in [greeter]"


@pytest.mark.parametrize("cls", SPELLINGS)
def test_every_spelling_is_reached_by_variables(cls: Any) -> None:
    environ = {"APP_GREETER_GREETING": "hey", "APP_GREETER_POOL_SIZE": "7"}

    loaded = ConfigSource(SETTINGS, env_prefix="APP", environ=environ).load(cls)

    assert (loaded.greeting, loaded.pool) == ("hey", Pool(7))


@attrs.frozen
class Bare:
    greeting: str = "hello"


def test_any_class_can_be_loaded_from_a_section_named_by_hand() -> None:
    source = ConfigSource({"a": {"greeting": "x"}, "b": {"c": {"greeting": "y"}}, "greeting": "z"})

    loaded = [source.load(Bare, "a"), source.load(Bare, "b.c"), source.load(Bare)]

    assert loaded == [Bare("x"), Bare("y"), Bare("z")]


def test_a_section_is_made_once() -> None:
    source = ConfigSource(SETTINGS)

    assert source.load(Frozen) is source.load(Frozen) is Frozen.from_source(source)
    assert source.load_sections([Frozen, Frozen]) == {Frozen: source.load(Frozen)}


def test_names_of_private_and_renamed_attributes_are_those_of_the_constructor() -> None:
    @attrs.frozen
    class Aliased(Config, section="x"):
        _token: str
        kind: str = attrs.field(alias="type")
        made: list[str] = attrs.field(init=False, factory=list)

    loaded = ConfigSource({"x": {"token": "a", "type": "b"}}).load(Aliased)

    assert loaded == Aliased("a", "b")


def test_converters_and_annotations_that_say_nothing_are_no_obstacle() -> None:
    @attrs.define
    class Converted(Config, section="x"):
        hosts: frozenset[str] = attrs.field(converter=frozenset)
        debug: bool = config.bool_var(default=False)
        limit: Final[int] = 3

    loaded = ConfigSource({"x": {"hosts": ["a"], "debug": "yes", "limit": 4}}).load(Converted)

    assert loaded == Converted(frozenset("a"), debug=True, limit=4)


def test_a_boolean_variable_takes_words_when_the_class_is_made_by_hand() -> None:
    @attrs.frozen
    class Flags(Config, section="flags"):
        required: bool = config.bool_var()
        quiet: bool = config.bool_var(True, kw_only=True)

    text = wrong(lambda: ConfigSource({"flags": {"quiet": "banana"}}).load(Flags))

    make: Any = Flags  # to the type checkers it takes booleans only
    assert make("off") == Flags(False, quiet=True)
    with pytest.raises(ValueError, match='found "banana"'):
        make("banana")
    assert [line.split()[0] for line in text.splitlines()[1:]] == ["flags.required", "flags.quiet"]


# the root


@attrs.frozen
class Root(Config, section=None):
    debug: bool = False
    pool: Pool = Pool()


def test_the_root_ignores_tables_that_are_none_of_its_settings() -> None:
    source = ConfigSource.from_files(
        overrides=["debug=on", "pool.size=3", "greeter.greeting=hi", 'other={"a": 1}']
    )

    assert source.load(Root) == Root(True, Pool(3))


def test_the_root_knows_its_other_settings() -> None:
    text = wrong(lambda: ConfigSource({"debgu": True, "pool": 5, "x": "y"}, {"greeter": {}}).load(Root))

    assert text.splitlines() == [
        "3 settings of the root are wrong",
        "  pool    expected a table, found 5      from mapping 1",
        "  debgu   unknown; did you mean debug?   from mapping 1",
        "  x       unknown                        from mapping 1",
    ]


def test_a_section_within_a_section_is_no_unknown_key_of_it() -> None:
    @attrs.frozen
    class Inner(Config, section="greeter.inner"):
        x: int

    source = ConfigSource({"greeter": {"greeting": "hi", "inner": {"x": 1}}})

    assert source.load_sections([Frozen, Inner]) == {Frozen: Frozen("hi"), Inner: Inner(1)}
    assert "greeter.inner   unknown" in wrong(lambda: ConfigSource(source).load(Frozen))


# names that only a function knows


def test_string_annotations_may_name_what_only_the_function_knows() -> None:
    @attrs.frozen
    class LocalLeaf:
        size: "int"

    @attrs.frozen
    class LocalPool:
        leaf: "LocalLeaf"

    @attrs.frozen
    class Settings(Config, section="x"):
        pool: "LocalPool | None" = None
        pools: "list[LocalPool]" = attrs.Factory(list)

    loaded = ConfigSource({"x": {"pool": {"leaf": {"size": 1}}, "pools": [{"leaf": {"size": 2}}]}}).load(
        Settings
    )

    assert loaded == Settings(LocalPool(LocalLeaf(1)), [LocalPool(LocalLeaf(2))])


def local_classes(kind: str) -> type[Any]:
    """A section that refers by strings to classes which nobody else knows, made by a function that has ended."""

    class Quantity(int):
        """A number."""

    @attrs.frozen
    class HiddenLeaf:
        size: "Quantity"

    @attrs.frozen
    class HiddenPool:
        leaf: "HiddenLeaf"

    if kind == "attrs":

        @attrs.frozen
        class OfAttrs(Config, section="x"):
            pool: "HiddenPool | None" = None

        return OfAttrs
    if kind == "dataclass":

        @dataclasses.dataclass(slots=True)
        class OfDataclass(Config, section="x"):
            pool: "HiddenPool | None" = None

        return OfDataclass

    class Outer:
        class OfPlain(Config, section="x"):
            class HiddenPool:
                """Nearer than the other of this name, but of no use: a class of the outer one is not in scope."""

            pool: "HiddenPool | None" = None

    return Outer.OfPlain


@pytest.mark.parametrize("kind", ["attrs", "dataclass"])
def test_string_annotations_are_resolved_after_the_function_has_ended(kind: str) -> None:
    cls = local_classes(kind)

    loaded: Any = ConfigSource({"x": {"pool": {"leaf": {"size": 1}}}}).load(cls)

    assert loaded.pool.leaf.size == 1


def test_the_innermost_class_of_a_name_is_meant() -> None:
    cls = local_classes("plain")

    text = wrong(lambda: ConfigSource({"x": {"pool": {}}}).load(cls))

    assert "nobody knows how to read an Outer.OfPlain.HiddenPool" in text


@attrs.frozen
class Unknown(Config, section="x"):
    hidden: Secret[str] | None = None
    pool: "NoSuchPool | None" = None  # type: ignore[name-defined]  # noqa: F821  (this is what is refused)


@pytest.mark.parametrize("prefix", [None, "APP"])
def test_a_type_that_nobody_knows_is_told(prefix: str | None) -> None:
    source = ConfigSource({"x": {"hidden": 5}}, env_prefix=prefix)

    assert wrong(lambda: source.load(Unknown)) == (
        "1 setting of [x] is wrong\n"
        "  x   nobody knows the type NoSuchPool | None of Unknown.pool: name 'NoSuchPool' is not defined"
    )


# who may claim what


@attrs.frozen
class Rival(Config, section="greeter"):
    greeting: str = ""


def test_two_classes_for_one_section_are_refused_by_name() -> None:
    text = wrong(lambda: ConfigSource(SETTINGS).load_sections([Frozen, Rival, Define]))

    assert text == (
        "2 names are claimed twice\n"
        f"  [greeter]   claimed by two classes: {__name__}.Frozen and {__name__}.Rival\n"
        f"  [greeter]   claimed by two classes: {__name__}.Frozen and {__name__}.Define\n"
        "  to fix  rename one of them"
    )


def test_the_first_class_keeps_its_section() -> None:
    source = ConfigSource(SETTINGS)
    first = source.load(Frozen)

    wrong(lambda: source.load(Rival))

    assert source.load(Frozen) is first


def test_the_class_that_attrs_made_again_is_the_same() -> None:
    again: list[type[Any]] = []

    class Twice(Config, section="twice"):
        def __init_subclass__(cls, **options: Any) -> None:
            super().__init_subclass__(**options)
            again.append(cls)

    @attrs.frozen
    class Slotted(Twice, section="slotted"):
        x: int = 1

    first, second = again
    source = ConfigSource({"slotted": {"x": 2}})

    assert second is Slotted
    assert source.load(Slotted) == Slotted(2)
    assert source.load(first).x == 2


def module_of(file: Path, name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, file)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


def test_a_module_that_runs_as_main_and_is_imported_too_has_the_same_classes(tmp_path: Path) -> None:
    file = tmp_path / "service.py"
    file.write_text(
        "import attrs\nfrom rostra.config import Config\n"
        '@attrs.frozen\nclass Mine(Config, section="mine"):\n    x: int = 1\n'
    )
    (tmp_path / "link.py").symlink_to(file)
    modules = [module_of(file, "service_as_main"), module_of(tmp_path / "link.py", "service_imported")]

    try:
        loaded = ConfigSource({"mine": {"x": 2}}).load_sections([module.Mine for module in modules])
    finally:
        for module in modules:
            del sys.modules[module.__name__]

    assert [each.x for each in loaded.values()] == [2, 2]


@attrs.frozen
class Foo(Config, section="foo"):
    bar_baz: int = 1
    bar: "FooBar | None" = None


@attrs.frozen
class FooBar:
    baz: int = 2


@attrs.frozen
class FooBarSection(Config, section="foo_bar"):
    baz: int = 3
    foo_bar: int = 4


def test_two_settings_of_one_variable_are_refused() -> None:
    text = wrong(lambda: ConfigSource(env_prefix="APP", environ={}).load_sections([Foo, FooBarSection]))

    assert text == (
        "1 name is claimed twice\n"
        "  APP_FOO_BAR_BAZ   would set both foo.bar_baz and foo.bar.baz\n"
        "  to fix  rename one of them"
    )


def test_two_sections_whose_variables_meet_are_refused_when_the_second_is_loaded() -> None:
    source = ConfigSource(env_prefix="APP", environ={})
    source.load(FooBarSection)

    @attrs.frozen
    class Other(Config, section="foo"):
        bar_baz: int = 1

    assert "APP_FOO_BAR_BAZ   would set both foo_bar.baz and foo.bar_baz" in wrong(lambda: source.load(Other))


def test_without_variables_nothing_meets() -> None:
    assert ConfigSource().load(Foo) == Foo()


def test_a_class_without_a_section_is_told_how_to_get_one() -> None:
    class Nowhere(Config):
        pass

    assert wrong(lambda: ConfigSource().load(Nowhere)) == (
        f"{__name__}.Nowhere has no section\n"
        '  to fix  class Nowhere(config.Config, section="...")\n'
        "          section=None stands for the root"
    )


@pytest.mark.parametrize("cls", [int, 5, "Foo", list[int]])
def test_what_is_no_class_of_settings_is_refused(cls: Any) -> None:
    assert "is no class of settings" in wrong(lambda: ConfigSource().load(cls))


# all mistakes


def is_long(_: object, __: object, value: Secret[str]) -> None:
    if len(value.reveal()) < 9:
        raise ValueError(f"{value.reveal()} is too short")


def is_above_low(self: "Strict", _: object, value: int) -> None:
    if value < self.low:
        raise ValueError(f"high must be above low\nand {value} is not, for {self.token.reveal()}")


@attrs.frozen
class Strict(Config, section="strict"):
    port: int = attrs.field(default=80, validator=[attrs.validators.ge(1), attrs.validators.le(65535)])
    kind: str = attrs.field(default="a", validator=attrs.validators.in_(["a", "b"]))
    token: Secret[str] = attrs.field(default=Secret("long enough"), validator=is_long)
    low: int = 1
    high: int = attrs.field(default=2, validator=is_above_low)


def test_all_that_validators_refuse_is_told_with_the_settings_names() -> None:
    said = {"port": 70000, "kind": "c", "token": "hunter2", "low": 5, "high": 3}

    text = wrong(lambda: ConfigSource({"strict": said}).load(Strict))

    assert rows(text) == [
        "4 settings of [strict] are wrong",
        "strict.port refused: 'port' must be <= 65535: 70000 from a mapping",
        "strict.kind refused: 'kind' must be in ['a', 'b'] (got 'c') from a mapping",
        "strict.token refused, for a reason that may tell a secret from a mapping",
        "strict.high refused: high must be above low from a mapping",
    ]


def test_a_validator_of_a_table_within_is_told_with_its_path() -> None:
    @attrs.frozen
    class Outer(Config, section="outer"):
        stricts: list[Strict]

    text = wrong(lambda: ConfigSource({"outer": {"stricts": [{}, {"port": 0}]}}).load(Outer))

    assert (
        text.splitlines()[1] == "  outer.stricts[1].port   refused: 'port' must be >= 1: 0   from a mapping"
    )


def test_what_a_class_refuses_as_a_whole_is_told_of_the_section() -> None:
    @dataclasses.dataclass
    class Range(Config, section="range"):
        low: int = 1
        high: int = 2

        def __post_init__(self) -> None:
            if self.low > self.high:
                raise ValueError("low must not be above high\nand more")

    text = wrong(lambda: ConfigSource({"range": {"low": 3}}).load(Range))

    assert text.splitlines()[1] == "  range   refused by Range: low must not be above high   from a mapping"


def test_converters_that_refuse_are_told_with_the_settings_names() -> None:
    def even(value: int, self_: Any, field: Any) -> int:
        if value % 2:
            raise ValueError(f"{field.name} must be even")
        return value

    @attrs.frozen
    class Even(Config, section="even"):
        a: int = attrs.field(converter=attrs.Converter(even, takes_self=True, takes_field=True))
        b: int = attrs.field(default=attrs.Factory(lambda self: 3, takes_self=True), converter=int)

    text = wrong(lambda: ConfigSource({"even": {"a": 3}}).load(Even))

    assert text.splitlines()[1] == "  even.a   refused: a must be even   from a mapping"


def test_mistakes_of_all_sections_come_in_one_error_that_can_be_pickled() -> None:
    source = ConfigSource({"greeter": 5, "strict": {"prot": 1}, "foo": {"bar": {"baz": "x"}}})

    with pytest.raises(ConfigError) as caught:
        source.load_sections([Frozen, Strict, Foo])

    assert isinstance(caught.value, ValueError)
    assert str(pickle.loads(pickle.dumps(caught.value))) == str(caught.value)
    assert rows(str(caught.value)) == [
        "3 settings of [greeter], [strict] and [foo] are wrong",
        "greeter expected a table, found 5 from a mapping",
        "strict.prot unknown; did you mean port? from a mapping",
        'foo.bar.baz expected a whole number, found "x" from a mapping',
    ]


def test_after_a_mistake_the_next_attempt_tells_it_again() -> None:
    source = ConfigSource({"greeter": {"greeting": 5}})

    assert wrong(lambda: source.load(Frozen)) == wrong(lambda: source.load(Frozen))


@attrs.frozen
class Service(Config, section="greeter"):
    port: int = 8080
    timeout: config.Duration = config.Duration("30s")
    greeting: str = "hello"


def test_three_mistakes_of_three_origins_look_like_this(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("config.toml").write_text('[greeter]\ntimeout = []\ngreting = "hi"\n')

    source = ConfigSource.from_files("config.toml", env_prefix="APP", environ={"APP_GREETER_PORT": "80a"})

    assert wrong(lambda: source.load(Service)) == (
        "3 settings of [greeter] are wrong\n"
        '  greeter.port      expected a whole number, found "80a"          from APP_GREETER_PORT\n'
        "  greeter.timeout   expected a duration such as 1m30s, found []   from config.toml:2\n"
        "  greeter.greting   unknown; did you mean greeting?               from config.toml:3"
    )
