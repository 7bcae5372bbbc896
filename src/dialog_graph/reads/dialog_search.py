"""Rules of `searchDialogs`: what its input may say, and the continuation token (inbox rules §3.1, §3.3, §3.4). Pure."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from dataclasses import field as member
from datetime import UTC, datetime
from enum import StrEnum
from types import MappingProxyType
from uuid import UUID

from dialog_graph.errors import Refusal
from dialog_graph.urns import RESOURCE, PartyUrn

DEFAULT_LIMIT = 100
MAX_LIMIT = 1000
MAX_VALUES = MappingProxyType({"party": 100, "service_resource": 20, "org": 20, "extended_status": 20})
"""Most values per list filter; `Limits.endUserSearch` tells them to clients."""
MAX_URI = 1023
SEARCH_LENGTHS = (3, 256)
"""Shortest and longest free text, in characters."""

SORT_COLUMNS = MappingProxyType(
    {
        "createdat": "created_at",
        "updatedat": "updated_at",
        "dueat": "due_at",
        "contentupdatedat": "content_updated_at",
    }
)
"""Sort key as the token writes it -> column."""


class ErrorKind(StrEnum):
    """Which error type of the wire carries a finding."""

    VALIDATION = "SearchDialogValidationError"
    FORBIDDEN = "SearchDialogForbidden"
    DOMAIN = "SearchDialogDomainError"
    TOKEN = "SearchDialogContinuationTokenParsingError"
    ORDER = "SearchDialogOrderByParsingError"


@dataclass(frozen=True, slots=True)
class SearchError:
    """One thing wrong with a search."""

    kind: ErrorKind
    message: str


@dataclass(frozen=True, slots=True)
class Sort:
    """One sort key. `key`: a member of `SORT_COLUMNS`."""

    key: str
    is_descending: bool


DEFAULT_SORT = (Sort("contentupdatedat", True),)


@dataclass(frozen=True, slots=True)
class Token:
    """A position: one value per sort key (None = NULL), and the id of the last row."""

    values: Mapping[str, datetime | None]
    dialog_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchInput:
    """The input with unset members as None. `order_by`: None or, per object, the properties that are not null."""

    party: Sequence[str] | None = None
    service_resource: Sequence[str] | None = None
    org: Sequence[str] | None = None
    status: Sequence[str] | None = None
    extended_status: Sequence[str] | None = None
    external_reference: str | None = None
    process: str | None = None
    system_label: Sequence[str] | None = None
    is_content_seen: bool | None = None
    exclude_api_only: bool | None = None
    bounds: Mapping[str, datetime] = member(default_factory=dict[str, datetime])
    search: str | None = None
    search_language_code: str | None = None
    limit: int | None = None
    continuation_token: str | None = None
    order_by: Sequence[Mapping[str, bool]] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """A valid search."""

    given: SearchInput
    parties: tuple[PartyUrn, ...]
    sorts: tuple[Sort, ...]
    token: Token | None
    limit: int


def _validation(message: str) -> SearchError:
    return SearchError(ErrorKind.VALIDATION, message)


def _order_errors(given: SearchInput) -> list[SearchError]:
    errors: list[SearchError] = []
    if given.continuation_token is not None and given.order_by is None:
        errors.append(_validation("Expected orderBy together with continuationToken, but it is not given."))
    if given.order_by is not None:
        if not given.order_by:
            errors.append(_validation("Expected at least one object in orderBy, but the list is empty."))
        errors += [
            _validation(f"Expected exactly one property in each orderBy object, but one has {len(item)}.")
            for item in given.order_by
            if len(item) != 1
        ]
    return errors


def parse_token(text: str) -> Token | SearchError:
    """Reads `key_value` pairs joined by commas, ending with the id."""
    broken = SearchError(ErrorKind.TOKEN, "Expected a continuationToken from an earlier page, but it is none.")
    values: dict[str, datetime | None] = {}
    *pairs, last = text.split(",")
    try:
        for pair in pairs:
            key, separator, value = pair.partition("_")
            if not separator or key not in SORT_COLUMNS or key in values:
                return broken
            values[key] = read_time(value) if value else None
        name, separator, id_text = last.partition("_")
        if name != "id" or not separator or not values:
            return broken
        return Token(values, UUID(id_text))
    except (ValueError, OverflowError):
        return broken


def read_time(text: str) -> datetime:
    """A time with an offset, in UTC. Raises ValueError, or OverflowError before year 1 and after year 9999."""
    time = datetime.fromisoformat(text)
    if time.tzinfo is None:
        raise ValueError("a time without an offset")
    return time.astimezone(UTC)


def write_token(sorts: Sequence[Sort], values: Mapping[str, datetime | None], dialog_id: UUID) -> str:
    """The token of a row."""
    pairs = [f"{sort.key}_{_write_time(values[sort.key])}" for sort in sorts]
    return ",".join((*pairs, f"id_{dialog_id}"))


def _write_time(value: datetime | None) -> str:
    return "" if value is None else value.isoformat().replace("+00:00", "Z")


def _sorts(given: SearchInput) -> tuple[Sort, ...] | SearchError:
    if given.order_by is None:
        return DEFAULT_SORT
    sorts = tuple(Sort(key.lower(), is_down) for item in given.order_by for key, is_down in item.items())
    if len({sort.key for sort in sorts}) < len(sorts):
        return SearchError(ErrorKind.ORDER, "Expected each sort key once in orderBy, but one stands there twice.")
    return sorts


def _list_errors(given: SearchInput) -> list[SearchError]:
    errors: list[SearchError] = []
    for name, limit in MAX_VALUES.items():
        count = len(getattr(given, name) or ())
        if count > limit:
            errors.append(_validation(f"Expected at most {limit} values in {_camel(name)}, but there are {count}."))
    if not given.party and not given.service_resource:
        errors.append(_validation("Expected at least one value in party or serviceResource, but both are empty."))
    errors += [
        _validation(f"Expected a service resource that begins with {RESOURCE}, but {value[:100]!r} does not.")
        for value in given.service_resource or ()
        if not value.startswith(RESOURCE)
    ]
    return errors


def _camel(name: str) -> str:
    head, *tail = name.split("_")
    return head + "".join(part.capitalize() for part in tail)


def is_language(text: str) -> bool:
    """True for a language code of two letters, perhaps with a region; `no` is refused for nb and nn (§1.3)."""
    code = re.split("[-_]", text.strip().lower(), maxsplit=1)[0]
    return len(code) == 2 and code.isascii() and code.isalpha() and code != "no"


def _value_errors(given: SearchInput) -> list[SearchError]:
    errors: list[SearchError] = []
    if given.limit is not None and not 1 <= given.limit <= MAX_LIMIT:
        errors.append(_validation(f"Expected a limit between 1 and {MAX_LIMIT}, but it is {given.limit}."))
    if len(given.process or "") > MAX_URI:
        errors.append(_validation(f"Expected a process of at most {MAX_URI} characters, but it is longer."))
    if given.search and not SEARCH_LENGTHS[0] <= len(given.search) <= SEARCH_LENGTHS[1]:
        errors.append(_validation("Expected a search of {} to {} characters, but it is not.".format(*SEARCH_LENGTHS)))
    if given.search_language_code is not None and not is_language(given.search_language_code):
        errors.append(_validation("Expected a searchLanguageCode of two letters such as nb or nn, but it is not."))
    for name in ("created", "updated", "due", "content_updated"):
        after, before = given.bounds.get(f"{name}_after"), given.bounds.get(f"{name}_before")
        if after is not None and before is not None and after > before:
            errors.append(
                _validation(f"Expected {_camel(name)}After at or before {_camel(name)}Before, but it is later.")
            )
    return errors


def _parties(given: SearchInput) -> tuple[list[PartyUrn], list[SearchError]]:
    parsed = [(text, PartyUrn.parse(text)) for text in given.party or ()]
    errors = [
        _validation(f"Expected party URNs, but {text[:100]!r} is none.")
        for text, urn in parsed
        if isinstance(urn, Refusal)
    ]
    return [urn for _, urn in parsed if isinstance(urn, PartyUrn)], errors


def check(given: SearchInput) -> Search | tuple[SearchError, ...]:
    """The rules in their order; every breach of the first group that has one is reported."""
    first = _order_errors(given)
    if first:
        return tuple(first)
    token = None if given.continuation_token is None else parse_token(given.continuation_token)
    if isinstance(token, SearchError):
        return (token,)
    sorts = _sorts(given)
    if isinstance(sorts, SearchError):
        return (sorts,)
    parties, party_errors = _parties(given)
    errors = [*_list_errors(given), *_value_errors(given), *party_errors]
    if token is not None and list(token.values) != [sort.key for sort in sorts]:
        errors.append(_validation("Expected a continuationToken of the same orderBy, but its keys differ."))
    if errors:
        return tuple(errors)
    if given.search:
        return (SearchError(ErrorKind.DOMAIN, "Free text search is not part of this version; leave search out."),)
    return Search(given=given, parties=tuple(parties), sorts=sorts, token=token, limit=given.limit or DEFAULT_LIMIT)
