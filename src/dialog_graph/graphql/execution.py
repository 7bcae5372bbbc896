"""Runs GraphQL operations: (document, variables, context) to a result, or to a stream of results.

`Engine.prepare` decides all that needs no context: document, operation, limits, cost. `Engine.execute` and
`Engine.stream` then run it: compiled where that is supported, otherwise on Strawberry's own executor class, the one its
resolvers expect, without its extensions. Both give the same answers. Parsing, validation, limits and masking are done
here, once per document where that is possible.
"""

import asyncio
import math
from collections.abc import AsyncGenerator, Awaitable, Mapping
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Any, Protocol, cast

import graphql
from graphql import ExecutionResult, GraphQLSchema, OperationType
from graphql.execution.values import get_variable_values
from strawberry import Schema

from dialog_graph.errors import Refusal, Refused, refuse
from dialog_graph.graphql.analysis import OperationFacts
from dialog_graph.graphql.compiled import Compiler, Plan, Unsupported
from dialog_graph.graphql.cost import TENTHS
from dialog_graph.graphql.documents import Document, Documents, Persisted, Unreadable, read
from dialog_graph.graphql.limits import Limits, budget, check_variables
from dialog_graph.graphql.masking import masked, refused
from dialog_graph.graphql.params import Params
from dialog_graph.model.principal import Principal, PrincipalKind

_core: Any = graphql
"""graphql-core where its types are incomplete."""


class OperationContext(Protocol):
    """What the edge needs of a context; resolvers know the real one.

    `last_event_id`: set by the edge from `Last-Event-ID` or `lastEventId` before a subscription starts. `position`:
    set by a feed subscription to the cursor it has reached; None for streams without a cursor.
    """

    trace_id: str
    last_event_id: str | None
    position: str | None

    async def reset(self) -> None:
        """Gives up what the operation holds; called after it, and between the events of a subscription."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """A response. `is_executed` False: a request error, which has no `data` at all."""

    is_executed: bool
    data: Any = None
    errors: tuple[dict[str, Any], ...] = ()
    extensions: Mapping[str, Any] = field(default_factory=dict[str, Any])

    @property
    def body(self) -> dict[str, Any]:
        """The response object, in the order readers expect: errors first."""
        body: dict[str, Any] = {}
        if self.errors:
            body["errors"] = list(self.errors)
        if self.is_executed:
            body["data"] = self.data
        if self.extensions:
            body["extensions"] = dict(self.extensions)
        return body

    @property
    def codes(self) -> tuple[str, ...]:
        """The codes of its errors."""
        return tuple(each["extensions"]["code"] for each in self.errors)


def refusal_outcome(refusal: Refusal, trace_id: str) -> Outcome:
    """The response to a request that was refused before its execution."""
    return Outcome(is_executed=False, errors=(refused(refusal, trace_id),))


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """An operation that may run. `cost` and `limit`: points it needs, points its caller has."""

    document: Document
    facts: OperationFacts
    name: str | None
    variables: Mapping[str, Any]
    cost: int
    limit: int

    @property
    def kind(self) -> OperationType:
        """Query, mutation or subscription."""
        return self.facts.kind

    @property
    def extensions(self) -> dict[str, Any]:
        """What the answer tells about its cost."""
        return {"cost": {"requested": self.cost, "limit": self.limit}}


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """Who may introspect, and who must use persisted documents.

    `anonymous_introspection`: off in production. `persisted_only`: kinds of callers whose free documents are refused.
    """

    anonymous_introspection: bool = True
    persisted_only: frozenset[PrincipalKind] = frozenset()


class Engine:
    """A schema with its limits, its document cache and its rules. `compiles`: False runs everything ordinarily."""

    def __init__(
        self,
        schema: Schema,
        limits: Limits,
        *,
        rules: Rules | None = None,
        persisted: Persisted | None = None,
        compiles: bool = True,
    ) -> None:
        self.limits = limits
        self._compiles = compiles
        self._graphql = graphql_schema(schema)
        self._executor_class = cast(Any, schema).execution_context_class
        self._hide_suggestions = schema.config.disable_field_suggestions
        self._compiler = Compiler(schema, self._graphql, hide_suggestions=self._hide_suggestions)
        self._rules = rules or Rules()
        self._persisted = persisted or Persisted()
        self.documents = Documents(self._graphql, limits, hide_suggestions=self._hide_suggestions)

    def prepare(self, params: Params, principal: Principal, trace_id: str) -> "Operation | Outcome":
        """The operation that a caller asks for, or the request errors that stand in its way."""
        try:
            return self._prepared(params, principal)
        except Refused as refusal:
            return refusal_outcome(refusal.refusal, trace_id)
        except Unreadable as unreadable:
            errors = tuple(masked(each, trace_id) for each in unreadable.errors)
            return Outcome(is_executed=False, errors=errors)

    def _prepared(self, params: Params, principal: Principal) -> Operation:
        document = read(self.documents, self._text(params, principal))
        facts = document.operation(params.operation_name)
        if facts is None:
            raise refuse("INVALID_INPUT", "operationName: one operation of the document", "it names none of them")
        anonymous = principal.kind is PrincipalKind.ANONYMOUS
        if facts.introspects and anonymous and not self._rules.anonymous_introspection:
            raise refuse("UNAUTHENTICATED", "a token for introspection", "there is none")
        check_variables(params.variables, self.limits)
        cost = math.ceil(document.facts.tenths(facts, params.variables) / TENTHS)
        limit = budget(principal, self.limits)
        if cost > limit:
            raise refuse("LIMIT_COST", f"cost: at most {limit}", f"found {cost}")
        return Operation(
            document=document,
            facts=facts,
            name=params.operation_name,
            variables=params.variables,
            cost=cost,
            limit=limit,
        )

    def _text(self, params: Params, principal: Principal) -> str:
        if params.document_id is not None:
            return self._persisted.text(params.document_id)
        if principal.kind in self._rules.persisted_only:
            raise refuse("INVALID_INPUT", "documentId of a persisted document", "a free document was sent")
        return params.query or ""

    async def execute(self, operation: Operation, context: OperationContext) -> Outcome:
        """Runs a query or mutation to its result; the context is reset afterwards, whatever happens."""
        try:
            async with asyncio.timeout(self.limits.operation_seconds):
                return await self._result(operation, context)
        except TimeoutError:
            # A task that was cut off may have been told so by any await: nothing of its result is kept.
            errors = (refused(Refusal(code="TIMEOUT"), context.trace_id),)
            return Outcome(is_executed=True, errors=errors, extensions=operation.extensions)
        finally:
            await context.reset()

    async def _result(self, operation: Operation, context: OperationContext) -> Outcome:
        variables = self.variables(operation)
        plan = self.plan(operation, variables)
        if isinstance(plan, Plan):
            return _outcome(ExecutionResult(*await plan.run(context, variables)), operation, context)
        return await self._ordinary_result(operation, context)

    def variables(self, operation: Operation) -> Any:
        """The operation's variables as graphql-core coerces them, or the list of errors about them."""
        known, given = operation.facts.node.variable_definitions or (), dict(operation.variables)
        return get_variable_values(self._graphql, known, given, hide_suggestions=self._hide_suggestions)

    def plan(self, operation: Operation, variables: Any) -> "Plan | Unsupported":
        """How an operation runs with these coerced variables: by a plan, or ordinarily and why."""
        if not self._compiles:
            return Unsupported("this engine does not compile")
        if isinstance(variables, list):
            return Unsupported("ordinary execution tells what is wrong with variables")
        document = operation.document
        return self._compiler.plan(document.ast, document.plans, operation.facts.node, variables)

    async def _ordinary_result(self, operation: Operation, context: OperationContext) -> Outcome:
        executor = self._executor(operation, context)
        if isinstance(executor, Outcome):
            return executor
        result = executor.execute_operation()
        if executor.is_awaitable(result):
            result = await result
        return _outcome(result, operation, context)

    def _executor(self, operation: Operation, context: OperationContext) -> Any:
        """Strawberry's executor with coerced variables, or an `Outcome` with the errors of the variables."""
        built = self._executor_class.build(
            self._graphql,
            operation.document.ast,
            context_value=context,
            raw_variable_values=dict(operation.variables),
            operation_name=operation.name,
            hide_suggestions=self._hide_suggestions,
            operation_extensions=None,
        )
        return _request_errors(built, operation, context) if isinstance(built, list) else built

    async def stream(self, operation: Operation, context: OperationContext) -> AsyncGenerator[Outcome]:
        """Runs any operation to its results: one of a query or mutation, each event of a subscription.

        A stream that cannot start, or that breaks, ends with an outcome that is not executed. Between events and at
        the end the context is reset, so that no snapshot outlives an event. Close the generator when you leave it.
        """
        if operation.kind is not OperationType.SUBSCRIPTION:
            yield await self.execute(operation, context)
            return
        try:
            async with aclosing(self._events(operation, context)) as events:
                async for outcome in events:
                    await context.reset()
                    yield outcome
        except Exception as error:  # whatever a generator of ours raises: the client gets a masked error
            yield Outcome(is_executed=False, errors=(masked(error, context.trace_id),))
        finally:
            await context.reset()

    async def _in_time(self, source: Awaitable[Any]) -> Any:
        try:
            async with asyncio.timeout(self.limits.operation_seconds):
                return await source
        except TimeoutError:
            raise refuse("TIMEOUT") from None

    async def _events(self, operation: Operation, context: OperationContext) -> AsyncGenerator[Outcome]:
        executor = self._executor(operation, context)
        if isinstance(executor, Outcome):
            yield executor
            return
        source = _core.create_source_event_stream(executor)
        if executor.is_awaitable(source):
            source = await self._in_time(source)
        if isinstance(source, ExecutionResult):
            yield _request_errors(source.errors or [], operation, context)
            return
        async with aclosing(self._results(executor, source, operation, context)) as results:
            async for result in results:
                yield _outcome(result, operation, context)

    async def _results(
        self, executor: Any, source: Any, operation: Operation, context: OperationContext
    ) -> AsyncGenerator[ExecutionResult]:
        """The result of each event of a source."""
        plan = self.plan(operation, executor.variable_values)
        if isinstance(plan, Unsupported):
            async with aclosing(_core.map_source_to_response_event(executor, source)) as results:
                async for result in results:
                    yield result
            return
        async with aclosing(source):
            async for event in source:
                yield ExecutionResult(*await plan.run(context, executor.variable_values, event))


def graphql_schema(schema: Schema) -> GraphQLSchema:
    """The schema as graphql-core knows it. Strawberry has no public name for it."""
    return schema._schema  # pyright: ignore[reportPrivateUsage] -- the only way to it


def _request_errors(errors: Any, operation: Operation, context: OperationContext) -> Outcome:
    found = tuple(masked(each, context.trace_id) for each in errors)
    return Outcome(is_executed=False, errors=found, extensions=operation.extensions)


def _outcome(result: ExecutionResult, operation: Operation, context: OperationContext) -> Outcome:
    errors = tuple(masked(each, context.trace_id) for each in result.errors or ())
    return Outcome(is_executed=True, data=result.data, errors=errors, extensions=operation.extensions)
