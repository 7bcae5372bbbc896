"""What one step of the product writes, recorded: rows before and after, per table.

The ORM version and pgbench write the same: they are given the recorded rows, so nobody does less than the product.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import asyncpg
import orjson

Record = dict[str, Any]

TABLES: Mapping[str, str] = {
    "instance": "instance_id",
    "process_task": "entry_id",
    "data_element": "element_id",
    "confirmation": "confirming_org",
    "dialog": "dialog_id",
    "dialog_detail": "dialog_id",
    "dialog_activity": "activity_id",
    "dialog_transmission": "transmission_id",
    "dialog_label_log": "log_id",
    "dialog_so_label": "value",
    "event": "event_id",
}
"""Table with a column `instance_id` -> what tells its rows apart within one instance."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A changed row: all of it as it is afterwards, and the names of the columns that differ."""

    row: Record
    columns: tuple[str, ...]

    def to_json(self) -> Record:
        """For the stock server."""
        return {"row": self.row, "columns": list(self.columns)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """What one step wrote."""

    changed: Mapping[str, tuple[Change, ...]]
    new: Mapping[str, tuple[Record, ...]]

    def to_json(self) -> Record:
        """For the stock server."""
        return {
            "changed": {table: [item.to_json() for item in items] for table, items in self.changed.items()},
            "new": {table: list(rows) for table, rows in self.new.items()},
        }

    def summary(self) -> str:
        """One line: rows written per table."""
        names = [table for table in TABLES if self.changed[table] or self.new[table]]
        return ", ".join(f"{table} {len(self.changed[table])}+{len(self.new[table])}" for table in names)


async def _rows(connection: asyncpg.Connection, instance_id: UUID) -> dict[str, dict[str, Record]]:
    found: dict[str, dict[str, Record]] = {}
    for table, key in TABLES.items():
        rows = await connection.fetch(f"select to_jsonb(x)::text from dg.{table} x where instance_id = $1", instance_id)
        records: list[Record] = [orjson.loads(row[0]) for row in rows]
        found[table] = {str(record[key]): record for record in records}
    return found


async def record(connection: asyncpg.Connection, instance_id: UUID, advance: Callable[[], Awaitable[object]]) -> Step:
    """Lets the product take the step and compares. `connection`: a superuser's."""
    before = await _rows(connection, instance_id)
    await advance()
    after = await _rows(connection, instance_id)
    return Step(
        changed={table: _changes(before[table], after[table]) for table in TABLES},
        new={table: tuple(row for key, row in after[table].items() if key not in before[table]) for table in TABLES},
    )


def _changes(before: Mapping[str, Record], after: Mapping[str, Record]) -> tuple[Change, ...]:
    return tuple(
        Change(row=row, columns=tuple(name for name, value in row.items() if before[key][name] != value))
        for key, row in after.items()
        if key in before and before[key] != row
    )
