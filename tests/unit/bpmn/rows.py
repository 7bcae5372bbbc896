"""The rows that stand for the waits of an instance, as they follow from its effects alone."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from dialog_graph.bpmn import (
    CallApp,
    CloseWaits,
    Effect,
    MoveWait,
    OpenSubscription,
    OpenTimer,
    StartJob,
    SubscriptionKind,
    Wait,
    WaitKind,
)

Row = OpenTimer | OpenSubscription | StartJob | CallApp


def kind_of(row: Row) -> WaitKind:
    match row:
        case OpenTimer():
            return WaitKind.TIMER
        case OpenSubscription():
            return WaitKind.MESSAGE if row.kind is SubscriptionKind.MESSAGE else WaitKind.SIGNAL
        case StartJob():
            return WaitKind.JOB
        case CallApp():
            return WaitKind.CALL


@dataclass
class Rows:
    """Owner and element -> the open row. Only a timer takes the place of one that is open; nothing is closed twice."""

    by_place: dict[tuple[int, str], Row] = field(default_factory=dict[tuple[int, str], Row])

    def keep(self, effects: Iterable[Effect]) -> None:
        """Opens and closes as the effects say."""
        for effect in effects:
            if isinstance(effect, Row):
                place = (effect.owner, effect.element_id)
                assert isinstance(self.by_place.get(place), OpenTimer | None), f"{place} was open already"
                self.by_place[place] = effect
            elif isinstance(effect, CloseWaits):
                self._close(effect)
            elif isinstance(effect, MoveWait):
                self._move(effect)

    def _move(self, effect: MoveWait) -> None:
        """Moves a row; that of an incident is none of these."""
        row = self.by_place.pop((effect.owner, effect.element_id), None)
        if row is not None:
            self.by_place[effect.owner, effect.to] = replace(row, element_id=effect.to)

    def _close(self, effect: CloseWaits) -> None:
        closed = [
            (owner, element)
            for owner, element in self.by_place
            if owner == effect.owner and effect.element_id in (None, element)
        ]
        assert closed, f"nothing was open that {effect} could close"
        for place in closed:
            del self.by_place[place]

    @property
    def waits(self) -> list[Wait]:
        """The same as `State.waits` tells, but for the order in which an owner opened them."""
        return sorted(Wait(*place, kind_of(row)) for place, row in self.by_place.items())

    @property
    def timers(self) -> list[OpenTimer]:
        """In the order of opening."""
        return [row for row in self.by_place.values() if isinstance(row, OpenTimer)]

    def timer(self, element_id: str) -> OpenTimer:
        """The only open timer of an element."""
        (found,) = [row for row in self.timers if row.element_id == element_id]
        return found

    def subscriptions(self, name: str) -> list[OpenSubscription]:
        """Those of a name, in the order of opening."""
        return [row for row in self.by_place.values() if isinstance(row, OpenSubscription) and row.name == name]
