"""What the types of the stock server share: scalars, texts, actors."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import strawberry

from dialog_graph.storage.tables.parties import Party
from tests.benchmarks.stock.context import Context


def write_date_time(value: datetime) -> str:
    """UTC with six fraction digits and Z, as ours."""
    return value.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


DateTimeScalar = strawberry.scalar(name="DateTime", serialize=write_date_time, parse_value=datetime.fromisoformat)

_PREFIXES = {
    "PERSON": "urn:altinn:person:identifier-no:",
    "ORGANISATION": "urn:altinn:organization:identifier-no:",
    "SUBUNIT": "urn:altinn:organization:identifier-no:",
}


def urn(party: Party) -> str:
    """The URN of a party."""
    return _PREFIXES[party.kind] + party.identifier


@strawberry.type
class Localization:
    value: str
    language_code: str


def localized(texts: dict[str, str]) -> list[Localization]:
    """All languages in order of their codes."""
    return [Localization(value=texts[code], language_code=code) for code in sorted(texts)]


@strawberry.type
class Actor:
    actor_type: str
    actor_id: str | None
    actor_name: str | None
    kind: str


async def actor(context: Context, stored: dict[str, Any], about: UUID) -> Actor:
    """Who did something; ids of persons are masked."""
    if "party" not in stored:
        return Actor(actor_type="SERVICE_OWNER", actor_id=None, actor_name=None, kind=stored["kind"])
    party = await context.parties.load(stored["party"])
    assert party is not None, "actors are registered"
    shown = context.ephemeral(about, party.party_id) if party.kind == "PERSON" else urn(party)
    return Actor(actor_type="PARTY_REPRESENTATIVE", actor_id=shown, actor_name=party.name, kind=stored["kind"])
