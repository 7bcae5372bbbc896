"""One site for all fault runs of a test process; tables are shown although nothing has failed."""

import os
import sys
from collections.abc import AsyncGenerator, Callable

import pytest

from tests.chaos import site
from tests.chaos.figures import Figure, table

SEED = int(os.environ.get("DIALOG_GRAPH_CHAOS_SEED", "20310501"))
"""The same in every run of the tests, so that a change shows; another one by the variable."""


@pytest.fixture(scope="session")
async def chaos_site() -> AsyncGenerator[site.Site]:
    async with site.opened() as opened:
        yield opened


@pytest.fixture
def show(capfd: pytest.CaptureFixture[str]) -> Callable[..., None]:
    """Prints figures past the capture, also from a process of a run on all cores."""

    def printed(*figures: Figure) -> None:
        with capfd.disabled():
            print(f"\n{table(figures)}\n    seed {SEED}", file=sys.stderr, flush=True)

    return printed
