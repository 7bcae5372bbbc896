"""One real server for all end-to-end tests of a run."""

import os
import re
from collections.abc import AsyncGenerator, Callable, Generator
from pathlib import Path

import httpx
import pytest

from dialog_graph.storage.bootstrap import DATABASE
from dialog_graph.storage.embedded import EmbeddedPostgres
from dialog_graph.storage.logins import embedded_logins
from tests.e2e.clients import Graph
from tests.e2e.refusals import Stored, stored
from tests.e2e.running import PROJECT, Live, running
from tests.flow.replaying import check_replays

FAULT = re.compile(r"\[(?:error|critical)\s*\]|\b(?:ERROR|CRITICAL)\b")
"""How a line of the log begins to tell of something broken."""

PRIVATE = ("12887230143", "Kari", "kari@example.test", "Eikeplanker", "tegning", "eyJ", "whsec_", "signature=")
"""What the tests send and no log may hold (security rules §18)."""


def _template() -> Path | None:
    shared = Path(os.environ.get("DIALOG_GRAPH_SHARED") or PROJECT.parent / "shared")
    template = shared / "corpus" / "apps" / "template-v8"
    return template if template.is_dir() else None


@pytest.fixture(scope="session")
def process() -> Generator[Live]:
    """The server's process. At the end its log must not tell of a fault: whatever the tests sent, nothing broke."""
    with running(_template()) as server:
        yield server
        log = server.log
    assert "Traceback (most recent call last)" not in log, log[-8000:]
    assert [line for line in log.splitlines() if FAULT.search(line)] == []
    assert [word for word in PRIVATE if word in log] == [], "the log tells nothing of people, tokens and secrets"


@pytest.fixture(scope="session")
async def live(process: Live) -> AsyncGenerator[Live]:
    """The running server. At the end the journal of every instance that the tests made must give its stored state."""
    yield process
    cluster = EmbeddedPostgres(process.data)
    try:
        login = embedded_logins(cluster.start(), DATABASE).setup
        await check_replays(login)
    finally:
        cluster.stop()


@pytest.fixture(scope="session")
async def http() -> AsyncGenerator[httpx.AsyncClient]:
    """Connections that know nothing of proxies."""
    async with httpx.AsyncClient(trust_env=False, timeout=30) as client:
        yield client


@pytest.fixture(scope="session")
async def store(live: Live, http: httpx.AsyncClient) -> AsyncGenerator[Stored]:
    """What is stored. Whoever comes for the first time gets the rows of its rights, so all come once now."""
    for token in (live.person("kari"), live.person("jon"), live.org("ttd"), live.org("nabo")):
        caller = Graph(live.url, token, http)
        await caller.ask("{ instances(filter: {}) { edges { cursor } } }")
    async with stored(live) as opened:
        yield opened


@pytest.fixture
def caller(live: Live, http: httpx.AsyncClient) -> Callable[[str | None], Graph]:
    """Whoever holds a token."""
    return lambda token: Graph(live.url, token, http)


@pytest.fixture
def kari(live: Live, http: httpx.AsyncClient) -> Graph:
    return Graph(live.url, live.person("kari"), http)


@pytest.fixture
def jon(live: Live, http: httpx.AsyncClient) -> Graph:
    """A person without any relation to Kari."""
    return Graph(live.url, live.person("jon"), http)


@pytest.fixture
def ttd(live: Live, http: httpx.AsyncClient) -> Graph:
    """The service owner of the example apps."""
    return Graph(live.url, live.org("ttd"), http)


@pytest.fixture
def nabo(live: Live, http: httpx.AsyncClient) -> Graph:
    """Another service owner."""
    return Graph(live.url, live.org("nabo"), http)
