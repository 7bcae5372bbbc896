"""Awkward strings in every argument of the graph that takes one, found by introspection: a new field is met too.

The values stand in the document itself, where the reader of JSON never sees them: GraphQL's own escapes make characters
that no database can store.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from dialog_graph.graphql.schema import build_schema
from tests.e2e import documents as ask
from tests.e2e.clients import Graph
from tests.e2e.refusals import INSIDE, NEVER, Stored, expect_told, nothing_changes, refusals
from tests.e2e.running import KARI

NIL = "00000000-0000-7000-8000-000000000000"
NOT_STORED = {"a zero character": r"a\u0000b", "half a character": r"\uD800", "half a pair": r"\uDC00x"}
"""What no text of the database can hold."""
AWKWARD = {
    "nothing": "",
    "a blank": " ",
    "pictures": "🦊👩‍👩‍👧" * 20,
    "control characters": r"\u0001\u001b\u007f\u0085",
    "direction marks": r"\u202Eabc\u2066",
    "quotes": "'; drop table dg.instance; --",
    "patterns": r"%_\\ [a-z]* (((((",
    "a path": "../../../etc/passwd",
    "a long text": "x" * 6000,
    "lines": r"a\r\nb: c",
}

INTROSPECTION = """
{ __schema {
    queryType { name } mutationType { name }
    types { name kind fields { name args { ...V } type { ...T } } inputFields { ...V } }
} }
fragment V on __InputValue { name defaultValue type { ...T } }
fragment T on __Type { kind name ofType { kind name ofType { kind name ofType { kind name } } } }
"""

VALUES: dict[str, str] = {
    "application": '"ttd/grant-application"',
    "party": f'"{KARI}"',
    "urn": f'"{KARI}"',
    "endpoint": '"http://127.0.0.1:9/hook"',
    "dataType": '"application"',
    "instanceRef": '"urn:altinn:instance-id:50001/$id"',
}
"""Argument -> a value that is right, as GraphQL writes it."""
BY_TYPE = {
    "UUID": f'"{NIL}"',
    "String": '"x"',
    "URL": '"https://example.test/"',
    "DateTime": '"2027-01-01T00:00:00Z"',
    "Int": "1",
    "Boolean": "true",
    "JSON": "{}",
}
TEXTS = ("String", "URL", "JSON")


@dataclass(frozen=True, slots=True)
class Slot:
    """A place for a string: the root field, the path of its argument, and the document around it (`%s`)."""

    is_mutation: bool
    root: str
    path: str
    document: str

    def __str__(self) -> str:
        return f"{self.root}.{self.path}"


class Schema:
    """The introspected types."""

    def __init__(self, answer: dict[str, Any]) -> None:
        self.types: dict[str, dict[str, Any]] = {each["name"]: each for each in answer["types"]}
        self.roots = ((False, answer["queryType"]["name"]), (True, answer["mutationType"]["name"]))

    def slots(self) -> Iterator[Slot]:
        for is_mutation, root in self.roots:
            for field in self.types[root]["fields"]:
                selection = self._selection(field["type"])
                for path, arguments in self._filled(field["args"], 0):
                    word = "mutation" if is_mutation else "query"
                    document = f"{word} {{ {field['name']}({arguments}) {selection} }}"
                    yield Slot(is_mutation, field["name"], path, document)

    def _selection(self, of: dict[str, Any]) -> str:
        found = self.types[_named(of)]
        names = {each["name"] for each in found.get("fields") or ()}
        if not names:
            return ""
        return "{ __typename errors { code message } }" if "errors" in names else "{ __typename }"

    def _filled(self, arguments: list[dict[str, Any]], depth: int) -> Iterator[tuple[str, str]]:
        """For each string among the arguments: its path, and all needed arguments written out with a `%s` in it."""
        for each in arguments:
            others = [other for other in arguments if other is not each and self._is_needed(other)]
            written = [f"{other['name']}: {self._value(other, depth)}" for other in others]
            for path, value in self._places(each, depth):
                yield path, ", ".join([*written, f"{each['name']}: {value}"])

    def _places(self, argument: dict[str, Any], depth: int) -> Iterator[tuple[str, str]]:
        name, of = _named(argument["type"]), argument["type"]
        if name in TEXTS:
            value = '{a: "%s"}' if name == "JSON" else '"%s"'
            yield argument["name"], f"[{value}]" if _is_list(of) else value
        elif self.types[name]["kind"] == "INPUT_OBJECT" and depth < 2:
            for path, value in self._filled(self.types[name]["inputFields"], depth + 1):
                yield f"{argument['name']}.{path}", f"[{{{value}}}]" if _is_list(of) else f"{{{value}}}"

    def _is_needed(self, argument: dict[str, Any]) -> bool:
        return argument["type"]["kind"] == "NON_NULL" and argument["defaultValue"] is None

    def _value(self, argument: dict[str, Any], depth: int) -> str:
        name = _named(argument["type"])
        if argument["name"] in VALUES:
            value = VALUES[argument["name"]]
        elif self.types[name]["kind"] == "INPUT_OBJECT":
            needed = [each for each in self.types[name]["inputFields"] if self._is_needed(each)]
            value = "{" + ", ".join(f"{each['name']}: {self._value(each, depth + 1)}" for each in needed) + "}"
        elif argument["name"] == "instanceId" or name == "UUID":
            value = '"$id"'
        else:
            value = BY_TYPE[name]
        return f"[{value}]" if _is_list(argument["type"]) else value


def _named(of: dict[str, Any]) -> str:
    while of["name"] is None:
        of = of["ofType"]
    return of["name"]


def _is_list(of: dict[str, Any]) -> bool:
    return of["kind"] == "LIST" or (of["ofType"] is not None and _is_list(of["ofType"]))


def slots() -> list[Slot]:
    """All places, of the schema that the server is built from."""
    answer = build_schema().execute_sync(INTROSPECTION)
    assert answer.data is not None, answer.errors
    return list(Schema(answer.data["__schema"]).slots())


SLOTS = slots()


def of_owner(slot: Slot) -> bool:
    """Who gets further with this field: the service owner, or Kari."""
    return any(word in slot.root.lower() for word in ("webhook", "deliver", "receipt", "substatus"))


@pytest.mark.parametrize("slot", SLOTS, ids=str)
async def test_awkward_strings(kari: Graph, ttd: Graph, store: Stored, slot: Slot) -> None:
    made = await kari.do(ask.START, application="ttd/grant-application", party=KARI)
    graph = ttd if of_owner(slot) else kari
    document = slot.document.replace("$id", made["instance"]["id"])
    for name, text in NOT_STORED.items():
        async with nothing_changes(store, f"{slot}: {name}"):
            answer = await graph.post(document.replace("%s", text))
            if slot.is_mutation:
                expect_told(answer)
            else:
                expect_no_fault(answer, slot)
    for text in AWKWARD.values():
        expect_no_fault(await graph.post(document.replace("%s", text)), slot)


def expect_no_fault(answer: Any, slot: Slot) -> None:
    """Answered or refused, but never broken, and nothing of our inside is told."""
    assert answer.status_code < 500, f"{slot}: {answer.text[:500]}"
    assert not INSIDE.search(answer.text.replace("drop table dg.instance", "")), f"{slot}: {answer.text[:800]}"
    codes = {code for code, _ in refusals(answer.json())}
    assert not codes & NEVER, f"{slot}: {answer.text[:500]}"


def test_the_places_are_found() -> None:
    """The walk through the schema meets what we know of it."""
    found = {str(slot) for slot in SLOTS}
    assert {"party.urn", "instantiate.input.party", "writeFormData.input.patch", "advanceProcess.input.note"} <= found
    assert {"searchDialogs.input.search", "instances.filter.dataValue.key", "instances.after"} <= found
    assert len(found) > 40
