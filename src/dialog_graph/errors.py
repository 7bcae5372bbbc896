"""Every refusal a user can meet, and the values that refusals carry.

A refusal is a value with a code. Pure code returns a `Refusal`; whoever holds a transaction raises it as
`Refused`, so that the transaction rolls back; the edge turns it into a payload error, a GraphQL error or
problem JSON. Faults (bugs, lost connections) are ordinary exceptions and never carry a `Refusal`.

`CODES` is the single table code -> HTTP status, payload type, retryable, message. Codes are never renamed or
reused. Sources: process engine rules §19 (codes and payload types), security rules §16 (HTTP statuses).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field as member
from enum import StrEnum
from typing import TypeAlias
from uuid import UUID

Texts: TypeAlias = Mapping[str, str]
"""One text in several languages: language code (nb, nn, en) -> text."""


class Severity(StrEnum):
    """Weight of an issue; only `ERROR` blocks a step."""

    ERROR = "ERROR"
    WARNING = "WARNING"
    INFORMATION = "INFORMATION"
    SUCCESS = "SUCCESS"


@dataclass(frozen=True, slots=True, kw_only=True)
class Issue:
    """One finding of a validation. `field` is a data model path such as `person.name` or `rows[0].age`."""

    code: str
    source: str
    severity: Severity = Severity.ERROR
    field: str | None = None
    data_element_id: UUID | None = None
    message: Texts = member(default_factory=dict[str, str])


@dataclass(frozen=True, slots=True, kw_only=True)
class Blocker:
    """One reason why a task cannot be completed now (`MissingSignatures`, `INCIDENT` …)."""

    code: str
    message: Texts


@dataclass(frozen=True, slots=True)
class Code:
    """One row of `CODES`. `payload`: GraphQL type that carries the code, None = never data in a payload."""

    http: int
    payload: str | None
    message: str
    retryable: bool = False


CODES: Mapping[str, Code] = {
    "NOT_FOUND": Code(404, "NotFound", "Not found."),
    "FORBIDDEN": Code(403, "Forbidden", "You may not do this."),
    "AUTH_LEVEL_TOO_LOW": Code(401, "AuthLevelTooLow", "A higher level of authentication is needed."),
    "CONCURRENCY": Code(409, "ConcurrencyError", "The object has changed since you read it."),
    # conflicts with the state of the process
    "CONFLICT": Code(409, "Conflict", "The request conflicts with the present state."),
    "IDEMPOTENCY_MISMATCH": Code(409, "Conflict", "This idempotency key was used with other arguments."),
    "NOT_ACTIVE": Code(409, "Conflict", "The task or the process is not active."),
    "INSTANCE_NOT_COMPLETED": Code(409, "Conflict", "The process has not ended yet."),
    "DELETION_TOO_EARLY": Code(422, "Conflict", "The instance may not be deleted yet."),
    "ALREADY_PAID": Code(409, "Conflict", "The payment is already made."),
    "NOT_CORRELATED": Code(409, "Conflict", "No process waits for this message."),
    "MIGRATION_REFUSED": Code(409, "Conflict", "The instance cannot be migrated."),
    "LOOP_LIMIT": Code(409, "Conflict", "The process takes too many steps without waiting."),
    "NO_FLOW": Code(409, "Conflict", "No outgoing flow can be taken."),
    "GATEWAY_AMBIGUOUS": Code(409, "Conflict", "The gateway does not choose exactly one flow."),
    "CONDITION_FAILED": Code(409, "Conflict", "The condition of a flow could not be evaluated."),
    "NO_HANDLER": Code(409, "Conflict", "The app has no code for this step."),
    "IDEMPOTENT_KEY_IN_USE": Code(409, "Conflict", "A dialog with this key exists."),
    "DELETED": Code(409, "Conflict", "The dialog is deleted."),
    "FROZEN": Code(409, "Conflict", "The dialog is frozen."),
    "FIELD_OWNED_BY_PROCESS": Code(409, "Conflict", "The field follows the process and cannot be set."),
    # conflicts raised by the app
    "REFUSED_BY_APP": Code(422, "Conflict", "The app refused the request."),
    "APP_LOGIC_FAILED": Code(422, "Conflict", "The app's own code failed."),
    "CALCULATION_FAILED": Code(422, "Conflict", "A calculation of the app failed."),
    "VALIDATION_RULE_FAILED": Code(422, "Conflict", "A validation rule of the app failed."),
    "APP_NOT_OPEN": Code(422, "Conflict", "The app is not open for new instances now."),
    "PARTY_TYPE_NOT_ALLOWED": Code(422, "Conflict", "The app is not for this kind of party."),
    "LOOKUP_FAILED": Code(503, "Conflict", "A lookup failed.", retryable=True),
    "REGISTER_UNAVAILABLE": Code(503, "Conflict", "A register did not answer.", retryable=True),
    # the task
    "TASK_NOT_READY": Code(409, "TaskNotReady", "The task cannot be completed yet."),
    "VALIDATION_FAILED": Code(409, "ValidationFailed", "The data is not valid."),
    "DATA_LOCKED": Code(409, "DataLocked", "The data is locked."),
    # wrong input
    "INVALID_INPUT": Code(400, "InvalidInput", "The input is not valid."),
    "BAD_ID": Code(400, "InvalidInput", "The id has the wrong form."),
    "BAD_CURSOR": Code(400, "InvalidInput", "The cursor is not one of ours."),
    "TASK_REQUIRED": Code(400, "InvalidInput", "Several tasks are active; name one."),
    "START_EVENT_REQUIRED": Code(400, "InvalidInput", "The process has several start events; name one."),
    "ACTION_NOT_ALLOWED": Code(400, "InvalidInput", "The task has no such action."),
    "ACTION_DOES_NOT_MOVE": Code(400, "InvalidInput", "This action does not move the process."),
    "UNKNOWN_PREFILL_PARAMETER": Code(400, "InvalidInput", "The app declares no such parameter."),
    "UNKNOWN_FIELD": Code(400, "InvalidInput", "The data model has no such field."),
    "ADDRESS_BLOCKED": Code(400, "InvalidInput", "The address may not be used."),
    # limits
    "RATE_LIMITED": Code(429, "RateLimited", "Too many requests.", retryable=True),
    # never data: malformed, unauthenticated, faults
    "UNAUTHENTICATED": Code(401, None, "A valid token is needed."),
    "BAD_JSON": Code(400, None, "The body is not valid JSON."),
    "LIMIT_DEPTH": Code(400, None, "The document is too deep."),
    "LIMIT_COST": Code(400, None, "The document costs too much."),
    "LIMIT_TOKENS": Code(400, None, "The document is too long."),
    "LIMIT_ALIASES": Code(400, None, "The document has too many aliases."),
    "LIMIT_FIELDS": Code(400, None, "The document has too many fields."),
    "LIMIT_DIRECTIVES": Code(400, None, "The document has too many directives."),
    "LIMIT_FRAGMENTS": Code(400, None, "The document has too many fragments."),
    "LIMIT_PAGE": Code(400, None, "The page size is out of range."),
    "RESYNC_REQUIRED": Code(410, None, "The cursor is too old; read anew and subscribe without it."),
    "INTEGRITY": Code(500, None, "The stored bytes do not match their hash."),
    "TEMPORARY": Code(503, None, "Try again with the same idempotency key.", retryable=True),
    "TIMEOUT": Code(504, None, "The operation took too long.", retryable=True),
    "OVERLOADED": Code(503, None, "The server is overloaded.", retryable=True),
    "INTERNAL": Code(500, None, "An internal error occurred."),
    # outside GraphQL only
    "PAYLOAD_TOO_LARGE": Code(413, None, "The content is too large."),
    "QUOTA_EXCEEDED": Code(413, None, "The storage quota is used up."),
    "UNSUPPORTED_MEDIA_TYPE": Code(415, None, "The content type is not accepted here."),
    "NOT_ACCEPTABLE": Code(406, None, "None of the accepted media types can be produced."),
    "METHOD_NOT_ALLOWED": Code(405, None, "The method is not allowed here."),
    "SCAN_PENDING": Code(409, None, "The file has not been scanned yet."),
    "INFECTED": Code(403, None, "The file is infected."),
}


PASSING_BLOCKERS = frozenset({"PROCESSING", "PAYMENT_BUSY"})
"""Blockers that go away by themselves."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """Why a request was refused. Only what the caller may know stands here.

    `expected` and `actual` complete the sentence "expected …, but …". The other members are details of single
    codes: `path` (INVALID_INPUT and its kin), `issues` (VALIDATION_FAILED), `blockers` (TASK_NOT_READY),
    `current_revision` or `dialog_revision` (CONCURRENCY), `existing_id` (CONFLICT and its kin), `data_element_id`
    (DATA_LOCKED), `action` (FORBIDDEN), `required_level` (AUTH_LEVEL_TOO_LOW), `retry_after` seconds (RATE_LIMITED),
    `floor` (RESYNC_REQUIRED, a cursor).
    """

    code: str
    expected: str = ""
    actual: str = ""
    path: tuple[str, ...] = ()
    issues: tuple[Issue, ...] = ()
    blockers: tuple[Blocker, ...] = ()
    current_revision: int | None = None
    dialog_revision: UUID | None = None
    existing_id: UUID | None = None
    data_element_id: UUID | None = None
    action: str | None = None
    required_level: int | None = None
    retry_after: int | None = None
    floor: str | None = None

    @property
    def rule(self) -> Code:
        """The row of `CODES` for this refusal."""
        return CODES[self.code]

    @property
    def is_retryable(self) -> bool:
        """True when the same request with the same key may succeed later (process engine §19)."""
        return self.rule.retryable or any(blocker.code in PASSING_BLOCKERS for blocker in self.blockers)

    @property
    def message(self) -> str:
        """English sentence for developers: the code's own, and "Expected …, but …" where it is known."""
        if not self.expected:
            return self.rule.message
        tail = f", but {self.actual}" if self.actual else ""
        return f"{self.rule.message} Expected {self.expected}{tail}."


class Refused(Exception):
    """Carries a `Refusal` through code that holds a transaction; the transaction rolls back."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.code, refusal.message)
        self.refusal = refusal


def refuse(code: str, expected: str = "", actual: str = "") -> Refused:
    """Shorthand for the common case: `raise refuse("NOT_FOUND")`."""
    return Refused(Refusal(code=code, expected=expected, actual=actual))


NOT_FOUND = Refusal(code="NOT_FOUND")
"""The one answer for what is absent and for what the caller may not know of; always equal, byte for byte."""
