"""A source can be read again; whatever comes of it, the old one stays as it is."""

from pathlib import Path

import attrs
import pytest

from rostra.config import Config, ConfigError, ConfigSource


@attrs.frozen
class Greeter(Config, section="greeter"):
    greeting: str = "hello"
    port: int = 80


def test_files_and_the_environment_are_read_again_and_the_old_settings_stay(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    file.write_text("[greeter]\nport = 1\n")
    environ = {"APP_GREETER_GREETING": "hi"}
    old = ConfigSource.from_files(file, env_prefix="APP", environ=environ)
    loaded = old.load(Greeter)

    file.write_text("[greeter]\nport = 2\n")
    environ["APP_GREETER_GREETING"] = "hey"
    new = old.reload()

    assert new.load(Greeter) == Greeter("hey", 2)
    assert old.load(Greeter) is loaded == Greeter("hi", 1)
    assert (old.greeter.port, new.greeter.port) == (1, 2)
    assert new.reload().load(Greeter) == Greeter("hey", 2)


def test_the_environment_of_the_process_is_copied_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("APP_GREETER_PORT", "1")
    old = ConfigSource(env_prefix="APP")

    monkeypatch.setenv("APP_GREETER_PORT", "2")

    assert (old.load(Greeter).port, old.reload().load(Greeter).port) == (1, 2)


def test_files_of_variables_are_read_again(tmp_path: Path) -> None:
    file = tmp_path / ".env"
    file.write_text("APP_GREETER_PORT=1\n")
    old = ConfigSource(ConfigSource.from_files(file), env_prefix="APP", environ={})

    file.write_text("APP_GREETER_PORT=2\n")

    assert (old.load(Greeter).port, old.reload().load(Greeter).port) == (1, 2)
    assert str(old.origin("greeter.port")) == f"{file}:1"


def test_a_secret_in_a_file_is_read_again(tmp_path: Path) -> None:
    file = tmp_path / "greeting"
    file.write_text("hi\n")
    old = ConfigSource(env_prefix="APP", environ={"APP_GREETER_GREETING_FILE": str(file)})
    old.load(Greeter)

    file.write_text("hey\n")

    assert (old.load(Greeter).greeting, old.reload().load(Greeter).greeting) == ("hi", "hey")


def test_options_and_mappings_are_what_they_were(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    file.write_text("[greeter]\nport = 1\n")
    given = {"greeter": {"greeting": "hi"}}
    old = ConfigSource(given, ConfigSource.from_files(file, overrides=["greeter.port=3"]))

    file.write_text("[greeter]\nport = 2\n")
    given["greeter"]["greeting"] = "hey"
    new = old.reload()

    assert new == old == {"greeter": {"greeting": "hi", "port": "3"}}
    assert str(new.origin("greeter.port")) == "--set greeter.port"
    assert str(new.origin("greeter.greeting")) == "mapping 1"


def test_a_file_that_is_broken_by_now_is_told_and_the_old_settings_go_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("a.toml", "b.toml", "c.toml"):
        Path(name).write_text("[greeter]\nport = 1\n")
    old = ConfigSource(ConfigSource.from_files("a.toml"), ConfigSource.from_files("b.toml", "c.toml").greeter)

    Path("a.toml").write_text("[greeter]\nport = \n")
    Path("b.toml").unlink()
    with pytest.raises(ConfigError) as caught:
        old.reload()

    assert str(caught.value) == (
        "cannot read the settings of a.toml:2:8, b.toml\n"
        "  a.toml:2:8   is not TOML: Invalid value\n"
        "  b.toml       cannot be read: No such file or directory"
    )
    assert caught.value.__context__ is None
    assert old.load(Greeter) == Greeter(port=1)


def test_a_file_that_was_named_in_another_folder_is_found_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("config.toml").write_text("[greeter]\nport = 1\n")
    (tmp_path / "elsewhere").mkdir()
    old = ConfigSource.from_files("config.toml")

    monkeypatch.chdir(tmp_path / "elsewhere")

    assert old.reload() == old


def test_a_table_of_a_source_is_read_again_with_it(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    file.write_text("[a.greeter]\nport = 1\n")
    old = ConfigSource({"greeter": {"greeting": "hi"}}, ConfigSource.from_files(file).a)

    file.write_text("[a.greeter]\nport = 2\ngreeting = 'hey'\n[a.more]\nx = 1\n")

    assert old.load(Greeter) == Greeter("hi", 1)
    assert old.reload() == {"greeter": {"greeting": "hey", "port": 2}, "more": {"x": 1}}


def swapped(mount: Path, version: str, **settings: str) -> None:
    """Put a new version into a folder as the kubelet does: by renaming a link over ``..data``."""
    data = mount / f"..{version}"
    data.mkdir(parents=True)
    for name, text in settings.items():
        (data / f"{name}.toml").write_text(text)
        link = mount / f"{name}.toml"
        if not link.is_symlink():
            link.symlink_to(Path("..data") / f"{name}.toml")
    fresh = mount / "..data_tmp"
    fresh.symlink_to(data.name)
    fresh.rename(mount / "..data")


def test_a_mount_of_kubernetes_is_read_anew_when_its_link_was_swapped(tmp_path: Path) -> None:
    swapped(tmp_path, "2025_01", config="[greeter]\nport = 1\n")
    old = ConfigSource.from_files(tmp_path / "config.toml")

    swapped(tmp_path, "2025_02", config="[greeter]\nport = 2\n")

    assert (tmp_path / "..data").readlink() == Path("..2025_02")
    assert (old.load(Greeter).port, old.reload().load(Greeter).port) == (1, 2)
