"""What a text with ``${…}`` in it says."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rostra.config.references import (
    DEEPEST,
    DOTTED,
    LONGEST,
    MalformedError,
    Reference,
    asked_in,
    escaped,
    parsed,
    place,
)
from rostra.config.unresolved import is_plain

texts = st.text(st.sampled_from("${}:-ab/ \n\\") | st.characters(), max_size=60)
names = st.from_regex(r"[A-Za-z_][A-Za-z0-9_]{0,8}", fullmatch=True)
asked = st.from_regex(r"[A-Za-z0-9/][A-Za-z0-9/._ -]{0,12}[a-z]", fullmatch=True)
resolvers = st.from_regex(r"[a-z][a-z0-9-]{0,6}", fullmatch=True)


def variable(name, default=None):
    return Reference(None, name, default)


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("", ()),
        ("a", ("a",)),
        ("${URL}", (variable("URL"),)),
        ("http://${HOST}:${PORT}/", ("http://", variable("HOST"), ":", variable("PORT"), "/")),
        ("${URL:-}", (variable("URL", ()),)),
        ("${URL:-a:-b}", (variable("URL", ("a:-b",)),)),
        ("${A:-${B:-c}d}e", (variable("A", (variable("B", ("c",)), "d")), "e")),
        ('${A:-{"b": {}}}', (variable("A", ('{"b": {}}',)),)),
        ("${A:-$${B}}", (variable("A", ("${B}",)),)),
        ("${op:shop/db/password}", (Reference("op", "shop/db/password"),)),
        ("${op://shop/db:-none}", (Reference("op", "//shop/db", ("none",)),)),
        ("${aws-sm:db#password}", (Reference("aws-sm", "db#password"),)),
        ("${op:-none}", (variable("op", ("none",)),)),
        ("${file:C:/token}", (Reference("file", "C:/token"),)),
    ],
)
def test_a_reference_names_a_variable_or_a_resolver_and_may_have_a_default(text, parts):
    assert parsed(text) == parts


@pytest.mark.parametrize(
    ("text", "meant"),
    [("$${A}", "${A}"), ("$$${A}", "$${A}"), ("5$", "5$"), ("$HOME", "$HOME"), ("$$", "$$"), ("}{", "}{")],
)
def test_a_dollar_without_a_brace_is_one_and_two_with_a_brace_are_one_with_it(text, meant):
    assert parsed(text) == (meant,)


@given(texts)
def test_what_is_escaped_means_itself(text):
    assert "".join(map(str, parsed(escaped(text)))) == text
    assert all(isinstance(part, str) for part in parsed(escaped(text)))


@given(texts.filter(is_plain))
def test_a_text_without_references_is_itself(text):
    assert "".join(map(str, parsed(text))) == text


@given(texts)
def test_any_other_text_has_parts_or_a_place_that_is_malformed(text):
    wrong = None
    parts = ()
    try:
        parts = parsed(text)
    except MalformedError as error:
        wrong = error.at

    assert wrong is None or text[wrong:].startswith("${")
    assert all(parts)
    assert not any(isinstance(one, str) and isinstance(other, str) for one, other in pairwise(parts))


@given(texts.filter(is_plain).filter(lambda text: not text.endswith("$")), names, resolvers, asked, names)
def test_what_is_written_is_found(text, name, op, reference, default):
    written = f"{text}${{{name}}}{text}${{{op}:{reference}:-${{{default}}}}}"

    found = [part for part in parsed(written) if isinstance(part, Reference)]

    assert found == [variable(name), Reference(op, reference, (variable(default),))]
    assert [written[each.at : each.end] for each in found] == [
        f"${{{name}}}",
        f"${{{op}:{reference}:-${{{default}}}}}",
    ]
    assert [str(each) for each in asked_in(tuple(found))] == [
        f"${{{name}}}",
        f"${{{op}:{reference}}}",
        f"${{{default}}}",
    ]


@pytest.mark.parametrize(
    ("text", "at", "reason"),
    [
        ("a ${", 2, "the ${ that begins here is not closed by a }"),
        ("${A:-b", 0, "the ${ that begins here is not closed by a }"),
        ("${A:-{}", 0, "the ${ that begins here is not closed by a }"),
        ("${}", 0, "expected a variable's name, or resolver:reference, between ${ and }"),
        ("${A}${1a}", 4, "expected a variable's name, or resolver:reference, between ${ and }"),
        ("${ A }", 0, "expected a variable's name, or resolver:reference, between ${ and }"),
        ("${db.url}", 0, "expected a variable's name, or resolver:reference, between ${ and }"),
        ("${op:}", 0, "expected a variable's name, or resolver:reference, between ${ and }"),
        ("${op:a\nb}", 0, "expected a variable's name, or resolver:reference, between ${ and }"),
        ("${file:${HOME}/a}", 0, "expected a variable's name, or resolver:reference, between ${ and }"),
        ("${A-b}", 0, "expected a variable's name, or resolver:reference, between ${ and }"),
    ],
)
def test_what_is_malformed_is_told_by_its_place(text, at, reason):
    with pytest.raises(MalformedError) as caught:
        parsed(text)

    assert (caught.value.at, caught.value.reason) == (at, reason)


def test_defaults_are_nested_only_so_deep():
    def nested(levels):
        return "${A:-" * levels + "}" * levels

    assert parsed(nested(DEEPEST))
    with pytest.raises(MalformedError, match="nested more than 16 deep"):
        parsed(nested(DEEPEST + 1))


def test_a_text_with_references_has_only_so_many_characters():
    assert parsed("a" * LONGEST + "b")
    with pytest.raises(MalformedError, match="at most 1048576 characters"):
        parsed("a" * LONGEST + "${A}")


def test_names_of_settings_are_names_where_that_is_asked_for():
    assert parsed("${db.pool-size}", DOTTED) == (variable("db.pool-size"),)


def test_what_a_reference_shows_of_itself_is_never_its_default():
    (reference,) = parsed("${TOKEN:-s3cret}")

    assert "s3cret" not in f"{reference!r}{reference}"


@pytest.mark.parametrize(("text", "at", "told"), [("abc", 2, "column 3"), ("a\nbc", 3, "line 2, column 2")])
def test_a_place_is_told_as_editors_count(text, at, told):
    assert place(text, at) == told
