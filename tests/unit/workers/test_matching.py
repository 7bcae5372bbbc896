"""The filter in memory: every condition counts alone, and an event is looked for where those stand who want it."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from dialog_graph.model.event import Audience, Event
from dialog_graph.model.principal import SYSTEM_ACTOR
from dialog_graph.storage.events import EVERYTHING, EventFilter
from dialog_graph.workers.matching import Matcher, Types, places_of

HERE, THERE = UUID(int=1), UUID(int=2)
EVENT = Event(
    event_id=UUID(int=9),
    xid=100,
    seq=5,
    stream_id=HERE,
    sequence=1,
    type="app.instance.process.movedTo.Task_1",
    history_type=None,
    time=datetime(2026, 11, 20, tzinfo=UTC),
    actor=SYSTEM_ACTOR,
    audience=Audience.OWNER,
    data={},
    instance_id=HERE,
    org="ttd",
    party_id=7,
    resource_id=3,
)
CASES: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    ("instance", {"instance_id": HERE}, {"instance_id": THERE}),
    ("party", {"party_ids": [6, 7]}, {"party_ids": [6]}),
    ("no party at all", {"party_ids": [7]}, {"party_ids": []}),
    ("resource", {"resource_ids": [3]}, {"resource_ids": [4]}),
    ("org", {"org": "ttd"}, {"org": "nabo"}),
    ("exact type", {"types": [EVENT.type]}, {"types": ["app.instance.process.movedTo"]}),
    ("beginning", {"types": ["app.instance.*"]}, {"types": ["app.instances.*"]}),
    ("no type at all", {"types": ["app.*"]}, {"types": []}),
    ("audience", {"audience": Audience.BOTH}, {"audience": Audience.PARTY}),
]


@pytest.mark.parametrize(("fits", "fails"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_each_condition_counts_alone_and_together(fits: dict[str, Any], fails: dict[str, Any]) -> None:
    everything_else = EventFilter(instance_id=HERE, party_ids=[7], resource_ids=[3], org="ttd", types=["app.*"])
    assert Matcher(EventFilter(**fits)).fits(EVENT)
    assert not Matcher(EventFilter(**fails)).fits(EVENT)
    assert not Matcher(replace(everything_else, **fails)).fits(EVENT)


@pytest.mark.parametrize(
    "chosen",
    [EVERYTHING, *(EventFilter(**case[1]) for case in CASES)],
    ids=["everything", *(case[0] for case in CASES)],
)
def test_who_wants_an_event_is_met_exactly_once_on_its_way(chosen: EventFilter) -> None:
    assert len([place for place in Matcher(chosen).places() if place in places_of(EVENT)]) == 1


def test_a_beginning_ends_at_a_full_stop() -> None:
    assert Types(["app.instance.*"]).has("app.instance.created")
    assert not Types(["app.instance.*"]).has("app.instance")
    assert not Types(["app.instance*"]).has("app.instance.created")
    assert Types(None).has("anything")
