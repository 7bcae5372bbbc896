"""Which webhooks listen to an event, and as whom they act."""

from dataclasses import replace
from typing import Any

import pytest

from dialog_graph.model.event import Audience, Event
from dialog_graph.model.principal import PrincipalKind
from dialog_graph.workers.expander import consumer_of, listens
from tests.unit.workers.messages import EVENT, FJORD, KARI, WEBHOOK

SUB_UNIT, MAIN_UNIT = 12, 11
PARENTS = {SUB_UNIT: MAIN_UNIT}


def heard(event: Event = EVENT, **filters: Any) -> bool:
    return listens(replace(WEBHOOK, **filters), event, PARENTS)


@pytest.mark.parametrize(
    ("fits", "fails"),
    [
        ({"types": ("app.instance.process.*",)}, {"types": ("app.instance.data.*", "app.instance.created")}),
        ({"resource_id": 3}, {"resource_id": 4}),
        ({"org": "ttd"}, {"org": "nabo"}),
        ({"party_id": 7}, {"party_id": 8}),
        ({"consumer": "org:ttd"}, {"consumer": "org:nabo"}),
        ({"types": ()}, {"types": ("x",)}),
    ],
    ids=["types", "resource", "org", "party", "consumer", "all types"],
)
def test_each_filter_counts(fits: dict[str, Any], fails: dict[str, Any]) -> None:
    assert heard(**fits)
    assert not heard(**fails)


def test_sub_units_belong_to_their_main_unit_only_when_that_is_asked() -> None:
    event = replace(EVENT, party_id=SUB_UNIT)
    assert heard(event, party_id=MAIN_UNIT, include_subunits=True)
    assert not heard(event, party_id=MAIN_UNIT)
    assert not heard(EVENT, party_id=MAIN_UNIT, include_subunits=True)


@pytest.mark.parametrize(
    ("audience", "to_owner", "to_party"),
    [
        (Audience.OWNER, True, False),
        (Audience.PARTY, False, True),
        (Audience.BOTH, True, True),
        (Audience.INTERNAL, False, False),
    ],
)
def test_owner_and_party_are_told_what_is_for_them(audience: Audience, to_owner: bool, to_party: bool) -> None:
    event = replace(EVENT, audience=audience)
    assert heard(event) is to_owner
    assert heard(event, consumer="subject:7", kind=PrincipalKind.PERSON, party_id=7) is to_party


def test_a_webhook_acts_as_the_caller_who_made_it() -> None:
    owner = consumer_of(WEBHOOK, None)
    assert owner is not None
    assert (owner.kind, owner.org, owner.subject_id, owner.level) == (PrincipalKind.SERVICE_OWNER, "ttd", None, 3)
    person = consumer_of(replace(WEBHOOK, consumer="subject:7", kind=PrincipalKind.PERSON, level=4), KARI)
    assert person is not None
    assert (person.kind, person.subject_id, person.org, person.level) == (PrincipalKind.PERSON, 7, None, 4)
    firm = consumer_of(replace(WEBHOOK, consumer="subject:8", kind=PrincipalKind.ORGANISATION), FJORD)
    assert firm is not None
    assert firm.organisation_number == FJORD.identifier
    assert consumer_of(replace(WEBHOOK, consumer="subject:9", kind=PrincipalKind.PERSON), None) is None
