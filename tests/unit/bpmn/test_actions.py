"""The own actions of task types: one rule in the interpreter and in the table of task types."""

import pytest

from dialog_graph.bpmn import OWN_ACTIONS
from dialog_graph.bpmn.actions import type_actions
from dialog_graph.tasks import TYPES


@pytest.mark.parametrize("name", sorted(TYPES))
def test_the_interpreter_and_the_task_types_agree(name: str):
    assert set(OWN_ACTIONS[name].own) == TYPES[name].own_actions
    assert OWN_ACTIONS[name].default == TYPES[name].default_action


def test_a_custom_type_has_its_own_name_as_action():
    assert type_actions("inspect").own == ("inspect",)


@pytest.mark.parametrize("name", ["reject", "abandon"])
def test_a_custom_type_cannot_take_the_name_of_a_way_back(name: str):
    assert type_actions(name).own == ()
