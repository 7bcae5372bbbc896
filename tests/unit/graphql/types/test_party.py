"""Parties in the peer's form."""

from datetime import date
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialog_graph.graphql.types.party import authorized_party, birth_date
from dialog_graph.model.party import Party, PartyKind, Relations, RepresentedParty


@pytest.mark.parametrize(
    ("number", "born"),
    [
        ("01817510120", "1975-01-01"),
        ("31129949900", "1999-12-31"),
        ("01010050000", "2000-01-01"),
        ("01013999900", "2039-01-01"),
        ("01014090000", "1940-01-01"),
        ("01015450000", "1854-01-01"),
        ("01015350000", None),
        ("01014075000", None),
        ("41019949900", "1999-01-01"),
        ("71129949900", "1999-12-31"),
        ("72129949900", None),
        ("81019949900", None),
        ("01419949900", "1999-01-01"),
        ("01929949900", "1999-12-01"),
        ("01339949900", None),
        ("01619949900", None),
        ("29029949900", None),
        ("29020050000", "2000-02-29"),
        ("0101995000", None),
        ("x1019949900", None),
        ("٠١٠١٩٩٤٩٩٠٠", None),
    ],
)
def test_a_number_tells_its_date_or_nothing(number: str, born: str | None) -> None:
    assert birth_date(number) == born


@given(st.dates(date(1940, 1, 1), date(1999, 12, 31)), st.sampled_from((0, 40, 80)), st.sampled_from((0, 40)))
def test_synthetic_numbers_and_d_numbers_tell_the_same_date(born: date, month_more: int, day_more: int) -> None:
    number = f"{born.day + day_more:02}{born.month + month_more:02}{born.year % 100:02}49900"
    assert birth_date(number) == born.isoformat()


@given(st.text(max_size=12) | st.text(alphabet="0123456789", min_size=11, max_size=11))
def test_no_text_makes_reading_fail(text: str) -> None:
    found = birth_date(text)
    assert found is None or 1854 <= date.fromisoformat(found).year <= 2039


def party(kind: PartyKind, number: int = 1, *roles: str, is_self: bool = False) -> RepresentedParty:
    identifier = "01817510120" if kind is PartyKind.PERSON else "974760673"
    row = Party(party_id=number, uuid=UUID(int=number), kind=kind, identifier=identifier, name=f"N{number}")
    return RepresentedParty(party=row, relations=Relations(roles=frozenset(roles)), is_self=is_self)


@pytest.mark.parametrize(
    ("kind", "shown"),
    [
        (PartyKind.PERSON, "Person"),
        (PartyKind.ORGANISATION, "Organization"),
        (PartyKind.SUBUNIT, "Organization"),
        (PartyKind.EMAIL_USER, "SelfIdentified"),
        (PartyKind.SELF_IDENTIFIED, "SelfIdentified"),
    ],
)
def test_the_kinds_have_the_peer_s_names_and_only_persons_a_date_of_birth(kind: PartyKind, shown: str) -> None:
    found = authorized_party(party(kind))
    assert (found.party_type, found.date_of_birth) == (shown, "1975-01-01" if kind is PartyKind.PERSON else None)


@pytest.mark.parametrize(
    ("role", "flags"),
    [
        ("DAGL", (True, False, False)),
        ("BEST", (True, False, False)),
        ("HADM", (False, True, False)),
        ("ADMAI", (False, False, True)),
        ("REGN", (False, False, False)),
    ],
)
def test_flags_tell_of_roles(role: str, flags: tuple[bool, bool, bool]) -> None:
    found = authorized_party(party(PartyKind.ORGANISATION, 1, role))
    assert (found.has_key_role, found.is_main_administrator, found.is_access_manager) == flags


def test_sub_units_stand_under_their_main_unit_and_are_null_when_there_are_none() -> None:
    unit = party(PartyKind.SUBUNIT, 2, "DAGL")
    main = RepresentedParty(
        party=party(PartyKind.ORGANISATION).party, relations=Relations(), only_sub_parties=True, sub_parties=(unit,)
    )
    found = authorized_party(main)
    assert found.has_only_access_to_sub_parties
    assert found.sub_parties is not None
    assert [(item.party_id, item.has_key_role) for item in found.sub_parties] == [(2, True)]
    assert authorized_party(party(PartyKind.PERSON, 1, is_self=True)).sub_parties is None
    assert authorized_party(party(PartyKind.PERSON, 1, is_self=True)).is_current_end_user
