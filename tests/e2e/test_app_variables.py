"""Variables `Section__Key` lie over the settings of every app of a server; what is secret in them is told to nobody."""

from collections.abc import Generator
from pathlib import Path

import httpx
import pytest

from tests.e2e import documents as ask
from tests.e2e.clients import Graph
from tests.e2e.running import KARI, Live, running

SECRET = "sk-9f2c-never-told"
FROM_FILE = "jwk-71ab-never-told"
VALIDATION = "query ($id: UUID!) { instance(id: $id) { validation { source code field } } }"
EVERYTHING = """{ applications { edges { node { id diagnostics { message hint }
    versions { version isActive diagnostics { code message hint } } form { settings layouts texts } } } } }"""


@pytest.fixture
def secret_file(tmp_path: Path) -> Path:
    file = tmp_path / "jwk"
    file.write_text(f"{FROM_FILE}\n", encoding="utf-8")
    return file


@pytest.fixture
def lenient(secret_file: Path) -> Generator[Live]:
    """A server whose apps do not ask for what their forms require, and that was given secrets."""
    with running(
        None,
        AppSettings__RequiredValidation="false",
        NetsPaymentSettings__SecretApiKey=SECRET,
        MaskinportenSettings__JwkBase64_FILE=str(secret_file),
    ) as server:
        yield server


async def _sources(graph: Graph) -> set[str]:
    """What finds something in an application that nothing is filled in of."""
    made = await graph.do(ask.START, application="ttd/grant-application", party=KARI)
    found = await graph.ask(VALIDATION, id=made["instance"]["id"])
    return {issue["source"] for issue in found["instance"]["validation"]}


@pytest.mark.slow
async def test_a_variable_changes_what_all_apps_do(
    live: Live, lenient: Live, kari: Graph, http: httpx.AsyncClient
) -> None:
    on_lenient = Graph(lenient.url, lenient.person("kari"), http)
    assert await _sources(kari) == {"DataModel", "Required"}
    assert await _sources(on_lenient) == {"DataModel"}

    owner = Graph(lenient.url, lenient.org("ttd"), http)
    told = f"{await owner.ask(EVERYTHING)} {lenient.log}"
    assert told.count("ttd/grant-application") > 1
    assert [secret for secret in (SECRET, FROM_FILE) if secret in told] == []
