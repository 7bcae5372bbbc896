"""Tokens over HTTP and the seeded register: the exchange, the development issuer, and whom their tokens stand for."""

import base64
import hashlib
import json
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

import httpx
import pytest
from starlette.applications import Starlette

from dialog_graph.access import dialog_token, issuers
from dialog_graph.access.dev_issuer import TokenRequest, issue
from dialog_graph.access.dev_login import Issuer
from dialog_graph.access.exchange import Exchange
from dialog_graph.access.issuers import IssuerSettings, Profiles
from dialog_graph.access.key_files import KeyFiles
from dialog_graph.access.keys import Keys
from dialog_graph.access.principals import identified, identify
from dialog_graph.access.refusals import TokenRefusal
from dialog_graph.access.tokens import mint
from dialog_graph.errors import Refused
from dialog_graph.model.principal import ANONYMOUS, Principal, PrincipalKind
from dialog_graph.rest import dev_issuer as dev_routes
from dialog_graph.rest import exchange as exchange_routes
from dialog_graph.rest import well_known
from dialog_graph.storage.database import Database
from dialog_graph.storage.seed import built_in
from dialog_graph.urns import PERSON

NOW = 1_800_000_000
URL = "http://127.0.0.1:8000"
KARI, JON = "12887230143", "17835511871"
UNKNOWN = "01817510201"
DIALOG_ID = "01943da7-6f5b-7c2f-8a44-9f0d3c1b2a10"


class World:
    """A development server's tokens and routes over one database; `refused` collects what the log would show."""

    def __init__(self, database: Database, folder: Path) -> None:
        self.refused: list[TokenRefusal] = []
        self.database = database
        self.keys = Keys(KeyFiles(folder, create=True), on_refused=self.refused.append)
        self.profiles: Profiles = issuers.build(IssuerSettings(public_url=URL), ("ttd", "nabo"))
        self.issuer = Issuer(database, self.keys, built_in(), self.profiles, URL)
        exchange = Exchange(database, self.keys, self.profiles, URL, frozenset({"partner:scope"}))
        self.app = Starlette(
            routes=[
                *exchange_routes.routes(exchange, self.clock),
                *dev_routes.routes(self.issuer, self.clock),
                *well_known.routes(self.keys, URL, self.clock),
            ]
        )

    def clock(self) -> int:
        return NOW

    def token(self, key: str, **wanted: Any) -> str:
        token = issue(self.keys, built_in(), TokenRequest(key=key, **wanted), NOW)
        assert isinstance(token, str)
        return token

    async def who(self, token: str, profiles: issuers.Accepted | None = None) -> Principal:
        return await identify(self.database, self.keys, f"Bearer {token}", profiles or self.profiles.user, NOW)

    async def refusal(self, token: str) -> str:
        with pytest.raises(Refused) as refused:
            await self.who(token)
        assert refused.value.refusal.code == "UNAUTHENTICATED"
        assert not isinstance(refused.value.refusal, TokenRefusal)
        return self.refused[-1].reason

    def claims(self, token: str) -> dict[str, Any]:
        return decoded(token)


def decoded(token: str) -> dict[str, Any]:
    part = token.split(".")[1]
    return json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))


@pytest.fixture
async def world(module_database: Database, tmp_path: Path) -> World:
    return World(module_database, tmp_path / "keys")


@pytest.fixture
async def client(world: World) -> AsyncGenerator[httpx.AsyncClient]:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(world.app), base_url=URL) as client:
        yield client


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


async def exchanged(client: httpx.AsyncClient, provider: str, token: str) -> str:
    answer = await client.get(f"/authentication/exchange/{provider}", headers=bearer(token))
    assert answer.status_code == 200, answer.text
    return answer.json()


# Whom the tokens of the command line stand for ------------------------------------------------------------------------


async def test_a_request_without_a_token_is_anonymous(world: World) -> None:
    assert await identify(world.database, world.keys, None, world.profiles.user, NOW) == ANONYMOUS


async def test_a_person_is_known_by_number_and_by_name(world: World) -> None:
    for key in (KARI, "kari"):
        kari = await world.who(world.token(key, level=3))
        assert (kari.kind, kari.subject_id, kari.level) == (PrincipalKind.PERSON, 50001, 3)
        assert (kari.urn, kari.name) == (PERSON + KARI, "Kari Lund")


async def test_a_service_owner_acts_by_its_code_and_nothing_else(world: World) -> None:
    ttd = await world.who(world.token("ttd"))
    assert (ttd.kind, ttd.org, ttd.level, ttd.subject_id) == (PrincipalKind.SERVICE_OWNER, "ttd", 3, None)
    assert ttd.organisation_number == "310005908"
    assert "dialoggraph:operator" in ttd.scopes
    assert "dialoggraph:operator" not in (await world.who(world.token("nabo"))).scopes


async def test_system_users_organisations_and_guests(world: World) -> None:
    lonn = await world.who(world.token("lonn"))
    assert (lonn.kind, lonn.subject_id, lonn.organisation_number) == (PrincipalKind.SYSTEM_USER, 50021, "310001015")
    fjord = await world.who(world.token("310001015"))
    assert (fjord.kind, fjord.subject_id, fjord.org) == (PrincipalKind.ORGANISATION, 50011, None)
    guest = await world.who(world.token("guest", level=4))
    assert (guest.kind, guest.subject_id, guest.level) == (PrincipalKind.EMAIL_USER, 50006, 0)


async def test_an_unknown_number_is_refused(world: World) -> None:
    claims = decoded(world.token("kari")) | {"pid": UNKNOWN}
    token = mint(claims, world.keys.signing("dev", NOW), "JWT")
    assert await world.refusal(token) == "unknown_subject"


async def test_the_organisation_part_of_a_persons_token_is_ignored(world: World) -> None:
    claims = decoded(world.token("ttd")) | {"pid": KARI, "acr": "idporten-loa-high", "sub": "x"}
    token = mint(claims, world.keys.signing("dev", NOW), "JWT")
    assert await world.refusal(token) == "profile"
    platform = decoded(world.token("ttd")) | {"pid": KARI, "iss": f"{URL}/authentication", "aud": URL}
    both = await world.who(mint(platform, world.keys.signing("platform", NOW), "at+jwt"))
    assert (both.kind, both.org, both.organisation_number) == (PrincipalKind.PERSON, None, None)


async def test_a_person_known_by_our_own_user_number(world: World) -> None:
    claims = decoded(world.token("ttd")) | {"iss": f"{URL}/authentication", "aud": URL, "urn:altinn:userid": 50004}
    jon = await world.who(mint(claims, world.keys.signing("platform", NOW), "at+jwt"))
    assert (jon.kind, jon.subject_id) == (PrincipalKind.PERSON, 50004)
    # 50011 is a party, but no person.
    other = mint(claims | {"urn:altinn:userid": 50011}, world.keys.signing("platform", NOW), "at+jwt")
    assert await world.refusal(other) == "unknown_subject"


async def test_a_source_token_is_no_user_token(world: World) -> None:
    assert await world.refusal(world.token("ttd", is_source=True)) == "profile"
    assert await world.refusal(world.token("lonn", is_source=True)) == "profile"


async def test_an_unregistered_org_code_is_refused(world: World) -> None:
    claims = decoded(world.token("ttd")) | {"urn:altinn:org": "nav"}
    assert await world.refusal(mint(claims, world.keys.signing("dev", NOW), "JWT")) == "unknown_subject"


# Dialog tokens --------------------------------------------------------------------------------------------------------


async def test_a_dialog_token_holds_one_dialog_and_is_no_user_token(world: World) -> None:
    kari = await world.who(world.token("kari"))
    content = dialog_token.Content(
        dialog_id=UUID(DIALOG_ID),
        party=kari.urn,
        service_resource="urn:altinn:resource:app_ttd_demo",
        actions=(("read", None), ("sign", "urn:altinn:task:Task_2")),
        position=7,
    )
    token = dialog_token.issue(world.keys, issuers.dialog_issuer(URL), kari, content, NOW)
    assert await world.refusal(token) == "issuer"
    found = await identified(world.database, world.keys, f"Bearer {token}", world.profiles.capability, NOW)
    assert (found.principal.kind, str(found.principal.dialog_id)) == (PrincipalKind.DIALOG_HOLDER, DIALOG_ID)
    assert (found.principal.subject_id, found.principal.level) == (50001, 4)
    assert found.claims is not None
    assert dialog_token.actions(found.claims) == {("read", None), ("sign", "urn:altinn:task:Task_2")}
    assert dialog_token.position(found.claims) == 7
    assert found.claims.text("a") == "read;sign,urn:altinn:task:Task_2"
    with pytest.raises(Refused):
        await world.who(world.token("kari"), world.profiles.dialog)


async def test_the_dialog_token_of_a_system_user_names_its_organisation(world: World) -> None:
    lonn = await world.who(world.token("lonn"))
    assert dialog_token.holder_claims(lonn) == {
        "c": "urn:altinn:organization:identifier-no:310001015",
        "o": "urn:altinn:organization:identifier-no:310001015",
        "y": lonn.urn,
    }


async def test_the_command_line_prints_dialog_tokens_too(world: World) -> None:
    token = world.token("kari", dialog_id=UUID(DIALOG_ID))
    assert (await world.who(token, world.profiles.capability)).kind is PrincipalKind.DIALOG_HOLDER


# Exchange -------------------------------------------------------------------------------------------------------------


async def test_maskinporten_becomes_a_service_owner(world: World, client: httpx.AsyncClient) -> None:
    source = world.token("ttd", is_source=True)
    token = await exchanged(client, "maskinporten", source)
    claims = decoded(token)
    assert (claims["iss"], claims["aud"]) == (f"{URL}/authentication", URL)
    assert (claims["urn:altinn:org"], claims["urn:altinn:orgNumber"]) == ("ttd", "310005908")
    assert (claims["urn:altinn:authenticatemethod"], claims["urn:altinn:authlevel"]) == ("maskinporten", 3)
    assert claims["exp"] - claims["iat"] == 1800
    assert claims["scope"] == decoded(source)["scope"]
    assert claims["consumer"] == decoded(source)["consumer"]
    assert claims["jti"] != decoded(source)["jti"]
    assert (await world.who(token)).org == "ttd"


async def test_without_a_scope_of_service_owners_it_is_only_an_organisation(
    world: World, client: httpx.AsyncClient
) -> None:
    for scope, has_org in (
        ("altinn:serviceowner", True),
        ("altinn:serviceowner/instances.read", True),
        ("altinn.serviceowner.read", True),
        ("altinn:serviceownerx", False),
        ("xaltinn:serviceowner", False),
        ("altinn:events.subscribe", False),
    ):
        token = await exchanged(client, "maskinporten", world.token("ttd", is_source=True, scope=scope))
        assert ("urn:altinn:org" in decoded(token)) is has_org, scope
        kind = PrincipalKind.SERVICE_OWNER if has_org else PrincipalKind.ORGANISATION
        assert (await world.who(token)).kind is kind


async def test_an_organisation_that_is_no_service_owner_gets_no_code(world: World, client: httpx.AsyncClient) -> None:
    source = world.token("310001015", is_source=True, scope="altinn:serviceowner")
    assert "urn:altinn:org" not in decoded(await exchanged(client, "maskinporten", source))


async def test_a_system_user_stays_one(world: World, client: httpx.AsyncClient) -> None:
    token = await exchanged(client, "maskinporten", world.token("lonn", is_source=True))
    assert (await world.who(token)).kind is PrincipalKind.SYSTEM_USER


async def test_idporten_becomes_a_person_of_the_platform(world: World, client: httpx.AsyncClient) -> None:
    token = await exchanged(client, "id-porten", world.token("kari", level=3))
    claims = decoded(token)
    assert (claims["urn:altinn:userid"], claims["urn:altinn:partyid"], claims["urn:altinn:authlevel"]) == (
        50001,
        50001,
        3,
    )
    assert claims["urn:altinn:authenticatemethod"] == "TestID"
    assert "sub" not in claims
    kari = await world.who(token)
    assert (kari.kind, kari.subject_id, kari.level) == (PrincipalKind.PERSON, 50001, 3)


async def test_refusals_of_the_exchange(world: World, client: httpx.AsyncClient) -> None:
    person, org = world.token("kari"), world.token("ttd", is_source=True)
    unscoped = world.token("kari", scope="openid profile")
    unknown = mint(decoded(person) | {"pid": UNKNOWN}, world.keys.signing("dev", NOW), "JWT")
    again = await exchanged(client, "maskinporten", org)
    for provider, headers, status in (
        ("other", bearer(org), 400),
        ("maskinporten", {}, 401),
        ("maskinporten", bearer("x"), 401),
        ("maskinporten", {"Authorization": org}, 401),
        ("maskinporten", {"Authorization": f"Bearer  {org}"}, 401),
        ("maskinporten", bearer(person), 401),
        ("maskinporten", bearer(again), 401),
        ("maskinporten", bearer(world.token("ttd")), 401),
        ("id-porten", bearer(org), 401),
        ("id-porten", bearer(unknown), 401),
        ("id-porten", bearer(world.token("guest")), 401),
        ("id-porten", bearer(unscoped), 403),
        ("maskinporten", bearer(org) | {"X-Altinn-EnterpriseUser-Authentication": "x"}, 410),
    ):
        answer = await client.post(f"/authentication/exchange/{provider}", headers=headers)
        assert answer.status_code == status, (provider, headers, answer.text)
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.headers["cache-control"] == "no-store"


async def test_all_refusals_of_authentication_look_alike(world: World, client: httpx.AsyncClient) -> None:
    tokens = ["x", world.token("kari"), world.token("ttd")]
    answers = [await client.get("/authentication/exchange/maskinporten", headers=bearer(token)) for token in tokens]
    assert len({answer.content for answer in answers}) == 1


async def test_a_partner_scope_is_served(world: World, client: httpx.AsyncClient) -> None:
    token = await exchanged(client, "id-porten", world.token("kari", scope="partner:scope"))
    assert decoded(token)["scope"] == "partner:scope"


async def test_the_other_path_and_raw_text(world: World, client: httpx.AsyncClient) -> None:
    headers = bearer(world.token("ttd", is_source=True)) | {"Accept": "text/plain"}
    answer = await client.post("/authentication/api/v1/exchange/maskinporten", headers=headers)
    assert answer.text.count(".") == 2
    assert '"' not in answer.text


async def test_two_authorization_headers_are_refused(world: World, client: httpx.AsyncClient) -> None:
    token = f"Bearer {world.token('ttd', is_source=True)}"
    headers = [("Authorization", token), ("Authorization", token)]
    answer = await client.get("/authentication/exchange/maskinporten", headers=headers)
    assert answer.status_code == 401


# Documents ------------------------------------------------------------------------------------------------------------


async def test_tokens_verify_by_the_published_keys(world: World, client: httpx.AsyncClient) -> None:
    token = await exchanged(client, "maskinporten", world.token("ttd", is_source=True))
    kid = json.loads(base64.urlsafe_b64decode(token.split(".")[0] + "=="))["kid"]
    configuration = (await client.get("/.well-known/openid-configuration")).json()
    assert configuration == (await client.get("/.well-known/oauth-authorization-server")).json()
    published = (await client.get(configuration["jwks_uri"])).json()["keys"]
    assert [key["kid"] for key in published] == [kid]
    assert all("d" not in key for key in published)
    dialog = (await client.get("/api/v1/.well-known/oauth-authorization-server")).json()
    assert dialog["issuer"] == f"{URL}/api/v1"
    other = (await client.get(dialog["jwks_uri"])).json()["keys"]
    assert other[0]["kid"] != kid


# Development issuer ---------------------------------------------------------------------------------------------------

VERIFIER = "v" * 50
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()
LOGIN = {
    "response_type": "code",
    "client_id": "inbox",
    "redirect_uri": "http://localhost:3000/callback",
    "code_challenge": CHALLENGE,
    "code_challenge_method": "S256",
    "scope": "openid digdir:dialogporten",
    "state": "s-1",
    "nonce": "n-1",
}
REDEEM = {
    "grant_type": "authorization_code",
    "client_id": "inbox",
    "redirect_uri": LOGIN["redirect_uri"],
    "code_verifier": VERIFIER,
}


async def code(client: httpx.AsyncClient, **changes: str) -> str:
    answer = await client.get("/dev-issuer/authorize", params={**LOGIN, "user": "kari", "level": "3", **changes})
    assert answer.status_code == 302
    parameters = parse_qs(urlsplit(answer.headers["location"]).query)
    assert parameters["state"] == ["s-1"]
    return parameters["code"][0]


async def test_a_login_with_code_and_challenge(world: World, client: httpx.AsyncClient) -> None:
    answer = await client.post("/dev-issuer/token", data={**REDEEM, "code": await code(client)})
    tokens = answer.json()
    kari = await world.who(tokens["access_token"])
    assert (kari.subject_id, kari.level) == (50001, 3)
    assert decoded(tokens["id_token"])["nonce"] == "n-1"
    assert decoded(tokens["id_token"])["aud"] == "inbox"
    assert await world.refusal(tokens["id_token"]) in ("audience", "claim_missing", "profile")
    assert not answer.cookies


async def test_a_code_counts_once_and_for_its_client_only(world: World, client: httpx.AsyncClient) -> None:
    used = await code(client)
    assert (await client.post("/dev-issuer/token", data={**REDEEM, "code": used})).status_code == 200
    again = await client.post("/dev-issuer/token", data={**REDEEM, "code": used})
    assert (again.status_code, again.json()["error"]) == (400, "invalid_grant")
    assert world.refused[-1].reason == "replay"
    for changes in (
        {"code_verifier": "w" * 50},
        {"code_verifier": ""},
        {"client_id": "other"},
        {"redirect_uri": "http://localhost:3000/other"},
        {"code": "x"},
    ):
        fields = {**REDEEM, "code": await code(client), **changes}
        assert (await client.post("/dev-issuer/token", data=fields)).json()["error"] == "invalid_grant", changes


async def test_a_login_code_is_no_access_token(world: World, client: httpx.AsyncClient) -> None:
    assert await world.refusal(await code(client)) == "typ"


async def test_the_login_page_lists_everybody_in_three_languages(client: httpx.AsyncClient) -> None:
    for language, title in (
        ("nb", "Logg inn som testbruker"),
        ("nn", "Logg inn som testbrukar"),
        ("en", "Log in as a test user"),
        ("no-NO", "Logg inn som testbruker"),
        ("de, en;q=0.5", "Log in as a test user"),
    ):
        answer = await client.get("/dev-issuer/authorize", params=LOGIN, headers={"Accept-Language": language})
        assert title in answer.text
        assert "<script" not in answer.text
        for name in ("Kari Lund", "Ola Nordmann", "post@example.test"):
            assert name in answer.text
        assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
        assert answer.headers["referrer-policy"] == "no-referrer"


async def test_text_of_the_request_cannot_break_out_of_the_page(client: httpx.AsyncClient) -> None:
    answer = await client.get("/dev-issuer/authorize", params={**LOGIN, "state": '"><script>alert(1)</script>'})
    assert "<script" not in answer.text


async def test_tokens_go_to_this_machine_only(client: httpx.AsyncClient) -> None:
    for redirect_uri in (
        "https://evil.example/",
        "http://127.0.0.1:8000@evil.example/",
        "http://127.0.0.1.evil.example/",
        "javascript:alert(1)",
        "http://localhost:3000/#x",
        "http://localhost:99999999/",
        "",
    ):
        answer = await client.get("/dev-issuer/authorize", params={**LOGIN, "redirect_uri": redirect_uri})
        assert answer.status_code == 400, redirect_uri
    plain = await client.get("/dev-issuer/authorize", params={**LOGIN, "code_challenge_method": "plain"})
    assert "error=invalid_request" in plain.headers["location"]
    unknown = await client.get("/dev-issuer/authorize", params={**LOGIN, "user": "nobody"})
    assert "error=access_denied" in unknown.headers["location"]


async def test_a_client_gets_a_source_token_for_its_own_assertion(world: World, client: httpx.AsyncClient) -> None:
    assertion = {
        "iss": "dialog-graph-ttd",
        "aud": f"{URL}/dev-issuer",
        "iat": NOW,
        "exp": NOW + 100,
        "jti": "a-1",
        "scope": "altinn:serviceowner",
    }
    signed = mint(assertion, world.keys.signing("client-ttd", NOW), "JWT")
    form = {"grant_type": "urn:ietf:params:oauth:grant-type:jwt-bearer", "assertion": signed}
    source = (await client.post("/dev-issuer/token", data=form)).json()["access_token"]
    assert decoded(await exchanged(client, "maskinporten", source))["urn:altinn:org"] == "ttd"
    assert (await client.post("/dev-issuer/token", data=form)).json()["error"] == "invalid_grant"
    foreign = mint(assertion | {"jti": "a-2"}, world.keys.signing("client-nabo", NOW), "JWT")
    refused = await client.post("/dev-issuer/token", data=form | {"assertion": foreign})
    assert refused.json()["error"] == "invalid_grant"


async def test_the_picker_asks_by_json(world: World, client: httpx.AsyncClient) -> None:
    wanted = {"grant_type": "urn:dialog-graph:dev", "key": "ola", "level": 3}
    token = (await client.post("/dev-issuer/token", json=wanted)).json()["access_token"]
    assert (await world.who(token)).level == 3
    org = (await client.post("/dev-issuer/token", json={**wanted, "key": "ttd", "level": 4})).json()["access_token"]
    assert (await world.who(org)).kind is PrincipalKind.SERVICE_OWNER
    for wrong in ({"key": "nobody"}, {"level": 2}, {"level": "x"}, {"grant_type": "password"}):
        assert (await client.post("/dev-issuer/token", json=wanted | wrong)).status_code == 400
    for body, content_type in ((b"{", "application/json"), (b"x" * 70_000, "application/json"), (b"", "text/plain")):
        answer = await client.post("/dev-issuer/token", content=body, headers={"Content-Type": content_type})
        assert answer.status_code == 400


async def test_the_list_of_test_users(client: httpx.AsyncClient) -> None:
    listed = (await client.get("/dev-issuer/parties")).json()
    persons = {each["key"]: each for each in listed["persons"]}
    assert persons["kari"]["number"] == KARI
    assert "Fjord Bakeri AS: DAGL HADM" in persons["kari"]["roles"]
    assert [each["key"] for each in listed["organisations"]][:2] == ["ttd", "nabo"]


async def test_discovery_fits_the_routes(world: World, client: httpx.AsyncClient) -> None:
    document = (await client.get("/dev-issuer/.well-known/openid-configuration")).json()
    assert document["issuer"] == f"{URL}/dev-issuer"
    keys = (await client.get(document["jwks_uri"])).json()["keys"]
    assert len(keys) == 1
    assert JON not in json.dumps(document)
    assert (await client.get(document["authorization_endpoint"], params=LOGIN)).status_code == 200
