"""What a name of a plugin means, decided without importing anything."""

import importlib.util
import pickle

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from rostra.errors import PluginNotFoundError
from rostra.plugin.finding import Script, plainly
from rostra.plugin.reading import Reference, read

ENTRY_POINTS = {"aiohttp": "rostra_aiohttp", "one-password": "rostra_onepassword:prepare"}

parts = st.from_regex(r"[a-z_][a-z0-9_]{0,5}", fullmatch=True)
dotted = st.lists(parts, min_size=1, max_size=4).map(".".join)


@pytest.mark.parametrize(
    ("name", "reference"),
    [
        ("myapp", Reference("myapp")),
        ("shop.orders", Reference("shop.orders")),
        ("shop.orders:prepare", Reference("shop.orders", "prepare")),
        ("shop:Plugins.orders", Reference("shop", "Plugins.orders")),
        ("aiohttp", Reference("rostra_aiohttp")),
        ("aiohttp:prepare", Reference("aiohttp", "prepare")),
        ("one-password", Reference("rostra_onepassword", "prepare")),
        ("__main__", Reference("__main__")),
    ],
)
def test_a_name_is_an_entry_point_a_module_or_a_function_in_one(name, reference):
    assert read(name, None, ENTRY_POINTS) == reference


@pytest.mark.parametrize(
    ("name", "package", "reference"),
    [
        (".storage", "shop", Reference("shop.storage")),
        (".storage:prepare", "shop.web", Reference("shop.web.storage", "prepare")),
        ("..storage", "shop.web", Reference("shop.storage")),
        (".", "shop", Reference("shop")),
        (".:second", "shop", Reference("shop", "second")),
        (".storage", "", Reference("storage")),
        (".deep.storage", "", Reference("deep.storage")),
        (".aiohttp", "", Reference("aiohttp")),
    ],
)
def test_a_relative_name_is_relative_to_the_package_or_else_a_module_beside(name, package, reference):
    assert read(name, package, ENTRY_POINTS) == reference


names = st.builds(
    str.__add__,
    st.sampled_from(["", ".", "..", "shop:"]),
    dotted | st.sampled_from(["", "a.py", "a-b"]),
)


@given(names, st.sampled_from([None, "", "shop", "shop.web"]))
def test_what_a_name_means_plainly_it_means_in_any_case(name, package):
    assume(name != "py")  # a module that may be meant; what ends so is a file
    module = plainly(name, package)

    assert module is None or read(name, package, {}) == Reference(module)


@pytest.mark.parametrize(
    ("name", "package", "module"),
    [
        ("shop.orders", None, "shop.orders"),
        (".storage", "shop.web", "shop.web.storage"),
        (".storage", "", "storage"),
        (".storage", None, None),
        ("..storage", "shop.web", None),
        ("shop:prepare", None, None),
        ("shop.py", None, None),
    ],
)
def test_the_names_of_modules_are_plain(name, package, module):
    assert plainly(name, package) == module


@given(dotted, dotted, st.integers(1, 4))
def test_relative_names_mean_what_they_mean_to_python(package, rest, dots):
    name = "." * dots + rest
    try:
        expected = Reference(importlib.util.resolve_name(name, package))
    except ImportError:
        expected = None

    try:
        found = read(name, package, {})
    except PluginNotFoundError:
        found = None

    assert found == expected


@given(dotted)
def test_a_dotted_name_means_itself(name):
    assert str(read(name, None, {})) == name


@pytest.mark.parametrize(
    ("name", "package", "text"),
    [
        (
            "service.py",
            None,
            """there is no plugin "service.py"
  where   loaded by myapp, myapp.py:3
  why     this is a path, and a plugin is named by its module
  to fix  name it "service", with its folder on sys.path; or: rostra run service.py""",
        ),
        (
            "",
            None,
            """there is no plugin ""
  where   loaded by myapp, myapp.py:3
  why     this is neither a dotted name nor module:function
  to fix  name a module: "myapp", "myapp.storage" or "myapp:prepare\"""",
        ),
        (
            "...storage",
            "shop.web",
            """there is no plugin "...storage"
  where   loaded by myapp, myapp.py:3
  why     it climbs out of the package shop.web
  to fix  use fewer dots, or name it in full""",
        ),
        (
            "..storage",
            "",
            """there is no plugin "..storage"
  where   loaded by myapp, myapp.py:3
  why     the plugin that asks is in no package
  to fix  use fewer dots, or name it in full""",
        ),
        (
            ".storage",
            None,
            """there is no plugin ".storage"
  where   loaded by myapp, myapp.py:3
  why     it is relative, and no plugin asks for it
  to fix  name it in full: "myapp.storage\"""",
        ),
    ],
)
def test_a_name_that_can_mean_nothing_says_what_to_write(name, package, text):
    with pytest.raises(PluginNotFoundError) as caught:
        read(name, package, {}, "myapp, myapp.py:3")

    assert str(caught.value) == text
    assert str(pickle.loads(pickle.dumps(caught.value))) == text


@pytest.mark.parametrize(
    "name", ["a b", "a..b", "a:", ":a", "a:b:c", "1a", "a-b", " a", "a/b", "a.", "..", "a\\b"]
)
def test_no_other_text_is_a_name(name):
    with pytest.raises(PluginNotFoundError):
        read(name, "", {})


@pytest.mark.parametrize(
    ("script", "module", "may_be"),
    [
        (Script("shop.main", "main"), "shop.main", True),
        (Script(None, "myapp"), "myapp", True),
        (Script(None, "myapp"), "shop.myapp", True),
        (Script(None, "myapp"), "other", False),
        (Script("pytest.__main__", "__main__"), "shop", False),
        (Script(None, None), "shop", False),
    ],
)
def test_a_script_may_be_what_it_is_called(script, module, may_be):
    assert script.may_be(module) is may_be
