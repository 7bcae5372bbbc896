"""`migrateInstance`: a running instance goes on by another version of its app (process engine §16).

Everything or nothing: a migration that is refused tells every reason at once and changes nothing, and a dry run tells
the same without migrating where there is none.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from uuid import UUID

from dialog_graph.apps import AppVersion
from dialog_graph.bpmn import Advance, CloseWaits, Definition, Migrate, MigrationFinding, MoveWait, State
from dialog_graph.commands.step import Given, Work, in_step
from dialog_graph.commands.step.process import Findings, Migration, begin_migration, finish_migration
from dialog_graph.errors import Refusal, Refused
from dialog_graph.model.instance import DataElement, Lock, TaskEntry
from dialog_graph.model.json_value import Json
from dialog_graph.model.principal import Principal
from dialog_graph.policy import Permit
from dialog_graph.ports import Ports
from dialog_graph.storage import version_changes
from dialog_graph.storage.version_changes import Carried, Renamed
from dialog_graph.tasks.locks import is_writable

MAX_NAMES = 5_000
"""Most elements that a mapping may name: as many as a model may have."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MigrateInstance(Given):
    """`to_version`: number of the version as text; `mapping`: object of element ids, old to new."""

    to_version: str
    mapping: Json = None
    dry_run: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """One reason against, as the report shows it."""

    element_id: str
    code: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MigrateInstanceResult:
    """The instance concerned. `report`: every reason against; where there is one, nothing has changed."""

    instance_id: UUID
    report: tuple[Reason, ...] = ()


async def migrate_instance(ports: Ports, principal: Principal, given: MigrateInstance) -> MigrateInstanceResult:
    """Moves the instance to the version, for the owning org; already there: succeeds unchanged."""
    names = _names(given.mapping)

    async def body(work: Work) -> tuple[Permit, MigrateInstanceResult]:
        permit = _permitted(work)
        version = await _version(work, given.to_version)
        found = () if version.version_id == work.version.version_id else await _migrated(work, version, names, given)
        report = tuple(Reason(element_id=item.element_id, code=item.code, message=item.message) for item in found)
        return permit, MigrateInstanceResult(instance_id=given.instance_id, report=report)

    return await in_step(ports, principal, given, MigrateInstanceResult, body)


def _names(mapping: Json) -> dict[str, str]:
    if mapping is None:
        return {}
    if isinstance(mapping, dict) and len(mapping) <= MAX_NAMES:
        texts = {old: new for old, new in mapping.items() if isinstance(new, str)}
        if len(texts) == len(mapping):
            return texts
    expected = f"an object of at most {MAX_NAMES} element ids by element id"
    raise Refused(Refusal(code="INVALID_INPUT", expected=expected, path=("mapping",)))


def _permitted(work: Work) -> Permit:
    if work.instance.deleted_at is not None or work.instance.ended_at is not None:
        raise Refused(Refusal(code="NOT_ACTIVE", expected="a running process", actual="it has ended or is deleted"))
    return work.authorize_owner("migrate")


async def _version(work: Work, to_version: str) -> AppVersion:
    is_number = to_version.isascii() and to_version.isdecimal() and len(to_version) <= len(str(2**31))
    found = await version_changes.known_version(work.tx, work.instance.app_id, int(to_version)) if is_number else None
    if found is None:
        expected, actual = f"the number of a version of {work.instance.app_id}", "there is no such version"
        raise Refused(Refusal(code="INVALID_INPUT", expected=expected, actual=actual, path=("toVersion",)))
    if found.has_errors:
        # It may not even compile.
        raise Refused(Refusal(code="MIGRATION_REFUSED", expected="a version without errors", actual="it has errors"))
    return await work.ports.catalogue.version(work.tx, found.version_id)


async def _migrated(work: Work, version: AppVersion, names: Mapping[str, str], given: MigrateInstance) -> Findings:
    """Carries the instance over, or gives the reasons against and leaves the work as it was."""
    old, found = work.version, _lost_data(work, version)
    work.version = version
    begun = begin_migration(work, old.definition, Migrate(given.to_version, names, _entered(work, names)))
    if isinstance(begun, Migration) and not found and not given.dry_run:
        await _carry_over(work, old, names, begun)
        return ()
    work.version = old
    return found if isinstance(begun, Migration) else (*found, *begun)


async def _carry_over(work: Work, old: AppVersion, names: Mapping[str, str], migration: Migration) -> None:
    version, details = work.version, dict[str, Json]()
    assert version.version_id is not None, "a version of the catalogue has an id"
    details |= {"from": str(old.ordinal), "to": str(version.ordinal), "mapping": dict(names)}
    work.record("app.instance.migrated", data=details)
    work.change(version_id=version.version_id, version_ordinal=version.ordinal)
    work.presentation = await work.ports.catalogue.presentation(work.tx, work.instance)
    await version_changes.carry(work.tx, work.instance.instance_id, _carried(work, names, migration.first))
    await finish_migration(work, migration)
    _set_locks(work)


def _lost_data(work: Work, version: AppVersion) -> Findings:
    """Data that the new version has no type for."""
    lost = sorted({item.data_type for item in work.instance.elements} - version.data_types.keys())
    told = "the instance has data of this type, but the new version has no such data type"
    return tuple(MigrationFinding(data_type, "DATA_TYPE", told) for data_type in lost)


def _entered(work: Work, names: Mapping[str, str]) -> dict[str, int]:
    """The highest entry number of every element, by the id that it has now."""
    highest: dict[str, int] = {}
    for entry in work.instance.tasks:
        name = names.get(entry.element_id, entry.element_id) if entry.is_open else entry.element_id
        highest[name] = max(highest.get(name, 0), entry.entry_no)
    return highest


def _carried(work: Work, names: Mapping[str, str], first: Advance) -> Carried:
    """What changes its place; the work has it so at once, the database before the statement of the step."""
    entries = [_renamed(work, entry, names) for entry in work.instance.open_entries]
    data = [_bound(work, element) for element in work.instance.elements]
    return Carried(
        entries=[
            Renamed(entry_id=entry.entry_id, element_id=entry.element_id, name=entry.name, lane=entry.lane)
            for entry in entries
        ],
        closed=[(each.owner, each.element_id or "") for each in first.effects if isinstance(each, CloseWaits)],
        moved=[(each.owner, each.element_id, each.to) for each in first.effects if isinstance(each, MoveWait)],
        positions=_positions(work.version.definition, first.state),
        data=[(element.element_id, element.task_id) for element in data],
    )


def _positions(definition: Definition, state: State) -> list[tuple[str, int]]:
    """Where the file now has what is waited at: it decides between waits of one moment (process engine §18)."""
    awaited = sorted({wait.element_id for wait in state.waits(definition)})
    return [(element.id, element.index) for name in awaited if (element := definition.element(name)) is not None]


def _renamed(work: Work, entry: TaskEntry, names: Mapping[str, str]) -> TaskEntry:
    """An open entry as the new version names its element."""
    element = work.version.definition.element(names.get(entry.element_id, entry.element_id))
    assert element is not None, "the migration has looked for it"
    renamed = replace(entry, element_id=element.id, name=element.name, lane=element.lane)
    work.put_task(renamed)
    return renamed


def _bound(work: Work, element: DataElement) -> DataElement:
    """Data with the task that owns its type now; what moved is locked or open as that task says, once it is known."""
    bound = replace(element, task_id=work.version.data_types[element.data_type].task_id)
    if bound.task_id != element.task_id:
        work.put_element(bound, content=False)
    return bound


def _set_locks(work: Work) -> None:
    """The locks of data that moved to another task."""
    for element in work.instance.elements:
        if element.element_id in work.touched and element.lock is not Lock.MANUAL:
            is_open = is_writable(element.task_id, work.active_task_ids, work.instance.status)
            work.put_element(replace(element, lock=Lock.NONE if is_open else Lock.PROCESS), content=False)
