"""The page on which people read the document and try it, in a real browser."""

import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import attrs
import browser
import pytest
import pytest_asyncio

from rostra_aiohttp import Form, Header, Upload, get, post

pytestmark = [browser.needed, pytest.mark.asyncio]

ON = {"openapi": {"enabled": True, "title": "The <i>shop</i>", "description": "Sells things."}}
ENTER, TAB = ("Enter", 13, "\r"), ("Tab", 9)


@attrs.frozen
class Order:
    """What is asked for."""

    item: str
    """What it is about."""
    quantity: int = attrs.field(default=1, validator=attrs.validators.ge(1))


@get("/hello/{name}")
async def hello(name: str, authorization: Header[str] = "nobody", greeting: str = "Hello") -> dict[str, str]:
    """Greet <b>somebody</b>."""
    return {"said": f"{greeting}, {name}!", "to": authorization}


@post("/orders", status=201)
async def place(order: Order) -> Order:
    """Place an order.

    It is not kept.
    """
    return order


@attrs.frozen
class Letter:
    subject: str
    files: list[Upload] = attrs.field(factory=list)


@post("/letters")
async def send(letter: Form[Letter]) -> dict[str, str]:
    return {"subject": letter.subject, **{file.name: (await file.read()).decode() for file in letter.files}}


@pytest_asyncio.fixture
async def page(serve: Any, tmp_path: Path) -> AsyncIterator[browser.Tab]:
    async with serve(hello, place, send, **ON) as served, browser.tab(tmp_path / "chromium") as tab:
        await tab.open(f"{served.url}/docs#place")
        await tab.until("document.querySelectorAll('details').length === 3")
        yield tab
        if folder := os.environ.get("ROSTRA_PICTURES"):
            await tab.picture(Path(folder) / f"{tmp_path.name}.png")
        assert tab.complaints == []


async def test_a_request_is_sent_and_its_answer_shown(page: browser.Tab) -> None:
    body = await page.run("document.querySelector('#place textarea').value")
    assert body.split() == ["{", '"item":', '"text",', '"quantity":', "1", "}"]

    await page.run("document.querySelector('#place button').click()")

    shown = await page.until("document.querySelector('#place .answer .body')?.textContent")
    assert shown.split() == body.split()
    assert (await page.run("document.querySelector('#place .answer .well').textContent")).startswith(
        "201 Created in "
    )


async def test_what_was_wrong_with_a_request_is_shown(page: browser.Tab) -> None:
    await page.run("document.querySelector('#place textarea').value = '{}'")

    await page.run("document.querySelector('#place button').click()")

    shown = await page.until("document.querySelector('#place .answer .body')?.textContent")
    assert '"pointer": "#/item"' in shown
    page.complaints.clear()  # the browser itself notes each answer from 400 on


async def test_parameters_go_where_they_belong(page: browser.Tab) -> None:
    await page.run("document.querySelector('#authorization').value = 'Bearer me'")
    await page.run("document.querySelector('#hello [data-name=name]').value = 'a/b c'")
    await page.run("document.querySelector('#hello [data-name=greeting]').value = 'Hi & hello'")

    await page.run("document.querySelector('#hello form').requestSubmit()")

    shown = await page.until("document.querySelector('#hello .answer .body')?.textContent")
    assert '"said": "Hi & hello, a/b c!"' in shown
    assert '"to": "Bearer me"' in shown


async def test_forms_are_sent_with_their_files(page: browser.Tab) -> None:
    await page.run(
        "{ const files = new DataTransfer(); files.items.add(new File(['inside'], 'a.txt'));"
        "document.querySelector('#send [data-name=files]').files = files.files;"
        "document.querySelector('#send [data-name=subject]').value = 'about'; }"
    )

    await page.run("document.querySelector('#send form').requestSubmit()")

    shown = await page.until("document.querySelector('#send .answer .body')?.textContent")
    assert '"subject": "about"' in shown
    assert '"a.txt": "inside"' in shown


async def test_texts_of_the_document_are_no_html(page: browser.Tab) -> None:
    assert await page.run("document.querySelector('h1').textContent") == "The <i>shop</i>"
    assert await page.run("document.querySelectorAll('h1 i, summary b').length") == 0


async def test_the_keyboard_is_enough(page: browser.Tab) -> None:
    await page.run("document.querySelector('#hello summary').focus()")
    await page.press(*ENTER)
    await page.until("document.querySelector('#hello').open")

    await page.run("document.querySelector('#hello [data-name=name]').focus()")
    await page.press(*ENTER)

    assert "Hello, text!" in await page.until("document.querySelector('#hello .answer .body')?.textContent")
    for _ in range(3):
        await page.press(*TAB)
    assert await page.run("document.activeElement.tagName") in {"BUTTON", "INPUT", "PRE"}


async def test_operations_are_found_by_a_part_of_their_name(page: browser.Tab) -> None:
    await page.run(
        "{ const typed = document.querySelector('#filter'); typed.value = 'ORDERS';"
        "typed.dispatchEvent(new Event('input')); }"
    )

    shown = "[...document.querySelectorAll('details')].filter((each) => each.checkVisibility()).map((each) => each.id)"
    assert await page.run(shown) == ["place"]


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_texts_stand_out_from_the_paper_in_light_and_dark(page: browser.Tab, scheme: str) -> None:
    await page.ask("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])

    paper, ink = await page.run(
        "['backgroundColor', 'color'].map((name) => getComputedStyle(document.body)[name].match(/\\d+/g).map(Number))"
    )

    assert (sum(paper) < sum(ink)) is (scheme == "dark")
    assert abs(sum(paper) - sum(ink)) > 500


async def test_the_policy_lets_nothing_in_from_elsewhere(page: browser.Tab) -> None:
    refused = await page.run(
        "fetch('http://127.0.0.1:9/').then(() => 'allowed', (error) => error.name + document.querySelectorAll('iframe').length)"
    )
    assert refused == "TypeError0"
    assert any("Content Security Policy" in each for each in page.complaints)
    page.complaints.clear()
