"""Documents at and beyond their limits, what they cost, and that counting them is linear where the stock way is not."""

import json
from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import Any

import pytest
import strawberry
from graphql import get_introspection_query, parse
from hypothesis import given
from hypothesis import strategies as st
from strawberry.extensions import query_depth_limiter

from dialog_graph.errors import Refusal, Refused
from dialog_graph.graphql import documents
from dialog_graph.graphql.analysis import Facts, analyse
from dialog_graph.graphql.cost import CEILING
from dialog_graph.graphql.documents import Document, Documents, Rejected
from dialog_graph.graphql.execution import Engine, Operation, graphql_schema
from dialog_graph.graphql.limits import Limits, check_variables
from dialog_graph.graphql.params import Params
from dialog_graph.model.principal import ANONYMOUS, Principal
from tests.unit.graphql import toy

SCHEMA = graphql_schema(toy.SCHEMA)
LIMITS = Limits()
ROOMY = Limits(depth=100, nesting=200, aliases=CEILING + 1)


def counted(text: str, limits: Limits = LIMITS) -> Facts | Refusal:
    return analyse(SCHEMA, parse(text), limits)


def nested(depth: int) -> str:
    """A query of that depth."""
    return "{ node { " + "child { " * (depth - 2) + "id" + " }" * depth


def aliases(number: int) -> str:
    return "{ node { " + " ".join(f"a{each}: id" for each in range(number)) + " } }"


def fragments(number: int) -> str:
    spread = " ".join(f"...F{each}" for each in range(number))
    return f"{{ node {{ {spread} }} }} " + " ".join(f"fragment F{each} on Node {{ id }}" for each in range(number))


def directives(number: int) -> str:
    return "{ node { " + "name " + "@skip(if: false) " * number + "} }"


def roots(kind: str, field: str, number: int) -> str:
    return f"{kind} {{ " + " ".join(f"a{each}: {field}" for each in range(number)) + " }"


def same_names(number: int) -> str:
    return "{ node { " + "id " * number + "} }"


def many_fields(number: int) -> str:
    """Different response names without aliases do not exist in so number in the toy: unknown ones count alike."""
    return "{ node { " + " ".join(f"f{each}" for each in range(number)) + " } }"


def operations(number: int) -> str:
    return " ".join(f"query Q{each} {{ hello }}" for each in range(number))


Make = Callable[[int], str]

AT_LIMIT: list[tuple[str, str, Make, int]] = [
    ("LIMIT_DEPTH", "depth", nested, 12),
    ("LIMIT_ALIASES", "aliases", aliases, 30),
    ("LIMIT_DIRECTIVES", "directives", directives, 50),
    ("LIMIT_FIELDS", "operations", operations, 10),
    ("LIMIT_FIELDS", "root fields of a query", lambda n: roots("query", "hello", n), 10),
    ("LIMIT_FIELDS", "root fields of a mutation", lambda n: roots("mutation", 'save(text: "")', n), 5),
    ("LIMIT_FIELDS", "root fields of a subscription", lambda n: roots("subscription", "count", n), 1),
    ("LIMIT_FIELDS", "fields of one response name", same_names, 30),
    ("LIMIT_FIELDS", "fields of a selection set", many_fields, 500),
]


@pytest.mark.parametrize(("code", "limit", "make", "maximum"), AT_LIMIT, ids=[each[1] for each in AT_LIMIT])
def test_the_largest_value_passes_and_the_next_is_refused(code: str, limit: str, make: Make, maximum: int) -> None:
    assert isinstance(counted(make(maximum)), Facts)
    refused = counted(make(maximum + 1))
    assert isinstance(refused, Refusal)
    assert (refused.code, refused.expected) == (code, f"{limit}: at most {maximum}")
    assert refused.actual == f"found {maximum + 1}"


def test_fragments_have_a_limit() -> None:
    roomy = Limits(same_name=100)
    assert isinstance(counted(fragments(50), roomy), Facts)
    refused = counted(fragments(51), roomy)
    assert isinstance(refused, Refusal)
    assert refused.code == "LIMIT_FRAGMENTS"


def test_what_stands_in_fragments_counts_where_they_are_spread() -> None:
    text = "{ node { ...F } } fragment F on Node { child { ...G } } fragment G on Node { child { id } }"
    refused = counted(text, Limits(depth=3))
    assert isinstance(counted(text, Limits(depth=4)), Facts)
    assert isinstance(refused, Refusal)
    assert refused.actual == "found 4"


@pytest.mark.parametrize(
    "text",
    [
        "fragment F on Node { child { ...F } } { node { ...F } }",
        "fragment F on Node { ...G } fragment G on Node { ...F } { hello }",
        "fragment F on Node { ... { ...F } } { hello }",
    ],
)
def test_a_fragment_in_itself_is_refused(text: str) -> None:
    refused = counted(text)
    assert isinstance(refused, Refusal)
    assert refused.code == "LIMIT_FRAGMENTS"


def test_inline_fragments_do_not_nest_without_end() -> None:
    refused = counted("{ " + "... { " * 100 + "hello" + " }" * 101)
    assert isinstance(refused, Refusal)
    assert refused.code == "LIMIT_DEPTH"


def test_a_literal_does_not_nest_without_end() -> None:
    refused = counted("{ echo(text: " + "[" * 17 + "]" * 17 + ") }")
    assert isinstance(refused, Refusal)
    assert refused.expected == "nesting of a literal: at most 16"


def test_duplicates_below_duplicates_are_refused_together() -> None:
    """Each level keeps its limit; the rule for overlapping fields would compare all of them with all."""
    text = "{ node { " + ("child { " + "id " * 15 + "} ") * 29 + "} }"
    refused = counted(text)
    assert isinstance(refused, Refusal)
    assert refused.expected == f"repeated response names: at most {LIMITS.repeated_names}"


def test_the_standard_introspection_passes_and_costs_nothing() -> None:
    text = get_introspection_query(specified_by_url=True, directive_is_repeatable=True, input_value_deprecation=True)
    document = Documents(SCHEMA, LIMITS).read(text)
    assert isinstance(document, Document)
    operation = document.facts.operations[0]
    assert operation.introspects
    assert document.facts.tenths(operation, {}) == 0


def test_deep_introspection_is_refused() -> None:
    text = "{ __schema { types { fields { type { fields { type { fields { type { fields { name } } } } } } } } } }"
    found = Documents(SCHEMA, LIMITS).read(text)
    assert isinstance(found, Rejected)
    assert found.refusal is None


@pytest.mark.parametrize(
    "text",
    [
        r'{ echo(text: "a\u0000b") }',
        r'{ echo(text: "a\u{0}b") }',
        r'query($text: String = "\u0000") { echo(text: $text) }',
        r'{ ...All } fragment All on Query { __typename @include(if: true) echo(text: "\u0000") }',
    ],
)
def test_the_character_that_no_text_can_hold_is_refused(text: str) -> None:
    found = Documents(SCHEMA, LIMITS).read(text)
    assert isinstance(found, Rejected)
    assert found.refusal is not None
    assert (found.refusal.code, found.refusal.expected) == ("INVALID_INPUT", "text without U+0000")


@pytest.mark.parametrize(
    "text", [r'{ echo(text: "\\u0000") }', r'{ echo(text: """\u0000""") }', r'{ echo(text: "\u0001") }']
)
def test_other_escapes_pass(text: str) -> None:
    assert isinstance(Documents(SCHEMA, LIMITS).read(text), Document)


# What is counted, not how long it takes: steps of ours, calls of the stock limiter.


def doubled(levels: int) -> str:
    """Fragments that each spread the next twice: 2^levels selections when they are walked anew."""
    text = "{ ...F0 } "
    for each in range(levels):
        text += f"fragment F{each} on Query {{ ...F{each + 1} ...F{each + 1} }} "
    return text + f"fragment F{levels} on Query {{ __typename }}"


@contextmanager
def counting_calls(monkeypatch: pytest.MonkeyPatch) -> Generator[list[int]]:
    calls = [0]
    original: Any = query_depth_limiter.determine_depth

    def counting(*args: Any, **kwargs: Any) -> Any:
        calls[0] += 1
        return original(*args, **kwargs)

    with monkeypatch.context() as patch:
        patch.setattr(query_depth_limiter, "determine_depth", counting)
        yield calls


def stock_calls(levels: int, monkeypatch: pytest.MonkeyPatch) -> int:
    stock = strawberry.Schema(
        toy.Query, config=toy.SCHEMA.config, extensions=[lambda: query_depth_limiter.QueryDepthLimiter(max_depth=12)]
    )
    with counting_calls(monkeypatch) as calls:
        stock.execute_sync(doubled(levels))
    return calls[0]


def test_fragment_doubling_costs_the_stock_limiter_twice_as_much_for_each_fragment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert stock_calls(9, monkeypatch) >= 2 * stock_calls(8, monkeypatch) >= 4 * stock_calls(7, monkeypatch)


def nested_doubling(levels: int) -> str:
    """Each fragment spreads the next below two fields, so that nothing is merged into one selection set."""
    text = "{ node { ...F0 } } "
    for each in range(levels):
        text += f"fragment F{each} on Node {{ a: child {{ ...F{each + 1} }} b: child {{ ...F{each + 1} }} }} "
    return text + f"fragment F{levels} on Node {{ id }}"


def test_fragment_doubling_costs_us_the_same_for_each_fragment() -> None:
    found = [counted(nested_doubling(levels), ROOMY) for levels in (10, 20, 40)]
    steps = [each.steps for each in found if isinstance(each, Facts)]
    assert steps[2] - steps[1] == 2 * (steps[1] - steps[0])
    refused = counted(nested_doubling(48))
    assert isinstance(refused, Refusal)


def test_flat_fragment_doubling_is_refused() -> None:
    refused = counted(doubled(30))
    assert isinstance(refused, Refusal)
    assert refused.code == "LIMIT_FIELDS"


def test_costs_stop_at_a_ceiling_and_are_over_every_budget() -> None:
    found = counted(nested_doubling(45), ROOMY)
    assert isinstance(found, Facts)
    assert found.tenths(found.operations[0], {}) == CEILING


# Cost


def tenths(text: str, variables: dict[str, Any] | None = None) -> int:
    found = counted(text)
    assert isinstance(found, Facts)
    return found.tenths(found.operations[0], variables or {})


@pytest.mark.parametrize(
    ("text", "cost"),
    [
        ("{ hello }", 1),
        ("{ node { id } }", 10 + 1),
        ("{ node { children { id } } }", 10 + 50 * 11),
        ("{ node { children(first: 2) { id name } } }", 10 + 2 * 12),
        ("{ node { relatives { id } } }", 10 + 20 * 11),
        ("{ search { items { id } } }", 1 + 100 * 11),
        ("{ search(limit: 10) { items { id } } }", 1 + 10 * 11),
        ('{ search(search: "x", limit: 10) { items { id } } }', 1000 + 1 + 10 * 11),
        ("{ search(search: null, limit: 10) { items { id } } }", 1 + 10 * 11),
        ("{ find(wish: {}) { items { id } } }", 1 + 10 * 11),
        ("{ find(wish: {limit: 3}) { items { id } } }", 1 + 3 * 11),
        ('{ find(wish: {limit: 3, search: "x"}) { items { id } } }', 1000 + 1 + 3 * 11),
        ("{ dear }", 75),
        ('mutation { save(text: "") }', 500 + 1),
        ("{ node { children(first: 10) { children(first: 10) { id } } } }", 10 + 10 * (10 + 10 * 11)),
        ("{ node { ...F } } fragment F on Node { children(first: 3) { ...G } } fragment G on Node { id }", 10 + 3 * 11),
        ("{ ... { ... on Query { node { id } } } }", 11),
    ],
)
def test_fields_cost_by_kind_and_page(text: str, cost: int) -> None:
    assert tenths(text) == cost


def test_a_page_in_a_variable_is_counted_with_its_value() -> None:
    text = "query ($n: Int = 5) { node { children(first: $n) { id } } }"
    assert tenths(text) == 10 + 5 * 11
    assert tenths(text, {"n": 7}) == 10 + 7 * 11
    assert tenths(text, {"n": None}) == 10 + 50 * 11
    assert tenths(text, {"n": "seven"}) == 10 + 50 * 11


def test_a_page_in_an_input_object_is_counted_wherever_it_comes_from() -> None:
    member = "query ($n: Int, $s: String) { find(wish: {limit: $n, search: $s}) { items { id } } }"
    assert tenths(member) == 1 + 10 * 11
    assert tenths(member, {"n": 3, "s": None}) == 1 + 3 * 11
    assert tenths(member, {"n": 3, "s": "x"}) == 1000 + 1 + 3 * 11
    whole = "query ($w: Wish! = {limit: 900}) { find(wish: $w) { items { id } } }"
    assert tenths(whole) == 1 + 900 * 11
    assert tenths(whole, {"w": {"limit": 3, "search": "x"}}) == 1000 + 1 + 3 * 11
    assert tenths(whole, {"w": "no object"}) == 1 + 10 * 11


@pytest.mark.parametrize("size", [0, -1, 101, 10**15])
def test_a_page_out_of_range_is_refused(size: int) -> None:
    with pytest.raises(Refused) as literal:
        tenths(f"{{ node {{ children(first: {size}) {{ id }} }} }}")
    with pytest.raises(Refused) as variable:
        tenths("query ($n: Int) { node { children(first: $n) { id } } }", {"n": size})
    assert {each.value.refusal.code for each in (literal, variable)} == {"LIMIT_PAGE"}


def test_a_page_of_the_compatible_search_is_cut_and_left_to_its_resolver() -> None:
    assert tenths("{ search(limit: 5000) { items { id } } }") == 1 + 1000 * 11


@pytest.mark.parametrize(
    ("principal", "limit"),
    [
        (ANONYMOUS, 5000),
        (toy.CALLERS["low"], 5000),
        (toy.PERSON, 20_000),
        (toy.CALLERS["org"], 50_000),
    ],
)
def test_the_budget_follows_the_caller(principal: Principal, limit: int) -> None:
    engine = Engine(toy.SCHEMA, LIMITS)
    text = "query ($a: Int, $b: Int) { node { children(first: $a) { children(first: $b) { id } } } }"

    def asked(first: int, second: int) -> Any:
        return engine.prepare(Params(query=text, variables={"a": first, "b": second}), principal, "t")

    cheap = asked(10, 10)
    assert isinstance(cheap, Operation)
    assert cheap.extensions == {"cost": {"requested": 121, "limit": limit}}
    dear = asked(100, 100)
    assert isinstance(dear, Operation) == (limit > 11_101)
    if limit < 11_101:
        assert dear.errors[0]["message"].endswith(f"Expected cost: at most {limit}, but found 11101.")


# Variables


@pytest.mark.parametrize(
    ("variables", "words"),
    [
        ({f"v{each}": 1 for each in range(101)}, "variables: at most 100"),
        ({"v": [1] * 1001}, "items of a list: at most 1000"),
        ({"v": {"w": [[0] * 1001]}}, "items of a list: at most 1000"),
        ({"v": "x" * (100 * 1024 + 1)}, "bytes of a text: at most 102400"),
        ({"v": "ø" * (50 * 1024 + 1)}, "bytes of a text: at most 102400"),
        ({"v": [{"x" * (100 * 1024 + 1): 1}]}, "bytes of a text: at most 102400"),
        ({"v": json.loads("[" * 17 + "]" * 17)}, "nesting: at most 16"),
    ],
)
def test_variables_have_limits(variables: dict[str, Any], words: str) -> None:
    with pytest.raises(Refused) as refused:
        check_variables(variables, LIMITS)
    assert (refused.value.refusal.code, refused.value.refusal.expected) == ("INVALID_INPUT", words)


def test_variables_at_their_limits_pass() -> None:
    deep: Any = 0
    for _ in range(15):
        deep = [deep]
    check_variables({"a": [1] * 1000, "b": "x" * 100 * 1024, "c": deep}, LIMITS)


# The cache


def test_a_document_is_parsed_and_validated_once(monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[str] = []
    original = documents.validate

    def counting(*args: Any) -> Any:
        calls.append("validate")
        return original(*args)

    monkeypatch.setattr(documents, "validate", counting)
    cache = Documents(SCHEMA, LIMITS)
    assert cache.read("{ hello }") is cache.read("{ hello }")
    assert cache.read("{ wrong }") is cache.read("{ wrong }")
    assert calls == ["validate", "validate"]


def test_the_cache_forgets_what_was_used_longest_ago() -> None:
    cache = Documents(SCHEMA, LIMITS, entries=2)
    first = cache.read("{ hello }")
    cache.read("{ node { id } }")
    assert cache.read("{ hello }") is first
    cache.read("{ node { name } }")
    assert cache.read("{ hello }") is first
    assert len(cache) == 2


def test_the_cache_is_bounded_by_characters_too() -> None:
    cache = Documents(SCHEMA, LIMITS, characters=30)
    for each in range(10):
        cache.read(f"{{ hello a{each}: hello }}")
    assert len(cache) == 1


WORDS = st.sampled_from(
    '{ } ... on Query Node node child children id hello fragment F G query mutation ( ) : $n Int first 5 "x" [ ] @skip '
    "(if:true) __schema __typename a: null search".split()
)


@given(st.lists(WORDS, max_size=60).map(" ".join))
def test_no_document_breaks_the_reader(text: str) -> None:
    """Whatever is sent is a document or is rejected; nothing is raised."""
    found = Documents(SCHEMA, LIMITS).read(text)
    if isinstance(found, Document):
        for operation in found.facts.operations:
            assert found.facts.tenths(operation, {}) >= 0
    else:
        assert found.refusal or found.errors
