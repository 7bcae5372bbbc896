"""Does an event fit a filter? Asked in memory of what was read once; means what the SQL in `storage.events` means."""

from collections.abc import Iterable
from typing import TypeAlias
from uuid import UUID

from dialog_graph.model.event import Event
from dialog_graph.storage.events import EventFilter

Place: TypeAlias = tuple[str, UUID | int | str | None]
"""What events are routed by: `("instance", id)`, `("party", id)`, `("org", code)`, or `("any", None)`."""


class Types:
    """Event types: exact names, and beginnings written `x.*`. None of them: every type."""

    def __init__(self, names: Iterable[str] | None) -> None:
        listed = None if names is None else tuple(names)
        self._is_all = listed is None
        self._exact = frozenset(listed or ())
        self._beginnings = tuple(name[:-1] for name in listed or () if name.endswith(".*"))

    def has(self, name: str) -> bool:
        """True when the name is one of them."""
        return self._is_all or name in self._exact or name.startswith(self._beginnings)


class Matcher:
    """A filter, prepared for being asked often."""

    def __init__(self, chosen: EventFilter) -> None:
        self._chosen = chosen
        self._party_ids = None if chosen.party_ids is None else frozenset(chosen.party_ids)
        self._resource_ids = None if chosen.resource_ids is None else frozenset(chosen.resource_ids)
        self._types = Types(chosen.types)

    def fits(self, event: Event) -> bool:
        """True when the event fulfils every condition of the filter."""
        chosen = self._chosen
        return (
            chosen.instance_id in (None, event.instance_id)
            and chosen.org in (None, event.org)
            and (self._party_ids is None or event.party_id in self._party_ids)
            and (self._resource_ids is None or event.resource_id in self._resource_ids)
            and (chosen.audience is None or bool(event.audience & chosen.audience))
            and self._types.has(event.type)
        )

    def places(self) -> list[Place]:
        """Where to look for events that may fit: the narrowest condition that is set, so that each is met once."""
        if self._chosen.instance_id is not None:
            return [("instance", self._chosen.instance_id)]
        if self._party_ids is not None:
            return [("party", party_id) for party_id in self._party_ids]
        return [("any", None) if self._chosen.org is None else ("org", self._chosen.org)]


def places_of(event: Event) -> tuple[Place, ...]:
    """The places where those stand who may want the event."""
    return ("instance", event.instance_id), ("party", event.party_id), ("org", event.org), ("any", None)
