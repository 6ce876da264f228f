"""The document of OpenAPI: paths, parameters, bodies and answers, as handlers say them."""

import datetime as dt
import json
import sys
import types
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Annotated, Any, Literal

import attrs
import pytest
from aiohttp import web
from openapi_spec_validator import validate

from rostra import config, plugin
from rostra.handlers import mark
from rostra_aiohttp import (
    Answer,
    Body,
    Cookie,
    Event,
    File,
    Form,
    FromHeader,
    FromQuery,
    Header,
    Query,
    Route,
    Upload,
    delete,
    get,
    post,
    put,
)
from rostra_aiohttp.openapi import Info, document

Document = dict[str, Any]
NO_INFO = Info()


@attrs.frozen
class Order:
    """What was asked for."""

    item: str
    """What it is about."""
    quantity: int = attrs.field(default=1, validator=attrs.validators.ge(1))


@pytest.fixture
def documented(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Gives the document of handlers as if they stood in a module of their own; it is what OpenAPI 3.1 allows."""
    counted = iter(range(1000))

    def made(*items: Any, info: Info = NO_INFO) -> Document:
        module = types.ModuleType(f"shop_{next(counted)}", "Sells things.\n\nTo everybody.")
        for item in items:
            item.__module__ = module.__name__
            setattr(module, item.__name__, item)
        monkeypatch.setitem(sys.modules, module.__name__, module)
        seen: list[Document] = []

        def look(rehearsal: plugin.Rehearsal) -> None:
            assert rehearsal.failed == rehearsal.wrong == ()
            seen.append(document(rehearsal.handlers.bound, info, rehearsal.registry.names))

        assert (
            plugin.rehearse("rostra_aiohttp", module.__name__, look=look, config=config.ConfigSource())
            is None
        )
        validate(json.loads(json.dumps(seen[0])))
        return seen[0]

    return made


def parameters(operation: Document) -> dict[tuple[str, str], Document]:
    return {(each["in"], each["name"]): each for each in operation["parameters"]}


def test_a_docstring_becomes_summary_description_and_what_is_said_of_parameters(documented: Any) -> None:
    @get("/orders/{number}")
    async def show(number: int, verbose: bool = False) -> Order:
        """Show an order.

        As it is now.

        Args:
            number: Which one.
            verbose: Whether to say more.
        """
        raise NotImplementedError

    operation = documented(show)["paths"]["/orders/{number}"]["get"]

    assert operation["summary"] == "Show an order."
    assert operation["description"] == "As it is now."
    assert operation["operationId"] == "show"
    assert operation["parameters"] == [
        {
            "name": "number",
            "in": "path",
            "description": "Which one.",
            "required": True,
            "schema": {"type": "integer"},
        },
        {
            "name": "verbose",
            "in": "query",
            "description": "Whether to say more.",
            "schema": {"type": "boolean", "default": False},
        },
    ]


def test_each_parameter_stands_where_the_client_writes_it(documented: Any) -> None:
    @get("/orders")
    async def listing(
        tags: list[str],
        page: Annotated[int, FromQuery("page-size")],
        x_token: Header[str],
        other: Annotated[str | None, FromHeader("X-Other")],
        since: Query[dt.date | None] = None,
        session: Cookie[str] = "none",
    ) -> None:
        pass

    found = parameters(documented(listing)["paths"]["/orders"]["get"])

    assert found["query", "tags"]["schema"] == {"type": "array", "items": {"type": "string"}}
    assert found["query", "tags"]["required"] is True
    assert found["query", "page-size"]["schema"] == {"type": "integer"}
    assert found["header", "x-token"]["required"] is True
    assert "required" not in found["header", "X-Other"]
    assert found["query", "since"] == {
        "name": "since",
        "in": "query",
        "schema": {"type": "string", "format": "date"},
    }
    assert found["cookie", "session"]["schema"] == {"type": "string", "default": "none"}


def test_what_di_gives_is_nothing_that_a_client_sends(documented: Any) -> None:
    @get("/")
    async def root(request: web.Request, settings: config.ConfigSource) -> str:
        raise NotImplementedError

    assert "parameters" not in documented(root)["paths"]["/"]["get"]


def test_a_body_is_described_once_with_its_attributes(documented: Any) -> None:
    @post("/orders", status=201)
    async def place(order: Order) -> None:
        pass

    @put("/orders/{number}")
    async def change(number: int, order: Body[Order | None] = None) -> None:
        pass

    made = documented(place, change)

    assert made["paths"]["/orders"]["post"]["requestBody"] == {
        "content": {
            "application/json": {"schema": {"$ref": "#/components/schemas/Order"}},
            "application/msgpack": {"schema": {"$ref": "#/components/schemas/Order"}},
        },
        "required": True,
    }
    assert made["paths"]["/orders/{number}"]["put"]["requestBody"]["required"] is False
    assert made["components"]["schemas"]["Order"] == {
        "type": "object",
        "properties": {
            "item": {"type": "string", "description": "What it is about."},
            "quantity": {"type": "integer", "minimum": 1, "default": 1},
        },
        "required": ["item"],
        "description": "What was asked for.",
    }


def test_a_form_has_texts_and_files(documented: Any) -> None:
    @attrs.frozen
    class Letter:
        subject: str
        """What it is about."""
        copies: int = attrs.field(default=1, validator=attrs.validators.ge(1))
        files: list[Upload] = attrs.field(factory=list)

    @post("/letters")
    async def send(letter: Form[Letter]) -> None:
        pass

    @post("/subscribers")
    async def subscribe(order: Form[Order]) -> None:
        pass

    paths = documented(send, subscribe)["paths"]

    assert paths["/letters"]["post"]["requestBody"]["content"] == {
        "multipart/form-data": {
            "schema": {
                "type": "object",
                "properties": {
                    "subject": {"type": "string", "description": "What it is about."},
                    "copies": {"type": "integer", "minimum": 1, "default": 1},
                    "files": {
                        "type": "array",
                        "items": {"type": "string", "contentMediaType": "application/octet-stream"},
                        "default": [],
                    },
                },
                "required": ["subject"],
            }
        }
    }
    assert [*paths["/subscribers"]["post"]["requestBody"]["content"]] == [
        "application/x-www-form-urlencoded",
        "multipart/form-data",
    ]


def test_bytes_are_taken_as_they_are(documented: Any) -> None:
    @put("/blob")
    async def keep(blob: Body[bytes]) -> None:
        pass

    content = documented(keep)["paths"]["/blob"]["put"]["requestBody"]["content"]

    assert content == {"application/octet-stream": {}}


def test_a_class_that_is_sent_and_answered_is_two_where_that_makes_a_difference(documented: Any) -> None:
    @attrs.frozen
    class Tag:
        name: str

    @post("/orders")
    async def place(order: Order) -> Order:
        raise NotImplementedError

    @post("/tags")
    async def tag(tag: Tag) -> Tag:
        raise NotImplementedError

    schemas = documented(place, tag)["components"]["schemas"]

    assert schemas["OrderInput"]["required"] == ["item"]
    assert schemas["Order"]["required"] == ["item", "quantity"]
    assert "default" not in schemas["Order"]["properties"]["quantity"]
    assert "TagInput" not in schemas


@pytest.mark.parametrize(
    ("returned", "status", "said"),
    [
        (None, None, {"204": None}),
        (None, 202, {"202": None}),
        (str, None, {"200": "text/plain"}),
        (bytes, None, {"200": "application/octet-stream"}),
        (Order, 201, {"201": "application/json"}),
        (Order | None, None, {"200": "application/json", "204": None}),
        (Path, None, {"200": "*/*"}),
        (File, None, {"200": "*/*"}),
        (Answer[Order], None, {"200": "application/json"}),
        (tuple[int, Order], None, {"default": "application/json"}),
        (tuple[Literal[200, 201], Order], None, {"200": "application/json", "201": "application/json"}),
        (tuple[int, int, int], None, {"200": "application/json"}),
        (web.Response, None, {"default": "*/*"}),
        (Any, None, {"default": "*/*"}),
    ],
)
def test_an_answer_is_what_the_return_annotation_says(
    documented: Any, returned: Any, status: int | None, said: dict[str, str | None]
) -> None:
    async def handler():
        pass

    handler.__annotations__["return"] = returned
    get("/", status=status)(handler)

    responses = documented(handler)["paths"]["/"]["get"]["responses"]

    own = {key: each for key, each in responses.items() if "$ref" not in each}
    assert {key: next(iter(each.get("content", [])), None) for key, each in own.items()} == said
    assert responses["4XX"] == {"$ref": "#/components/responses/Refused"}


@pytest.mark.parametrize(
    ("item", "media"),
    [
        (str, "text/plain"),
        (bytes, "application/octet-stream"),
        (Event, "text/event-stream"),
        (Order, "application/jsonl"),
    ],
)
def test_what_comes_in_parts_says_its_type_of_content(documented: Any, item: Any, media: str) -> None:
    async def stream():
        yield

    stream.__annotations__["return"] = AsyncIterator[item]
    get("/")(stream)

    assert [*documented(stream)["paths"]["/"]["get"]["responses"]["200"]["content"]] == [media]


def test_only_what_may_not_fit_is_refused_for_that(documented: Any) -> None:
    @get("/names/{name}")
    async def named(name: str) -> None:
        pass

    @get("/numbers/{number}")
    async def numbered(number: int) -> None:
        pass

    paths = documented(named, numbered)["paths"]

    assert "422" not in paths["/names/{name}"]["get"]["responses"]
    assert paths["/numbers/{number}"]["get"]["responses"]["422"] == {"$ref": "#/components/responses/Unfit"}


def test_an_expression_in_a_path_is_said_of_its_parameter(documented: Any) -> None:
    @get("/files/{name:[a-z]{1,3}}/{rest:.*}")
    async def file(name: str, rest: str) -> None:
        pass

    (path,) = made = documented(file)["paths"]

    assert path == "/files/{name}/{rest}"
    assert parameters(made[path]["get"])["path", "name"]["schema"]["pattern"] == "^(?:[a-z]{1,3})$"


def test_paths_of_one_shape_are_one_path_and_its_names_are_those_of_the_first(documented: Any) -> None:
    @get("/orders/{id}")
    async def show(id: str) -> None:  # noqa: A002
        pass

    @delete("/orders/{number}")
    async def cancel(number: int) -> None:
        pass

    paths = documented(show, cancel)["paths"]

    assert [*paths] == ["/orders/{id}"]
    assert [*parameters(paths["/orders/{id}"]["delete"])] == [("path", "id")]


def test_what_openapi_cannot_tell_apart_is_named(documented: Any) -> None:
    @get("/things/{number:[0-9]+}")
    async def by_number(number: int) -> None:
        pass

    @get("/things/{name:[a-z]+}")
    async def by_name(name: str) -> None:
        pass

    made = documented(by_number, by_name)

    assert made["paths"]["/things/{number}"]["get"]["operationId"] == "by_number"
    assert [each.partition(" → ")[2] for each in made["x-left-out"]] == ["by_name"]


def test_a_method_that_openapi_has_no_word_for_is_named(documented: Any) -> None:
    async def find() -> None:
        pass

    mark(mark(find, Route("PROPFIND", "/files")), Route("OPTIONS", "/files"))

    made = documented(find)

    assert [*made["paths"]["/files"]] == ["options"]
    assert [each.partition(" → ")[0] for each in made["x-left-out"]] == ["PROPFIND /files"]


def test_operations_have_ids_of_their_own_whatever_their_order(documented: Any) -> None:
    class Shop:
        """Sells."""

        @get("/a")
        async def place(self) -> None:
            pass

    async def place() -> None:
        pass

    place.__qualname__ = "place"
    get("/b")(post("/c")(place))

    made = documented(Shop, place)

    ids = {path: each["operationId"] for path, item in made["paths"].items() for each in item.values()}
    assert ids["/a"] == "Shop.place"
    assert len({*ids.values()}) == 3
    assert ids["/b"].endswith("place.get_b")
    assert made["paths"]["/a"]["get"]["tags"] == ["Shop"]
    assert {"name": "Shop", "description": "Sells."} in made["tags"]


def test_operations_may_be_grouped_by_the_first_part_of_their_path(documented: Any) -> None:
    @get("/orders/{number}")
    async def show(number: int) -> None:
        pass

    @get("/")
    async def root() -> None:
        pass

    made = documented(
        show, root, info=Info(title="Shop", version="1.2", description="Of things.", tags="prefix")
    )

    assert made["tags"] == [{"name": "orders"}]
    assert made["info"] == {"title": "Shop", "version": "1.2", "description": "Of things."}
    assert "tags" not in made["paths"]["/"]["get"]
