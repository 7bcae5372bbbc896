"""Policies and requests for the tests: written in short, generated in small worlds where things collide."""

from xml.sax.saxutils import quoteattr

from hypothesis import strategies as st
from lxml import etree

from dialog_graph import policy as p
from dialog_graph.model.safe_xml import Element
from dialog_graph.policy import request as words
from dialog_graph.policy.reader import LEVEL, LEVEL_ORG
from dialog_graph.policy.xacml import (
    ANY_URI,
    NAMESPACE,
    NO_LEVELS,
    STRING,
    AnyOf,
    Category,
    Combining,
    Effect,
    Function,
    Levels,
    Match,
    Policy,
    Rule,
    Target,
)
from dialog_graph.urns import AppId

OWN = AppId("ttd", "Permit")
_INTEGER = "http://www.w3.org/2001/XMLSchema#integer"
_COMBINING = "urn:oasis:names:tc:xacml:{}:rule-combining-algorithm:{}"


def match(category: Category, attribute_id: str, value: str, function: Function = Function.STRING_EQUAL) -> Match:
    data_type = ANY_URI if function is Function.ANY_URI_EQUAL else STRING
    return Match(function=function, value=value, category=category, attribute_id=attribute_id, data_type=data_type)


def subject(attribute_id: str, *values: str) -> AnyOf:
    """One AnyOf: any of the values of one subject attribute."""
    return tuple((match(Category.SUBJECT, attribute_id, value),) for value in values)


def action(*names: str) -> AnyOf:
    return tuple((match(Category.ACTION, words.ACTION, name),) for name in names)


def resource(**values: str) -> AnyOf:
    """One AllOf: every given attribute, by the last part of its id (`end_event` for `end-event`)."""
    ids = {name: f"urn:altinn:{name.replace('_', '-')}" for name in values}
    return (tuple(match(Category.RESOURCE, ids[name], value) for name, value in values.items()),)


def rule(*target: AnyOf, effect: Effect = Effect.PERMIT, rule_id: str = "r1", levels: Levels = NO_LEVELS) -> Rule:
    return Rule(rule_id=rule_id, effect=effect, target=target, levels=levels)


def policy(
    *rules: Rule,
    combining: Combining = Combining.DENY_OVERRIDES,
    target: Target = (),
    levels: Levels = Levels(2, 3),  # noqa: B008 (a frozen value)
) -> Policy:
    return Policy(policy_id="p", version="1.0", combining=combining, target=target, rules=rules, levels=levels)


# --- written as XML -------------------------------------------------------------------------------------------------


def _match_xml(item: Match) -> str:
    issuer = f" Issuer={quoteattr(item.issuer)}" if item.issuer is not None else ""
    value = item.value.replace("&", "&amp;").replace("<", "&lt;")
    return (
        f'<x:Match MatchId="{item.function}"><x:AttributeValue DataType="{item.data_type}">{value}</x:AttributeValue>\n'
        f'<x:AttributeDesignator AttributeId={quoteattr(item.attribute_id)} Category="{item.category}"'
        f' DataType="{item.data_type}" MustBePresent="{str(item.must_be_present).lower()}"{issuer}/></x:Match>\n'
    )


def _any_of_xml(any_of: AnyOf) -> str:
    all_ofs = (f"<x:AllOf>{''.join(map(_match_xml, all_of))}</x:AllOf>" for all_of in any_of)
    return f"<x:AnyOf>{''.join(all_ofs)}</x:AnyOf>"


def _target_xml(target: Target) -> str:
    return f"<x:Target>{''.join(map(_any_of_xml, target))}</x:Target>\n"


def _levels_xml(levels: Levels) -> str:
    demands = [(LEVEL, levels.person), (LEVEL_ORG, levels.org)]
    expressions = "".join(
        f'<x:ObligationExpression ObligationId="o{number}" FulfillOn="Permit">'
        f'<x:AttributeAssignmentExpression AttributeId="a" Category="{category}">'
        f'<x:AttributeValue DataType="{_INTEGER}">{level}</x:AttributeValue>'
        "</x:AttributeAssignmentExpression></x:ObligationExpression>\n"
        for number, (category, level) in enumerate(demands)
        if level is not None
    )
    return f"<x:ObligationExpressions>{expressions}</x:ObligationExpressions>\n" if expressions else ""


def _rule_xml(item: Rule) -> str:
    return (
        f'<x:Rule RuleId={quoteattr(item.rule_id)} Effect="{item.effect}"><x:Description>d</x:Description>\n'
        f"{_target_xml(item.target)}{_levels_xml(item.levels)}</x:Rule>\n"
    )


def to_xml(item: Policy) -> bytes:
    """A policy as a file would have it."""
    combining = _COMBINING.format("3.0", item.combining)
    return (
        f'<?xml version="1.0" encoding="utf-8"?>\n<x:Policy xmlns:x="{NAMESPACE}" PolicyId={quoteattr(item.policy_id)}'
        f' Version={quoteattr(item.version)} RuleCombiningAlgId="{combining}">\n{_target_xml(item.target)}'
        f"{''.join(map(_rule_xml, item.rules))}{_levels_xml(item.levels)}</x:Policy>"
    ).encode()


def tree(item: Policy) -> Element:
    return etree.fromstring(to_xml(item))


# --- generated ------------------------------------------------------------------------------------------------------

_S, _R, _A = Category.SUBJECT, Category.RESOURCE, Category.ACTION
_VOCABULARY = [
    (_S, words.ROLE, ["DAGL", "dagl", "REGNA"]),
    (_S, words.PACKAGE, ["skatt", "SKATT"]),
    (_S, words.ORG, ["ttd", "TTD", "skd", "[ORG]"]),
    (_S, words.ORGANISATION, ["910000001", "910000002"]),
    (_S, words.ORGANISATION_NUMBER, ["910000001"]),
    (_S, words.DELEGATION, ["app_[org]_[APP]", "APP_TTD_PERMIT", "app_skd_other"]),
    (_S, words.PARTY, ["5"]),
    (_R, words.ORG, ["[ORG]", "ttd", "[ORG]", "TTD", "ttd", "skd"]),
    (_R, words.APP, ["[APP]", "[app]", "permit", "Permit"]),
    (_R, words.RESOURCE, ["app_ttd_Permit", "app_ttd_permit", "app_[ORG]_[APP]"]),
    (_R, words.TASK, ["T1", "t1", "T2"]),
    (_R, words.END_EVENT, ["E1"]),
    (_R, words.APP_RESOURCE, ["events"]),
    (_A, words.ACTION, ["read", "READ", "write", "aksept", "*"]),
    (_A, words.ACTION, ["read", "write"]),
]
_categories = st.sampled_from(_VOCABULARY)


@st.composite
def matches(draw: st.DrawFn) -> Match:
    category, attribute_id, values = draw(_categories)
    function = draw(st.sampled_from(Function))
    item = match(category, attribute_id, draw(st.sampled_from(values)), function)
    return Match(
        function=function,
        value=item.value,
        category=category,
        attribute_id=attribute_id,
        data_type=item.data_type,
        issuer=draw(st.sampled_from([None] * 30 + ["someone"])),
    )


@st.composite
def targets(draw: st.DrawFn) -> Target:
    all_of = st.lists(matches(), min_size=1, max_size=2).map(tuple)
    any_of = st.lists(all_of, min_size=1, max_size=3).map(tuple)
    return tuple(draw(st.lists(any_of, max_size=2)))


_level = st.none() | st.integers(0, 4)
levels = st.builds(Levels, _level, _level)


@st.composite
def policies(draw: st.DrawFn) -> Policy:
    """Valid policies of a small world, most with a Permit and a Deny that overlap."""
    rules = draw(st.lists(st.tuples(st.sampled_from(Effect), targets(), levels), max_size=4))
    return policy(
        *(
            rule(*target, effect=effect, rule_id=f"r{number}", levels=demanded)
            for number, (effect, target, demanded) in enumerate(rules)
        ),
        combining=draw(st.sampled_from(Combining)),
        target=draw(st.just(()) | targets()),
        levels=draw(levels),
    )


# A caller has one org at most; the other attributes may have several values or occur once here.
ORGS = (p.org_key("ttd"), p.org_key("skd"))
KEYS = (
    p.role_key("DAGL"),
    p.role_key("regna"),
    p.package_key("skatt"),
    p.organisation_key("910000001"),
    p.delegation_key(OWN),
    p.party_key(5),
)
ACTIONS = ("read", "READ", "write", "WRITE", "aksept", "AKSEPT", "other")
SCOPES = (
    p.BEFORE_INSTANCE,
    p.task_scope("T1"),
    p.task_scope("t1"),
    p.task_scope("T2"),
    p.task_scope("t2"),
    p.task_scope("T3"),
    p.end_scope("E1"),
    p.end_scope("e1"),
    p.end_scope(None),
    p.EVENTS,
    p.Scope("appresource:EVENTS"),
)


def request(
    action_name: str = "read", *subjects: str, scope: p.Scope = p.BEFORE_INSTANCE, level: int = 4, **more: object
) -> p.Request:
    """A person's request with a relation to the party unless told otherwise."""
    return p.Request(
        action=action_name,
        scope=scope,
        subjects=frozenset(subjects),
        has_relation=bool(more.get("has_relation", bool(subjects))),
        is_organisation=bool(more.get("is_organisation", False)),
        level=level,
        org="ttd",
    )


def _subjects(keys: frozenset[str], org: str | None) -> frozenset[str]:
    return keys if org is None else keys | {org}


requests = st.builds(
    p.Request,
    action=st.sampled_from(ACTIONS),
    scope=st.sampled_from(SCOPES),
    subjects=st.builds(_subjects, st.frozensets(st.sampled_from(KEYS)), st.none() | st.sampled_from(ORGS)),
    has_relation=st.booleans(),
    is_organisation=st.booleans(),
    level=st.integers(0, 4),
    org=st.just("ttd"),
)
