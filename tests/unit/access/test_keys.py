"""Own key files, key documents of other issuers, and how both change while the server runs."""

import asyncio
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from dialog_graph.access import jwk
from dialog_graph.access.issuers import Accepted
from dialog_graph.access.jwk import SigningKey, read_public_keys, repeated_ids
from dialog_graph.access.jwks import ForeignKeys
from dialog_graph.access.key_files import DIALOG, PLATFORM, KeyFiles, KeysUnusable, unusable
from dialog_graph.access.keys import Keys, open_keys
from dialog_graph.access.recent import Recent
from dialog_graph.access.refusals import TokenRefusal
from dialog_graph.access.tokens import Claims, mint
from dialog_graph.errors import Refusal
from dialog_graph.settings import Settings
from tests.unit.access.workshop import IDPORTEN, KEYS, KINDS, NOW, PROFILES

DAY = 24 * 3600
ADDRESS = "https://idporten.example.test/jwks"


# Own files ------------------------------------------------------------------------------------------------------------


def test_keys_are_made_at_first_use_and_kept(tmp_path: Path) -> None:
    folder = tmp_path / "keys"
    first = KeyFiles(folder, create=True).signing(PLATFORM, NOW)
    again = KeyFiles(folder, create=True).signing(PLATFORM, NOW)
    assert first.public == again.public
    assert (folder / "platform.json").stat().st_mode & 0o777 == 0o600
    assert folder.stat().st_mode & 0o077 == 0
    assert KeyFiles(folder, create=True).signing(DIALOG, NOW).public.kid != first.public.kid


def test_the_key_id_is_the_thumbprint(tmp_path: Path) -> None:
    key = KeyFiles(tmp_path, create=True).signing(PLATFORM, NOW).public
    members = {"crv": "P-256", "kty": "EC", "x": key.numbers[0], "y": key.numbers[1]}
    assert key.kid == jwk.thumbprint(members)
    # The example of RFC 7638, section 3.1.
    modulus = (
        "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknj"
        "hMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQ"
        "vRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzK"
        "nqDKgw"
    )
    assert jwk.thumbprint({"e": "AQAB", "kty": "RSA", "n": modulus}) == "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs"


def test_outside_development_missing_keys_stop_the_start(tmp_path: Path) -> None:
    files = KeyFiles(tmp_path, create=False)
    problems = files.problems()
    assert len(problems) == 3
    assert unusable(problems) is not None
    with pytest.raises(KeysUnusable):
        files.signing(PLATFORM, NOW)
    with pytest.raises(KeysUnusable):
        files.secret("signed-urls")
    made = KeyFiles(tmp_path, create=True)
    made.signing(PLATFORM, NOW)
    made.signing(DIALOG, NOW)
    made.secret("signed-urls")
    assert unusable(KeyFiles(tmp_path, create=False).problems()) is None


def test_a_key_file_that_others_may_read_stops_the_start(tmp_path: Path) -> None:
    files = KeyFiles(tmp_path, create=True)
    files.signing(PLATFORM, NOW)
    (tmp_path / "platform.json").chmod(0o640)
    assert any("platform.json" in problem and "0600" in problem for problem in files.problems(()))


@pytest.mark.parametrize("content", ["", "{}", '{"keys":[]}', '{"keys":[{"kty":"EC"}]}', '{"keys":[{}],"keys":[]}'])
def test_a_damaged_key_file_is_a_fault(tmp_path: Path, content: str) -> None:
    (tmp_path / "platform.json").write_text(content)
    (tmp_path / "url.secret").write_text("abc")
    with pytest.raises(KeysUnusable):
        KeyFiles(tmp_path, create=True).signing(PLATFORM, NOW)
    with pytest.raises(KeysUnusable):
        KeyFiles(tmp_path, create=True).secret("url")


def test_private_members_are_never_published_or_printed(tmp_path: Path) -> None:
    files = KeyFiles(tmp_path, create=True)
    document = json.dumps(files.jwks(PLATFORM, NOW))
    private = files.signing(PLATFORM, NOW).private["d"]
    assert private not in document
    assert private not in repr(files.signing(PLATFORM, NOW))
    assert isinstance(read_public_keys(document.encode()), dict)


def test_rotation_publishes_a_day_before_use_and_two_hours_after(tmp_path: Path) -> None:
    files = KeyFiles(tmp_path, create=True)
    old = files.signing(PLATFORM, NOW).public.kid
    new = files.rotate(PLATFORM, NOW).public.kid
    story = [
        (0, old, {old, new}),
        (DAY - 1, old, {old, new}),
        (DAY, new, {old, new}),
        (DAY + 7199, new, {old, new}),
        (DAY + 7200, new, {new}),
    ]
    for seconds, signing, published in story:
        assert files.signing(PLATFORM, NOW + seconds).public.kid == signing
        assert set(files.published(PLATFORM, NOW + seconds)) == published
    files.rotate(PLATFORM, NOW + 10 * DAY)
    assert old not in (tmp_path / "platform.json").read_text()
    assert (tmp_path / "platform.json").stat().st_mode & 0o777 == 0o600


def test_another_process_sees_a_rotation_within_half_a_minute(tmp_path: Path) -> None:
    here, there = KeyFiles(tmp_path, create=True), KeyFiles(tmp_path, create=True)
    assert here.published(PLATFORM, NOW) == there.published(PLATFORM, NOW)
    generation = there.generation
    new = here.rotate(PLATFORM, NOW).public.kid
    assert new not in there.published(PLATFORM, NOW + 29)
    assert new in there.published(PLATFORM, NOW + 31)
    assert there.generation > generation


def test_secrets_are_long_and_their_own(tmp_path: Path) -> None:
    files = KeyFiles(tmp_path, create=True)
    assert len(files.secret("a")) == 32
    assert files.secret("a") != files.secret("b")
    assert KeyFiles(tmp_path, create=True).secret("a") == files.secret("a")
    assert files.mac("a", b"x") != files.mac("b", b"x")


# Documents of others --------------------------------------------------------------------------------------------------


def document(*keys: dict[str, Any]) -> bytes:
    return json.dumps({"keys": keys}).encode()


RSA = KEYS[IDPORTEN].public.to_jwk()
EC = KEYS["platform"].public.to_jwk()


def test_a_key_document_is_read_strictly() -> None:
    for bad in (
        b"",
        b"[]",
        b"{}",
        b'{"keys":{}}',
        b'{"keys":[],"keys":[]}',
        document(*[RSA] * 51),
        b" " * 262_145,
        document({**RSA, "d": "x"}),
        document(RSA, {"kty": "oct", "k": "c2VjcmV0", "kid": "s"}),
    ):
        assert isinstance(read_public_keys(bad), Refusal)


def test_keys_that_are_not_for_us_are_left_out() -> None:
    okp = {"kty": "OKP", "crv": "Ed25519", "x": "abc", "kid": "o"}
    found = read_public_keys(document(RSA, okp, {**EC, "kid": "a b"}, {**EC, "kid": 5}, {**EC, "x": 5}, {"kid": "x"}))
    assert not isinstance(found, Refusal)
    assert set(found) == {RSA["kid"]}


def test_keys_that_share_an_id_are_both_left_out() -> None:
    twice = document(RSA, {**EC, "kid": RSA["kid"]}, EC)
    found = read_public_keys(twice)
    assert not isinstance(found, Refusal)
    assert set(found) == {EC["kid"]}
    assert repeated_ids(twice) == (RSA["kid"],)


def fits(changed: dict[str, Any], alg: str) -> bool:
    found = read_public_keys(document(changed))
    assert not isinstance(found, Refusal)
    return any(key.fits(alg) for key in found.values())


def test_which_key_fits_which_algorithm() -> None:
    short = jwk.encode((1 << 1023 | 1).to_bytes(128, "big"))
    assert fits(RSA, "RS256")
    assert fits(EC, "ES256")
    assert fits({**RSA, "key_ops": ["verify"]}, "RS256")
    assert fits({name: value for name, value in RSA.items() if name not in ("alg", "use")}, "RS256")
    for changed, alg in (
        (RSA, "ES256"),
        (EC, "RS256"),
        (RSA, "RS512"),
        (RSA, "none"),
        ({**RSA, "use": "enc"}, "RS256"),
        ({**RSA, "key_ops": ["sign"]}, "RS256"),
        ({**RSA, "key_ops": "verify"}, "RS256"),
        ({**RSA, "alg": "RS512"}, "RS256"),
        ({**RSA, "n": short}, "RS256"),
        ({**RSA, "e": "AQ"}, "RS256"),
        ({**EC, "crv": "P-384"}, "ES256"),
        ({**EC, "x": EC["x"] + "AA"}, "ES256"),
        ({**EC, "x": EC["x"][:-1] + "="}, "ES256"),
    ):
        assert not fits(changed, alg), (changed, alg)


# Fetching -------------------------------------------------------------------------------------------------------------


@dataclass
class Source:
    """An issuer's key document that can change, fail, and counts how often it is fetched."""

    content: bytes | None = field(default_factory=lambda: document(RSA))
    fetches: int = 0
    gate: asyncio.Event | None = None

    async def __call__(self, address: str) -> bytes | None:
        assert address == ADDRESS
        self.fetches += 1
        if self.gate is not None:
            await self.gate.wait()
        return self.content

    @property
    def foreign(self) -> ForeignKeys:
        return ForeignKeys(self, {IDPORTEN: ADDRESS})


async def test_keys_are_fetched_at_first_need_and_kept_for_ten_minutes() -> None:
    source = Source()
    foreign = source.foreign
    assert foreign.of(IDPORTEN, NOW) == {}
    await foreign.settle(IDPORTEN, NOW)
    assert set(foreign.of(IDPORTEN, NOW)) == {RSA["kid"]}
    await foreign.settle(IDPORTEN, NOW + 479)
    assert source.fetches == 1
    await foreign.settle("https://other.example", NOW)
    assert source.fetches == 1


async def test_after_eight_minutes_they_are_renewed_in_the_background() -> None:
    source = Source()
    foreign = source.foreign
    await foreign.settle(IDPORTEN, NOW)
    source.gate, source.content = asyncio.Event(), document(EC)
    await foreign.settle(IDPORTEN, NOW + 481)
    assert set(foreign.of(IDPORTEN, NOW + 481)) == {RSA["kid"]}
    source.gate.set()
    await foreign.seek(IDPORTEN, NOW + 482)
    assert set(foreign.of(IDPORTEN, NOW + 482)) == {EC["kid"]}
    assert source.fetches == 2
    assert foreign.generation == 2


async def test_old_keys_serve_for_a_day_when_the_issuer_is_away() -> None:
    source = Source()
    foreign = source.foreign
    await foreign.settle(IDPORTEN, NOW)
    source.content = None
    for seconds in (700, 3600, DAY - 1):
        await foreign.settle(IDPORTEN, NOW + seconds)
        assert foreign.of(IDPORTEN, NOW + seconds)
        assert foreign.outdated(NOW + seconds) == ()
    assert foreign.of(IDPORTEN, NOW + DAY) == {}
    assert foreign.outdated(NOW + DAY) == (IDPORTEN,)
    source.content = document({**RSA, "d": "x"})
    await foreign.settle(IDPORTEN, NOW + DAY + 60)
    assert foreign.of(IDPORTEN, NOW + DAY + 60) == {}


async def test_a_thousand_unknown_key_ids_cause_one_fetch_a_minute(tmp_path: Path) -> None:
    source = Source()
    refused: list[TokenRefusal] = []
    keys = Keys(KeyFiles(tmp_path, create=True), source.foreign, refused.append)
    kind = KINDS["idporten"]
    for number in range(500):
        await keys.verified(kind.forged(kind.header(kid=f"k{number}")), PROFILES.user, NOW)
    raws = [kind.forged(kind.header(kid=f"c{number}")) for number in range(500)]
    await asyncio.gather(*(keys.verified(raw, PROFILES.user, NOW + 30) for raw in raws))
    assert source.fetches == 1
    assert {refusal.reason for refusal in refused} == {"key"}
    await asyncio.gather(*(keys.verified(raw, PROFILES.user, NOW + 61) for raw in raws[:50]))
    assert source.fetches == 2


async def test_an_unknown_key_id_is_cured_by_a_fetch(tmp_path: Path) -> None:
    source = Source(content=document(EC))
    keys = Keys(KeyFiles(tmp_path, create=True), source.foreign)
    kind = KINDS["idporten"]
    assert isinstance(await keys.verified(kind.token(), PROFILES.user, NOW), TokenRefusal)
    source.content = document(RSA)
    assert isinstance(await keys.verified(kind.token(), PROFILES.user, NOW + 60), Claims)


# Recent tokens --------------------------------------------------------------------------------------------------------


class Verifications:
    """Keys whose platform signatures are counted by the number of times the key set is asked for."""

    def __init__(self, folder: Path) -> None:
        self.files = KeyFiles(folder, create=True)
        self.keys = Keys(self.files)

    def token(self, **changes: Any) -> str:
        kind = KINDS["platform"]
        return mint(kind.claims(**changes), self.files.signing(PLATFORM, NOW), kind.typ)


async def test_a_token_is_verified_once_a_minute(tmp_path: Path) -> None:
    world = Verifications(tmp_path)
    raw = world.token()
    first = await world.keys.verified(raw, PROFILES.user, NOW)
    assert await world.keys.verified(raw, PROFILES.user, NOW + 59) is first
    assert await world.keys.verified(raw, PROFILES.user, NOW + 60) is not first


async def test_a_remembered_token_is_forgotten_with_its_keys(tmp_path: Path) -> None:
    world = Verifications(tmp_path)
    raw = world.token()
    assert isinstance(await world.keys.verified(raw, PROFILES.user, NOW), Claims)
    (tmp_path / "platform.json").unlink()
    world.files.reload()
    assert isinstance(await world.keys.verified(raw, PROFILES.user, NOW), TokenRefusal)


async def test_a_remembered_token_is_not_accepted_where_its_kind_is_not(tmp_path: Path) -> None:
    world = Verifications(tmp_path)
    raw = world.token()
    assert isinstance(await world.keys.verified(raw, PROFILES.user, NOW), Claims)
    others: tuple[Accepted, ...] = (PROFILES.dialog, PROFILES.exchange_maskinporten, PROFILES.assertion)
    for accepted in others:
        assert isinstance(await world.keys.verified(raw, accepted, NOW), TokenRefusal)


async def test_a_remembered_token_ends_when_it_expires(tmp_path: Path) -> None:
    world = Verifications(tmp_path)
    raw = world.token(exp=NOW + 5)
    assert isinstance(await world.keys.verified(raw, PROFILES.user, NOW), Claims)
    assert isinstance(await world.keys.verified(raw, PROFILES.user, NOW + 15), TokenRefusal)


def test_the_least_recently_used_goes_first() -> None:
    recent: Recent[int] = Recent(size=2)
    for number, text in enumerate(("a", "b")):
        recent.keep(text, number, 0, NOW + 60)
    assert recent.find("a", 0, NOW) == 0
    recent.keep("c", 2, 0, NOW + 60)
    assert [recent.find(text, 0, NOW) for text in "abc"] == [0, None, 2]
    assert recent.find("a", 1, NOW) is None
    assert len(recent) == 2


def test_client_keys_are_rsa(tmp_path: Path) -> None:
    key: SigningKey = KeyFiles(tmp_path, create=True).signing("client-ttd", NOW)
    assert (key.public.alg, key.public.fits("RS256")) == ("RS256", True)


async def test_a_server_opens_the_keys_of_its_settings(tmp_path: Path) -> None:
    fetched: list[str] = []

    async def fetch(address: str) -> bytes | None:
        fetched.append(address)
        return document(RSA)

    settings = Settings(environment="staging", keys=tmp_path, idporten_audience="us")
    keys = open_keys(settings, fetch)
    await keys.foreign.settle("https://test.idporten.no", NOW)
    assert fetched == ["https://test.idporten.no/jwks.json"]
    with pytest.raises(KeysUnusable):
        keys.signing(PLATFORM, NOW)
    assert open_keys(Settings(keys=tmp_path), fetch).signing(PLATFORM, NOW).public.alg == "ES256"
