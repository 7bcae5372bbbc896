"""The root field `Mutation.migrateInstance`: input, report, payload and resolver."""

from uuid import UUID

import strawberry
from strawberry import Info

from dialog_graph.commands.migrate_instance import MigrateInstance, migrate_instance
from dialog_graph.errors import Refusal, refuse
from dialog_graph.graphql.context import Context
from dialog_graph.graphql.payloads import carried_out, without_nulls
from dialog_graph.graphql.types.errors import MutationError, payload_errors
from dialog_graph.graphql.types.instance import Instance
from dialog_graph.graphql.types.scalars import JsonScalar
from dialog_graph.model.principal import PrincipalKind


@strawberry.input(description="Moves a running instance to another version of its application.")
class MigrateInstanceInput:
    """`toVersion`: as `ApplicationVersion.version`; `mapping`: ids of renamed elements, old to new."""

    instance_id: UUID
    expected_revision: int | None = None
    idempotency_key: str | None = None
    to_version: str
    mapping: JsonScalar | None = None
    dry_run: bool | None = False


@strawberry.type(description="A reason why an instance cannot be migrated.")
class MigrationFinding:
    """`elementId`: of the instance's version, or as the mapping names it; null where no element is meant."""

    element_id: str | None
    code: str
    message: str


@strawberry.type
class MigrateInstancePayload:
    """`report`: every reason against; empty where the migration was, or in a dry run would be, carried out."""

    instance: Instance | None = None
    report: list[MigrationFinding] = strawberry.field(default_factory=list[MigrationFinding])
    errors: list[MutationError]


async def migrate(info: Info[Context, None], input: MigrateInstanceInput) -> MigrateInstancePayload:
    """`Mutation.migrateInstance`."""
    if info.context.principal.kind is PrincipalKind.ANONYMOUS:
        raise refuse("UNAUTHENTICATED")
    result = await carried_out(info, migrate_instance, MigrateInstance(**without_nulls(input, "dry_run")))
    if isinstance(result, list):
        return MigrateInstancePayload(errors=result)
    report = [MigrationFinding(element_id=r.element_id or None, code=r.code, message=r.message) for r in result.report]
    errors = [] if input.dry_run or not report else payload_errors(_REFUSED, info.context.languages)
    instance = await info.context.instances.load(result.instance_id)
    return MigrateInstancePayload(instance=instance, report=report, errors=errors or [])  # pyright: ignore[reportArgumentType] -- fields are read from the model's values


_REFUSED = Refusal(code="MIGRATION_REFUSED", expected="nothing against it", actual="the report has reasons")
