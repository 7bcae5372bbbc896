"""Where the two models of one form say different things: JSON Schema and XSD (app folder §14, `DG5004`).

Held against each other are the members, whether there are several, and whether they have members themselves. Kinds of
scalars are left alone: XSD has many that JSON writes as a text.
"""

from collections import deque
from collections.abc import Iterator

from dialog_graph.apps.contents.shapes import Kind, Shape
from dialog_graph.apps.diagnostics import At
from dialog_graph.apps.files import Files
from dialog_graph.apps.readers.reading import Findings, read_json
from dialog_graph.apps.readers.schema_shapes import place_in_schema

MAX_DIFFERENCES = 20
"""Beyond it the two are of different forms, and the list would not help."""


def report_differences(files: Files, schema_file: str, shapes: tuple[Shape, Shape], findings: Findings) -> None:
    """One finding for each place at which the shapes of schema and XSD differ, at the schema's nearest line."""
    different = tuple(differences(*shapes))
    document = read_json(files, schema_file, Findings()) if different else None
    value = document.value if document else None
    for path, reason in different:
        place = document.document.nearest(*place_in_schema(value, path.split("."))) if document else None
        at = At(file=schema_file, line=place.line, column=place.column, path=path) if place else At(file=schema_file)
        findings.add("DG5004", at, path=path, reason=reason)


def differences(schema: Shape, xsd: Shape) -> Iterator[tuple[str, str]]:
    """(path, what differs) in the order of the schema; below a difference nothing more is told."""
    waiting, seen = deque([("", schema, xsd)]), set[tuple[int, int]]()
    told = 0
    while waiting and told < MAX_DIFFERENCES:
        path, left, right = waiting.popleft()
        if (id(left), id(right)) in seen:
            continue
        seen.add((id(left), id(right)))
        problem = _problem(left, right)
        if problem is not None:
            told += 1
            yield path, problem
            continue
        left, right = left.row, right.row
        for name in dict.fromkeys((*left.members, *right.members)):
            at = f"{path}.{name}" if path else name
            one, other = left.members.get(name), right.members.get(name)
            if one is not None and other is not None:
                waiting.append((at, one, other))
            elif told < MAX_DIFFERENCES and not (left if one is None else right).is_open:
                told += 1
                yield at, f"only the {'XSD' if one is None else 'schema'} has it"


def _problem(schema: Shape, xsd: Shape) -> str | None:
    if Kind.ANY in (schema.kind, xsd.kind):
        return None
    if (schema.kind is Kind.ARRAY) is not (xsd.kind is Kind.ARRAY):
        several = "the schema" if schema.kind is Kind.ARRAY else "the XSD"
        return f"only {several} allows several"
    one, other = schema.row.kind, xsd.row.kind
    if Kind.ANY not in (one, other) and (one is Kind.OBJECT) is not (other is Kind.OBJECT):
        group = "the schema" if one is Kind.OBJECT else "the XSD"
        return f"only {group} has fields in it"
    return None
