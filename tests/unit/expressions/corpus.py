"""The cases of the shared corpus, and a context for each made of nothing but the case's own data.

What belongs to `apps` in the product (walking paths, texts with variables, instance properties) is done here in the
smallest way that the cases need. Components need layouts: those cases are named, with the reason, and run there.
"""

# The values of this file are any JSON, and its rules are lambdas: types would say nothing here.
# pyright: reportUnknownLambdaType=false, reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false, reportUnknownParameterType=false, reportMissingTypeArgument=false

import json
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC
from pathlib import Path
from typing import Any

from dialog_graph.expressions import Context, unknown_component, unknown_data_type

SHARED = Path(os.environ.get("DIALOG_GRAPH_SHARED") or Path(__file__).resolve().parents[4] / "shared")
FOLDER = SHARED / "corpus" / "expressions" / "functions"
DEFAULT = "(default)"

NEEDS_LAYOUTS = "the value of a component comes from the layouts, which the package apps reads"


@dataclass(frozen=True, slots=True)
class Case:
    """One expression of the corpus with its surroundings and what must come of it."""

    name: str
    expression: Any
    surroundings: dict[str, Any]
    expects: Any = None
    failure: str | None = None

    @property
    def file(self) -> str:
        """The file it stands in; several cases may share one."""
        return self.name.partition("#")[0]

    @property
    def skipped(self) -> str | None:
        """Why the case cannot run without other packages, None when it can."""
        asks = '"component"' in json.dumps(self.expression)
        return NEEDS_LAYOUTS if asks and "Cannot lookup component" not in (self.failure or "") else None


def cases() -> list[Case]:
    """All of them, in the order of their files; empty when the corpus is not there."""
    return [case for path in sorted(FOLDER.rglob("*.json")) for case in _of(path)]


def _of(path: Path) -> Iterator[Case]:
    file: dict[str, Any] = json.loads(path.read_text(encoding="utf-8-sig"))
    name = f"{path.parent.name}/{path.stem}"
    if "expression" in file and ("expects" in file or "expectsFailure" in file):
        yield Case(name, file["expression"], file, file.get("expects"), file.get("expectsFailure"))
    for number, inner in enumerate(file.get("testCases", ()), start=1):
        yield Case(f"{name}#{number}", inner["expression"], file, inner.get("expects"), inner.get("expectsFailure"))


def context_of(case: Case) -> Context:
    """A context that answers from the case's data."""
    given = case.surroundings
    surroundings = _Surroundings(given)
    return Context(
        data_model=surroundings.data_model,
        component=_no_component,
        count_data_elements=surroundings.count,
        instance=surroundings.instance,
        frontend_setting=given.get("frontendSettings", {}).get,
        gateway_action=given.get("gatewayAction"),
        language=given.get("profileSettings", {}).get("language", "nb"),
        text=surroundings.text,
        time_zone=UTC,
        argv=tuple(given.get("positionalArguments", ())),
    )


def _no_component(component: str) -> Any:
    raise unknown_component(component)


class _Surroundings:
    def __init__(self, given: dict[str, Any]) -> None:
        self.given = given
        models = given.get("dataModels") or [{"dataElement": {"dataType": DEFAULT}, "data": given.get("dataModel", {})}]
        self.types = [model["dataElement"]["dataType"] for model in models]
        self.documents = {model["dataElement"]["dataType"]: model["data"] for model in reversed(models)}
        self.rows = given.get("context", {}).get("rowIndices") or []

    def data_model(self, path: str, data_type: str | None) -> Any:
        if data_type is not None and data_type not in self.documents:
            raise unknown_data_type(data_type)
        return walk(self.documents[data_type or self.types[0]], path, self.rows)

    def count(self, data_type: str) -> int:
        return self.types.count(data_type)

    def instance(self, key: str) -> str | None:
        given = self.given.get("instance", {})
        owner = given.get("instanceOwner", {})
        kinds = (("organisationNumber", "org"), ("personNumber", "person"), ("username", "selfIdentified"))
        return {
            "instanceId": given.get("id"),
            "appId": given.get("appId"),
            "instanceOwnerPartyId": owner.get("partyId"),
            "instanceOwnerPartyType": next((kind for name, kind in kinds if owner.get(name)), "unknown"),
            "instanceOwnerName": None,
        }[key]

    def text(self, text_id: str) -> str:
        found = [text for text in self.given.get("textResources", ()) if text["id"] == text_id]
        if not found:
            return text_id
        variables = [self._variable(variable) for variable in found[-1].get("variables") or ()]
        return re.sub(r"\{(\d+)\}", lambda m: _nth(variables, int(m.group(1)), m.group(0)), found[-1]["value"])

    def _variable(self, variable: dict[str, Any]) -> str:
        key = re.sub(r"\[\{\d+\}\]", "", variable["key"])
        asked = self.instance(key) if variable["dataSource"] == "instanceContext" else self.data_model(key, None)
        return str(asked if asked is not None else variable.get("defaultValue", variable["key"]))


def _nth(texts: list[str], index: int, otherwise: str) -> str:
    return texts[index] if index < len(texts) else otherwise


def walk(document: Any, path: str, rows: list[int]) -> Any:
    """The value at a path; arrays without an index take those of the rows, until an index is written."""
    segments = [re.fullmatch(r"([^\[\]]+)(?:\[(\d*)\])?", segment) for segment in path.split(".")]
    left, here = list(rows), document
    for number, segment in enumerate(segments, start=1):
        if segment is None or not isinstance(here, dict):
            return None
        here, written = here.get(segment.group(1)), segment.group(2)
        index = int(written) if written else left.pop(0) if left and isinstance(here, list) else None
        left = [] if written else left
        if index is not None:
            here = here[index] if isinstance(here, list) and index < len(here) else None
        elif isinstance(here, list) and number < len(segments):
            return None
    return here
