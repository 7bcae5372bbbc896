"""One site for all fault runs of the tests, and their table at the end."""

import os
from collections.abc import AsyncGenerator

import pytest

from tests.chaos import figures, site

SEED = int(os.environ.get("DIALOG_GRAPH_CHAOS_SEED", "20310501"))
"""The same in every run of the tests, so that a change shows; another one by the variable."""

_FIGURES = pytest.StashKey[list[figures.Figure]]()


@pytest.fixture(scope="session")
async def chaos_site() -> AsyncGenerator[site.Site]:
    async with site.opened() as opened:
        yield opened


@pytest.fixture(scope="session")
def found(request: pytest.FixtureRequest) -> list[figures.Figure]:
    """The figures of this session, for the table."""
    return request.config.stash.setdefault(_FIGURES, [])


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    collected = config.stash.get(_FIGURES, list[figures.Figure]())
    if collected:
        terminalreporter.section(f"fault runs, seed {SEED}")
        terminalreporter.write_line(figures.table(collected))
