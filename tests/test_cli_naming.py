"""Which plugin does a user mean who types a path, and what is said of one that means none."""

import sys
from pathlib import Path

import pytest

from rostra.cli.naming import Located, located, plugin_named, plugins_named, see_working_directory
from rostra.config import ConfigSource
from rostra.errors import CommandLineError
from rostra.plugin import find


@pytest.fixture(autouse=True)
def own_imports(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [*sys.path])
    before = dict(sys.modules)
    yield
    for name in sys.modules.keys() - before.keys():
        del sys.modules[name]


def write(*files: str) -> None:
    for file in files:
        path = Path(file)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("async def prepare(): ...\n")


@pytest.mark.parametrize(
    ("files", "typed", "root", "module"),
    [
        (["service.py"], "service.py", ".", "service"),
        (["apps/service.py"], "apps/service.py", "apps", "service"),
        (["apps/orders/__init__.py"], "apps/orders", "apps", "orders"),
        (["apps/orders/__init__.py"], "apps/orders/__init__.py", "apps", "orders"),
        (
            ["src/shop/__init__.py", "src/shop/orders/__init__.py", "src/shop/orders/web.py"],
            "src/shop/orders/web.py",
            "src",
            "shop.orders.web",
        ),
    ],
)
def test_a_path_is_imported_by_its_name_in_its_package(tmp_path, files, typed, root, module):
    write(*files)

    place = located(Path(typed))

    assert (place.root, place.module) == (tmp_path / root, module)


def test_the_folder_in_which_a_user_stands_may_itself_be_the_package(tmp_path, monkeypatch):
    write("orders/__init__.py")
    monkeypatch.chdir(tmp_path / "orders")

    assert located(Path()) == Located(tmp_path, "orders", tmp_path / "orders" / "__init__.py")


@pytest.mark.parametrize("name", ["orders.web", "orders:prepare", "aiohttp", ".storage"])
def test_a_name_is_left_to_the_stage(name):
    assert plugin_named(name) == name


def test_a_file_is_a_module_and_with_a_function_the_function_of_that_module(tmp_path):
    write("apps/billing_service.py")

    assert plugin_named("apps/billing_service.py") == "billing_service"
    assert plugin_named("apps/billing_service.py:prepare") == "billing_service:prepare"
    assert sys.path[0] == str(tmp_path / "apps")
    assert "billing_service" not in sys.modules


def test_a_file_that_bears_the_name_of_an_installed_plugin_is_meant_itself(tmp_path):
    write("apps/log.py")

    found = find(plugin_named("apps/log.py"))

    assert Path(found.module.__file__) == tmp_path / "apps/log.py"


def test_modules_of_the_working_directory_can_be_imported(tmp_path):
    see_working_directory()
    see_working_directory()

    assert sys.path.count(str(tmp_path)) == 1


def told(typed: str) -> str:
    with pytest.raises(CommandLineError) as caught:
        plugin_named(typed)
    return str(caught.value)


def test_a_file_that_bears_the_name_of_another_module_is_refused():
    write("apps/json.py")
    import json

    assert told("apps/json.py") == (
        "apps/json.py cannot be imported\n"
        f"  why     json is also the name of {json.__file__}\n"
        "  to fix  give the file another name"
    )


def test_a_folder_that_is_no_package_tells_what_in_it_could_be_run():
    write(
        "apps/orders/service.py",
        "apps/orders/storage/__init__.py",
        "apps/orders/_inner.py",
        "apps/orders/__main__.py",
    )

    assert told("apps/orders") == (
        "apps/orders is a folder, and not a package\n"
        "  why     it has no __init__.py\n"
        "  to fix  python apps/orders\n"
        "          rostra run apps/orders/service.py\n"
        "          rostra run apps/orders/storage"
    )


def test_a_file_that_is_not_there_has_its_nearest_neighbour_named():
    write("apps/service.py")

    assert (
        told("apps/servce.py") == "there is no file apps/servce.py\n  to fix  did you mean apps/service.py?"
    )
    assert told("app/service.py") == (
        "there is no file app/service.py\n  to fix  name a Python file, a package or a module"
    )


def test_a_file_of_settings_is_no_plugin(tmp_path):
    (tmp_path / "config.toml").touch()

    assert told("config.toml") == (
        "config.toml is no Python file\n  to fix  for settings: rostra run -c config.toml"
    )


def test_a_file_that_python_runs_as_a_program_is_no_plugin():
    write("apps/__main__.py")

    assert told("apps/__main__.py") == "apps/__main__.py is a program, not a plugin\n  to fix  python apps"


def test_a_file_whose_name_is_no_identifier_cannot_be_imported(tmp_path):
    write("order-service.py")

    assert told("order-service.py") == (
        f"{tmp_path}/order-service.py cannot be imported\n"
        "  why     Python imports no module called order-service\n"
        "  to fix  use letters, digits and _ only"
    )


def test_of_a_folder_with_many_files_some_are_proposed_that_can_be_imported():
    write("apps/orders/two-words.py", *(f"apps/orders/part_{number}.py" for number in range(10)))

    proposed = told("apps/orders").splitlines()[2:]

    assert proposed[0] == "  to fix  rostra run apps/orders/part_0.py"
    assert proposed[7:] == [
        "          rostra run apps/orders/part_7.py",
        "          or one of 2 others there",
    ]


def test_all_paths_that_are_no_plugins_are_told_at_once():
    write("apps/service.py")

    with pytest.raises(ExceptionGroup) as refused:
        plugins_named(["apps/servce.py", "apps/service.py", "./apps"], ConfigSource())

    assert [str(error).splitlines()[0] for error in refused.value.exceptions] == [
        "there is no file apps/servce.py",
        "apps is a folder, and not a package",
    ]
