"""Who may do what: an app's XACML policy, compiled to a table, and the proofs that a decision gives.

Reader and evaluator know XACML, `app_rules` and `compiler` what an app's policy may say, `table` and `permit` decide.
Pure: text in, values out. Rules: security rules §4 and §9, app folder rules §5.
"""

from dialog_graph.policy.explanation import Explanation, Verdict, explain
from dialog_graph.policy.findings import FINDINGS
from dialog_graph.policy.loading import POLICY_FILE, owner_only, read_policy, unlisted_resource
from dialog_graph.policy.permit import Permit, decide, duty
from dialog_graph.policy.request import (
    ANY,
    BEFORE_INSTANCE,
    EVENTS,
    RELATION,
    Request,
    Scope,
    delegation_key,
    end_scope,
    org_key,
    organisation_key,
    package_key,
    party_key,
    role_key,
    system_user_key,
    task_scope,
    user_key,
)
from dialog_graph.policy.roles import KEY_ROLES, ROLES, Role, RoleSource
from dialog_graph.policy.table import ANY_ACTION, DecisionTable, Row, holds_any
from dialog_graph.policy.xacml import Combining, Effect

__all__ = [
    "ANY",
    "ANY_ACTION",
    "BEFORE_INSTANCE",
    "EVENTS",
    "FINDINGS",
    "KEY_ROLES",
    "POLICY_FILE",
    "RELATION",
    "ROLES",
    "Combining",
    "DecisionTable",
    "Effect",
    "Explanation",
    "Permit",
    "Request",
    "Role",
    "RoleSource",
    "Row",
    "Scope",
    "Verdict",
    "decide",
    "delegation_key",
    "duty",
    "end_scope",
    "explain",
    "holds_any",
    "org_key",
    "organisation_key",
    "owner_only",
    "package_key",
    "party_key",
    "read_policy",
    "role_key",
    "system_user_key",
    "task_scope",
    "unlisted_resource",
    "user_key",
]
