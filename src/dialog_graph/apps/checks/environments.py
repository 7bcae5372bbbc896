"""Environments in findings: the three that values are kept for (app folder §3)."""

from dialog_graph.bpmn.task_config import ENVIRONMENTS

NAMES = tuple(dict.fromkeys(ENVIRONMENTS.values()))
"""local, staging, production."""
