"""Row ids: every row of a repeating group carries `altinnRowId`, a uuid (app folder §6.2).

They are added at every write, taken away at task end and from XML, and never validated. The ids are given by the
caller: nothing here is random.
"""

from collections.abc import Callable
from uuid import UUID

from dialog_graph.apps.form_data.xml_form import ROW_ID
from dialog_graph.model.json_value import Json


def add_row_ids(document: Json, new_id: Callable[[], UUID]) -> Json:
    """A copy in which every row has an id of its own; ids that are no uuid or stand twice in a list are replaced."""
    if isinstance(document, dict):
        return {name: add_row_ids(value, new_id) for name, value in document.items()}
    if not isinstance(document, list):
        return document
    rows: list[Json] = []
    taken: set[str] = set()
    for item in document:
        row = add_row_ids(item, new_id)
        if isinstance(row, dict):
            id = row.get(ROW_ID)
            if not isinstance(id, str) or not _is_uuid(id) or id in taken:
                row[ROW_ID] = id = str(new_id())
            taken.add(id)
        rows.append(row)
    return rows


def strip_row_ids(document: Json) -> Json:
    """A copy without row ids."""
    if isinstance(document, dict):
        return {name: strip_row_ids(value) for name, value in document.items() if name != ROW_ID}
    return [strip_row_ids(item) for item in document] if isinstance(document, list) else document


def _is_uuid(text: str) -> bool:
    try:
        return str(UUID(text)) == text.lower()
    except ValueError:
        return False
