"""What an error tells: the details of a refusal under the names of the wire, nothing of a fault."""

from uuid import UUID

import pytest
from graphql import GraphQLError, parse
from structlog.testing import capture_logs

from dialog_graph.errors import CODES, Blocker, Issue, Refusal, Refused
from dialog_graph.graphql.masking import details, masked

ID = UUID("018f0000-0000-7000-8000-000000000001")


TOLD: list[tuple[Refusal, dict[str, object]]] = [
    (Refusal(code="CONCURRENCY", current_revision=7), {"currentRevision": 7}),
    (Refusal(code="CONCURRENCY", dialog_revision=ID), {"dialogRevision": str(ID)}),
    (Refusal(code="CONFLICT", existing_id=ID), {"existingId": str(ID)}),
    (Refusal(code="DATA_LOCKED", data_element_id=ID), {"dataElementId": str(ID)}),
    (Refusal(code="FORBIDDEN", action="write"), {"action": "write"}),
    (Refusal(code="RESYNC_REQUIRED", floor="c"), {"floor": "c"}),
    (Refusal(code="INVALID_INPUT", path=("a", "b")), {"path": ["a", "b"]}),
    (Refusal(code="RATE_LIMITED", retry_after=3), {"retryAfterSeconds": 3, "retryable": True}),
    (
        Refusal(code="AUTH_LEVEL_TOO_LOW", required_level=3),
        {"requiredLevel": 3, "requiredAcr": "idporten-loa-substantial"},
    ),
    (
        Refusal(code="TASK_NOT_READY", blockers=(Blocker(code="INCIDENT", message={"nb": "Feil", "en": "Fault"}),)),
        {
            "blockers": [
                {
                    "code": "INCIDENT",
                    "message": [{"languageCode": "en", "value": "Fault"}, {"languageCode": "nb", "value": "Feil"}],
                }
            ]
        },
    ),
    (
        Refusal(code="VALIDATION_FAILED", issues=(Issue(code="required", source="schema", field="a"),)),
        {
            "issues": [
                {"code": "required", "source": "schema", "severity": "ERROR", "field": "a", "message": []},
            ]
        },
    ),
]


@pytest.mark.parametrize(("refusal", "shown"), TOLD)
def test_a_refusal_tells_its_details(refusal: Refusal, shown: dict[str, object]) -> None:
    assert details(refusal) == {"code": refusal.code, **shown}


@pytest.mark.parametrize("code", CODES)
def test_every_code_can_be_told(code: str) -> None:
    entry = masked(Refused(Refusal(code=code)), "t")
    assert entry["message"] == CODES[code].message
    assert entry["extensions"]["code"] == code


def test_a_refusal_below_wrappings_is_found() -> None:
    inner = GraphQLError("x", original_error=Refused(Refusal(code="NOT_FOUND")))
    entry = masked(GraphQLError("y", path=["a", 0], original_error=inner), "t")
    assert (entry["extensions"]["code"], entry["path"]) == ("NOT_FOUND", ["a", 0])


@pytest.mark.parametrize(
    "error",
    [
        RuntimeError("secret"),
        GraphQLError("secret", path=["a"], original_error=RuntimeError("secret")),
        GraphQLError("secret", path=["a"], original_error=GraphQLError("secret")),
        GraphQLError("secret", path=["a"]),
        GraphQLError("secret", nodes=parse("{ a }").definitions[0], path=["a"]),
        GraphQLError("secret", original_error=AttributeError("secret")),
    ],
)
def test_anything_else_is_internal_and_logged_once(error: Exception) -> None:
    with capture_logs() as logs:
        entry = masked(error, "t")
    assert entry["extensions"] == {"code": "INTERNAL", "traceId": "t"}
    assert "secret" not in str(entry)
    assert len(logs) == 1
