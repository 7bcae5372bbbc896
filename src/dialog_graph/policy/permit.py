"""Permits: proofs that an action was allowed, and the two functions that make them.

Whoever writes party data must hold a `Permit`, and only this module can make one. A refusal never tells whether a rule
denied or none applied. Security rules §4, §9; joins §1.2.
"""

from dataclasses import InitVar, dataclass
from uuid import UUID

from dialog_graph.errors import Refusal
from dialog_graph.policy.request import Request
from dialog_graph.policy.table import DecisionTable, required_level

_TOKEN = object()


@dataclass(frozen=True, slots=True, kw_only=True)
class Permit:
    """Proof of one allowed action. Made by `decide` and `duty` only: any other construction raises TypeError.

    `rule_id`: the rule that permits, or `duty:{name}`. `policy_version`: sha256 of the policy, empty for a duty.
    `level`: authentication level of the caller, 0 for a duty. `party_id`, `org`: None and empty for a duty.
    """

    action: str
    instance_id: UUID | None
    party_id: int | None
    org: str
    rule_id: str
    policy_version: str
    level: int
    token: InitVar[object] = None

    def __post_init__(self, token: object) -> None:
        """Refuses everybody who does not hold this module's token."""
        if token is not _TOKEN:
            raise TypeError("a Permit is made by dialog_graph.policy.decide or duty only")


def decide(table: DecisionTable, request: Request) -> Permit | Refusal:
    """Decides one request: a permit, `AUTH_LEVEL_TOO_LOW` with the level needed, or `FORBIDDEN`.

    A table of another org refuses everything. Whether the caller learns FORBIDDEN or NOT_FOUND: `holds_any`.
    """
    keys = request.keys
    permits = table.permitting(request.action, request.scope, keys) if request.org == table.org else []
    if not permits:
        return Refusal(code="FORBIDDEN", action=request.action)
    required = required_level(permits, request.is_organisation)
    if request.level < required:
        return Refusal(code="AUTH_LEVEL_TOO_LOW", action=request.action, required_level=required)
    return Permit(
        action=request.action,
        instance_id=request.instance_id,
        party_id=request.party_id,
        org=request.org,
        rule_id=permits[0].rule_id,
        policy_version=table.policy_version,
        level=request.level,
        token=_TOKEN,
    )


def duty(name: str, instance_id: UUID) -> Permit:
    """Permit of an engine command (timer, job, retention …) for one instance; no policy is asked."""
    return Permit(
        action=name,
        instance_id=instance_id,
        party_id=None,
        org="",
        rule_id=f"duty:{name}",
        policy_version="",
        level=0,
        token=_TOKEN,
    )
