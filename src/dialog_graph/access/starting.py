"""What stands in the way of starting an app for a party, beside the policy (security rules §5.1).

The command refuses by it and the catalogue tells by it, so that what is offered is what is accepted. Pure.
"""

from types import MappingProxyType

from dialog_graph.apps import AppVersion, PartyType
from dialog_graph.errors import Refusal
from dialog_graph.model.party import Party, PartyKind
from dialog_graph.model.principal import Principal, PrincipalKind

PERSONS = frozenset({PrincipalKind.PERSON, PrincipalKind.EMAIL_USER})
PARTY_TYPES = MappingProxyType(
    {
        PartyKind.PERSON: PartyType.PERSON,
        PartyKind.EMAIL_USER: PartyType.PERSON,
        PartyKind.SELF_IDENTIFIED: PartyType.PERSON,
        PartyKind.ORGANISATION: PartyType.ORGANISATION,
        PartyKind.SUBUNIT: PartyType.SUB_UNIT,
    }
)
"""Kind of a party in the register -> kind that apps allow or not."""


def open_starts(version: AppVersion) -> tuple[str, ...]:
    """Where callers may begin: at start events that wait for nothing. The others begin by themselves."""
    return tuple(element.id for element in version.definition.start_events if element.event is None)


def obstacle(version: AppVersion, party: Party, principal: Principal) -> Refusal | None:
    """The first of: the party is deleted, of a kind that the app is not for, or the caller may not start it itself."""
    metadata = version.metadata
    if party.is_deleted:
        return Refusal(code="CONFLICT", expected="a party that exists", actual="it is deleted")
    if not metadata.allows_party(PARTY_TYPES.get(party.kind, PartyType.PERSON)):
        allowed = ", ".join(sorted(metadata.party_types_allowed))
        return Refusal(
            code="PARTY_TYPE_NOT_ALLOWED", expected=f"a party of kind {allowed}", actual=f"it is a {party.kind}"
        )
    is_production = version.settings.environment == "production"
    if metadata.disallow_user_instantiation and principal.kind in PERSONS and is_production:
        return Refusal(code="FORBIDDEN", expected="the service owner", action="instantiate")
    return None
