"""Documents by their text: parsed, counted and validated once, kept in a bounded cache.

Order (security rules §11): length, tokens and syntax by the parser, limits by our own analyser, then validation, which
is quadratic in places and so must only see what the limits let through. What a document costs depends on variables and
is added up for each request. Rules are classes gathered once, so that nothing is made anew for a request.
"""

from collections import OrderedDict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import cast

from graphql import (
    DocumentNode,
    GraphQLError,
    GraphQLSchema,
    Node,
    OperationType,
    StringValueNode,
    parse,
    specified_rules,
    validate,
)
from strawberry.schema.validation_rules.maybe_null import MaybeNullValidationRule
from strawberry.schema.validation_rules.one_of import OneOfInputValidationRule

from dialog_graph.errors import Refusal, Refused, refuse
from dialog_graph.graphql.analysis import Facts, OperationFacts, analyse
from dialog_graph.graphql.compiled import Plans
from dialog_graph.graphql.limits import Limits, over

RULES = (*specified_rules, MaybeNullValidationRule, OneOfInputValidationRule)
MAX_ERRORS = 20
"""Validation stops here; nobody reads more, and each carries text of the document."""


@dataclass(frozen=True, slots=True)
class Rejected:
    """A document that cannot be executed, whoever asks: a limit, or errors without their tracebacks."""

    refusal: Refusal | None = None
    errors: tuple[GraphQLError, ...] = ()


@dataclass(frozen=True, slots=True)
class Document:
    """A document that can be executed. `plans`: its operations as far as they have been compiled."""

    ast: DocumentNode
    facts: Facts
    plans: Plans = field(default_factory=Plans, compare=False)

    def operation(self, name: str | None) -> OperationFacts | None:
        """The operation of that name; without a name the only one. None when the choice is not possible."""
        operations = self.facts.operations
        if name is None:
            return operations[0] if len(operations) == 1 else None
        return next((each for each in operations if each.node.name and each.node.name.value == name), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Persisted:
    """Documents known to the server. `texts`: sha256 in hexadecimal → text; empty when persisted documents are off."""

    texts: Mapping[str, str] = field(default_factory=dict[str, str])

    def text(self, document_id: str) -> str:
        """The text of a known document. Raises `Refused(INVALID_INPUT)`."""
        text = self.texts.get(document_id)
        if text is None:
            raise refuse("INVALID_INPUT", "documentId: one of the persisted documents", "it is not known")
        return text


class Documents:
    """The cache. `entries` and `characters` bound it; what was used longest ago goes first."""

    def __init__(
        self,
        schema: GraphQLSchema,
        limits: Limits,
        *,
        hide_suggestions: bool = False,
        entries: int = 1000,
        characters: int = 1_000_000,
    ) -> None:
        self._schema = schema
        self._limits = limits
        self._hide_suggestions = hide_suggestions
        self._entries = entries
        self._characters = characters
        self._known: OrderedDict[str, Document | Rejected] = OrderedDict()
        self._size = 0

    def __len__(self) -> int:
        return len(self._known)

    def read(self, text: str) -> Document | Rejected:
        """The document of this text. Raises `Refused(LIMIT_TOKENS)` for one that is too long to be looked at."""
        if len(text) > self._limits.document_characters:
            raise over("LIMIT_TOKENS", "characters", len(text), self._limits.document_characters)
        known = self._known.get(text)
        if known is None:
            known = self._compile(text)
            self._keep(text, known)
        else:
            self._known.move_to_end(text)
        return known

    def _keep(self, text: str, document: Document | Rejected) -> None:
        self._known[text] = document
        self._size += len(text)
        while len(self._known) > self._entries or self._size > self._characters:
            oldest, _ = self._known.popitem(last=False)
            self._size -= len(oldest)

    def _compile(self, text: str) -> Document | Rejected:
        try:
            ast = parse(text, max_lexical_tokens=self._limits.tokens)
        except GraphQLError as error:
            return self._unparsed(error)
        if "\\u" in text and _holds_nul(ast):
            return Rejected(refusal=_NUL)
        facts = analyse(self._schema, ast, self._limits)
        if isinstance(facts, Refusal):
            return Rejected(refusal=facts)
        if self._lacks_root(facts):
            return Rejected(errors=(GraphQLError("The schema has no root type for an operation of this document."),))
        errors = validate(self._schema, ast, RULES, MAX_ERRORS, self._hide_suggestions)
        return Rejected(errors=tuple(_without_traceback(each) for each in errors)) if errors else Document(ast, facts)

    def _unparsed(self, error: GraphQLError) -> Rejected:
        """The parser tells of too many tokens by its message only."""
        tokens = self._limits.tokens
        if f"more than {tokens} tokens" in error.message:
            return Rejected(refusal=over("LIMIT_TOKENS", "tokens", tokens + 1, tokens).refusal)
        return Rejected(errors=(_without_traceback(error),))

    def _lacks_root(self, facts: Facts) -> bool:
        types = {
            OperationType.QUERY: self._schema.query_type,
            OperationType.MUTATION: self._schema.mutation_type,
            OperationType.SUBSCRIPTION: self._schema.subscription_type,
        }
        return any(types[each.kind] is None for each in facts.operations)


_NUL = Refusal(code="INVALID_INPUT", expected="text without U+0000", actual="a string of the document holds it")


def _holds_nul(ast: DocumentNode) -> bool:
    """True when a string of the document holds U+0000: no text in the database can, and bodies are refused for it.

    Walked without recursion: a document may be as deep as the limits allow.
    """
    waiting: list[Node] = [ast]
    while waiting:
        node = waiting.pop()
        if isinstance(node, StringValueNode) and "\0" in node.value:
            return True
        waiting += _below(node)
    return False


def _below(node: Node) -> Iterator[Node]:
    for key in node.keys:
        value: object = getattr(node, key, None)
        members = cast("Iterable[object]", value) if isinstance(value, tuple | list) else (value,)
        yield from (member for member in members if isinstance(member, Node))


def _without_traceback(error: GraphQLError) -> GraphQLError:
    """The error without the frames that raised it, which would be kept alive with it."""
    error.__cause__ = error.__context__ = None
    return error.with_traceback(None)


def read(documents: Documents, text: str) -> Document:
    """The document of this text when it can be executed. Raises `Refused`, or `Unreadable` with its errors."""
    found = documents.read(text)
    if isinstance(found, Document):
        return found
    raise Refused(found.refusal) if found.refusal else Unreadable(found.errors)


class Unreadable(Exception):
    """The document is not GraphQL, or not of this schema; carries the errors to be shown."""

    def __init__(self, errors: tuple[GraphQLError, ...]) -> None:
        super().__init__(errors[0].message)
        self.errors = errors
