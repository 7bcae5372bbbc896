"""The process interpreter: BPMN text to `Definition`, and `advance`, a pure function from state to state.

No I/O, no clock, no ids of its own. The reader's diagnostics are process engine §5, the semantics §2–§4, the state §14.
"""

from dialog_graph.bpmn.actions import OWN_ACTIONS, TypeActions
from dialog_graph.bpmn.advance import Advance, advance
from dialog_graph.bpmn.commands import (
    ABANDON,
    REJECT,
    SEND_BACK,
    Activate,
    Cancel,
    Command,
    Complete,
    Continue,
    Retry,
    Start,
    decode_command,
    encode_command,
)
from dialog_graph.bpmn.decisions import Decision, RecordedAnswers
from dialog_graph.bpmn.definition import (
    Action,
    ActionType,
    Definition,
    Element,
    ElementKind,
    Flow,
    TaskDefinition,
    TaskKind,
)
from dialog_graph.bpmn.effects import AskGateway, Effect, EndProcess, EnterTask, InlineEffect, LeaveTask, RunService
from dialog_graph.bpmn.events import (
    Event,
    IncidentOpened,
    IncidentResolved,
    JoinForced,
    Outcome,
    ProcessCancelled,
    ProcessEnded,
    ProcessStarted,
    TaskEntered,
    TaskLeft,
)
from dialog_graph.bpmn.facts import EvaluationFailed, Evaluator, Facts, Limits, ValueEvaluator, Vars
from dialog_graph.bpmn.journal import Mismatch, Replayed, StepRecord, replay, replay_step
from dialog_graph.bpmn.reader import read_process
from dialog_graph.bpmn.state import Entry, Incident, OpenIncident, State, Status
from dialog_graph.bpmn.task_config import TaskConfig

__all__ = [
    "ABANDON",
    "OWN_ACTIONS",
    "REJECT",
    "SEND_BACK",
    "Action",
    "ActionType",
    "Activate",
    "Advance",
    "AskGateway",
    "Cancel",
    "Command",
    "Complete",
    "Continue",
    "Decision",
    "Definition",
    "Effect",
    "Element",
    "ElementKind",
    "EndProcess",
    "EnterTask",
    "Entry",
    "EvaluationFailed",
    "Evaluator",
    "Event",
    "Facts",
    "Flow",
    "Incident",
    "IncidentOpened",
    "IncidentResolved",
    "InlineEffect",
    "JoinForced",
    "LeaveTask",
    "Limits",
    "Mismatch",
    "OpenIncident",
    "Outcome",
    "ProcessCancelled",
    "ProcessEnded",
    "ProcessStarted",
    "RecordedAnswers",
    "Replayed",
    "Retry",
    "RunService",
    "Start",
    "State",
    "Status",
    "StepRecord",
    "TaskConfig",
    "TaskDefinition",
    "TaskEntered",
    "TaskKind",
    "TaskLeft",
    "TypeActions",
    "ValueEvaluator",
    "Vars",
    "advance",
    "decode_command",
    "encode_command",
    "read_process",
    "replay",
    "replay_step",
]
