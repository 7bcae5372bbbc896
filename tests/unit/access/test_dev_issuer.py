"""What `dialog-graph token` prints, without any server."""

from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from dialog_graph.access import dev_issuer
from dialog_graph.access.dev_issuer import TokenRequest, issue
from dialog_graph.access.issuers import COMMAND_AUDIENCE, COMMAND_ISSUER, IssuerSettings, build
from dialog_graph.access.key_files import KeyFiles
from dialog_graph.access.keys import Keys
from dialog_graph.access.tokens import Claims
from dialog_graph.errors import Refusal
from dialog_graph.storage.seed import built_in

NOW = 1_800_000_000
DIALOG_ID = UUID("01943da7-6f5b-7c2f-8a44-9f0d3c1b2a10")


@pytest.fixture
def keys(tmp_path: Path) -> Keys:
    return Keys(KeyFiles(tmp_path, create=True))


def printed(keys: Keys, key: str, **wanted: Any) -> str:
    token = issue(keys, built_in(), TokenRequest(key=key, **wanted), NOW)
    assert isinstance(token, str), token
    return token


@pytest.mark.parametrize("port", [8000, 9123])
async def test_a_token_fits_a_server_on_any_port(keys: Keys, port: int) -> None:
    profiles = build(IssuerSettings(public_url=f"http://127.0.0.1:{port}"))
    found = await keys.verified(printed(keys, "kari"), profiles.user, NOW)
    assert isinstance(found, Claims)
    assert (found.values["iss"], found.values["aud"]) == (COMMAND_ISSUER, COMMAND_AUDIENCE)


@pytest.mark.parametrize("environment", ["staging", "production"])
async def test_it_fits_no_server_outside_development(keys: Keys, environment: str) -> None:
    profiles = build(IssuerSettings(public_url="https://dialog.example.test", environment=environment))
    for key, wanted, accepted in (
        ("kari", {}, profiles.user),
        ("ttd", {}, profiles.user),
        ("ttd", {"is_source": True}, profiles.exchange_maskinporten),
        ("kari", {"dialog_id": DIALOG_ID}, profiles.capability),
    ):
        found = await keys.verified(printed(keys, key, **wanted), accepted, NOW)
        assert isinstance(found, Refusal)


@pytest.mark.parametrize(
    "request_",
    [
        TokenRequest(key="nobody"),
        TokenRequest(key=""),
        TokenRequest(key="kari", level=2),
        TokenRequest(key="kari", is_source=True),
        TokenRequest(key="ttd", dialog_id=DIALOG_ID),
        TokenRequest(key="lonn", dialog_id=DIALOG_ID),
    ],
    ids=str,
)
def test_what_cannot_be_issued(keys: Keys, request_: TokenRequest) -> None:
    refusal = issue(keys, built_in(), request_, NOW)
    assert isinstance(refusal, Refusal)
    assert refusal.code == "INVALID_INPUT"
    assert refusal.expected


async def test_scope_and_level_can_be_chosen(keys: Keys) -> None:
    profiles = build(IssuerSettings(public_url="http://127.0.0.1:8000"))
    org = await keys.verified(printed(keys, "nabo", scope="altinn:serviceowner"), profiles.user, NOW)
    assert isinstance(org, Claims)
    assert org.scopes == {"altinn:serviceowner"}
    person = await keys.verified(printed(keys, "12887230143", level=0), profiles.user, NOW)
    assert isinstance(person, Claims)
    assert person.text("acr") == "idporten-loa-low"


async def test_every_name_of_the_list_gets_a_token(keys: Keys) -> None:
    profiles = build(IssuerSettings(public_url="http://127.0.0.1:8000"))
    seed = built_in()
    listed = [*dev_issuer.persons(seed), *dev_issuer.organisations(seed)]
    assert len({each.key for each in listed}) == len(listed)
    for each in listed:
        for key in (each.key, each.number):
            assert isinstance(await keys.verified(printed(keys, key), profiles.user, NOW), Claims), key
