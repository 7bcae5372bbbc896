"""Signed URLs: who may download what, and everything that makes one worthless."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import parse_qs
from uuid import UUID

import pytest

from dialog_graph.access import urls
from dialog_graph.access.key_files import KeyFiles
from dialog_graph.access.keys import Keys
from dialog_graph.errors import NOT_FOUND, Refused
from dialog_graph.model.instance import DataElement
from dialog_graph.model.principal import ANONYMOUS, Principal, PrincipalKind, app_worker, system

NOW = 1_800_000_000
ELEMENT_ID = UUID("01943da7-6f5b-7c2f-8a44-9f0d3c1b2a10")
AT = datetime(2026, 1, 1, tzinfo=UTC)
ELEMENT = DataElement(
    element_id=ELEMENT_ID,
    data_type="attachment",
    content_type="application/pdf",
    size=3,
    sha256="ab" * 32,
    created_at=AT,
    updated_at=AT,
)
KARI = Principal(
    kind=PrincipalKind.PERSON, urn="urn:altinn:person:identifier-no:12887230143", level=4, name="Kari", subject_id=50001
)
TTD = Principal(
    kind=PrincipalKind.SERVICE_OWNER,
    urn="urn:altinn:org:ttd",
    level=3,
    org="ttd",
    organisation_number="310005908",
    scopes=frozenset({"altinn:serviceowner/instances.read", "dialoggraph:operator"}),
)
LONN = Principal(
    kind=PrincipalKind.SYSTEM_USER,
    urn="urn:altinn:systemuser:uuid:9a6f0c52-1d3e-4b7a-8f21-000000050021",
    level=3,
    subject_id=50021,
    organisation_number="310001015",
)
HOLDER = Principal(
    kind=PrincipalKind.DIALOG_HOLDER, urn=KARI.urn, level=4, subject_id=50001, dialog_id=UUID(int=7), expires_at=NOW + 9
)


@pytest.fixture
def keys(tmp_path: Path) -> Keys:
    return Keys(KeyFiles(tmp_path, create=True))


def query(text: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(text, keep_blank_values=True, strict_parsing=True).items()}


@pytest.mark.parametrize("principal", [KARI, TTD, LONN, HOLDER, app_worker("ttd", "demo")], ids=lambda it: it.kind)
def test_a_url_stands_for_whoever_it_was_made_for(keys: Keys, principal: Principal) -> None:
    values = query(urls.sign(keys, ELEMENT, principal, NOW))
    found = urls.check(keys, ELEMENT_ID, values, NOW + 59)
    for name in ("kind", "level", "subject_id", "org", "app", "organisation_number", "dialog_id"):
        assert getattr(found, name) == getattr(principal, name), name
    assert found.road is principal.road
    assert urls.version(values) == ELEMENT.sha256


def test_it_keeps_what_decisions_ask_for_and_no_national_number(keys: Keys) -> None:
    assert "12887230143" not in urls.sign(keys, ELEMENT, KARI, NOW)
    assert urls.check(keys, ELEMENT_ID, query(urls.sign(keys, ELEMENT, TTD, NOW)), NOW).scopes == TTD.scopes
    assert urls.check(keys, ELEMENT_ID, query(urls.sign(keys, ELEMENT, LONN, NOW)), NOW).urn == LONN.urn


def test_altered_foreign_late_and_incomplete_urls_are_alike(keys: Keys, tmp_path: Path) -> None:
    good = query(urls.sign(keys, ELEMENT, KARI, NOW))
    altered = [{**good, name: value + "1"} for name, value in good.items()]
    incomplete = [{name: value for name, value in good.items() if name != left} for left in good]
    injected = [{**good, "org": "ttd"}, {**good, "scope": "dialoggraph:operator"}, {**good, "dialog": str(UUID(int=1))}]
    for values in [*altered, *incomplete, *injected, {}, {"signature": "\ud800å"}]:
        with pytest.raises(Refused) as refused:
            urls.check(keys, ELEMENT_ID, values, NOW)
        assert refused.value.refusal == NOT_FOUND
    others = Keys(KeyFiles(tmp_path / "other", create=True))
    for given, element_id, now in ((keys, UUID(int=1), NOW), (keys, ELEMENT_ID, NOW + 60), (others, ELEMENT_ID, NOW)):
        with pytest.raises(Refused) as refused:
            urls.check(given, element_id, good, now)
        assert refused.value.refusal == NOT_FOUND


def test_members_cannot_flow_into_each_other(keys: Keys) -> None:
    one = query(urls.sign(keys, ELEMENT, replace(KARI, org="a", app="bc"), NOW))
    with pytest.raises(Refused):
        urls.check(keys, ELEMENT_ID, {**one, "org": "ab", "app": "c"}, NOW)


def test_parameters_that_are_not_signed_do_not_matter(keys: Keys) -> None:
    values = query(urls.sign(keys, ELEMENT, TTD, NOW)) | {"acceptUnscanned": "true"}
    assert urls.check(keys, ELEMENT_ID, values, NOW).org == "ttd"


@pytest.mark.parametrize("principal", [ANONYMOUS, system("dispatch")], ids=["anonymous", "system"])
def test_nobody_gets_no_url(keys: Keys, principal: Principal) -> None:
    with pytest.raises(ValueError, match="expected a caller"):
        urls.sign(keys, ELEMENT, principal, NOW)
