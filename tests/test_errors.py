from typing import ClassVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rostra.errors import RostraError, Wording, closest

LINES = st.lists(st.text(st.characters(codec="ascii", exclude_categories=["Cc"]), max_size=10), max_size=3)


class FloodError(RostraError, RuntimeError):
    """An error as any room may have it."""

    river: str
    levels: tuple[int, ...] = ()

    def wording(self) -> Wording:
        return Wording(
            f"the {self.river} is too high",
            where=("asked by dam.py:12", "for the plugin harbour"),
            why=tuple(f"found {level} m" for level in self.levels),
            fix=("wait",),
            body=("gauge   level", "bridge"),
        )


def test_the_parts_stand_in_their_order_with_their_labels() -> None:
    text = str(FloodError("Rhine", (9, 8)))

    assert text == (
        "the Rhine is too high\n"
        "  gauge   level\n"
        "  bridge\n"
        "  where   asked by dam.py:12\n"
        "          for the plugin harbour\n"
        "  why     found 9 m\n"
        "          found 8 m\n"
        "  to fix  wait"
    )


def test_a_part_that_is_empty_is_left_out() -> None:
    assert "why" not in str(FloodError("Rhine"))
    assert str(Wording("the Rhine is too high")) == "the Rhine is too high"


@given(where=LINES, why=LINES, fix=LINES, body=LINES)
def test_a_text_has_a_line_for_each_that_was_given_and_no_trailing_blanks(
    where: list[str], why: list[str], fix: list[str], body: list[str]
) -> None:
    wording = Wording("what", tuple(where), tuple(why), tuple(fix), tuple(body))

    lines = str(wording).split("\n")

    assert len(lines) == 1 + len(where) + len(why) + len(fix) + len(body)
    assert all(line == line.rstrip() for line in lines)


def test_an_error_is_caught_as_the_builtin_that_it_is_too() -> None:
    with pytest.raises(RuntimeError):
        raise FloodError("Rhine")


def test_an_error_keeps_its_fields_for_who_catches_it() -> None:
    error = FloodError("Rhine", (9,))

    assert (error.river, error.levels) == ("Rhine", (9,))


def test_what_belongs_to_the_class_is_no_field() -> None:
    class DroughtError(FloodError):
        unit: ClassVar[str] = "m"
        since: str = ""

    error = DroughtError("Rhine", (1,), "June")

    assert error.args == ("Rhine", (1,), "June")
    assert error.since == "June"


def test_a_note_is_added_once() -> None:
    error = FloodError("Rhine")

    assert error.noted("in the plugin harbour").noted("in the plugin harbour") is error
    assert error.__notes__ == ["in the plugin harbour"]


@pytest.mark.parametrize(
    ("typed", "meant"), [("greting", "greeting"), ("prot", "port"), ("GREETING", None), ("xyz", None)]
)
def test_a_misspelt_word_is_compared_with_what_there_is(typed: str, meant: str | None) -> None:
    assert closest(typed, ["port", "greeting", "host"]) == meant


@given(st.lists(st.text(min_size=1), min_size=1))
def test_a_word_that_exists_is_its_own_closest_match_in_any_order(options: list[str]) -> None:
    assert closest(options[0], options) == options[0]
    assert closest(options[0], reversed(options)) == options[0]


@pytest.mark.parametrize(
    ("values", "named"),
    [((), {}), (("a", (), "b"), {}), (("a",), {"river": "b"}), (("a",), {"other": "b"})],
    ids=["one missing", "one too many", "one given twice", "one that is none"],
)
def test_an_error_refuses_fields_that_it_does_not_have(
    values: tuple[object, ...], named: dict[str, object]
) -> None:
    with pytest.raises(TypeError, match="FloodError takes river, levels"):
        FloodError(*values, **named)
