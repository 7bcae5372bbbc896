"""Parties as clients write them, and what a caller is to one."""

from types import MappingProxyType
from uuid import UUID

import pytest

from dialog_graph.model.party import KEY_ROLES, URN_PREFIXES, Party, PartyKind, Relations
from dialog_graph.policy.roles import KEY_ROLES as POLICY_KEY_ROLES
from dialog_graph.urns import PartyUrn

IDENTIFIERS = {
    PartyKind.PERSON: "01817510120",
    PartyKind.ORGANISATION: "974760673",
    PartyKind.SUBUNIT: "974760673",
    PartyKind.EMAIL_USER: "kari%40example.com",
    PartyKind.SELF_IDENTIFIED: "kari",
    PartyKind.SYSTEM_USER: str(UUID(int=7)),
}


@pytest.mark.parametrize("kind", PartyKind)
def test_every_kind_of_party_has_a_urn_that_is_read_again(kind: PartyKind) -> None:
    party = Party(party_id=1, uuid=UUID(int=1), kind=kind, identifier=IDENTIFIERS[kind], name="N")
    assert PartyUrn.parse(party.urn) == PartyUrn(URN_PREFIXES[kind], IDENTIFIERS[kind])


@pytest.mark.parametrize(
    ("relations", "exists"),
    [
        (Relations(), False),
        (Relations(roles=frozenset({"DAGL"})), True),
        (Relations(packages=frozenset({"skatt"})), True),
        (Relations(delegations=MappingProxyType({"app_ttd_x": frozenset({"read"})})), True),
    ],
)
def test_any_role_package_or_delegation_makes_a_party_exist(relations: Relations, exists: bool) -> None:
    assert relations.exists is exists


def test_party_list_and_policy_know_the_same_key_roles() -> None:
    assert KEY_ROLES == POLICY_KEY_ROLES == {"DAGL", "LEDE", "INNH", "DTPR", "DTSO", "BEST"}
