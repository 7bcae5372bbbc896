"""Role codes a policy may name, as data (security rules §3.2). An unknown code is accepted with a warning.

Codes are upper case and compared without case. Names stand here only where their meaning is public knowledge of the
register; the code is its own name otherwise.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from dialog_graph.errors import Texts


class RoleSource(StrEnum):
    """Where a role comes from."""

    REGISTER = "register"
    PLATFORM = "platform"
    CLIENT = "client"


@dataclass(frozen=True, slots=True)
class Role:
    """One role code. `name`: language code -> text; empty when the code has no other name."""

    code: str
    source: RoleSource
    name: Texts


_NAMES = (
    # code, nb, nn, en
    (RoleSource.REGISTER, "DAGL", "Daglig leder", "Dagleg leiar", "General manager"),
    (RoleSource.REGISTER, "LEDE", "Styrets leder", "Styreleiar", "Chair of the board"),
    (RoleSource.REGISTER, "NEST", "Nestleder", "Nestleiar", "Deputy chair"),
    (RoleSource.REGISTER, "MEDL", "Styremedlem", "Styremedlem", "Board member"),
    (RoleSource.REGISTER, "VARA", "Varamedlem", "Varamedlem", "Deputy board member"),
    (RoleSource.REGISTER, "INNH", "Innehaver", "Innehavar", "Sole proprietor"),
    (
        RoleSource.REGISTER,
        "DTPR",
        "Deltaker med delt ansvar",
        "Deltakar med delt ansvar",
        "Partner, pro rata liability",
    ),
    (RoleSource.REGISTER, "DTSO", "Deltaker med fullt ansvar", "Deltakar med fullt ansvar", "Partner, joint liability"),
    (RoleSource.REGISTER, "KOMP", "Komplementar", "Komplementar", "General partner"),
    (RoleSource.REGISTER, "BEST", "Bestyrende reder", "Bestyrande reiar", "Managing shipowner"),
    (RoleSource.REGISTER, "BOBE", "Bostyrer", "Bustyrar", "Estate administrator"),
    (RoleSource.REGISTER, "REPR", "Norsk representant", "Norsk representant", "Representative of a foreign entity"),
    (RoleSource.REGISTER, "KNUF", "Kontaktperson NUF", "Kontaktperson NUF", "Contact person of a foreign entity"),
    (RoleSource.REGISTER, "KONT", "Kontaktperson", "Kontaktperson", "Contact person"),
    (RoleSource.REGISTER, "FFØR", "Forretningsfører", "Forretningsførar", "Business manager"),
    (RoleSource.REGISTER, "REVI", "Revisor", "Revisor", "Auditor"),
    (RoleSource.REGISTER, "REGN", "Regnskapsfører", "Rekneskapsførar", "Accountant"),
    (RoleSource.PLATFORM, "PRIV", "Privatperson", "Privatperson", "Private person"),
    (RoleSource.PLATFORM, "SELN", "Selvregistrert bruker", "Sjølvregistrert brukar", "Self-identified user"),
    (RoleSource.PLATFORM, "REGNA", "Regnskapsmedarbeider", "Rekneskapsmedarbeidar", "Accounting staff"),
    (RoleSource.PLATFORM, "LOPER", "Lønn og personal", "Løn og personal", "Payroll and personnel"),
    (RoleSource.PLATFORM, "UTINN", "Utfyller og innsender", "Utfyllar og innsendar", "Fills in and sends"),
    (RoleSource.PLATFORM, "PASIG", "Parallell signering", "Parallell signering", "Parallel signing"),
    (RoleSource.PLATFORM, "ADMAI", "Tilgangsstyrer", "Tilgangsstyrar", "Access manager"),
    (RoleSource.PLATFORM, "HADM", "Hovedadministrator", "Hovudadministrator", "Main administrator"),
    (RoleSource.PLATFORM, "KLADM", "Klientadministrator", "Klientadministrator", "Client administrator"),
    (RoleSource.CLIENT, "A0237", "Ansvarlig revisor", "Ansvarleg revisor", "Responsible auditor"),
    (RoleSource.CLIENT, "A0238", "Revisormedarbeider", "Revisormedarbeidar", "Assisting auditor"),
    (
        RoleSource.CLIENT,
        "A0239",
        "Regnskapsfører med signeringsrett",
        "Rekneskapsførar med signeringsrett",
        "Accountant with signing right",
    ),
    (
        RoleSource.CLIENT,
        "A0240",
        "Regnskapsfører uten signeringsrett",
        "Rekneskapsførar utan signeringsrett",
        "Accountant without signing right",
    ),
    (RoleSource.CLIENT, "A0241", "Regnskapsfører lønn", "Rekneskapsførar løn", "Payroll accountant"),
)
_UNNAMED = (
    "PRIUT",
    "UTOMR",
    "SISKD",
    "UILUF",
    "SIGNE",
    "ATTST",
    "HVASK",
    "PAVAD",
    "KOMAB",
    "BOADM",
    "APIADM",
    "ECKEYROLE",
    "A0212",
    "A0236",
    "A0278",
    "A0282",
)

ROLES: Mapping[str, Role] = {
    code: Role(code, source, {"nb": nb, "nn": nn, "en": en}) for source, code, nb, nn, en in _NAMES
} | {code: Role(code, RoleSource.PLATFORM, {}) for code in _UNNAMED}
"""Every known role code."""

KEY_ROLES: frozenset[str] = frozenset({"DAGL", "LEDE", "INNH", "DTPR", "DTSO", "BEST"})
"""Default of the setting: their holders act for sub-units too and inherit what others delegated to the party."""
