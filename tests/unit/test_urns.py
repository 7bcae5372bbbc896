"""Identifiers: every valid form is read and printed back, everything else is told what was expected."""

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialog_graph.errors import Refusal
from dialog_graph.urns import AppId, InstanceRef, PartyUrn, is_org, is_organisation_number, is_person_number

INSTANCE = UUID("01900000-0000-7000-8000-00000000abcd")
FEIDE = "f" * 64
PARTIES = [
    "urn:altinn:person:identifier-no:01817510120",
    "urn:altinn:organization:identifier-no:974760673",
    f"urn:altinn:systemuser:uuid:{INSTANCE}",
    "urn:altinn:person:legacy-selfidentified:kari_nordmann",
    "urn:altinn:person:idporten-email:kari%40example.com",
    f"urn:altinn:feide-subject:{FEIDE}",
    "urn:altinn:party:id:50001",
    "urn:altinn:party:id:2147483647",
]
STRANGERS = [
    "",
    "urn:altinn:person:identifier-no:",
    "urn:altinn:person:identifier-no:01817510121",
    "urn:altinn:person:identifier-no:0181751012",
    "urn:altinn:person:identifier-no:٠١٨١٧٥١٠١٢٠",
    "urn:altinn:organization:identifier-no:974760674",
    "urn:altinn:organization:identifier-no:97476067",
    f"urn:altinn:systemuser:uuid:{INSTANCE.hex}",
    "urn:altinn:person:legacy-selfidentified:kari nordmann",
    "urn:altinn:person:legacy-selfidentified:kari\x7f",
    "urn:altinn:person:legacy-selfidentified:\ud800",
    f"urn:altinn:person:legacy-selfidentified:{'k' * 256}",
    f"urn:altinn:feide-subject:{FEIDE}f",
    "urn:altinn:party:id:0",
    "urn:altinn:party:id:050001",
    "urn:altinn:party:id:2147483648",
    "urn:altinn:unknown:1",
    "01817510120",
]


@pytest.mark.parametrize("text", PARTIES)
def test_a_party_is_read_and_printed_back_in_lower_case(text: str) -> None:
    assert str(PartyUrn.parse(text)) == text
    assert str(PartyUrn.parse(f"  {text.upper()}\n")) == text


@pytest.mark.parametrize("text", STRANGERS)
def test_what_is_no_party_is_refused_and_told_the_forms(text: str) -> None:
    refusal = PartyUrn.parse(text)
    assert isinstance(refusal, Refusal)
    assert (refusal.code, refusal.path) == ("INVALID_INPUT", ("party",))
    assert "urn:altinn:person:identifier-no:…" in refusal.expected
    assert "01817510121" not in refusal.message, "a number that was sent is not sent back"


def _altered(number: str, place: int, by: int) -> str:
    digit = str((int(number[place]) + by) % 10)
    return number[:place] + digit + number[place + 1 :]


@given(st.integers(0, 10), st.integers(1, 9))
def test_control_digits_notice_every_wrong_digit_of_a_person_number(place: int, by: int) -> None:
    assert is_person_number("01817510120")
    assert not is_person_number(_altered("01817510120", place, by))


@given(st.integers(0, 8), st.integers(1, 9))
def test_the_control_digit_notices_every_wrong_digit_of_an_organisation_number(place: int, by: int) -> None:
    assert is_organisation_number("974760673")
    assert not is_organisation_number(_altered("974760673", place, by))


@pytest.mark.parametrize("text", ["ttd/sample", "a1/A", "digdir-test/My-App2"])
def test_an_application_keeps_the_letter_case_of_its_name(text: str) -> None:
    found = AppId.parse(text)
    assert isinstance(found, AppId)
    assert str(found) == text
    assert found.resource == f"app_{text.replace('/', '_')}"
    assert found.resource_urn == f"urn:altinn:resource:{found.resource}"


@pytest.mark.parametrize(
    "text", ["", "ttd", "ttd/", "/app", "TTD/app", "t/app", "ttd/1app", "ttd/a_b", "ttd/a/b", "ttd/a\n", "ttd\n/a"]
)
def test_other_forms_are_no_applications(text: str) -> None:
    refusal = AppId.parse(text)
    assert isinstance(refusal, Refusal)
    assert refusal.path == ("application",)


def test_a_service_owner_code_has_two_to_thirty_signs() -> None:
    assert [is_org(text) for text in ("t", "tt", "t" * 30, "t" * 31, "1t", "Tt", "tt\n")] == [
        False,
        True,
        True,
        False,
        False,
        False,
        False,
    ]


def test_an_instance_reference_is_read_in_any_case() -> None:
    reference = InstanceRef(50001, INSTANCE)
    assert str(reference) == f"urn:altinn:instance-id:50001/{INSTANCE}"
    assert InstanceRef.parse(f" {str(reference).upper()} ") == reference


@pytest.mark.parametrize(
    "rest", ["", "50001", f"0/{INSTANCE}", f"-1/{INSTANCE}", f"2147483648/{INSTANCE}", f"50001/{INSTANCE}/x", "1/x"]
)
def test_other_instance_references_are_refused(rest: str) -> None:
    assert isinstance(InstanceRef.parse(f"urn:altinn:instance-id:{rest}"), Refusal)
    assert isinstance(InstanceRef.parse(f"urn:altinn:dialog-id:50001/{INSTANCE}"), Refusal)


def test_a_party_id_of_five_thousand_digits_is_refused_and_not_a_fault() -> None:
    assert isinstance(InstanceRef.parse(f"urn:altinn:instance-id:{'9' * 5000}/{INSTANCE}"), Refusal)


@given(st.text())
def test_no_text_makes_a_reader_raise(text: str) -> None:
    for parse in (PartyUrn.parse, AppId.parse, InstanceRef.parse):
        found = parse(text)
        assert isinstance(found, Refusal) or isinstance(parse(str(found)), type(found))
