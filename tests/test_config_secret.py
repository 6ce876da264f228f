"""A secret is planted wherever one can come from, and looked for wherever it could show."""

import ast
import copy
import copyreg
import dataclasses
import gc
import io
import json
import logging
import os
import pickle
import pprint
import reprlib
import string
import subprocess
import sys
import traceback
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any, Generic, Literal, NamedTuple, TypedDict, TypeVar

import attrs
import cattrs
import msgspec
import pytest
import rich
import rich.console
import rich.pretty
import rich.traceback
import structlog
import structlog.tracebacks
from cases import named
from hypothesis import given
from hypothesis import strategies as st

from rostra.config import Bytes, Config, ConfigError, ConfigSource, Secret

PLANTED = "hunter2"


@attrs.frozen
class Login:
    user: str
    password: Secret[str]


@dataclasses.dataclass
class DataLogin:
    user: str
    password: Secret[str]


# the value itself


def inspected(it: object) -> str:
    """What rich's inspector writes about an object and its private parts."""
    console = rich.console.Console(file=io.StringIO(), width=200)
    rich.inspect(it, console=console, all=True, value=True)
    return str(console.file.getvalue())  # type: ignore[attr-defined]  # it is a StringIO


@pytest.mark.parametrize(
    "show",
    [
        repr,
        str,
        format,
        ascii,
        pprint.pformat,
        lambda secret: f"{secret} {secret!r} {secret:>10} {secret!s:.3}",
        lambda secret: "%s %r" % (secret, secret),  # noqa: UP031  (old code says so)
        lambda secret: str([secret, {"password": secret}, (secret,)]),
        lambda secret: repr(Login("me", secret)) + repr(DataLogin("me", secret)),
        lambda secret: (
            str(attrs.asdict(Login("me", secret))) + str(dataclasses.asdict(DataLogin("me", secret)))
        ),
        lambda secret: str(attrs.evolve(Login("me", secret), user="you")),
        lambda secret: repr(copy.copy(secret)) + repr(copy.deepcopy([secret])),
        lambda secret: json.dumps({"password": secret}, default=repr),
        lambda secret: f"{secret!r:>20}|{secret!a}|{secret:x}|{secret=}",
        lambda secret: "%20s %.3s" % (secret, secret),  # noqa: UP031  (old code says so)
        lambda secret: string.Template("$it").substitute(it=secret),
        lambda secret: reprlib.repr([secret]),
        lambda secret: pprint.pformat(DataLogin("me", secret), width=5),
        lambda secret: "".join(f"{name}={getattr(secret, name)!r}\n" for name in dir(secret)),
        lambda secret: "".join(map(repr, gc.get_referents(secret))),
        lambda secret: (
            str(attrs.astuple(Login("me", secret))) + str(dataclasses.astuple(DataLogin("me", secret)))
        ),
        lambda secret: str(cattrs.unstructure(Login("me", secret))) + str(cattrs.unstructure([secret])),
        lambda secret: repr(ValueError(f"refused {secret}", secret)),
        lambda secret: rich.pretty.pretty_repr({"a": [secret], "b": Login("me", secret)}),
        lambda secret: inspected(secret) + inspected(Login("me", secret)),
        lambda secret: str(
            structlog.processors.JSONRenderer()(None, "info", {"it": secret, "all": [secret]})
        ),
        lambda secret: str(structlog.processors.KeyValueRenderer()(None, "info", {"it": secret})),
        lambda secret: str(
            structlog.dev.ConsoleRenderer(colors=False)(None, "info", {"event": "a", "it": secret})
        ),
    ],
)
def test_a_secret_shows_itself_in_no_text(show: Callable[[Any], str]) -> None:
    assert PLANTED not in show(Secret(PLANTED))


def test_a_secret_is_masked_in_logs() -> None:
    stream = io.StringIO()
    record = logging.LogRecord("test", 30, "", 0, "password %s %r", (Secret(PLANTED), Secret(PLANTED)), None)

    logging.StreamHandler(stream).emit(record)

    assert stream.getvalue() == "password *** Secret(***)\n"


@pytest.mark.parametrize(
    "give_away",
    [
        pickle.dumps,
        lambda secret: pickle.dumps(Login("me", secret), protocol=0),
        json.dumps,
        lambda secret: secret.__getstate__(),
        lambda secret: secret + "",
        lambda secret: "" + secret,
        "".join,
        list,
        lambda secret: secret[0],
        vars,
        bytes,
        len,
        iter,
        int,
        float,
        "%d".__mod__,
        b"%b".__mod__,
        b"".join,
        PLANTED.__contains__,
        lambda secret: PLANTED in secret,
        lambda secret: secret < Secret(PLANTED),
        lambda secret: secret.__reduce__(),
        lambda secret: copyreg.__reduce_ex__(secret, 2),  # type: ignore[attr-defined]  # the C part calls it
        msgspec.json.encode,
        msgspec.to_builtins,
        lambda secret: msgspec.msgpack.encode(Login("me", secret)),
        open,
        lambda secret: os.environ.update(IT=secret),
        ast.literal_eval,
    ],
)
def test_a_secret_cannot_be_given_away_by_accident(give_away: Callable[[Any], object]) -> None:
    with pytest.raises((TypeError, ValueError)) as caught:
        give_away(Secret(PLANTED))

    assert PLANTED not in everything_about(caught.value)


def test_a_secret_reveals_its_value_when_asked() -> None:
    assert Secret(PLANTED).reveal() == PLANTED


SECRETS = st.one_of(st.text(), st.binary(), st.integers(), st.none(), st.tuples(st.text()))


@given(SECRETS, SECRETS)
def test_secrets_are_equal_as_their_values_are(one: Any, other: Any) -> None:
    assert (Secret(one) == Secret(other)) == (one == other and type(one) is type(other))
    assert Secret(one) == Secret(copy.deepcopy(one))
    assert hash(Secret(one)) == hash(Secret(copy.deepcopy(one)))
    assert Secret(one) != one
    assert bool(Secret(one)) == bool(one)


def test_secrets_within_lists_and_tables_are_compared_whole() -> None:
    one = Secret({"a": ["x", (b"y", 5)], "b": Secret("z")})

    assert one == Secret({"a": ["x", (b"y", 5)], "b": Secret("z")})
    assert one != Secret({"a": ["x", (b"y", 6)], "b": Secret("z")})
    assert one != Secret({"a": ["x", (b"y", 5)], "c": Secret("z")})
    assert Secret(["a"]) != Secret(["a", "b"])
    assert Secret(["a"]) != Secret(("a",))
    assert Secret("a") != Secret(b"a")


def test_a_hash_does_not_let_guesses_be_tried_in_another_process() -> None:
    code = "from rostra.config import Secret; print(hash(Secret('hunter2')), hash(Secret(5)))"
    environ = os.environ | {"PYTHONHASHSEED": "0"}

    hashes = [
        subprocess.run(
            [sys.executable, "-c", code], env=environ, capture_output=True, text=True, check=True
        ).stdout
        for _ in range(2)
    ]

    assert len({each for line in hashes for each in line.split()}) == 4
    assert hash(Secret(5)) not in (5, hash((Secret, 5)))
    assert len({Secret("a"), Secret("a"), Secret("b")}) == 2


@pytest.mark.parametrize("draw", ["traceback", "rich", "structlog"])
def test_a_traceback_with_locals_shows_no_secret(draw: str) -> None:
    def fail(login: Login, secret: Secret[str]) -> None:
        (raw,) = [secret]
        raise ValueError(f"refused {raw} of {login}")

    with pytest.raises(ValueError, match="refused") as caught:
        fail(Login("me", Secret(PLANTED)), Secret(PLANTED))
    error = caught.value.with_traceback(caught.tb.tb_next)

    drawn = DRAWN[draw](error)

    assert "refused ***" in drawn
    assert "login" in drawn
    assert PLANTED not in drawn


def with_rich(error: BaseException) -> str:
    console = rich.console.Console(file=io.StringIO(), width=200)
    console.print(
        rich.traceback.Traceback.from_exception(type(error), error, error.__traceback__, show_locals=True)
    )
    return str(console.file.getvalue())  # type: ignore[attr-defined]  # it is a StringIO


def with_structlog(error: BaseException) -> str:
    transform = structlog.tracebacks.ExceptionDictTransformer(show_locals=True)
    return str(transform((type(error), error, error.__traceback__)))  # type: ignore[arg-type]  # it has a traceback


DRAWN: dict[str, Callable[[BaseException], str]] = {
    "traceback": lambda error: "".join(
        traceback.TracebackException.from_exception(error, capture_locals=True).format()
    ),
    "rich": with_rich,
    "structlog": with_structlog,
}


# settings that are wrong


def everything_about(error: BaseException) -> str:
    """All that somebody who catches an error can see without asking for values: texts, fields, causes, locals."""
    return "\n".join(_about(error))


def _about(error: BaseException | None) -> Iterator[str]:
    if error is None:
        return
    yield from (str(error), repr(error), *getattr(error, "__notes__", ()))
    yield repr([getattr(error, field.name) for field in getattr(error, "__attrs_attrs__", ())])
    frames = traceback.walk_tb(error.__traceback__)
    ours = traceback.StackSummary.extract(
        ((frame, line) for frame, line in frames if frame.f_code.co_filename != __file__), capture_locals=True
    )
    yield "".join(ours.format())
    yield from _about(error.__cause__)
    yield from _about(error.__context__)


def test_the_search_itself_finds_what_is_there() -> None:
    with pytest.raises(json.JSONDecodeError) as caught:
        json.loads(f'{{"password": "{PLANTED}"')

    assert PLANTED in everything_about(caught.value)


def holder(wanted: Any, **options: Any) -> type[Any]:
    return attrs.make_class("Holder", {"it": attrs.field(type=wanted, **options)})


def refuse(_: object, __: object, value: Any) -> None:
    raise ValueError(f"{value!r} {value} {value.reveal()} is refused")


def convert(value: Any) -> Any:
    raise ValueError(f"{value!r} {value} {value.reveal()} is refused")


Inner = TypeVar("Inner")


@attrs.frozen
class Box(Generic[Inner]):
    user: str
    password: Secret[Inner]


class Pair(NamedTuple):
    user: int
    password: Secret[int]


class Record(TypedDict):
    user: int
    password: Secret[int]


HIDDEN_TYPES: list[Any] = [
    Secret[int],
    Secret[float],
    Secret[bool],
    Secret[Bytes],
    Secret[timedelta],
    Secret[int] | None,
    Secret[list[int]],
    Secret[Literal["a", "b"]],
    Secret[Login],
    list[Secret[int]],
    tuple[Secret[int], Secret[int]],
    dict[str, Secret[str]],
    dict[str, Secret[int]],
    Login,
    Login | None,
    list[Login],
    dict[str, Login],
    Secret[int] | bool,
    Secret[complex],
    Box[int],
    Box[Any],
    Pair,
    Record,
    dict[Secret[int], str],
]


@pytest.mark.parametrize("wanted", HIDDEN_TYPES, ids=str)
@pytest.mark.parametrize(
    "said",
    [
        PLANTED,
        f'{{"user": "me", "password": "{PLANTED}"',
        f'{{"user": "me", "pasword": "{PLANTED}"}}',
        f'["{PLANTED}"',
        f'["{PLANTED}"]',
        {"user": "me", "pasword": PLANTED},
        {"user": "me", "password": [PLANTED]},
        [PLANTED],
        [[PLANTED]],
        {"user": [PLANTED]},
    ],
    ids=repr,
)
def test_a_wrong_secret_is_nowhere_to_be_seen(wanted: Any, said: Any, tmp_path: Path) -> None:
    cls = holder(wanted)
    sources = [ConfigSource({"x": {"it": said}})]
    if isinstance(said, str):
        (tmp_path / "secret").write_text(said)
        sources += [
            ConfigSource(env_prefix="APP", environ={"APP_X_IT": said}),
            ConfigSource(env_prefix="APP", environ={"APP_X_IT_FILE": str(tmp_path / "secret")}),
            ConfigSource.from_files(overrides=[f"x.it={said}"]),
        ]

    for source in sources:
        seen = show(lambda source=source: source.load(cls, "x"))
        assert PLANTED not in seen
        assert not seen.endswith("context")


def test_a_wrong_secret_that_is_a_key_is_not_shown() -> None:
    seen = show(lambda: ConfigSource({"x": {"it": {PLANTED: "y"}}}).load(holder(dict[Secret[int], str]), "x"))

    assert "x.it.***   its key: expected a whole number, found ***" in seen
    assert PLANTED not in seen


def show(load: Callable[[], object]) -> str:
    """What is seen of a load that may fail; the error has no other behind it."""
    try:
        return repr(load())
    except ConfigError as error:
        return everything_about(error) + "context" * (error.__context__ is not None)


@pytest.mark.parametrize("options", [{"validator": refuse}, {"converter": convert}], ids=named)
def test_what_a_validator_says_of_a_secret_is_not_repeated(options: dict[str, Any]) -> None:
    cls = holder(Secret[str], **options)

    seen = show(lambda: ConfigSource({"x": {"it": PLANTED}}).load(cls, "x"))

    assert "x.it   refused, for a reason that may tell a secret   from a mapping" in seen
    assert PLANTED not in seen


def test_what_a_class_says_of_its_secret_is_not_repeated() -> None:
    @dataclasses.dataclass
    class Checked(Config, section="x"):
        it: Secret[str]
        other: int = 1

        def __post_init__(self) -> None:
            raise ValueError(f"{self.it.reveal()} is refused")

    seen = show(lambda: ConfigSource({"x": {"it": PLANTED}}).load(Checked))

    assert "x   refused by Checked, for a reason that may tell a secret   from a mapping" in seen
    assert PLANTED not in seen


def test_a_secret_in_place_of_a_table_or_a_file_is_not_shown(tmp_path: Path) -> None:
    environ = {"APP_X_IT_FILE": PLANTED}
    (tmp_path / "broken.toml").write_text(f'password = "{PLANTED}')

    seen = [
        show(lambda: ConfigSource({"x": PLANTED}).load(Login, "x")),
        show(lambda: ConfigSource(env_prefix="APP", environ=environ).load(holder(Secret[str]), "x")),
        show(lambda: ConfigSource.from_files(tmp_path / "broken.toml")),
        show(lambda: ConfigSource.from_files(overrides=[f"x.it:{PLANTED}"])),
    ]

    assert PLANTED not in "\n".join(seen)


def test_a_source_shows_no_values_to_those_who_draw_locals() -> None:
    source = ConfigSource({"x": {"it": PLANTED}}, env_prefix="APP", environ={"APP_X_IT": PLANTED})
    source.load(holder(Secret[str]), "x")

    shown = [
        repr(source),
        str(source),
        pprint.pformat(source),
        f"{source}",
        str(list(source.__rich_repr__())),
    ]

    assert PLANTED not in "\n".join(shown)
    assert PLANTED not in "\n".join(source.hints())
    assert PLANTED not in str(source.origin("x.it"))


def test_tracebacks_with_locals_show_neither_secrets_nor_sources() -> None:
    """Of structlog, which draws locals by default, with rich or without."""
    from structlog.tracebacks import ExceptionDictTransformer

    def fail(source: ConfigSource, loaded: Any, secret: Secret[str]) -> None:
        raise LookupError

    source = ConfigSource({"x": {"it": PLANTED}}, env_prefix="APP", environ={"APP_X_IT": PLANTED})
    transform = ExceptionDictTransformer(show_locals=True)
    with pytest.raises(LookupError) as caught:
        fail(source, source.load(holder(Secret[str]), "x"), Secret(PLANTED))

    assert caught.value.__traceback__ is not None
    inner = caught.value.with_traceback(caught.value.__traceback__.tb_next)
    drawn = str(transform((type(inner), inner, inner.__traceback__)))
    assert "ConfigSource" in drawn
    assert PLANTED not in drawn


def test_everything_that_was_said_is_masked_in_the_parts_of_a_source() -> None:
    """Debuggers and tracebacks with locals also draw what an object holds."""
    source = ConfigSource({"x": {"it": PLANTED}}, env_prefix="APP", environ={"APP_X_IT": PLANTED})
    source.load(holder(Secret[str]), "x")

    parts = [getattr(source, name) for cls in type(source).__mro__ for name in getattr(cls, "__slots__", ())]

    assert len(parts) > 3
    assert PLANTED not in repr(parts)
