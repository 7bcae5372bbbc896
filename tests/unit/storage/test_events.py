"""Cursor tokens: read back exactly as given, and refused when they are anything else."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialog_graph.errors import Refusal
from dialog_graph.storage.events import START, Cursor, FeedMeta

EPOCH = 1_790_000_000_000_000
META = FeedMeta(EPOCH, START)
POSITIONS = st.builds(Cursor, st.integers(0, 2**63), st.integers(0, 2**63 - 1))


@given(POSITIONS)
def test_a_token_gives_its_position_back(cursor: Cursor) -> None:
    token = cursor.token(EPOCH)
    assert META.read(token) == cursor
    assert token == token.strip("=")


@given(POSITIONS, st.integers(0, 45), st.sampled_from("ABCxyz019-_= \n+/æ"))
def test_a_changed_token_is_refused_or_another_position(cursor: Cursor, place: int, character: str) -> None:
    token = cursor.token(EPOCH)
    changed = token[:place] + character + token[place + 1 :]
    read = META.read(changed)
    assert isinstance(read, Refusal) or read.token(EPOCH) == changed


@pytest.mark.parametrize(
    "token", ["", "AA", "nonsense", "💥", "A" * 33, "A" * 35, "A" * 100_000, base64.b64encode(b"\x02" * 25).decode()]
)
def test_texts_that_are_no_tokens_are_refused(token: str) -> None:
    read = META.read(token)
    assert isinstance(read, Refusal)
    assert read.code == "BAD_CURSOR"


@pytest.mark.parametrize(
    "meta", [FeedMeta(EPOCH + 1, START), FeedMeta(EPOCH, Cursor(10, 6)), FeedMeta(EPOCH, Cursor(11, 0))]
)
def test_a_position_that_cannot_be_resumed_is_told_with_the_floor(meta: FeedMeta) -> None:
    read = meta.read(Cursor(10, 5).token(EPOCH))
    assert isinstance(read, Refusal)
    assert read.code == "RESYNC_REQUIRED"
    assert read.floor is not None
    assert meta.read(read.floor) == meta.floor


def test_positions_are_ordered_by_transaction_and_then_by_number() -> None:
    assert START < Cursor(1, 9) < Cursor(2, 1) < Cursor(2, 2)
