"""The linter: what an app folder has that its author should know, shown, explained and mended (app folder §14)."""

from dialog_graph.apps.linter.as_json import as_json
from dialog_graph.apps.linter.as_text import as_text
from dialog_graph.apps.linter.report import CheckedApp, CheckReport, check

__all__ = ["CheckReport", "CheckedApp", "as_json", "as_text", "check"]
