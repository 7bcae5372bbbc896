"""Ids made of facts: the same facts give the same id, and its time is exact to the millisecond."""

from datetime import UTC, datetime, timedelta
from uuid import RFC_4122, UUID, uuid5

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialog_graph.model.ids import derived, from_random, milliseconds, sub, v7

AT = datetime(2026, 11, 20, 7, 53, 33, 123456, tzinfo=UTC)
GUID = UUID("12345678-9abc-4def-8123-456789abcdef")
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
times = st.integers(0, 4_102_444_800_000_000).map(lambda count: EPOCH + timedelta(microseconds=count))


def _is_version_7(found: UUID) -> bool:
    return found.version == 7 and found.variant == RFC_4122


@given(st.integers(0, 4_102_444_800_000), st.integers(0, 999))
def test_no_millisecond_is_lost_on_the_way(wanted: int, microseconds: int) -> None:
    at = EPOCH + timedelta(milliseconds=wanted, microseconds=microseconds)
    assert milliseconds(at) == wanted


def test_a_time_that_a_float_cannot_hold_keeps_its_millisecond() -> None:
    """A float's way is one short here, as for many times after 2038."""
    at = EPOCH + timedelta(milliseconds=2_163_524_739_194)
    assert int(at.timestamp() * 1000) == 2_163_524_739_193
    assert milliseconds(at) == 2_163_524_739_194


@given(times)
def test_an_id_of_a_guid_keeps_all_but_time_version_and_variant(at: datetime) -> None:
    found = v7(GUID, at)
    assert _is_version_7(found)
    assert found.int >> 80 == milliseconds(at)
    assert str(found)[15:18] == "def"
    assert str(found).endswith("123-456789abcdef")


@given(times, st.text(), st.text())
def test_a_derived_id_is_made_of_time_and_parts_alone(at: datetime, one: str, other: str) -> None:
    found = derived(at, one.encode(errors="replace"), 1)
    assert _is_version_7(found)
    assert found == derived(at, one.encode(errors="replace"), 1)
    assert (found == derived(at, other.encode(errors="replace"), 1)) is (
        one.encode(errors="replace") == other.encode(errors="replace")
    )


def test_a_derived_id_never_changes_between_releases() -> None:
    """Stored ids are found again by making them anew (process engine §14.2)."""
    assert str(derived(AT, UUID(int=7), "Task_1#1")) == "01a1f7f2-48c3-74e3-9df1-20d49087c177"


def test_an_id_under_a_parent_has_the_parent_s_time_version_and_variant() -> None:
    parent = v7(GUID, AT)
    found = sub(parent, "DialogGuiActionGoTo")
    name = uuid5(parent, "DialogGuiActionGoTo")
    assert _is_version_7(found)
    assert found.int >> 76 == parent.int >> 76, "time and version"
    assert found.int & ((1 << 62) - 1) == name.int & ((1 << 62) - 1)
    assert (found.int >> 64) & 0xFFF == (name.int >> 64) & 0xFFF
    assert sub(UUID(int=GUID.int), "x").version == 4, "a random parent's version is copied too"


def test_different_names_and_parents_give_different_ids() -> None:
    parents = (v7(GUID, AT), v7(GUID, AT + timedelta(milliseconds=1)))
    assert len({sub(parent, name) for parent in parents for name in ("a", "b", "")}) == 6


def test_random_bytes_are_given() -> None:
    found = from_random(AT, bytes(range(16)))
    assert _is_version_7(found)
    assert found.bytes[-8:][1:] == bytes(range(9, 16))


def test_a_time_without_a_zone_is_a_fault() -> None:
    with pytest.raises(TypeError):
        milliseconds(AT.replace(tzinfo=None))
