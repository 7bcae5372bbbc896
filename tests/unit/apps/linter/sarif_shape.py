"""What SARIF 2.1.0 lets the objects be that we write: strictly, so that a member more or less is seen.

The standard's own JSON schema is in no package that tests could ask for.
"""

from typing import Any, cast

FORMAT: dict[str, tuple[str, dict[str, Any]]] = {
    "log": ("3.13", {"$schema": str, "version!": str, "runs!": ["run"]}),
    "run": (
        "3.14",
        {
            "tool!": "tool",
            "columnKind": str,
            "originalUriBaseIds": {str: "base"},
            "invocations": ["invocation"],
            "results": ["result"],
        },
    ),
    "tool": ("3.18", {"driver!": "driver"}),
    "driver": ("3.19", {"name!": str, "version": str, "rules": ["rule"]}),
    "rule": (
        "3.49",
        {
            "id!": str,
            "shortDescription": "message",
            "fullDescription": "message",
            "help": "message",
            "defaultConfiguration": "configuration",
        },
    ),
    "configuration": ("3.50", {"level": str}),
    "message": ("3.11", {"text!": str}),
    "base": ("3.4", {"description": "message"}),
    "invocation": ("3.20", {"executionSuccessful!": bool}),
    "result": (
        "3.27",
        {
            "ruleId": str,
            "ruleIndex": int,
            "level": str,
            "message!": "message",
            "locations": ["location"],
            "relatedLocations": ["related"],
            "partialFingerprints": {str: str},
        },
    ),
    "location": ("3.28", {"physicalLocation": "physical", "logicalLocations": ["logical"]}),
    "related": ("3.28", {"id": int, "physicalLocation": "physical", "message": "message"}),
    "physical": ("3.29", {"artifactLocation!": "artifact", "region": "region"}),
    "artifact": ("3.4", {"uri!": str, "uriBaseId": str}),
    "region": ("3.30", {"startLine!": int, "startColumn": int}),
    "logical": ("3.33", {"name": str}),
}
"""Section of the standard, and the members with what they are made of; a mark behind those that must be there."""


def misshapen(value: object, kind: Any, place: str = "") -> list[str]:
    """Where a value is not of its kind: a type, a name in `FORMAT`, a list or an object of these."""
    if isinstance(kind, type):
        return [] if type(value) is kind else [f"{place} is no {kind.__name__}"]
    if isinstance(kind, list):
        return _of_list(value, cast("list[Any]", kind)[0], place)
    if not isinstance(value, dict):
        return [f"{place} is no object"]
    members = cast("dict[str, object]", value)
    if isinstance(kind, dict):
        item = cast("dict[type, Any]", kind)[str]
        return [told for name, member in members.items() for told in misshapen(member, item, f"{place}.{name}")]
    return _of_object(members, *FORMAT[kind], place)


def _of_list(value: object, item: Any, place: str) -> list[str]:
    if not isinstance(value, list):
        return [f"{place} is no list"]
    found = enumerate(cast("list[object]", value))
    return [told for number, member in found for told in misshapen(member, item, f"{place}[{number}]")]


def _of_object(value: dict[str, object], section: str, members: dict[str, Any], place: str) -> list[str]:
    known = {name.rstrip("!"): member for name, member in members.items()}
    problems = [f"{place}.{name} is not in {section}" for name in value.keys() - known.keys()]
    problems += [f"{place}.{name[:-1]} is missing" for name in members if name[-1] == "!" and name[:-1] not in value]
    for name in value.keys() & known.keys():
        problems += misshapen(value[name], known[name], f"{place}.{name}")
    return problems
