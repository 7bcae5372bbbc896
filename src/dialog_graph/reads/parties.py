"""Parties as a caller may know them: by URN, those it represents, their sub-units."""

from dialog_graph import urns
from dialog_graph.errors import Refusal, Refused, refuse
from dialog_graph.model.party import Party, RepresentedParty
from dialog_graph.ports import Ports
from dialog_graph.reads.paging import Page, Position, check_first, decode, page_of
from dialog_graph.storage import parties
from dialog_graph.storage.database import Snapshot
from dialog_graph.urns import PartyUrn

ORDER = "name"


async def by_urn(ports: Ports, snapshot: Snapshot, urn: str) -> Party | None:
    """The party, None when the caller has no relation to it. Raises INVALID_INPUT for what is no URN."""
    parsed = PartyUrn.parse(urn)
    if isinstance(parsed, Refusal):
        raise Refused(parsed)
    party = await parties.find(snapshot, parsed)
    if party is None:
        return None
    if party.party_id == snapshot.principal.subject_id:
        return party
    relations = await parties.relations(snapshot, party.party_id)
    return party if relations.exists else None


async def represented(ports: Ports, snapshot: Snapshot) -> list[RepresentedParty]:
    """Everyone the caller represents, on two levels."""
    return await parties.all_represented(snapshot)


async def page(
    ports: Ports, snapshot: Snapshot, first: int | None, after: str | None, search: str | None
) -> Page[Party]:
    """A page of the parties that the caller represents, by name."""
    size = check_first(first)
    position = decode(after, ORDER)
    place = _place(position)
    found = await parties.represented(snapshot, search=search, after=place, limit=size + 1)
    rows = [(item.party, _position(item.party)) for item in found]
    shown = page_of(rows, size, after)

    async def total(snapshot: Snapshot) -> int:
        everyone = await parties.all_represented(snapshot)
        return sum(1 + len(item.sub_parties) for item in everyone)

    return Page(shown.items, shown.cursors, shown.has_next, shown.has_previous, total)


def _position(party: Party) -> Position:
    return Position(ORDER, f"{party.party_id}:{party.name}", None)


def _place(position: Position | None) -> tuple[str, int] | None:
    if position is None or not isinstance(position.value, str):
        return None
    number, _, name = position.value.partition(":")
    if not urns.is_party_id(number):
        raise refuse("BAD_CURSOR", expected="a cursor from an earlier page of this list")
    return name, int(number)


async def sub_parties(ports: Ports, snapshot: Snapshot, party_id: int) -> list[Party]:
    """The sub-units that the caller represents."""
    units = (await parties.sub_parties(snapshot, [party_id])).get(party_id, ())
    relations = await parties.relations_to(snapshot, [unit.party_id for unit in units])
    return [unit for unit in units if relations[unit.party_id].exists]
