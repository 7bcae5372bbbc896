"""From a policy file to a decision table, and the tables for what has no policy file."""

import hashlib

from dialog_graph.model.diagnostic import Diags, has_errors
from dialog_graph.policy.app_rules import narrow
from dialog_graph.policy.compiler import compile_policy
from dialog_graph.policy.findings import finding
from dialog_graph.policy.reader import read
from dialog_graph.policy.request import ANY, org_key, role_key
from dialog_graph.policy.table import ANY_ACTION, DecisionTable, Row, decision_table
from dialog_graph.policy.xacml import Combining, Effect
from dialog_graph.urns import AppId

POLICY_FILE = "config/authorization/policy.xml"
_OWNER_RULE = "owner"
_READERS = ("PRIV", "SELN", "DAGL", "LEDE", "INNH")
_READERS_LEVEL = 3


def _permitted(key: str, *, rule_id: str, action: str = ANY_ACTION, min_level: int | None = None) -> Row:
    return Row(
        action=action,
        scope=ANY,
        subject_all=(key,),
        effect=Effect.PERMIT,
        min_level=min_level,
        min_level_org=None,
        rule_id=rule_id,
    )


def owner_only(org: str) -> DecisionTable:
    """The table of an app without policy: only the owning org acts, with any level."""
    rows = (_permitted(org_key(org), rule_id=_OWNER_RULE),)
    return decision_table(org, Combining.DENY_OVERRIDES, rows, hashlib.sha256(b"").hexdigest())


def unlisted_resource(org: str) -> DecisionTable:
    """The table of a service owner's resource that has no policy here (security rules §4.3).

    The owning org acts; holders of PRIV, SELN, DAGL, LEDE and INNH read with level 3.
    """
    readers = (
        _permitted(role_key(code), action="read", min_level=_READERS_LEVEL, rule_id="unlisted-resource")
        for code in _READERS
    )
    rows = (_permitted(org_key(org), rule_id=_OWNER_RULE), *readers)
    return decision_table(org, Combining.DENY_OVERRIDES, rows, hashlib.sha256(b"").hexdigest())


def read_policy(xml: bytes | None, app: AppId, file: str = POLICY_FILE) -> tuple[DecisionTable | None, Diags]:
    """Reads, narrows and compiles an app's policy; `file` names it in the findings.

    The table is None when a finding is an error: the version cannot be activated. Without a file (None) the table
    permits the owning org only (`DG4001`).
    """
    if xml is None:
        message = f"no policy.xml: nobody but {app.org} may act"
        return owner_only(app.org), (finding("DG4001", message, file=file),)
    policy, found = read(xml, file)
    if policy is None:
        return None, found
    narrowed, more = narrow(policy, app, file)
    found += more
    if has_errors(found):
        return None, found
    table, more = compile_policy(narrowed, app, hashlib.sha256(xml).hexdigest(), file)
    return table, (*found, *more)
