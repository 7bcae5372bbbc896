"""The table of refusals, held against a table of its own: codes are a promise to clients and never change."""

from uuid import UUID

import pytest

from dialog_graph.errors import CODES, NOT_FOUND, Blocker, Refusal, Refused, refuse

PROMISED = """
NOT_FOUND                 404 NotFound
FORBIDDEN                 403 Forbidden
AUTH_LEVEL_TOO_LOW        401 AuthLevelTooLow
CONCURRENCY               409 ConcurrencyError
CONFLICT                  409 Conflict
IDEMPOTENCY_MISMATCH      409 Conflict
NOT_ACTIVE                409 Conflict
INSTANCE_NOT_COMPLETED    409 Conflict
DELETION_TOO_EARLY        422 Conflict
ALREADY_PAID              409 Conflict
NOT_CORRELATED            409 Conflict
MIGRATION_REFUSED         409 Conflict
LOOP_LIMIT                409 Conflict
NO_FLOW                   409 Conflict
GATEWAY_AMBIGUOUS         409 Conflict
CONDITION_FAILED          409 Conflict
NO_HANDLER                409 Conflict
IDEMPOTENT_KEY_IN_USE     409 Conflict
DELETED                   409 Conflict
FROZEN                    409 Conflict
FIELD_OWNED_BY_PROCESS    409 Conflict
REFUSED_BY_APP            422 Conflict
APP_LOGIC_FAILED          422 Conflict
CALCULATION_FAILED        422 Conflict
VALIDATION_RULE_FAILED    422 Conflict
APP_NOT_OPEN              422 Conflict
PARTY_TYPE_NOT_ALLOWED    422 Conflict
LOOKUP_FAILED             503 Conflict again
REGISTER_UNAVAILABLE      503 Conflict again
TASK_NOT_READY            409 TaskNotReady
VALIDATION_FAILED         409 ValidationFailed
DATA_LOCKED               409 DataLocked
INVALID_INPUT             400 InvalidInput
BAD_ID                    400 InvalidInput
BAD_CURSOR                400 InvalidInput
TASK_REQUIRED             400 InvalidInput
START_EVENT_REQUIRED      400 InvalidInput
ACTION_NOT_ALLOWED        400 InvalidInput
ACTION_DOES_NOT_MOVE      400 InvalidInput
UNKNOWN_PREFILL_PARAMETER 400 InvalidInput
UNKNOWN_FIELD             400 InvalidInput
ADDRESS_BLOCKED           400 InvalidInput
RATE_LIMITED              429 RateLimited again
UNAUTHENTICATED           401 -
BAD_JSON                  400 -
LIMIT_DEPTH               400 -
LIMIT_COST                400 -
LIMIT_TOKENS              400 -
LIMIT_ALIASES             400 -
LIMIT_FIELDS              400 -
LIMIT_DIRECTIVES          400 -
LIMIT_FRAGMENTS           400 -
LIMIT_PAGE                400 -
RESYNC_REQUIRED           410 -
INTEGRITY                 500 -
TEMPORARY                 503 - again
TIMEOUT                   504 - again
OVERLOADED                503 - again
INTERNAL                  500 -
PAYLOAD_TOO_LARGE         413 -
QUOTA_EXCEEDED            413 -
UNSUPPORTED_MEDIA_TYPE    415 -
NOT_ACCEPTABLE            406 -
METHOD_NOT_ALLOWED        405 -
SCAN_PENDING              409 -
INFECTED                  403 -
"""
ROWS = [line.split() for line in PROMISED.strip().splitlines()]


def test_every_code_keeps_its_name_status_payload_and_whether_to_try_again() -> None:
    promised = {
        code: (int(http), None if payload == "-" else payload, bool(again)) for code, http, payload, *again in ROWS
    }
    assert {code: (row.http, row.payload, row.retryable) for code, row in CODES.items()} == promised


def test_messages_are_sentences_that_no_two_codes_share() -> None:
    messages = [row.message for row in CODES.values()]
    assert len(set(messages)) == len(messages)
    assert all(message[0].isupper() and message.endswith(".") for message in messages)


@pytest.mark.parametrize(
    ("refusal", "message"),
    [
        (Refusal(code="NOT_FOUND"), "Not found."),
        (Refusal(code="BAD_ID", expected="a UUID"), "The id has the wrong form. Expected a UUID."),
        (
            Refusal(code="LIMIT_PAGE", expected="first between 1 and 100", actual="it is 0"),
            "The page size is out of range. Expected first between 1 and 100, but it is 0.",
        ),
        (Refusal(code="CONFLICT", actual="only half a sentence"), "The request conflicts with the present state."),
    ],
)
def test_a_message_is_the_code_s_own_and_what_was_expected(refusal: Refusal, message: str) -> None:
    assert refusal.message == message


@pytest.mark.parametrize(
    ("blocker", "is_retryable"),
    [("PROCESSING", True), ("PAYMENT_BUSY", True), ("INCIDENT", False), ("MissingSignatures", False)],
)
def test_a_task_that_is_not_ready_may_be_tried_again_when_its_blocker_passes(blocker: str, is_retryable: bool) -> None:
    refusal = Refusal(code="TASK_NOT_READY", blockers=(Blocker(code=blocker, message={}),))
    assert refusal.is_retryable is is_retryable
    assert Refusal(code="TEMPORARY").is_retryable


def test_a_refusal_travels_in_an_exception_and_comes_out_unchanged() -> None:
    with pytest.raises(Refused) as caught:
        raise refuse("CONCURRENCY", expected="revision 3", actual="the instance has revision 4")
    assert caught.value.refusal == Refusal(
        code="CONCURRENCY", expected="revision 3", actual="the instance has revision 4"
    )
    assert str(caught.value.refusal.rule.http) == "409"


def test_what_is_absent_and_what_is_hidden_are_one_answer() -> None:
    assert Refusal(code="NOT_FOUND") == NOT_FOUND
    assert Refusal(code="NOT_FOUND", existing_id=UUID(int=1)) != NOT_FOUND
