"""Relay connections over our keyset pages."""

from typing import TypeVar

import strawberry
from strawberry import Info

from dialog_graph.graphql.context import Context
from dialog_graph.ports import Ports
from dialog_graph.reads.paging import Page
from dialog_graph.storage.database import Snapshot

ItemT = TypeVar("ItemT")


@strawberry.type(description="Where a page stands in its list.")
class PageInfo:
    """`end_cursor`: give it as `after` for the next page."""

    has_next_page: bool
    has_previous_page: bool
    start_cursor: str | None
    end_cursor: str | None


def page_info(page: Page[ItemT]) -> PageInfo:
    """The place of a page."""
    return PageInfo(
        has_next_page=page.has_next,
        has_previous_page=page.has_previous,
        start_cursor=page.cursors[0] if page.cursors else None,
        end_cursor=page.cursors[-1] if page.cursors else None,
    )


async def counted(info: Info[Context, None], page: Page[ItemT]) -> int:
    """The number of all rows, counted now because it was selected; stops at 10 000."""

    async def count(ports: Ports, snapshot: Snapshot) -> int:
        return await page.total(snapshot)

    return await info.context.read(count)
