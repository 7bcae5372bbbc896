"""The pages that the inbox asks for fit the budget of whoever is logged in (security rules §11)."""

from typing import Any

import pytest

from dialog_graph.graphql.execution import Engine, Operation
from dialog_graph.graphql.limits import Limits
from dialog_graph.graphql.params import Params
from dialog_graph.graphql.schema import build_schema
from dialog_graph.model.principal import ANONYMOUS, Principal
from tests.unit.graphql import toy

TEXT = "{ value { value languageCode } mediaType }"
PAGE = f"""
query inbox($limit: Int, $search: String) {{
  searchDialogs(input: {{
    party: ["urn:altinn:person:identifier-no:x"], limit: $limit, search: $search
    excludeApiOnly: true, orderBy: {{ contentUpdatedAt: DESC }}
  }}) {{
    items {{
      id party org progress guiAttachmentCount status createdAt dueAt contentUpdatedAt isContentSeen serviceResource
      serviceResourceType hasUnopenedContent fromServiceOwnerTransmissionsCount fromPartyTransmissionsCount
      seenSinceLastContentUpdate {{ id seenAt isCurrentEndUser seenBy {{ actorType actorId actorName }} }}
      endUserContext {{ systemLabels }}
      content {{ title {TEXT} summary {TEXT} senderName {TEXT} extendedStatus {TEXT} }}
    }}
    hasNextPage continuationToken
  }}
}}
"""


def asked(principal: Principal, **variables: Any) -> Any:
    return Engine(build_schema(), Limits()).prepare(Params(query=PAGE, variables=variables), principal, "t")


@pytest.mark.parametrize("limit", [None, 100, 1000])
@pytest.mark.parametrize("search", [None, "tax"])
def test_a_page_of_the_inbox_fits(limit: int | None, search: str | None) -> None:
    operation = asked(toy.PERSON, limit=limit, search=search)
    assert isinstance(operation, Operation), operation.errors
    assert (limit or 100) < operation.cost <= 20_000


def test_the_largest_page_does_not_fit_a_stranger() -> None:
    assert asked(ANONYMOUS, limit=1000).codes == ("LIMIT_COST",)
