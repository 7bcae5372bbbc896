"""The linter: what an app folder has that its author should know, shown, explained and mended (app folder §14).

`check` makes the report, `as_text`, `as_json`, `as_sarif` and `as_annotations` show it, `explain` tells what a code
means, `mend` and `write` mend what can be mended without its author, `suggest_policy` makes a policy of a process.
"""

from dialog_graph.apps.linter.as_annotations import as_annotations
from dialog_graph.apps.linter.as_json import as_json
from dialog_graph.apps.linter.as_sarif import as_sarif
from dialog_graph.apps.linter.as_text import as_text, printable
from dialog_graph.apps.linter.explanations import explain
from dialog_graph.apps.linter.mending import Mended, mend
from dialog_graph.apps.linter.policy_suggestion import suggest_policy
from dialog_graph.apps.linter.report import CheckedApp, CheckReport, check
from dialog_graph.apps.linter.writing import NotWritten, write

__all__ = [
    "CheckReport",
    "CheckedApp",
    "Mended",
    "NotWritten",
    "as_annotations",
    "as_json",
    "as_sarif",
    "as_text",
    "check",
    "explain",
    "mend",
    "printable",
    "suggest_policy",
    "write",
]
