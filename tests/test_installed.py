"""Entry points are found as the standard library finds them, without it."""

import importlib.metadata
import sys
import zipfile
from pathlib import Path

import pytest

from rostra import installed


def distribution(folder: Path, name: str, entry_points: str) -> None:
    about = folder / f"{name.replace('-', '_')}-1.0.dist-info"
    about.mkdir(parents=True)
    (about / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n\nName: not this\n")
    (about / "entry_points.txt").write_text(entry_points)


def test_what_this_environment_has_is_what_the_standard_library_finds() -> None:
    groups = importlib.metadata.entry_points().groups

    for group in groups:
        found = {(each.name, each.value, each.distribution) for each in installed.entry_points(group)}
        known = importlib.metadata.entry_points(group=group)
        assert found == {(each.name, each.value, each.dist.name) for each in known if each.dist}, group
    assert "console_scripts" in groups


def test_a_group_is_read_whatever_else_stands_in_the_file(tmp_path, monkeypatch) -> None:
    text = "[other]\na = no:thing\n\n# [mine]\n[mine]\n# b = no\none=json:loads\n two = json : decoder.JSONDecoder [x]\n"
    distribution(tmp_path, "my-tools", text + "three = json\n[last]\nc = d\n")
    monkeypatch.setattr(sys, "path", [str(tmp_path)])

    found = installed.entry_points("mine")

    import json

    assert [each.name for each in found] == ["one", "two", "three"]
    assert [each.load() for each in found] == [json.loads, json.decoder.JSONDecoder, json]
    assert {each.distribution for each in found} == {"my-tools"}
    assert installed.names("mine") == {"one", "two", "three"}
    assert installed.names("nobody") == frozenset()


def test_of_two_distributions_of_one_name_the_first_counts(tmp_path, monkeypatch) -> None:
    distribution(tmp_path / "first", "My-Tools", "[mine]\none = json\n")
    distribution(tmp_path / "second", "my_tools", "[mine]\ntwo = json\n")
    monkeypatch.setattr(sys, "path", [str(tmp_path / name) for name in ("none", "first", "second")])

    assert installed.names("mine") == {"one"}


def test_archives_are_read_by_the_standard_library(tmp_path, monkeypatch) -> None:
    distribution(tmp_path / "folder", "my-tools", "[mine]\none = json\n")
    with zipfile.ZipFile(tmp_path / "archive.zip", "w") as archive:
        archive.writestr("more-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: more\nVersion: 1.0\n")
        archive.writestr("more-1.0.dist-info/entry_points.txt", "[mine]\ntwo = json\n")
    monkeypatch.setattr(sys, "path", [*sys.path, str(tmp_path / "folder"), str(tmp_path / "archive.zip")])

    found = {each.name: each.distribution for each in installed.entry_points("mine")}

    assert found == {"one": "my-tools", "two": "more"}


def test_what_is_not_there_cannot_be_loaded() -> None:
    with pytest.raises(ModuleNotFoundError):
        installed.EntryPoint("one", "no_such_module:thing", "mine").load()
    with pytest.raises(AttributeError):
        installed.EntryPoint("one", "json:nothing", "mine").load()
