"""New forms filled from registers and query parameters."""

from typing import Any
from uuid import UUID

import pytest

from dialog_graph.apps.contents.prefill_map import PrefillFacts, Section
from dialog_graph.apps.form_data.prefill import prefill, prefill_query
from dialog_graph.errors import Refusal
from dialog_graph.model.json_value import Json
from dialog_graph.model.party import Party, PartyKind
from dialog_graph.model.principal import Principal, PrincipalKind
from tests.unit.apps.sample import loaded

PREFILL = "models/model.prefill.json"
PERSON = Party(party_id=50001, uuid=UUID(int=3), kind=PartyKind.PERSON, identifier="01017012345", name="Ada By")
ORG = Party(party_id=50002, uuid=UUID(int=4), kind=PartyKind.ORGANISATION, identifier="910000001", name="By AS")
ADA = Principal(
    kind=PrincipalKind.PERSON,
    urn="urn:altinn:person:identifier-no:01017012345",
    level=4,
    name="Ada By",
    subject_id=50001,
)
OWNER_ORG = Principal(kind=PrincipalKind.SERVICE_OWNER, urn="urn:altinn:org:ttd", level=3, org="ttd")


def facts(**sections: Json) -> PrefillFacts:
    return PrefillFacts(sections={Section(name): value for name, value in sections.items()})


def filled(file: Any, document: Json, given: PrefillFacts) -> Any:
    return prefill(loaded({PREFILL: file}), "model", document, given)


def test_a_type_without_a_file_stays_as_it_is() -> None:
    document: Json = {"name": "x"}

    assert prefill(loaded(), "model", document, facts(DSF={"Name": "y"})) == (document, ())


def test_fields_are_filled_by_the_path_of_the_source() -> None:
    file = {"UserProfile": {"Party.Person.Name": "name", "PartyId": "age"}, "DSF": {"AddressCity": "address.city"}}
    given = facts(UserProfile={"PartyId": 7, "Party": {"Person": {"Name": "Ada"}}}, DSF={"AddressCity": "Oslo"})

    assert filled(file, {}, given) == ({"name": "Ada", "age": 7, "address": {"city": "Oslo"}}, ())


def test_names_of_fields_are_compared_without_case_and_dashes() -> None:
    assert filled({"DSF": {"Name": "NA-ME", "AddressCity": "Address.CITY"}}, {}, facts(DSF={"Name": "Ada"})) == (
        {"name": "Ada"},
        (),
    )


def test_the_first_register_that_knows_fills_the_field() -> None:
    file = {"DSF": {"Name": "name"}, "ER": {"Name": "name"}, "UserProfile": {"UserName": "name"}}

    assert filled(file, {}, facts(DSF={"Name": "d"}, ER={"Name": "e"}))[0] == {"name": "e"}
    assert filled(file, {}, facts(DSF={"Name": "d"}, UserProfile={"UserName": "u"}))[0] == {"name": "u"}


def test_what_is_filled_stays_unless_the_file_overwrites() -> None:
    file = {"ER": {"Name": "name"}, "DSF": {"Name": "name"}}

    assert filled(file, {"name": "mine"}, facts(ER={"Name": "e"}))[0] == {"name": "mine"}
    overwriting = {**file, "allowOverwrite": True}
    assert filled(overwriting, {"name": "mine"}, facts(ER={"Name": "e"}, DSF={"Name": "d"}))[0] == {"name": "d"}
    assert filled(overwriting, {"name": "mine"}, facts(ER={"Name": None}))[0] == {"name": "mine"}


def test_what_does_not_fit_is_skipped_and_told_without_its_value() -> None:
    file = {"ER": {"Name": "age", "OrgNumber": "rows.item"}}

    document, warnings = filled(file, {}, facts(ER={"Name": "secret", "OrgNumber": "1"}))

    assert document == {}
    assert warnings == ("age: expected integer", "rows.item: no such row")


@pytest.mark.parametrize(
    ("owner", "caller", "sections"),
    [
        (PERSON, ADA, {"UserProfile", "DSF"}),
        (ORG, ADA, {"UserProfile", "ER"}),
        (ORG, OWNER_ORG, {"ER"}),
        (None, OWNER_ORG, set[str]()),
    ],
)
def test_the_registers_that_apply(owner: Party | None, caller: Principal, sections: set[str]) -> None:
    assert {section.value for section in PrefillFacts.of(owner, caller).sections} == sections


def test_names_and_numbers_come_from_register_and_token() -> None:
    file = {
        "UserProfile": {"Party.Person.SSN": "name", "PartyId": "age"},
        "ER": {"OrgNumber": "price", "UnitType": "address.city"},
    }

    document, _ = filled(file, {}, PrefillFacts.of(ORG, ADA))

    assert document == {"name": "01017012345", "age": 50001, "price": 910000001}


def test_parameters_fill_a_stateless_form() -> None:
    version = loaded({PREFILL: {"QueryParameters": {"job": "name", "years": "Age"}}})

    assert prefill_query(version, "model", {"name": None}, {"job": "smith", "years": "3"}) == (
        {"name": "smith", "age": 3},
        (),
    )


def test_an_undeclared_parameter_is_refused() -> None:
    version = loaded({PREFILL: {"QueryParameters": {"job": "name"}}})

    refusal = prefill_query(version, "model", {}, {"other": "x"})

    assert isinstance(refusal, Refusal)
    assert (refusal.code, refusal.path) == ("UNKNOWN_PREFILL_PARAMETER", ("parameters", "other"))
    assert isinstance(prefill_query(loaded(), "model", {}, {"job": "x"}), Refusal)
