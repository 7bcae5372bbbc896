"""What all commands share: the frame around a transaction, the present values, the interpreter's rounds, the rows."""

from dialog_graph.commands.step.engine import Errand, run_errand, within_errand
from dialog_graph.commands.step.frame import Given, in_step, request_hash, within
from dialog_graph.commands.step.process import run_process
from dialog_graph.commands.step.projection import project
from dialog_graph.commands.step.work import Work

__all__ = [
    "Errand",
    "Given",
    "Work",
    "in_step",
    "project",
    "request_hash",
    "run_errand",
    "run_process",
    "within",
    "within_errand",
]
