"""Errors that a caller can act on, as data: one interface, one type per kind, made from refusals by a table."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from uuid import UUID

import strawberry

from dialog_graph.errors import CODES, Issue, Refusal, Severity
from dialog_graph.errors import Blocker as BlockerValue
from dialog_graph.graphql.types.localization import Localization, localize

IssueSeverity = strawberry.enum(Severity, name="IssueSeverity", description="Only ERROR blocks a step.")

ACRS = MappingProxyType({3: "idporten-loa-substantial", 4: "idporten-loa-high"})
"""Level -> the acr value to log in with."""


@strawberry.type(description="One finding of a validation.")
class ValidationIssue:
    """`field`: path in the data model; `source`: which check found it."""

    code: str
    severity: IssueSeverity  # pyright: ignore[reportInvalidTypeForm] -- enums are registered by a call
    field: str | None
    data_element_id: UUID | None
    message: list[Localization]
    source: str


@strawberry.type(description="One reason why a task cannot be completed now.")
class Blocker:
    """`code`: MissingSignatures, INCIDENT …"""

    code: str
    message: list[Localization]


@strawberry.interface(description="Why a mutation did nothing.")
class MutationError:
    """`code`: one of the table of refusals; `message`: an English sentence for developers."""

    code: str
    message: str


@strawberry.type(description="Absent, or not for the caller to know of.")
class NotFound(MutationError):
    """Same answer for both."""


@strawberry.type(description="Visible, but the action is not permitted.")
class Forbidden(MutationError):
    """`action`: the policy action that is missing."""

    action: str


@strawberry.type(description="Log in with a higher level.")
class AuthLevelTooLow(MutationError):
    """`required_acr`: what to ask the identity provider for."""

    required_level: int
    required_acr: str


@strawberry.type(description="The input is wrong.")
class InvalidInput(MutationError):
    """`path`: the member of the input."""

    path: list[str]


@strawberry.type(description="The instance has moved on.")
class ConcurrencyError(MutationError):
    """`current_revision`: what it has now."""

    current_revision: int


@strawberry.type(description="The dialog has changed.")
class DialogConcurrencyError(MutationError):
    """`dialog_revision`: what it has now."""

    dialog_revision: UUID


@strawberry.type(description="A clash with the present state.")
class Conflict(MutationError):
    """`existing_id`: the object in the way, where there is one."""

    existing_id: UUID | None


@strawberry.type(description="The task cannot be completed yet.")
class TaskNotReady(MutationError):
    """`blockers`: every reason."""

    blockers: list[Blocker]


@strawberry.type(description="The data is not valid.")
class ValidationFailed(MutationError):
    """`issues`: every finding."""

    issues: list[ValidationIssue]


@strawberry.type(description="The data is locked by the process, or by hand.")
class DataLocked(MutationError):
    """`data_element_id`: which element, where one was named."""

    data_element_id: UUID | None


@strawberry.type(description="Too many requests.")
class RateLimited(MutationError):
    """`retry_after_seconds`: when to try again."""

    retry_after_seconds: int


ERROR_TYPES = (
    NotFound,
    Forbidden,
    AuthLevelTooLow,
    InvalidInput,
    ConcurrencyError,
    DialogConcurrencyError,
    Conflict,
    TaskNotReady,
    ValidationFailed,
    DataLocked,
    RateLimited,
)


@dataclass(frozen=True, slots=True)
class _Told:
    """A refusal and the languages to tell it in."""

    refusal: Refusal
    languages: tuple[str, ...]

    @property
    def base(self) -> dict[str, str]:
        return {"code": self.refusal.code, "message": self.refusal.message}


def issue(value: Issue, languages: tuple[str, ...]) -> ValidationIssue:
    """An issue as the wire has it."""
    return ValidationIssue(
        code=value.code,
        severity=value.severity,
        field=value.field,
        data_element_id=value.data_element_id,
        message=localize(value.message, languages),
        source=value.source,
    )


def blocker(value: BlockerValue, languages: tuple[str, ...]) -> Blocker:
    """A blocker as the wire has it."""
    return Blocker(code=value.code, message=localize(value.message, languages))


def _level(told: _Told) -> MutationError:
    level = told.refusal.required_level or 0
    return AuthLevelTooLow(**told.base, required_level=level, required_acr=ACRS.get(level, ACRS[3]))


def _concurrency(told: _Told) -> MutationError:
    if told.refusal.dialog_revision is not None:
        return DialogConcurrencyError(**told.base, dialog_revision=told.refusal.dialog_revision)
    return ConcurrencyError(**told.base, current_revision=told.refusal.current_revision or 0)


_MAKERS: Mapping[str, Callable[[_Told], MutationError]] = MappingProxyType(
    {
        "NotFound": lambda told: NotFound(**told.base),
        "Forbidden": lambda told: Forbidden(**told.base, action=told.refusal.action or ""),
        "AuthLevelTooLow": _level,
        "InvalidInput": lambda told: InvalidInput(**told.base, path=list(told.refusal.path)),
        "ConcurrencyError": _concurrency,
        "Conflict": lambda told: Conflict(**told.base, existing_id=told.refusal.existing_id),
        "TaskNotReady": lambda told: TaskNotReady(
            **told.base, blockers=[blocker(item, told.languages) for item in told.refusal.blockers]
        ),
        "ValidationFailed": lambda told: ValidationFailed(
            **told.base, issues=[issue(item, told.languages) for item in told.refusal.issues]
        ),
        "DataLocked": lambda told: DataLocked(**told.base, data_element_id=told.refusal.data_element_id),
        "RateLimited": lambda told: RateLimited(**told.base, retry_after_seconds=told.refusal.retry_after or 1),
    }
)
"""Payload type of a code -> the function that makes the error."""


def payload_errors(refusal: Refusal, languages: tuple[str, ...]) -> list[MutationError] | None:
    """The refusal as data: usually one error, two where blockers and issues stand in the way together.

    None when the code is never data (then it is a GraphQL error).
    """
    payload = refusal.rule.payload
    if payload is None:
        return None
    told = _Told(refusal, languages)
    errors = [_MAKERS[payload](told)]
    if payload == "TaskNotReady" and refusal.issues:
        base = {"code": "VALIDATION_FAILED", "message": CODES["VALIDATION_FAILED"].message}
        errors.append(ValidationFailed(**base, issues=[issue(item, languages) for item in refusal.issues]))
    return errors
