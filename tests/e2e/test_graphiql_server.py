"""GraphiQL in a real browser against the real server: choose a test user, run the examples, follow a subscription."""

import json
from collections.abc import AsyncGenerator

import pytest
from playwright.async_api import Browser, Page, expect

from dialog_graph.web.build import operations
from dialog_graph.web.routes import STATIC
from tests.e2e.browser import Witness, chromium, chromium_or_skip
from tests.e2e.cases import ended_case
from tests.e2e.clients import Graph
from tests.e2e.running import PROJECT, Live
from tests.e2e.test_graphiql import expect_answer, opened, run_example

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.fixture(scope="module")
async def browser() -> AsyncGenerator[Browser, None]:
    chromium_or_skip()
    if not (STATIC / "operations.json").is_file():
        pytest.skip("the pages are not built: dialog-graph web build")
    async with chromium() as running:
        yield running


async def act_as(page: Page, name: str) -> None:
    await page.locator("#act-as").select_option(label=name)


async def shut(page: Page, witness: Witness, live: Live) -> None:
    """Nothing was asked of another address, nothing was complained about."""
    assert witness.foreign(live.host) == []
    assert witness.complaints == []
    await page.close()


def test_the_pages_hold_the_examples_of_the_repository() -> None:
    if not (STATIC / "operations.json").is_file():
        pytest.skip("the pages are not built: dialog-graph web build")
    built = json.loads((STATIC / "operations.json").read_text(encoding="utf-8"))
    assert built["operations"] == operations(PROJECT / "schema" / "operations"), "build the pages anew"


async def test_a_developer_looks_around_as_kari(live: Live, browser: Browser) -> None:
    page, witness = await opened(browser, live.host)
    await expect(page.get_by_text("development issuer is on")).to_be_visible()
    await run_example(page, "Who am I")
    await expect_answer(page, '"kind": "ANONYMOUS"')
    await act_as(page, "Kari Lund")
    await run_example(page, "Who am I")
    await expect_answer(page, '"name": "Kari Lund"')
    await expect_answer(page, '"authLevel": 4')
    await page.locator("#level").select_option("3")
    await run_example(page, "Who am I")
    await expect_answer(page, '"authLevel": 3')
    await run_example(page, "Start an application")
    await expect_answer(page, '"status": "ACTIVE"')
    await run_example(page, "The inbox")
    await expect_answer(page, '"status": "DRAFT"')
    await shut(page, witness, live)


async def test_a_service_owner_follows_completed_cases(live: Live, browser: Browser, kari: Graph) -> None:
    """A subscription over WebSocket, with the token that the picker fetched; the case ends while it is open."""
    await ended_case(kari)
    page, witness = await opened(browser, live.host)
    await act_as(page, "Testdepartementet")
    await run_example(page, "Be told of completed cases")
    await expect_answer(page, '"type": "app.instance.process.completed"')
    case = await ended_case(kari, title="Sett i nettleseren")
    await expect_answer(page, f'"id": "{case}"')
    assert [url for url in witness.requests if url == f"ws://{live.host}/graphql"]
    await page.get_by_role("button", name="Stop query").click()
    await shut(page, witness, live)


async def test_a_mistake_is_shown_with_its_code(live: Live, browser: Browser) -> None:
    page, witness = await opened(browser, live.host)
    await act_as(page, "Jon Vik")
    await run_example(page, "Where my case stands")
    await expect_answer(page, '"instance": null')
    await run_example(page, "Send a task on")
    await expect_answer(page, '"code": "NOT_FOUND"')
    await shut(page, witness, live)


async def test_the_schema_can_be_read(live: Live, browser: Browser) -> None:
    page, witness = await opened(browser, live.host)
    await act_as(page, "Kari Lund")
    await page.get_by_role("button", name="Show Documentation Explorer").click()
    explorer = page.locator(".graphiql-doc-explorer")
    await explorer.get_by_text("Mutation", exact=True).click()
    await expect(explorer).to_contain_text("advanceProcess")
    await shut(page, witness, live)
