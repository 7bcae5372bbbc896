"""Scopes of tokens: whole words, families, and what each kind of endpoint asks for (security rules §1.4)."""

from collections.abc import Iterable

USER = frozenset({"digdir:dialogporten", "digdir:dialogporten.noconsent"})
"""Any of these opens the end-user endpoints to a person's own token."""
DIALOG_OWNER = "digdir:dialogporten.serviceprovider"
DIALOG_OWNER_SEARCH = "digdir:dialogporten.serviceprovider.search"
INSTANCES_READ = "altinn:serviceowner/instances.read"
INSTANCES_WRITE = "altinn:serviceowner/instances.write"
EVENTS_SUBSCRIBE = "altinn:events.subscribe"
SERVICE_OWNER = "altinn:serviceowner"
OPERATOR = "dialoggraph:operator"

PLATFORM_FAMILY = "altinn:"
DIALOG_FAMILY = "digdir:dialogporten"

ALIASES = {"altinn.serviceowner.read": INSTANCES_READ}
"""Old spelling -> scope."""


def words(text: str) -> frozenset[str]:
    """The scopes of a `scope` claim, separated by spaces; old spellings count as the new ones too."""
    named = frozenset(word for word in text.split(" ") if word)
    return named | {ALIASES[word] for word in named & ALIASES.keys()}


def in_family(scopes: Iterable[str], family: str) -> bool:
    """True when a scope belongs to the family: `altinn:` by its beginning, `digdir:dialogporten` alone or with `.…`."""
    if family.endswith(":"):
        return any(scope.startswith(family) and scope != family for scope in scopes)
    return any(scope == family or scope.startswith((f"{family}.", f"{family}/")) for scope in scopes)


def is_service_owner(scopes: Iterable[str]) -> bool:
    """True when a scope lets an organisation act as the service owner it is registered as."""
    return in_family(scopes, SERVICE_OWNER)


def opens_user_endpoints(scopes: frozenset[str], *, is_platform: bool) -> bool:
    """True for the scopes of an end user's token; a platform token may also have any scope of the platform's family."""
    return bool(scopes & USER) or (is_platform and in_family(scopes, PLATFORM_FAMILY))
