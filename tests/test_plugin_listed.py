"""The setting ``plugins``: a list, a table or a text; what is wrong with it, all at once and with both places."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rostra.config.layers import Layer, Origin
from rostra.config.tree import Text, dotted
from rostra.errors import ConfigError
from rostra.plugin.listed import listed

NAMES = st.from_regex(r"[a-z][a-z_]{0,5}(\.[a-z]{1,4})?", fullmatch=True).filter(
    lambda name: name not in {"on", "off", "yes", "no", "true", "false"}
)
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=9), inner, max_size=4),
)


def said(*settings: Any) -> list[Layer]:
    """What files say, later ones on top; the "line" of a value is the length of its path."""
    return [
        Layer(each, Origin("file", f"{number}.yml"), lambda path: len(dotted(path)), ("plugins",))
        for number, each in enumerate(settings, 1)
    ]


def facts(*settings: Any) -> list[tuple[str, str, str, dict[str, Any]]]:
    found = listed(said(*settings))
    return [(each.name, each.alias, dotted(each.place), dict(each.options)) for each in found]


def refused(*settings: Any) -> str:
    with pytest.raises(ConfigError) as caught:
        listed(said(*settings))
    return str(caught.value)


LIST: list[Any] = [
    "web",
    {"plugin": "shop.mongo", "alias": "mongo", "options": {"url": "mongodb://db", "pool": {"size": 3}}},
]


def test_a_list_names_plugins_alone_or_with_an_alias_and_options() -> None:
    assert facts(LIST) == [
        ("web", "web", "plugins[0]", {}),
        ("shop.mongo", "mongo", "plugins[1]", {"url": "mongodb://db", "pool": {"size": 3}}),
    ]


def test_a_table_names_plugins_by_alias_with_their_options_beside() -> None:
    table = {
        "web": None,
        "mongo": {"plugin": "shop.mongo", "url": "mongodb://db"},
        "cron": "shop.cron",
        "x": {},
    }

    assert facts(table) == [
        ("web", "web", "plugins.web", {}),
        ("shop.mongo", "mongo", "plugins.mongo", {"url": "mongodb://db"}),
        ("shop.cron", "cron", "plugins.cron", {}),
        ("x", "x", "plugins.x", {}),
    ]


@pytest.mark.parametrize(
    "text", ["web, shop.mongo", '["web", "shop.mongo"]', '{"web": {}, "shop.mongo": null}']
)
def test_a_variable_names_them_with_commas_or_in_json(text: str) -> None:
    assert [each[0] for each in facts(Text(text))] == ["web", "shop.mongo"]


@pytest.mark.parametrize("nothing", [None, [], {}, Text("")])
def test_nothing_names_none(nothing: object) -> None:
    assert facts(nothing) == []


def test_a_later_list_replaces_everything_before() -> None:
    assert [each[0] for each in facts(LIST, ["cron"])] == ["cron"]


def test_a_mistake_in_a_list_that_is_replaced_is_none() -> None:
    assert [each[0] for each in facts([3], ["cron"])] == ["cron"]


@pytest.mark.parametrize(
    "below", [LIST, {"web": {}, "mongo": {"plugin": "shop.mongo", **LIST[1]["options"]}}]
)
def test_a_later_table_is_laid_over_it_plugin_by_plugin(below: object) -> None:
    found = facts(below, {"mongo": {"pool": {"size": 9}}, "cron": None})

    assert [each[:2] for each in found] == [("web", "web"), ("shop.mongo", "mongo"), ("cron", "cron")]
    assert found[1][3] == {"url": "mongodb://db", "pool": {"size": 9}}


def test_an_option_on_the_command_line_reaches_an_alias_that_has_dots() -> None:
    found = facts(
        [{"plugin": "shop.mongo", "options": {"url": "mongodb://db"}}], {"shop": {"mongo": {"url": "x"}}}
    )

    assert found == [("shop.mongo", "shop.mongo", "plugins[0]", {"url": "x"})]


@pytest.mark.parametrize("no", [False, Text("false"), "off"])
def test_a_later_table_leaves_a_plugin_out(no: object) -> None:
    assert [each[0] for each in facts(LIST, {"mongo": no})] == ["web"]


@pytest.mark.parametrize("yes", [None, True, Text("on"), "", {}])
def test_a_later_table_that_says_no_more_than_yes_changes_nothing(yes: object) -> None:
    assert facts(LIST, {"mongo": yes}) == facts(LIST)


@pytest.mark.parametrize("other", ["test.mongo", {"plugin": "test.mongo"}, Text('{"plugin": "test.mongo"}')])
def test_a_later_table_puts_another_plugin_under_an_alias(other: object) -> None:
    found = facts(LIST, {"mongo": other})

    assert found[1] == ("test.mongo", "mongo", "plugins[1]", {"url": "mongodb://db", "pool": {"size": 3}})


def test_options_are_never_shown() -> None:
    (found,) = listed(said([{"plugin": "mongo", "options": {"password": "planted"}}]))

    assert "planted" not in repr(found)


def test_everything_wrong_with_the_entries_of_a_list_is_told_at_once() -> None:
    text = refused(
        [
            3,
            {"alias": "mongo"},
            {"plugin": "", "option": {}, "url": "planted"},
            {"plugin": "a", "alias": 7, "options": ["planted"]},
            {"plugin": "b", "alias": " "},
        ]
    )

    assert text.splitlines() == [
        "8 settings of plugins are wrong",
        "  plugins[0]           expected the name of a plugin, or a table, found 3        from 1.yml:10",
        "  plugins[1].plugin    missing; expected the name of a plugin                    from 1.yml:17",
        "  plugins[2].option    unknown; did you mean options?                            from 1.yml:17",
        "  plugins[2].url       unknown; what the plugin itself reads stands in options   from 1.yml:14",
        '  plugins[2].plugin    expected the name of a plugin, found ""                   from 1.yml:17',
        "  plugins[3].options   expected a table, found a list of 1                       from 1.yml:18",
        "  plugins[3].alias     expected a name, found 7                                  from 1.yml:16",
        '  plugins[4].alias     expected a name, found " "                                from 1.yml:16',
    ]


def test_everything_wrong_with_the_entries_of_a_table_is_told_at_once() -> None:
    text = refused({"a": 3, "c": {"plugin": 4, "alias": "x", "options": {}}, "e": ["planted"], "": "x"})

    assert text.splitlines() == [
        "6 settings of plugins are wrong",
        "  plugins.a           expected its options, its name, or false to leave it out, found 3   from 1.yml:9",
        "  plugins.c.alias     unknown; in a table of plugins the key is the alias                 from 1.yml:15",
        "  plugins.c.options   unknown; in a table of plugins the options stand beside plugin      from 1.yml:17",
        "  plugins.c.plugin    expected the name of a plugin, found 4                              from 1.yml:16",
        (
            "  plugins.e           expected its options, its name, or false to leave it out, found a list of 1"
            "   from 1.yml:9"
        ),
        '  plugins.            expected a name, found ""                                           from 1.yml:8',
    ]


@pytest.mark.parametrize(
    ("setting", "line"),
    [
        (5, "plugins   expected a list or a table of plugins, found 5   from 1.yml:7"),
        (
            Text("[web]"),
            "plugins   expected names with commas between them, or JSON, found neither   from 1.yml:7",
        ),
        (
            ["a", "a"],
            'plugins[1]   plugin "a" is listed twice; it is also plugins[0], from 1.yml:10   from 1.yml:10',
        ),
        (
            [{"plugin": "a", "alias": "x"}, {"plugin": "b", "alias": "x"}],
            'plugins[1]   alias "x" is given twice; it is also that of plugins[0], from 1.yml:10   from 1.yml:10',
        ),
        (
            ["bb", {"plugin": "a", "alias": "bb"}],
            'plugins[1]   alias "bb" is the name of another plugin, plugins[0], from 1.yml:10   from 1.yml:10',
        ),
        (
            [{"plugin": "a", "alias": "b"}, "b"],
            'plugins[1]   plugin "b" has the name that is the alias of plugins[0], from 1.yml:10   from 1.yml:10',
        ),
        (
            {"one": "a", "two": {"plugin": "a"}},
            'plugins.two   plugin "a" is listed twice; it is also plugins.one, from 1.yml:11   from 1.yml:11',
        ),
    ],
)
def test_a_mistake_names_all_places_that_it_is_about(setting: object, line: str) -> None:
    assert refused(setting) == f"1 setting of plugins is wrong\n  {line}"


@given(st.lists(NAMES, unique=True))
def test_names_are_read_in_their_order_in_every_form(names: list[str]) -> None:
    as_list = [each[0] for each in facts(names)]
    as_tables = [each[0] for each in facts([{"plugin": name} for name in names])]
    as_table = [each[0] for each in facts(dict.fromkeys(names))]
    as_text = [each[0] for each in facts(Text(", ".join(names)))]

    assert as_list == as_tables == as_table == as_text == names


@given(st.lists(ANYTHING, max_size=3))
def test_whatever_is_found_it_is_read_or_refused(settings: list[object]) -> None:
    try:
        found = facts(*settings)
    except ConfigError:
        return
    assert len({each[0] for each in found}) == len({each[1] for each in found}) == len(found)
