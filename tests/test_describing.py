"""What classes and functions say of themselves, as tools and plugins read it."""

import re
from types import SimpleNamespace
from typing import Any

import attrs
import jsonschema
import pytest
from attrs import validators
from hypothesis import given
from hypothesis import strategies as st

from rostra.describing import constraints, docstring, metadata_constraints


def test_a_functions_docstring_is_its_prose_and_what_it_says_of_parameters() -> None:
    said = docstring(
        """Place an order,
        and keep it.

        It has a number then::

            await place(order)

        Args:
            order: What is asked for,
                and how much of it.

        Returns:
            The order.
        """
    )

    assert said.text == "Place an order, and keep it.\n\nIt has a number then:"
    assert said.attributes == {"order": "What is asked for, and how much of it."}


@pytest.mark.parametrize("text", [None, "", "   "])
def test_no_docstring_says_nothing(text: str | None) -> None:
    assert docstring(text).text == ""


@pytest.mark.parametrize(
    ("validator", "kind", "said"),
    [
        (validators.ge(1), int, {"minimum": 1}),
        (validators.gt(1), int, {"exclusiveMinimum": 1}),
        ([validators.le(9), validators.lt(10)], int, {"maximum": 9, "exclusiveMaximum": 10}),
        (validators.min_len(1), str, {"minLength": 1}),
        (validators.max_len(3), list, {"maxItems": 3}),
        (validators.max_len(3), dict, {"maxProperties": 3}),
        (validators.in_(["a", "b"]), str, {"enum": ["a", "b"]}),
        (validators.in_({2, 1}), int, {"enum": [1, 2]}),
        (validators.matches_re("[a-z]+"), str, {"pattern": "^(?:[a-z]+)$"}),
        (validators.matches_re("[a-z]+", func=re.search), str, {"pattern": "[a-z]+"}),
        (validators.matches_re("[a-z]+", func=re.match), str, {"pattern": "^(?:[a-z]+)"}),
        (validators.optional(validators.ge(1)), int, {"minimum": 1}),
        (validators.matches_re("(?P<word>a)"), str, {}),
        (validators.matches_re("a", flags=re.IGNORECASE), str, {}),
        (validators.or_(validators.ge(5), validators.le(1)), int, {}),
        (validators.not_(validators.in_([1])), int, {}),
        (validators.instance_of(int), int, {}),
        (lambda *_: None, int, {}),
        (None, int, {}),
    ],
)
def test_validators_are_said_in_keywords_of_json_schema(
    validator: Any, kind: type, said: dict[str, Any]
) -> None:
    @attrs.frozen
    class Holder:
        field: Any = attrs.field(validator=validator)

    assert constraints(attrs.fields(Holder).field.validator, kind) == said


def test_metadata_is_said_in_keywords_of_json_schema() -> None:
    metadata = (SimpleNamespace(ge=1, lt=10, multiple_of=2), SimpleNamespace(max_length=3, pattern="^a"), "b")

    said = metadata_constraints(metadata, str)

    assert said == {
        "minimum": 1,
        "exclusiveMaximum": 10,
        "multipleOf": 2,
        "maxLength": 3,
        "pattern": "^a",
    }


@given(st.integers(-5, 5), st.integers(-5, 5), st.sampled_from(["ge", "gt", "le", "lt"]))
def test_the_schema_refuses_what_the_validator_refuses(bound: int, value: int, name: str) -> None:
    @attrs.frozen
    class Holder:
        field: int = attrs.field(validator=getattr(validators, name)(bound))

    schema = constraints(attrs.fields(Holder).field.validator, int)

    try:
        Holder(value)
        is_taken = True
    except ValueError:
        is_taken = False
    assert jsonschema.Draft202012Validator(schema).is_valid(value) is is_taken
