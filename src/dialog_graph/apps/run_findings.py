"""What goes wrong with an app version while it is used: once for each place, in the log and for the owning org.

Layout rules that fail (`DG7110`) and results that do not fit their field (`DG7203`) depend on the data, so the loader
cannot know them. Each process keeps its own; nothing is stored, and a new version begins without any.
"""

import logging
from collections import OrderedDict
from threading import Lock

from dialog_graph.apps.diagnostics import MAX_PER_FILE, ordered
from dialog_graph.apps.version import AppVersion
from dialog_graph.model.diagnostic import Diagnostic, Diags

_log = logging.getLogger(__name__)

MAX_VERSIONS = 1_000
"""Versions that are remembered; the one that nothing was found in for longest is forgotten first."""

_Place = tuple[str, str, str | None, str | None]


class RunFindings:
    """The findings of one process, by version. May be used from several threads."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._found: OrderedDict[str, dict[_Place, Diagnostic]] = OrderedDict()

    def add(self, version: AppVersion, findings: Diags) -> None:
        """Keeps what is new; the first finding of a place stands."""
        if not findings:
            return
        with self._lock:
            known = self._found.setdefault(version.sha256, {})
            self._found.move_to_end(version.sha256)
            if len(self._found) > MAX_VERSIONS:
                self._found.popitem(last=False)
            for item in findings:
                place = (item.code, item.file, item.element_id, item.path)
                if place not in known and len(known) < MAX_PER_FILE:
                    known[place] = item
                    _log.warning("%s %s: %s %s", version.app_id, item.file, item.code, item.message)

    def of(self, version: AppVersion) -> Diags:
        """What was found in a version since the process began."""
        with self._lock:
            return ordered(tuple(self._found.get(version.sha256, {}).values()))
