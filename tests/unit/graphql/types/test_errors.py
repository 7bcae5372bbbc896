"""Refusals as data: every code becomes the type that it promises, with its details."""

from typing import Any
from uuid import UUID

import pytest

from dialog_graph.errors import CODES, Blocker, Issue, Refusal, Severity
from dialog_graph.graphql.types import errors as wire

ROW = UUID(int=7)
TEXTS = {"nb": "Feil", "nn": "Gale", "en": "Wrong"}
ISSUE = Issue(code="required", source="Schema", field="name", data_element_id=ROW, message=TEXTS)
BLOCKER = Blocker(code="INCIDENT", message=TEXTS)
DATA = {code: row.payload for code, row in CODES.items() if row.payload is not None}


def errors(refusal: Refusal, *languages: str) -> list[wire.MutationError]:
    found = wire.payload_errors(refusal, languages)
    assert found is not None
    return found


@pytest.mark.parametrize(("code", "payload"), DATA.items(), ids=DATA)
def test_every_code_that_is_data_becomes_its_type(code: str, payload: str) -> None:
    (error,) = errors(Refusal(code=code, expected="this", actual="it is that"))
    assert type(error).__name__ == payload
    assert error.code == code
    assert error.message == f"{CODES[code].message} Expected this, but it is that."


@pytest.mark.parametrize("code", sorted(set(CODES) - set(DATA)))
def test_the_other_codes_are_never_data(code: str) -> None:
    assert wire.payload_errors(Refusal(code=code), ()) is None


def test_every_type_that_can_come_is_registered() -> None:
    named = {error_type.__name__ for error_type in wire.ERROR_TYPES}
    assert named == {*DATA.values(), "DialogConcurrencyError"}


@pytest.mark.parametrize(
    ("refusal", "members"),
    [
        (Refusal(code="FORBIDDEN", action="sign"), {"action": "sign"}),
        (
            Refusal(code="AUTH_LEVEL_TOO_LOW", required_level=3),
            {"required_level": 3, "required_acr": "idporten-loa-substantial"},
        ),
        (
            Refusal(code="AUTH_LEVEL_TOO_LOW", required_level=4),
            {"required_level": 4, "required_acr": "idporten-loa-high"},
        ),
        (
            Refusal(code="AUTH_LEVEL_TOO_LOW", required_level=2),
            {"required_level": 2, "required_acr": "idporten-loa-substantial"},
        ),
        (Refusal(code="BAD_ID", path=("input", "id")), {"path": ["input", "id"]}),
        (Refusal(code="CONCURRENCY", current_revision=4), {"current_revision": 4}),
        (Refusal(code="CONCURRENCY", dialog_revision=ROW), {"dialog_revision": ROW}),
        (Refusal(code="IDEMPOTENT_KEY_IN_USE", existing_id=ROW), {"existing_id": ROW}),
        (Refusal(code="DATA_LOCKED", data_element_id=ROW), {"data_element_id": ROW}),
        (Refusal(code="RATE_LIMITED", retry_after=30), {"retry_after_seconds": 30}),
        (Refusal(code="RATE_LIMITED"), {"retry_after_seconds": 1}),
    ],
)
def test_details_of_single_codes_go_along(refusal: Refusal, members: dict[str, Any]) -> None:
    (error,) = errors(refusal)
    assert {name: getattr(error, name) for name in members} == members


def test_an_instance_and_a_dialog_that_moved_on_are_two_types() -> None:
    assert isinstance(errors(Refusal(code="CONCURRENCY", current_revision=4))[0], wire.ConcurrencyError)
    assert isinstance(errors(Refusal(code="CONCURRENCY", dialog_revision=ROW))[0], wire.DialogConcurrencyError)


def test_findings_are_told_in_the_caller_s_language() -> None:
    (error,) = errors(Refusal(code="VALIDATION_FAILED", issues=(ISSUE, ISSUE)), "nn")
    assert isinstance(error, wire.ValidationFailed)
    first = error.issues[0]
    assert (len(error.issues), first.code, first.source, first.field) == (2, "required", "Schema", "name")
    assert vars(first)["severity"] is Severity.ERROR
    assert first.data_element_id == ROW
    assert [(item.language_code, item.value) for item in first.message] == [("nn", "Gale")]


def test_blockers_and_findings_stand_in_one_answer() -> None:
    not_ready, invalid = errors(Refusal(code="TASK_NOT_READY", blockers=(BLOCKER,), issues=(ISSUE,)))
    assert isinstance(not_ready, wire.TaskNotReady)
    assert isinstance(invalid, wire.ValidationFailed)
    assert [item.code for item in not_ready.blockers] == ["INCIDENT"]
    assert [item.language_code for item in not_ready.blockers[0].message] == ["en", "nb", "nn"]
    assert (invalid.code, invalid.message) == ("VALIDATION_FAILED", CODES["VALIDATION_FAILED"].message)
    assert [item.code for item in invalid.issues] == ["required"]
