"""Fields that a form needs only while it is filled in (`shadowFields` of a data type, app folder §4.2)."""

from dialog_graph.model.json_value import Json


def without_shadow_fields(document: Json, prefix: str) -> Json:
    """A copy without the members, at any depth, whose names start with the prefix."""
    if isinstance(document, dict):
        kept = {name: value for name, value in document.items() if not name.startswith(prefix)}
        return {name: without_shadow_fields(value, prefix) for name, value in kept.items()}
    return [without_shadow_fields(item, prefix) for item in document] if isinstance(document, list) else document
