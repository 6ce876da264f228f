"""What the orders service says of itself: kept in a file, and true whatever is asked."""

import json
import re
import urllib.parse
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import aiohttp
import attrs
import jsonschema
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from openapi_spec_validator import validate

from rostra import config, plugin
from rostra_aiohttp import Address
from rostra_aiohttp.openapi import Info, document

KEPT = Path(__file__).parent / "openapi.json"
JUNK = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=8),
    st.lists(st.integers(), max_size=2),
)
HUGE = st.sampled_from([0, -1, 2**31, 2**63 - 1, 2**63, -(2**63) - 1, 10**30])


def made() -> dict[str, Any]:
    """The document, without a server."""
    seen: list[dict[str, Any]] = []

    def look(rehearsal: plugin.Rehearsal) -> None:
        seen.append(document(rehearsal.handlers.bound, Info("Orders", "1"), rehearsal.registry.names))

    assert plugin.rehearse("orders", look=look, config=config.ConfigSource()) is None
    return seen[0]


DOCUMENT = made()


def test_the_document_is_the_one_that_is_kept_and_what_openapi_allows() -> None:
    text = f"{json.dumps(DOCUMENT, indent=2, ensure_ascii=False)}\n"

    validate(DOCUMENT)
    assert text == KEPT.read_text(), f"if that is meant, write it to {KEPT.name}"


@attrs.frozen
class Ask:
    """A request.

    Args:
        method: In capitals.
        template: Of the path, as the document has it.
        path: With the values in it.
        query: Names and texts.
        body: As it is sent; None sends none.
        fits: Whether all that is sent fits the document.
    """

    method: str
    template: str
    path: str
    query: tuple[tuple[str, str], ...]
    body: bytes | None
    fits: bool


def resolved(schema: Any) -> Any:
    """The same, with components in place of references."""
    if isinstance(schema, dict):
        if (ref := schema.get("$ref")) is not None:
            target: Any = DOCUMENT
            for key in ref.removeprefix("#/").split("/"):
                target = target[key]
            return resolved({**target, **{key: each for key, each in schema.items() if key != "$ref"}})
        return {key: resolved(each) for key, each in schema.items()}
    return [resolved(each) for each in schema] if isinstance(schema, list) else schema


def values(schema: dict[str, Any]) -> st.SearchStrategy[Any]:
    """Values that fit a schema, of the kinds that this document has."""
    if "enum" in schema:
        return st.sampled_from(schema["enum"])
    match schema.get("type"):
        case "string":
            return st.text(min_size=schema.get("minLength", 0), max_size=12)
        case "integer":
            least = schema.get("minimum")
            return st.integers(least) | HUGE.filter(lambda number: least is None or number >= least)
        case "number":
            return st.floats(-1.0, 0.01, allow_nan=False)  # seconds that somebody waits
        case "object":
            properties = {name: values(each) for name, each in schema["properties"].items()}
            needed = {name: each for name, each in properties.items() if name in schema.get("required", ())}
            return st.fixed_dictionaries(
                needed, optional={name: each for name, each in properties.items() if name not in needed}
            )
    raise NotImplementedError(schema)


def asks() -> st.SearchStrategy[Ask]:
    """Requests to all operations: some fit the document, others nearly do."""
    operations = [
        (path, method, operation)
        for path, item in DOCUMENT["paths"].items()
        for method, operation in item.items()
    ]
    return st.sampled_from(operations).flatmap(lambda each: of_operation(*each))


@st.composite
def of_operation(draw: Any, template: str, method: str, operation: dict[str, Any]) -> Ask:
    fits, path, query, body = True, template, [], None
    for parameter in operation.get("parameters", []):
        schema = resolved(parameter["schema"])
        is_wrong, is_left_out = draw(st.booleans()) and draw(st.booleans()), draw(st.booleans())
        junk = (
            st.text("abc-", min_size=1) if schema.get("type") == "number" else JUNK
        )  # nobody waits for seconds
        value = draw(junk if is_wrong else values(schema))
        fits &= not is_wrong
        if parameter["in"] == "path":
            path = path.replace(f"{{{parameter['name']}}}", urllib.parse.quote(str(value), safe=""))
        elif not is_left_out:
            query.append((parameter["name"], str(value)))
    if "requestBody" in operation:
        schema = resolved(operation["requestBody"]["content"]["application/json"]["schema"])
        is_wrong = draw(st.booleans())
        value = draw(
            st.dictionaries(st.sampled_from([*schema["properties"]]), JUNK | HUGE) | JUNK
            if is_wrong
            else values(schema)
        )
        fits &= STRICT(schema).is_valid(value)
        body = json.dumps(value).encode() if draw(st.integers(0, 9)) else b"{"
        fits &= body != b"{"
    return Ask(method.upper(), template, path, tuple(query), body, fits)


WHOLE = jsonschema.Draft202012Validator.TYPE_CHECKER.redefine(
    "integer", lambda _, value: isinstance(value, int) and not isinstance(value, bool)
)
STRICT = jsonschema.validators.extend(  # type: ignore[no-untyped-call]  # its stubs leave it out
    jsonschema.Draft202012Validator, type_checker=WHOLE
)
"""JSON Schema takes 5.0 for a whole number, and handlers do not: what is written with a point is not one of theirs."""


def complaints(ask: Ask, status: int, media: str, content: bytes) -> Iterator[str]:
    """What the document does not say of an answer."""
    responses = resolved(DOCUMENT["paths"][ask.template][ask.method.lower()]["responses"])
    said = responses.get(str(status)) or responses.get(f"{status // 100}XX") or responses.get("default")
    if status >= 500:
        yield f"{status}"
    if said is None:
        yield f"{status} is not said"
        return
    if media not in said["content"]:
        yield f"{media} is not said"
    elif media.endswith("json"):
        schema = said["content"][media]["schema"]
        checker = jsonschema.Draft202012Validator(schema, format_checker=jsonschema.FormatChecker())
        yield from (each.message for each in checker.iter_errors(json.loads(content)))
    if ask.fits and status == 422:
        yield f"refused though it fits: {content!r}"


@pytest.mark.asyncio
async def test_whatever_is_asked_the_answer_is_one_that_the_document_says() -> None:
    """Real requests over a real socket, as many as hypothesis thinks of, in one run of the service."""
    asked: list[Ask] = []

    @settings(max_examples=600, database=None, deadline=None, phases=[Phase.generate], derandomize=True,
              suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much])  # fmt: skip
    @given(asks())
    def think(ask: Ask) -> None:
        asked.append(ask)

    think()
    found = set()
    async with plugin.Stage(
        "orders", config={"http": {"port": 0}, "logging": {"level": "critical"}}
    ) as stage:
        await stage.start()
        url = stage.components.get(Address).url
        async with aiohttp.ClientSession() as session:
            for ask in asked:
                headers = {} if ask.body is None else {"Content-Type": "application/json"}
                target = f"{url}{ask.path}?{urllib.parse.urlencode(ask.query)}"
                if (
                    re.search(r"/(\.|%2E)*(/|\?)", target.removeprefix("http://"), re.IGNORECASE)
                    and ask.template != "/"
                ):
                    continue  # clients take such paths for others
                async with session.request(ask.method, target, data=ask.body, headers=headers) as answer:
                    content = await answer.read()
                for complaint in complaints(ask, answer.status, answer.content_type, content):
                    found.add(f"{ask}: {complaint}")

    assert len({ask.template for ask in asked}) == len(DOCUMENT["paths"])
    assert sum(ask.fits for ask in asked) > 50
    assert sorted(found) == []
