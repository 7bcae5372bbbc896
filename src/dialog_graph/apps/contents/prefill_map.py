"""What `{dataType}.prefill.json` says, and what the registers know, as frozen values (app folder §7)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from dialog_graph.apps.contents.paths import Step
from dialog_graph.model.json_value import Json
from dialog_graph.model.party import Party, PartyKind
from dialog_graph.model.principal import Principal, PrincipalKind
from dialog_graph.urns import PERSON


class Section(StrEnum):
    """The registers, in the order in which they fill fields."""

    USER_PROFILE = "UserProfile"
    ER = "ER"
    DSF = "DSF"


@dataclass(frozen=True, slots=True, kw_only=True)
class PrefillLine:
    """One field: from `source` in the section to `target` in the model, in the model's letters."""

    source: tuple[str, ...]
    target: tuple[Step, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PrefillMap:
    """The file of one data type. `query`: parameter of a stateless form -> target."""

    file: str
    allow_overwrite: bool = False
    lines: Mapping[Section, tuple[PrefillLine, ...]] = field(default_factory=dict[Section, tuple[PrefillLine, ...]])
    query: Mapping[str, tuple[Step, ...]] = field(default_factory=dict[str, tuple[Step, ...]])


_DSF = """SSN Name FirstName MiddleName LastName TelephoneNumber MobileNumber MailingAddress MailingPostalCode
MailingPostalCity AddressMunicipalNumber AddressMunicipalName AddressStreetName AddressHouseNumber AddressHouseLetter
AddressPostalCode AddressCity""".split()
_ER = """OrgNumber Name UnitType UnitStatus TelephoneNumber MobileNumber FaxNumber EMailAddress InternetAddress
MailingAddress MailingPostalCode MailingPostalCity BusinessAddress BusinessPostalCode BusinessPostalCity""".split()
_PROFILE = """UserId UserName Email PhoneNumber PartyId UserType Party.PartyId Party.SSN Party.OrgNumber Party.Name
ProfileSettingPreference.Language""".split()

SOURCES: Mapping[Section, frozenset[str]] = {
    Section.USER_PROFILE: frozenset(
        (*_PROFILE, *(f"Party.Person.{name}" for name in _DSF), *(f"Party.Organization.{name}" for name in _ER))
    ),
    Section.ER: frozenset(_ER),
    Section.DSF: frozenset(_DSF),
}
"""Section -> paths that its register may hold."""

_ORGANISATIONS = (PartyKind.ORGANISATION, PartyKind.SUBUNIT)


@dataclass(frozen=True, slots=True, kw_only=True)
class PrefillFacts:
    """What the registers answered before the step. A section that does not apply is absent; so is an unknown field."""

    sections: Mapping[Section, Json] = field(default_factory=dict[Section, Json])

    @staticmethod
    def of(owner: Party | None, caller: Principal) -> "PrefillFacts":
        """The facts that party register and token hold: names and numbers.

        `DSF` for an owning person, `ER` for an owning organisation, `UserProfile` only when a person acts. Names are
        not taken apart, so `FirstName` and its kin are absent.
        """
        found: dict[Section, Json] = {}
        if caller.kind is PrincipalKind.PERSON:
            found[Section.USER_PROFILE] = _profile(caller)
        if owner is not None and owner.kind in _ORGANISATIONS:
            found[Section.ER] = {"OrgNumber": owner.identifier, "Name": owner.name}
        if owner is not None and owner.kind is PartyKind.PERSON:
            found[Section.DSF] = {"SSN": owner.identifier, "Name": owner.name}
        return PrefillFacts(sections=found)


def _profile(caller: Principal) -> Json:
    number = caller.urn.removeprefix(PERSON) if caller.urn.startswith(PERSON) else None
    person: dict[str, Json] = {"SSN": number, "Name": caller.name}
    return {
        "PartyId": caller.subject_id,
        "Party": {"PartyId": caller.subject_id, "SSN": number, "Name": caller.name, "Person": person},
    }
