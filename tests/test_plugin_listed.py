"""The setting ``plugins``: a list, a table or a text; what is wrong with it, all at once and with both places."""

from collections.abc import Hashable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rostra.config.text import Text
from rostra.errors import ConfigError
from rostra.plugin.listed import Listed, listed

NAMES = st.from_regex(r"[a-z][a-z_]{0,5}(\.[a-z]{1,4})?", fullmatch=True).filter(
    lambda name: name not in {"on", "off", "yes", "no", "true", "false"}
)


def told(path: tuple[Hashable, ...]) -> str:
    return f"from app.yml:{sum(len(str(part)) for part in path)}"


def refused(setting: Any) -> str:
    with pytest.raises(ConfigError) as caught:
        listed(setting, told)
    return str(caught.value)


def test_a_list_names_plugins_alone_or_with_an_alias_and_options() -> None:
    found = listed(["web", {"plugin": "shop.mongo", "alias": "mongo", "options": {"url": "mongodb://db"}}])

    assert found == (
        Listed("web", "web", ("plugins", 0)),
        Listed("shop.mongo", "mongo", ("plugins", 1), {"url": "mongodb://db"}),
    )


def test_a_table_names_plugins_by_alias_with_their_options_beside() -> None:
    found = listed(
        {"web": None, "mongo": {"plugin": "shop.mongo", "url": "mongodb://db"}, "cron": "shop.cron", "x": {}}
    )

    assert found == (
        Listed("web", "web", ("plugins", "web")),
        Listed("shop.mongo", "mongo", ("plugins", "mongo"), {"url": "mongodb://db"}),
        Listed("shop.cron", "cron", ("plugins", "cron")),
        Listed("x", "x", ("plugins", "x")),
    )


@pytest.mark.parametrize("no", [False, Text("false"), "off"])
def test_a_later_layer_leaves_a_plugin_of_the_table_out(no: object) -> None:
    assert listed({"web": {}, "mongo": no}) == (Listed("web", "web", ("plugins", "web")),)


@pytest.mark.parametrize(
    "text", ["web, shop.mongo", '["web", "shop.mongo"]', '{"web": {}, "shop.mongo": null}']
)
def test_a_variable_names_them_with_commas_or_in_json(text: str) -> None:
    assert [each.name for each in listed(Text(text))] == ["web", "shop.mongo"]


@pytest.mark.parametrize("nothing", [None, [], {}, Text("")])
def test_nothing_names_none(nothing: object) -> None:
    assert listed(nothing) == ()


def test_options_are_never_shown() -> None:
    (found,) = listed([{"plugin": "mongo", "options": {"password": "planted"}}])

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
        "  plugins[0]           expected the name of a plugin, or a table, found 3        from app.yml:8",
        "  plugins[1].plugin    missing; expected the name of a plugin                    from app.yml:14",
        "  plugins[2].option    unknown; did you mean options?                            from app.yml:14",
        "  plugins[2].url       unknown; what the plugin itself reads stands in options   from app.yml:11",
        '  plugins[2].plugin    expected the name of a plugin, found ""                   from app.yml:14',
        "  plugins[3].options   expected a table, found a list of 1                       from app.yml:15",
        "  plugins[3].alias     expected a name, found 7                                  from app.yml:13",
        '  plugins[4].alias     expected a name, found " "                                from app.yml:13',
    ]


def test_everything_wrong_with_the_entries_of_a_table_is_told_at_once() -> None:
    text = refused({"a": 3, "b": True, "c": {"plugin": 4}, "d": "yes", "e": ["planted"]})

    assert text.splitlines() == [
        "5 settings of plugins are wrong",
        "  plugins.a          expected its options, its name, or false to leave it out, found 3      from app.yml:8",
        "  plugins.b          expected its options, its name, or false to leave it out, found true   from app.yml:8",
        "  plugins.c.plugin   expected the name of a plugin, found 4                                 from app.yml:14",
        "  plugins.d          expected its options, its name, or false to leave it out, found true   from app.yml:8",
        "  plugins.e          expected its options, its name, or false to leave it out, found a list of 1   from app.yml:8",
    ]


@pytest.mark.parametrize(
    ("setting", "line"),
    [
        (5, "plugins   expected a list or a table of plugins, found 5   from app.yml:7"),
        (
            Text("[web]"),
            "plugins   expected names with commas between them, or JSON, found neither   from app.yml:7",
        ),
        (
            ["a", "a"],
            'plugins[1]   plugin "a" is listed twice; it is also plugins[0], from app.yml:8   from app.yml:8',
        ),
        (
            [{"plugin": "a", "alias": "x"}, {"plugin": "b", "alias": "x"}],
            'plugins[1]   alias "x" is given twice; it is also that of plugins[0], from app.yml:8   from app.yml:8',
        ),
        (
            ["bb", {"plugin": "a", "alias": "bb"}],
            'plugins[1]   alias "bb" is the name of another plugin, plugins[0], from app.yml:8   from app.yml:8',
        ),
        (
            [{"plugin": "a", "alias": "b"}, "b"],
            'plugins[1]   plugin "b" has the name that is the alias of plugins[0], from app.yml:8   from app.yml:8',
        ),
        (
            {"one": "a", "two": {"plugin": "a"}},
            'plugins.two   plugin "a" is listed twice; it is also plugins.one, from app.yml:10   from app.yml:10',
        ),
    ],
)
def test_a_mistake_names_all_places_that_it_is_about(setting: object, line: str) -> None:
    assert refused(setting) == f"1 setting of plugins is wrong\n  {line}"


@given(st.lists(NAMES, unique=True))
def test_names_are_read_in_their_order_in_every_form(names: list[str]) -> None:
    as_list = [each.name for each in listed(names)]
    as_tables = [each.name for each in listed([{"plugin": name} for name in names])]
    as_table = [each.name for each in listed(dict.fromkeys(names))]
    as_text = [each.name for each in listed(Text(", ".join(names)))]

    assert as_list == as_tables == as_table == as_text == names


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    )
)
def test_whatever_is_found_it_is_read_or_refused(setting: object) -> None:
    try:
        found = listed(setting)
    except ConfigError:
        return
    assert len({each.alias for each in found}) == len({each.name for each in found}) == len(found)
