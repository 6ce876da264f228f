"""The same settings in any format make the same section, and all that is wrong in many files is told at once."""

import datetime as dt
import enum
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import attrs
import pytest

from rostra.config import Bytes, Config, ConfigError, ConfigSource, Duration


class Color(enum.Enum):
    RED = "red"


@attrs.frozen
class Pool:
    size: int
    timeout: Duration


@attrs.frozen
class Database(Config, section="db"):
    url: str
    is_traced: bool
    pool: Pool
    names: list[str]
    day: dt.date
    color: Color
    limits: dict[str, int]
    sizes: tuple[Bytes, ...]
    owner: str | None = "nobody"


DATABASE = Database(
    "u",
    is_traced=True,
    pool=Pool(3, Duration("1m")),
    names=["a", "b"],
    day=dt.date(2024, 1, 2),
    color=Color.RED,
    limits={"a": 1},
    sizes=(Bytes("1kB"), Bytes("2B")),
    owner=None,
)
JSON = """\
{"db": {"url": "u", "is_traced": true, "names": ["a", "b"], "day": "2024-01-02", "color": "red",
"sizes": ["1kB", "2"], "owner": null, "limits": {"a": 1},
"pool": {"size": 3, "timeout": "1m"}}}
"""
YAML = """\
db:
  url: u
  is_traced: yes
  names: [a, b]
  day: 2024-01-02
  color: red
  sizes: [1kB, 2]
  owner:
  limits: {a: 1}
  pool:
    size: 3
    timeout: 1m
"""
INI = """\
[db]
url = u
is_traced = on
names = a, b
day = 2024-01-02
color = red
sizes = 1kB, 2
owner =
[db.pool]
size = 3
timeout = 1m
[db.limits]
a = 1
"""
DOTENV = """\
APP_DB_URL=u
APP_DB_IS_TRACED=on
APP_DB_NAMES='a, b'
APP_DB_DAY=2024-01-02
export APP_DB_COLOR=red
APP_DB_SIZES="1kB, 2"
APP_DB_OWNER=
APP_DB_LIMITS='{"a": 1}'
APP_DB_POOL_SIZE=3
APP_DB_POOL_TIMEOUT=1m
"""
TOML = """\
[db]
url = "u"
is_traced = true
names = ["a", "b"]
day = 2024-01-02
color = "red"
sizes = ["1kB", "2"]
limits.a = 1
[db.pool]
size = 3
timeout = "1m"
"""
FOLDER = {
    "rest.toml": TOML.partition("[db.pool]")[0],
    "db/owner": "",
    "db/pool.size": "3\n",
    "db.pool.timeout": "1m\n",
}
FORMATS: dict[str, tuple[str | Mapping[str, str], str]] = {
    "a.json": (JSON, "a.json:3"),
    "a.yaml": (YAML, "a.yaml:11"),
    "a.yml": (YAML, "a.yml:11"),
    "a.ini": (INI, "a.ini:10"),
    "a.cfg": (INI, "a.cfg:10"),
    "a.toml": (TOML, "a.toml:10"),
    ".env": (DOTENV, ".env:9"),
    "conf.d": (FOLDER, "conf.d/db/pool.size"),
}


def write(path: Path, content: str | Mapping[str, str]) -> None:
    """A file, or a folder of files."""
    if isinstance(content, str):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
        return
    for name, each in content.items():
        write(path / name, each)


@pytest.mark.parametrize("name", FORMATS)
def test_the_same_settings_in_any_format_make_the_same_section(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.chdir(tmp_path)
    content, origin = FORMATS[name]
    write(Path(name), content)

    source = ConfigSource.from_files(name, env_prefix="APP", environ={})

    loaded = source.load(Database)
    assert loaded == (attrs.evolve(DATABASE, owner="nobody") if name == "a.toml" else DATABASE)
    assert str(source.origin("db.pool.size")) == origin


def test_files_of_many_formats_are_merged_and_the_later_wins(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("a.toml").write_text(TOML)
    Path("b.yaml").write_text("db: {pool: {size: 4}}\n")
    Path("c.ini").write_text("[db]\nurl = v\n")

    source = ConfigSource.from_files("a.toml", "b.yaml", "c.ini")

    assert source.load(Database) == attrs.evolve(
        DATABASE, url="v", pool=Pool(4, Duration("1m")), owner="nobody"
    )
    assert [str(source.origin(f"db.{each}")) for each in ("url", "pool.size", "pool.timeout")] == [
        "c.ini:2",
        "b.yaml:1",
        "a.toml:11",
    ]


def test_everything_wrong_in_all_files_is_told_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    write(Path("a.yaml"), "a: 1\na: 2\n? [b]\n")
    write(Path("b.json"), '{"a": NaN}\n')
    write(Path("c.ini"), "[a]\nb\n")
    write(Path("d.toml"), "a =\n")
    write(Path(".env"), "A\nB='\n")
    write(Path("conf.d"), {"e.json": "{", "f.g": "1", "f/g": "2"})

    with pytest.raises(ConfigError) as caught:
        ConfigSource.from_files("a.yaml", "b.json", "c.ini", "d.toml", ".env", "conf.d", "e.xml")

    summary, *told = str(caught.value).splitlines()
    assert summary.startswith("cannot read the settings of ")
    assert [line.strip().split(maxsplit=1) for line in told] == [
        ["a.yaml:2:1", "the same key stands in line 1"],
        ["a.yaml:3:3", "a key is no text: put it in quotes"],
        ["b.json:1:2", "JSON has no NaN and no Infinity"],
        ["c.ini:2", "expected [section] or key = value"],
        ["d.toml:1:4", "is not TOML: Invalid value"],
        [".env:1", "expected NAME=value"],
        [".env:2", "a quote that begins here has no end"],
        ["conf.d/f.g", "speaks of the same setting as conf.d/f/g"],
        ["conf.d/e.json:1:2", "is not JSON: Expecting property name enclosed in double quotes"],
        ["e.xml", "cannot be read: No such file or directory"],
    ]


@pytest.mark.parametrize(("typed", "meant"), [("app.yaml", "app.yml"), ("confg.toml", "config.toml")])
def test_a_file_that_is_not_there_has_its_nearest_neighbour_named(
    tmp_path: Path, typed: str, meant: str
) -> None:
    (tmp_path / "app.yml").touch()
    (tmp_path / "config.toml").touch()

    with pytest.raises(ConfigError) as caught:
        ConfigSource.from_files(tmp_path / typed)

    (mistake,) = caught.value.mistakes
    assert mistake.reason == f"cannot be read: No such file or directory; did you mean {tmp_path / meant}?"


DENIED = """
import os, sys
from rostra.config.formats import UnreadableError, folders, settings_in, toml_format
import tomllib
if os.getuid() == 0:  # who may read everything
    os.setresuid(65534, 65534, 65534)
for path in sys.argv[1:]:
    try:
        settings_in(path)
    except UnreadableError as error:
        print(*(f"{os.path.basename(each.setting)}: {each.reason}" for each in error.mistakes), sep="\\n")
"""


def test_what_may_not_be_read_is_told(tmp_path: Path) -> None:
    for folder in (tmp_path, *tmp_path.parents):
        mode = folder.stat().st_mode
        if mode & 0o055 != 0o055:
            folder.chmod(mode | 0o055)
    write(tmp_path / "closed/a.toml", "")
    write(tmp_path / "open", {"a.toml": "", "b": "", "c/d": ""})
    for path in (tmp_path / "closed", tmp_path / "open/a.toml", tmp_path / "open/b", tmp_path / "open/c"):
        path.chmod(0)

    done = subprocess.run(
        [
            sys.executable,
            "-c",
            DENIED,
            *(tmp_path / each for each in ("closed", "closed/a.toml", "closed/x", "open")),
        ],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    names = ("closed", "a.toml", "x", "c", "a.toml", "b")
    assert done.stdout.splitlines() == [f"{name}: cannot be read: Permission denied" for name in names], (
        done.stderr
    )


@pytest.mark.parametrize("suffix", ["", ".toml"])
def test_a_name_that_no_file_can_have_is_told(suffix: str) -> None:
    with pytest.raises(ConfigError, match="cannot be read: File name too long"):
        ConfigSource.from_files("x" * 5000 + suffix)
