"""Values that are made and copied the short way are the values that a call makes."""

from dataclasses import FrozenInstanceError, replace

import pytest

from dialog_graph.bpmn.nodes import Element, ElementKind, Flow
from dialog_graph.bpmn.tokens import Token, TokenState

MEMBERS = {"index": 3, "id": "Fill", "kind": ElementKind.USER_TASK, "line": 7}
MADE = Element(index=3, id="Fill", kind=ElementKind.USER_TASK, line=7)


def test_a_value_of_its_members_is_the_value_that_a_call_makes():
    short = Element.of(**MEMBERS)
    assert short == MADE
    assert hash(short) == hash(MADE)
    assert repr(short) == repr(MADE)
    assert (short.name, short.interrupting, short.outgoing) == (None, True, ())


def test_a_value_of_other_members_is_another_value():
    assert Element.of(**MEMBERS | {"line": 8}) != MADE
    assert Element.of(**MEMBERS) != Flow.of(index=3, id="Fill", source=0, target=1, line=7)


def test_it_can_be_replaced_and_not_changed():
    short = Element.of(**MEMBERS)
    assert replace(short, name="x") == replace(MADE, name="x") == short.changed(name="x")
    with pytest.raises(FrozenInstanceError):
        short.line = 8  # pyright: ignore[reportAttributeAccessIssue]  (what must not be possible)


def test_a_changed_copy_leaves_the_first_one_alone():
    token = Token(id=1, scope=1, index=2, state=TokenState.GO)
    moved = token.changed(id=5, state=TokenState.WAIT, entry=1)
    assert moved == Token(id=5, scope=1, index=2, state=TokenState.WAIT, entry=1)
    assert token == Token(id=1, scope=1, index=2, state=TokenState.GO)
