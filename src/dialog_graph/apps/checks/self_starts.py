"""Checks of processes that begin by themselves (app folder §14, `DG9404`; process engine §4.11, §11, §12)."""

from dialog_graph.apps.checks.calls import lets_in
from dialog_graph.apps.checks.places import at_element
from dialog_graph.apps.readers.reading import Findings
from dialog_graph.apps.version import AppVersion


def check_self_starts(version: AppVersion, findings: Findings) -> None:
    """Messages, signals and timers start an app for its org, which the policy has to let in."""
    org = version.app_id.org
    if lets_in(version, org):
        return
    for element in version.definition.start_events:
        if element.event_type is not None:
            findings.add("DG9404", at_element(element), id=element.id, org=org)
