"""The exported schema is what the code says, and names that clients use stay."""

from pathlib import Path

from graphql import build_schema
from graphql.utilities import find_breaking_changes

from dialog_graph.graphql.schema import sdl

SCHEMA = Path(__file__).parents[3] / "schema" / "schema.graphql"


def test_the_committed_schema_is_the_present_one() -> None:
    assert SCHEMA.read_text(encoding="utf-8") == sdl(), "run: .venv/bin/dialog-graph schema --out schema/schema.graphql"


def test_a_renamed_field_would_be_told() -> None:
    written = SCHEMA.read_text(encoding="utf-8")
    renamed = written.replace("currentTask: ProcessTask", "presentTask: ProcessTask")
    assert renamed != written
    changes = find_breaking_changes(build_schema(written), build_schema(renamed))
    assert [change.description for change in changes] == ["Field Process.currentTask was removed."]
