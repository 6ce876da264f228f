"""How values are put into a file: its comments and quotes stay, and it says what it said, or the value is refused."""

import json
import tomllib

import pytest
import yaml
from hypothesis import assume, given
from hypothesis import strategies as st

from rostra.cli.places import format_of
from rostra.cli.rendering import WrongFileError, drafted, rendered
from rostra.config.formats.dotenv_format import variables
from rostra.config.formats.ini_format import ini

TEMPLATES = {
    "json": '{"a": ["x ${V} y", {"${V}": "${V}"}], "b": "$${V}"}',
    "toml": '# ${V} "\na = "x ${V} y" # ${V}\nb = \'${V}\'\nc = """\n${V}"""\nd = \'\'\'${V}\'\'\'\n"k-${V}" = "$${V}"\n',
    "yaml": "# ${V} '\na: \"x ${V} y\" # ${V}\nb: '${V}'\nc: ${V}\nd: |\n  ${V}\n  z\ne: >\n  ${V}\nf: [\"${V}\", '# ${V}']\n",
    "ini": "; ${V}\n[a]\n# ${V}\nb = x ${V}\nc = ${V}\n",
    "dotenv": "# ${V}\nA=${V}\nexport B=\"x ${V}\" # ${V}\nC='${V}'\n",
}
NASTY = "\"'\\#\n\r\t:{}[],&*!|>%@`- =$;a0\x7f\x85\u2028\u00e9"
values = st.text(st.sampled_from(NASTY) | st.characters(exclude_categories=["Cs"]), max_size=8)
ONE_PLACE = [
    ("json", '{"a": "${V}"}', lambda text: json.loads(text)["a"]),
    ("toml", 'a = "${V}"', lambda text: tomllib.loads(text)["a"]),
    ("toml", "a = '${V}'", lambda text: tomllib.loads(text)["a"]),
    ("toml", 'a = """${V}"""', lambda text: tomllib.loads(text)["a"]),
    ("yaml", 'a: "${V}"', lambda text: yaml.safe_load(text)["a"]),
    ("yaml", "a: '${V}'", lambda text: yaml.safe_load(text)["a"]),
    ("yaml", "a: ${V}", lambda text: yaml.load(text, yaml.BaseLoader)["a"]),
    ("yaml", "a: |-\n  ${V}\n", lambda text: yaml.safe_load(text)["a"]),
    ("yaml", "a: [${V}, b]", lambda text: yaml.load(text, yaml.BaseLoader)["a"][0]),
    ("ini", "[a]\nb = ${V}\n", lambda text: ini(text, "").values["a"]["b"]),
    ("dotenv", "A=${V}\n", lambda text: variables(text, "").values["A"]),
    ("dotenv", 'A="${V}"\n', lambda text: variables(text, "").values["A"]),
    ("dotenv", "A='${V}'\n", lambda text: variables(text, "").values["A"]),
]


def render(kind, text, value):
    draft = drafted("file", text, kind)
    return rendered(draft, [value if each.reference else "${" for each in draft.openings])


@pytest.mark.parametrize(
    ("kind", "template", "read"), ONE_PLACE, ids=[template for _, template, _ in ONE_PLACE]
)
@given(value=values)
def test_a_value_is_read_back_as_it_is_or_is_refused(kind, template, read, value):
    try:
        text = render(kind, template, value)
    except WrongFileError:
        assume(False)

    assert read(text) == value


@pytest.mark.parametrize("kind", TEMPLATES)
@given(value=st.text(st.sampled_from("abc "), min_size=1, max_size=5).map(str.strip).filter(bool))
def test_a_harmless_value_is_put_into_every_place_but_comments(kind, value):
    template = TEMPLATES[kind]

    found = render(kind, template, value)

    places = [each for each in drafted("file", template, kind).openings if each.reference]
    assert found.count("${V}") == template.count("${V}") - len(places)
    assert found.replace(value, "${V}").replace("${V}", "") == (
        template.replace("$${", "${").replace(value, "${V}").replace("${V}", "")
    )


@pytest.mark.parametrize("kind", TEMPLATES)
@pytest.mark.parametrize("value", ["a", "${V}", "$${V}"])
def test_what_was_put_in_is_not_read_again(kind, value):
    template = TEMPLATES[kind].replace("c: ${V}\n", "")

    found = render(kind, template, value)

    assert value in found
    assert "$$${" not in found


@pytest.mark.parametrize(
    ("kind", "text", "value", "expected"),
    [
        ("yaml", 'a: "${V}"', 'q"\\\n', 'a: "q\\"\\\\\\n"'),
        ("yaml", "a: '${V}'", "it's", "a: 'it''s'"),
        ("yaml", "a: ${V}", "8080", "a: 8080"),
        ("yaml", "a:\n  b: |\n    ${V}\n", "one\ntwo", "a:\n  b: |\n    one\n    two\n"),
        ("yaml", "a: x # ${V\nb: ${V}", "y", "a: x # ${V\nb: y"),
        ("yaml", "a: x#${V}", "y", "a: x#y"),
        ("yaml", "a: ${V}\n---\nb: ${V}\n", "y", "a: y\n---\nb: y\n"),
        ("yaml", "a: &x !t ${V}\nb: *x\n", "y", "a: &x !t y\nb: *x\n"),
        ("yaml", "a: | # ${V}\n  ${V}\n", "y", "a: | # ${V}\n  y\n"),
        ("yaml", "a: b\r\nc: ${V}\r\n", "y", "a: b\r\nc: y\r\n"),
        ("json", '{"a": ${V}}', "8080", '{"a": 8080}'),
        ("json", '[{"a": "#${V}"}]', 'q"', '[{"a": "#q\\""}]'),
        ("toml", "a = ${V}\nb = 1${V}\n", "8080", "a = 8080\nb = 18080\n"),
        ("toml", "a = 2026-${V}-01", "11", "a = 2026-11-01"),
        ("toml", "a = '# ${V}' # ${V}", 'q"', "a = '# q\"' # ${V}"),
        ("ini", "a = 1\n; ${V}\nb = ${V} ; ${V}\n", "y", "a = 1\n; ${V}\nb = y ; y\n"),
        ("dotenv", 'A="${V}"\n', 'q"\\\nz', 'A="q\\"\\\\\nz"\n'),
        ("text", "server ${V}; # ${V}\n", "a\n'\"", "server a\n'\"; # a\n'\"\n"),
    ],
)
def test_a_value_is_written_as_its_place_needs_it(kind, text, value, expected):
    assert render(kind, text, value) == expected


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        ("yaml", "a: ${V}", "x #y"),
        ("yaml", "a: ${V}", "x: y"),
        ("yaml", "a: ${V}", "[x, y]"),
        ("yaml", "a: ${V}", "*x"),
        ("yaml", "a: ${V}", "!!python/name:os.system x"),
        ("yaml", "a: ${V}", "x\nb: y"),
        ("yaml", "a: ${V}", '"x"'),
        ("yaml", "a: [${V}]", "x, y"),
        ("yaml", "a: '${V}'", "x\ny"),
        ("yaml", "a: >\n  ${V}\n", "x\ny"),
        ("yaml", "a: |\n  ${V}\n", "x\n"),
        ("yaml", "${V}: 1", "x: y"),
        ("json", '{"a": ${V}}', "x"),
        ("json", '{"a": ${V}}', '"x"'),
        ("json", '{"a": ${V}}', "1, 2"),
        ("json", '{"a": ${V}}', '1, "b": 2'),
        ("json", '{"a": ${V}}', "[1]"),
        ("json", '{"a": ${V}}', "NaN"),
        ("toml", "a = ${V}", "1\nb = 2"),
        ("toml", "a = ${V}", "x"),
        ("toml", "a = ${V}", "1 # x"),
        ("toml", "a = '${V}'", "it's"),
        ("toml", "a = '${V}'", "x\ny"),
        ("toml", "a = '''${V}'''", "'''"),
        ("ini", "[a]\nb = ${V}\n", "x\n[c]"),
        ("ini", "[a]\nb = ${V}\n", " x"),
        ("dotenv", "A=${V}\n", "x #y"),
        ("dotenv", "A=${V}\n", "x\nB=y"),
        ("dotenv", "A='${V}'\n", "it's"),
    ],
)
def test_a_value_that_would_change_what_the_file_says_is_refused_without_being_shown(kind, text, value):
    with pytest.raises(WrongFileError) as caught:
        render(kind, text, value)

    (mistake,) = caught.value.mistakes
    assert mistake.setting.startswith("file:")
    assert "what ${V} stands for cannot be written here: " in mistake.reason


def test_only_the_places_that_are_wrong_are_named():
    draft = drafted("app.yml", 'a: "${A}"\nb: ${B}\nc: ${C}\n', "yaml")

    with pytest.raises(WrongFileError) as caught:
        rendered(draft, ["x: y", "x: y", "z"])

    assert [(each.setting, each.reason) for each in caught.value.mistakes] == [
        (
            "app.yml:2:4",
            "what ${B} stands for cannot be written here: the file would not mean what it should; put quotes around it",
        )
    ]


@pytest.mark.parametrize("text", ["a: ${V}\nb: [\n", "a: ${V}\n\tc: d\n", "a: ${V}\nb: 'x\n"])
def test_a_file_that_is_no_yaml_is_refused_with_the_line(text):
    with pytest.raises(WrongFileError) as caught:
        render("yaml", text, "")

    assert caught.value.mistakes[0].setting in {"file", "file:2", "file:3"}


@pytest.mark.parametrize(("kind", "text"), [("json", "{${V}"), ("toml", "a = ${V} =")])
def test_a_file_that_is_none_of_its_format_is_refused(kind, text):
    with pytest.raises(WrongFileError) as caught:
        render(kind, text, "1")

    assert caught.value.mistakes[0].reason == f"is no {kind.upper()}, with its references or without"


@pytest.mark.parametrize("kind", ["yaml", "toml", "ini", "dotenv"])
def test_a_malformed_reference_counts_outside_of_comments_only(kind):
    text = {"yaml": "# ${\na: ${", "toml": "# ${\na = '${'", "ini": "; ${\na = ${", "dotenv": "# ${\nA=${"}[
        kind
    ]

    draft = drafted("file", text, kind)

    assert [each.setting for each in draft.mistakes] == [f"file:2:{text.splitlines()[1].index('$') + 1}"]


@given(st.sampled_from(sorted(TEMPLATES)), st.text(st.sampled_from("${}V:-\"'#\n= []a|>&*"), max_size=30))
def test_any_text_is_drafted_or_refused(kind, text):
    try:
        draft = drafted("file", text, kind)
    except WrongFileError:
        assert kind == "yaml"
    else:
        assert draft.filled([text[each.at : each.end] for each in draft.openings]) == text


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("a.yml", "yaml"), ("a.yaml", "yaml"), ("a.json", "json"), ("a.toml", "toml"), ("a.ini", "ini"), ("a.cfg", "ini"),
        (".env", "dotenv"), (".env.local", "dotenv"), ("prod.env", "dotenv"), ("nginx.conf", "text"), ("-", "text"),
    ],
)  # fmt: skip
def test_a_suffix_tells_the_format(name, kind):
    assert format_of(name) == kind
