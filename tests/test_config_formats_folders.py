"""Folders, file by file, as Kubernetes mounts ConfigMaps and Secrets."""

import os
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rostra.config import Config, ConfigError, ConfigSource, Secret
from rostra.config.formats import UnreadableError, settings_in
from rostra.config.tree import Text


@attrs.frozen
class Database(Config, section="db"):
    url: str = "sqlite://"
    password: Secret[str] | None = None
    size: int = 1


def written(folder: Path, files: dict[str, str | bytes]) -> Path:
    """A folder with these files."""
    folder.mkdir(exist_ok=True)
    for name, content in files.items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content.encode() if isinstance(content, str) else content)
    return folder


def mounted(folder: Path, files: dict[str, str], version: str) -> Path:
    """A folder whose files come from a version of a volume, by the steps of Kubernetes' writer."""
    old = folder / (folder / "..data").readlink() if (folder / "..data").is_symlink() else None
    folder.mkdir(exist_ok=True)
    written(folder / f"..{version}", dict(files))
    (folder / "..data_tmp").symlink_to(f"..{version}")
    (folder / "..data_tmp").rename(folder / "..data")
    for name in files:
        top = name.partition("/")[0]
        if not (folder / top).is_symlink():
            (folder / top).symlink_to(f"..data/{top}")
    if old:
        for file in old.iterdir():
            file.unlink()
        old.rmdir()
    return folder


def said_by(folder: Path) -> list[tuple[str, str, dict[str, Any]]]:
    return [
        (str(Path(name).relative_to(folder)), said.kind, said.values) for name, said in settings_in(folder)
    ]


def mistakes_in(folder: Path) -> list[str]:
    with pytest.raises(UnreadableError) as caught:
        settings_in(folder)
    return [f"{each.setting.removeprefix(f'{folder}/')} {each.reason}" for each in caught.value.mistakes]


def test_a_folder_is_read_file_by_file(tmp_path: Path) -> None:
    folder = written(
        tmp_path / "conf.d",
        {
            "20-site.toml": "[db]\nsize = 2\n",
            "10-base.yaml": "db: {size: 1, url: x}\n",
            "db.password": "hunter2\n\n",
            "db/token": " a\nb \r\n",
            "db/pool.ini": "size = 3\n",
            "debug": "",
            ".hidden": "x",
            "..old/a": "x",
        },
    )

    assert said_by(folder) == [
        ("10-base.yaml", "file", {"db": {"size": 1, "url": "x"}}),
        ("20-site.toml", "file", {"db": {"size": 2}}),
        ("db/pool.ini", "file", {"db": {"size": "3"}}),
        ("db/token", "secret file", {"db": {"token": " a\nb "}}),
        ("db.password", "secret file", {"db": {"password": "hunter2"}}),
        ("debug", "secret file", {"debug": ""}),
    ]
    assert type(settings_in(folder)[-1][1].values["debug"]) is Text


def test_a_file_in_a_subfolder_has_lines_of_its_own(tmp_path: Path) -> None:
    folder = written(tmp_path / "conf.d", {"db.pool/x.toml": "\na.b = 1\n", "c": "1\n"})

    (_, settings), (_, single) = settings_in(folder)

    assert settings.values == {"db": {"pool": {"a": {"b": 1}}}}
    assert settings.lines(("db", "pool", "a", "b")) == 2
    assert settings.lines(("db", "pool")) is None
    assert settings.lines(("other", "pool", "a", "b")) is None
    assert single.lines(("c",)) is None


def test_a_mounted_secret_is_read_where_the_link_leads(tmp_path: Path) -> None:
    folder = mounted(tmp_path / "secret", {"db.password": "old", "db.url": "old"}, "1")
    mounted(folder, {"db.password": "hunter2\n", "db.url": "x"}, "2")

    source = ConfigSource.from_files(folder)

    database = source.load(Database)
    assert database.password is not None
    assert (database.url, database.password.reveal()) == ("x", "hunter2")
    assert str(source.origin("db.password")) == f"{folder}/db.password"


def test_a_mounted_folder_within_a_folder_is_read_where_its_link_leads(tmp_path: Path) -> None:
    folder = written(tmp_path / "conf.d", {"app.toml": "[db]\nsize = 2\n"})
    mounted(folder / "db", {"password": "hunter2"}, "1")
    (folder / "db/left-behind").write_text("x")

    assert said_by(folder)[1:] == [("db/password", "secret file", {"db": {"password": "hunter2"}})]


def test_what_is_read_is_never_half_of_one_version_and_half_of_the_next(tmp_path: Path) -> None:
    folder = mounted(tmp_path / "secret", {"user": "0", "password": "0"}, "0")
    is_over = threading.Event()

    def rotate() -> None:
        version = 0
        while not is_over.is_set():
            version += 1
            mounted(folder, {"user": str(version), "password": str(version)}, str(version))

    rotating = threading.Thread(target=rotate)
    rotating.start()
    seen = set()
    try:
        for _ in range(150):
            try:
                (_, password), (_, user) = settings_in(folder)
            except UnreadableError as error:
                assert "changes while it is read" in str(error)  # noqa: PT017
                continue
            assert password.values["password"] == user.values["user"]
            seen.add(user.values["user"])
    finally:
        is_over.set()
        rotating.join()
    assert len(seen) > 1


def test_single_files_win_over_files_of_settings_and_are_literal_and_discreet(tmp_path: Path) -> None:
    folder = written(
        tmp_path / "conf.d",
        {"z.toml": '[db]\nurl = "x"\nsize = 1\n', "db.url": "${HOME}", "db.size": "hunter2"},
    )
    source = ConfigSource.from_files(folder, env_prefix="APP", environ={"APP_DB_PASSWORD": "p"})

    with pytest.raises(ConfigError) as caught:
        source.load(Database)

    assert source.db.url == "${HOME}"
    assert f"{folder}/db.size" in str(caught.value)
    assert "hunter2" not in str(caught.value)


def test_everything_wrong_in_a_folder_is_told_with_the_file_and_without_what_it_holds(tmp_path: Path) -> None:
    folder = written(
        tmp_path / "conf.d",
        {
            "a.toml": "hunter2",
            "b.json": "{\n",
            "app.env": "A=hunter2",
            "binary": b"\0hunter2",
            "latin": b"\xe9",
            "db.password": "hunter2",
            "db/password": "hunter2",
            "db.password.old": "hunter2",
            "x.": "hunter2",
            "x..y": "hunter2",
            "log": "hunter2",
            "log.level": "hunter2",
        },
    )
    (folder / "gone").symlink_to("nowhere")
    (folder / "gone.yaml").symlink_to("nowhere")
    (folder / "circle").symlink_to("circle")
    os.mkfifo(folder / "pipe")
    os.mkfifo(folder / "pipe.toml")
    Path(os.fsdecode(os.fsencode(folder) + b"/\xff")).touch()

    assert mistakes_in(folder) == [
        "app.env variables are named by their file, not by its folder",
        "x. its name is no setting: nothing stands beside a dot",
        "x..y its name is no setting: nothing stands beside a dot",
        f"'{folder}/\\udcff' its name is no text",
        f"db.password speaks of the same setting as {folder}/db/password",
        f"db.password.old speaks of the same setting as {folder}/db/password",
        f"log.level speaks of the same setting as {folder}/log",
        "a.toml:1:8 is not TOML: Expected '=' after a key in a key/value pair",
        "b.json:2:1 is not JSON: Expecting property name enclosed in double quotes",
        "gone.yaml cannot be read: No such file or directory",
        "pipe.toml is neither a file nor a folder",
        "binary holds binary data, not text",
        "circle cannot be read: Too many levels of symbolic links",
        "gone cannot be read: No such file or directory",
        "latin holds binary data, not text in UTF-8",
        "pipe is neither a file nor a folder",
    ]


def circle(folder: Path) -> None:
    (folder / "again").symlink_to(".")


def tree(folder: Path) -> None:
    inner = folder
    for _ in range(70):
        inner /= "a"
        inner.mkdir()


def many(folder: Path) -> None:
    for number in range(10_001):
        (folder / str(number)).touch()


def huge(folder: Path) -> None:
    (folder / "a").write_bytes(b"x" * (1024**2 + 1))


def large(folder: Path) -> None:
    for number in range(17):
        (folder / str(number)).write_bytes(b"x" * 1024**2)


def dangling(folder: Path) -> None:
    (folder / "..data").symlink_to("nowhere")


def ouroboros(folder: Path) -> None:
    (folder / "..data").symlink_to("..data")


@pytest.mark.parametrize(
    ("make", "told"),
    [
        (circle, "cannot be read: Too many levels of symbolic links"),
        (tree, "nested deeper than 64 tables"),
        (many, "holds more than 10000 files"),
        (huge, "is larger than 1 MiB"),
        (large, "holds more than 16 MiB"),
        (dangling, "cannot be read: No such file or directory"),
        (ouroboros, "cannot be read: Too many levels of symbolic links"),
    ],
)
def test_a_folder_without_an_end_is_refused(tmp_path: Path, make: Callable[[Path], None], told: str) -> None:
    make(tmp_path)

    with pytest.raises(UnreadableError) as caught:
        settings_in(tmp_path)

    assert [each.reason for each in caught.value.mistakes] == [told]


def test_an_empty_folder_says_nothing(tmp_path: Path) -> None:
    assert settings_in(tmp_path) == ()


NAMES = st.text("ab.", min_size=1, max_size=6).filter(lambda name: not name.startswith("."))


@given(st.dictionaries(NAMES, st.text("xy \n", max_size=5), max_size=6))
def test_files_are_settings_unless_two_speak_of_one(
    tmp_path_factory: pytest.TempPathFactory, files: dict[str, str]
) -> None:
    folder = written(tmp_path_factory.mktemp("conf.d"), dict(files))
    places = [tuple(name.split(".")) for name in files]
    clash = any(a != b and b[: len(a)] == a for a in places for b in places)

    if clash or not all(all(place) for place in places):
        assert mistakes_in(folder)
        return

    found = {name: values for name, _, values in said_by(folder)}
    for name, text in files.items():
        value: Any = found[name]
        for part in name.split("."):
            value = value[part]
        assert value == text.rstrip("\n")
