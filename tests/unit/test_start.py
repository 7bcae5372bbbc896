"""What a server refuses to start with, before it touches a database."""

import pytest

from dialog_graph.server import StartRefused, check_start
from dialog_graph.settings import Settings


def test_folders_are_watched_in_development_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DIALOG_GRAPH_RELOAD", "1")
    monkeypatch.setenv("PUBLIC_URL", "https://dialog.example.test")
    check_start(Settings())
    for environment in ("staging", "production"):
        monkeypatch.setenv("DIALOG_GRAPH_ENVIRONMENT", environment)
        with pytest.raises(StartRefused, match="expected DIALOG_GRAPH_RELOAD to be off outside of development"):
            check_start(Settings())
