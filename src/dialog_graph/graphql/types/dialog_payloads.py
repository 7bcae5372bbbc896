"""Answers and inputs of the peer's dialog queries, with its error interfaces (inbox rules §2.4-§2.6)."""

from collections.abc import Callable, Mapping
from datetime import datetime
from types import MappingProxyType

import strawberry

from dialog_graph.graphql.types.dialog import Dialog, SearchDialog
from dialog_graph.graphql.types.enums import DialogStatus, OrderDirection, SystemLabel
from dialog_graph.reads.dialog_search import ErrorKind, SearchError, SearchInput
from dialog_graph.reads.dialogs import DialogError, NotShown


@strawberry.interface(description="Why a dialog is not shown.")
class DialogByIdError:
    """`code` is ours, for those who do not look at types."""

    message: str
    code: str


@strawberry.type
class DialogByIdNotFound(DialogByIdError):
    """Absent, or not for the caller to know of."""


@strawberry.type
class DialogByIdForbidden(DialogByIdError):
    """The caller knows of the party but may not read its dialogs of this kind."""


@strawberry.type
class DialogByIdForbiddenAuthLevelTooLow(DialogByIdError):
    """Log in with a higher level."""


@strawberry.type
class DialogByIdDeleted(DialogByIdError):
    """It was deleted and may be restored."""


@strawberry.type
class DialogByIdExpired(DialogByIdError):
    """It was shown until `expired_at`."""

    expired_at: datetime


@strawberry.type
class DialogByIdNotVisible(DialogByIdError):
    """It will be shown from `visible_from` on."""

    visible_from: datetime


@strawberry.type(description="A dialog, or why it is not shown.")
class DialogByIdPayload:
    """Either `dialog` is set or `errors` has an entry."""

    dialog: Dialog | None
    errors: list[DialogByIdError]


def _timed(shown: NotShown) -> datetime:
    assert shown.at is not None, "these answers always carry a time"
    return shown.at


_BY_ID: Mapping[DialogError, Callable[[NotShown], DialogByIdError]] = MappingProxyType(
    {
        DialogError.NOT_FOUND: lambda _: DialogByIdNotFound(message="Not found.", code="NOT_FOUND"),
        DialogError.FORBIDDEN: lambda _: DialogByIdForbidden(message="You may not do this.", code="FORBIDDEN"),
        DialogError.LEVEL: lambda _: DialogByIdForbiddenAuthLevelTooLow(
            message="A higher level of authentication is needed.", code="AUTH_LEVEL_TOO_LOW"
        ),
        DialogError.DELETED: lambda _: DialogByIdDeleted(message="The dialog is deleted.", code="DELETED"),
        DialogError.EXPIRED: lambda shown: DialogByIdExpired(
            message="The dialog has expired.", code="NOT_FOUND", expired_at=_timed(shown)
        ),
        DialogError.NOT_VISIBLE: lambda shown: DialogByIdNotVisible(
            message="The dialog is not visible yet.", code="NOT_FOUND", visible_from=_timed(shown)
        ),
    }
)


def by_id_error(shown: NotShown) -> DialogByIdError:
    """The error in place of a dialog."""
    return _BY_ID[shown.error](shown)


@strawberry.interface(description="What is wrong with a search.")
class SearchDialogError:
    """`code` is ours, for those who do not look at types."""

    message: str
    code: str


@strawberry.type
class SearchDialogValidationError(SearchDialogError):
    """The input breaks a rule."""


@strawberry.type
class SearchDialogForbidden(SearchDialogError):
    """The caller is not an end user."""


@strawberry.type
class SearchDialogDomainError(SearchDialogError):
    """The search cannot be carried out as asked."""


@strawberry.type
class SearchDialogContinuationTokenParsingError(SearchDialogError):
    """The token is not one of ours."""


@strawberry.type
class SearchDialogOrderByParsingError(SearchDialogError):
    """The order cannot be read."""


_SEARCH: Mapping[ErrorKind, tuple[type[SearchDialogError], str]] = MappingProxyType(
    {
        ErrorKind.VALIDATION: (SearchDialogValidationError, "INVALID_INPUT"),
        ErrorKind.FORBIDDEN: (SearchDialogForbidden, "FORBIDDEN"),
        ErrorKind.DOMAIN: (SearchDialogDomainError, "INVALID_INPUT"),
        ErrorKind.TOKEN: (SearchDialogContinuationTokenParsingError, "BAD_CURSOR"),
        ErrorKind.ORDER: (SearchDialogOrderByParsingError, "INVALID_INPUT"),
    }
)


def search_error(error: SearchError) -> SearchDialogError:
    """An error of a search as the wire has it."""
    form, code = _SEARCH[error.kind]
    return form(message=error.message, code=code)


@strawberry.type(description="One sort key.")
class SearchDialogSortType:
    """Exactly one member is set."""

    created_at: OrderDirection | None = None
    updated_at: OrderDirection | None = None
    due_at: OrderDirection | None = None
    content_updated_at: OrderDirection | None = None


@strawberry.type(description="A page of dialogs.")
class SearchDialogsPayload:
    """`items` is null when the search was refused; `continuationToken` goes on after the last item."""

    items: list[SearchDialog] | None
    has_next_page: bool
    continuation_token: str | None
    order_by: list[SearchDialogSortType]
    errors: list[SearchDialogError]


@strawberry.input(description="One sort key: set exactly one member.")
class SearchDialogSortTypeInput:
    """An explicit null counts as not set."""

    created_at: OrderDirection | None = None
    updated_at: OrderDirection | None = None
    due_at: OrderDirection | None = None
    content_updated_at: OrderDirection | None = None


@strawberry.input(description="Which dialogs to list; values of one list are alternatives, filters are combined.")
class SearchDialogInput:
    """At least one party or service resource."""

    org: list[str] | None = None
    service_resource: list[str] | None = None
    party: list[str] | None = None
    extended_status: list[str] | None = None
    external_reference: str | None = None
    status: list[DialogStatus] | None = None
    process: str | None = None
    system_label: list[SystemLabel] | None = None
    exclude_api_only: bool | None = None
    created_after: datetime | None = None
    created_before: datetime | None = None
    updated_after: datetime | None = None
    updated_before: datetime | None = None
    content_updated_after: datetime | None = None
    content_updated_before: datetime | None = None
    due_after: datetime | None = None
    due_before: datetime | None = None
    is_content_seen: bool | None = None
    search: str | None = None
    search_language_code: str | None = None
    limit: int | None = None
    continuation_token: str | None = None
    order_by: list[SearchDialogSortTypeInput] | None = None


_SORT_FIELDS = {
    "createdat": "created_at",
    "updatedat": "updated_at",
    "dueat": "due_at",
    "contentupdatedat": "content_updated_at",
}
_BOUNDS = tuple(
    f"{name}_{side}" for name in ("created", "updated", "content_updated", "due") for side in ("after", "before")
)


def _sort_keys(item: SearchDialogSortTypeInput) -> dict[str, bool]:
    found: dict[str, OrderDirection | None] = {key: getattr(item, name) for key, name in _SORT_FIELDS.items()}
    return {key: direction is OrderDirection.DESC for key, direction in found.items() if direction is not None}


def search_input(given: SearchDialogInput) -> SearchInput:
    """The input as the read takes it."""
    bounds: dict[str, datetime] = {name: getattr(given, name) for name in _BOUNDS if getattr(given, name) is not None}
    return SearchInput(
        party=given.party,
        service_resource=given.service_resource,
        org=given.org,
        status=None if given.status is None else [item.value for item in given.status],
        extended_status=given.extended_status,
        external_reference=given.external_reference,
        process=given.process,
        system_label=None if given.system_label is None else [item.value for item in given.system_label],
        is_content_seen=given.is_content_seen,
        exclude_api_only=given.exclude_api_only,
        bounds=bounds,
        search=given.search,
        search_language_code=given.search_language_code,
        limit=given.limit,
        continuation_token=given.continuation_token,
        order_by=None if given.order_by is None else [_sort_keys(item) for item in given.order_by],
    )


def sort_type(key: str, is_descending: bool) -> SearchDialogSortType:
    """A sort key of the answer."""
    direction = OrderDirection.DESC if is_descending else OrderDirection.ASC
    return SearchDialogSortType(**{_SORT_FIELDS[key]: direction})


PEER_ERRORS = (
    DialogByIdNotFound,
    DialogByIdForbidden,
    DialogByIdForbiddenAuthLevelTooLow,
    DialogByIdDeleted,
    DialogByIdExpired,
    DialogByIdNotVisible,
    SearchDialogValidationError,
    SearchDialogForbidden,
    SearchDialogDomainError,
    SearchDialogContinuationTokenParsingError,
    SearchDialogOrderByParsingError,
)
