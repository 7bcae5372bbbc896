"""The same writes as one statement by pgbench: what Postgres itself can do, without a server in front of it.

The statement is made from the recorded step: one data-modifying CTE per table, the values taken from one row of
recorded JSON, ids and party from the place in the pool. It runs as superuser, so row security is not in its time.
"""

import asyncio
import json
import os
import re
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import asyncpg

from dialog_graph.storage.bootstrap import DATABASE
from dialog_graph.storage.embedded import Address
from dialog_graph.storage.embedded.binaries import find
from dialog_graph.storage.embedded.faults import EmbeddedError
from tests.benchmarks.failures import BenchmarkFailed
from tests.benchmarks.recorded import Step

POOL = "pgbench"

_MATCH: Mapping[str, str] = {
    "process_task": "x.element_id = r.element_id and x.entry_no = r.entry_no",
    "data_element": "x.data_type = r.data_type and x.filename is not distinct from r.filename",
    "dialog_activity": "x.type = r.type",
}
"""How a recorded row is found again in another instance, where an instance has several."""

_OWN: Mapping[str, str] = {
    "instance_id": "p.instance_id",
    "party_id": "p.party_id",
    "dialog_id": "case when r.dialog_id is not null then p.dialog_id end",
    "stream_id": "case when r.dialog_id is null then p.instance_id else p.dialog_id end",
    "entry_id": "gen_random_uuid()",
    "event_id": "gen_random_uuid()",
    "transmission_id": "gen_random_uuid()",
}
"""Column -> value that a new row has of its own."""


def program() -> str | None:
    """Where pgbench is: among the embedded programs, else wherever the system has it."""
    try:
        own = find().program("pgbench")
    except EmbeddedError:
        return shutil.which("pgbench")
    return str(own) if own.is_file() else shutil.which("pgbench")


async def prepare(connection: asyncpg.Connection, step: Step) -> str:
    """Stores the recorded rows and gives the script."""
    changed = {table: [item.row for item in items] for table, items in step.changed.items()}
    await connection.execute("drop table if exists bench.step; create table bench.step (changed jsonb, new jsonb)")
    await connection.execute(
        "insert into bench.step values ($1::text::jsonb, $2::text::jsonb)", json.dumps(changed), json.dumps(step.new)
    )
    await connection.execute("analyze bench.step")
    parts = [_update(table, step) for table in step.changed if step.changed[table]]
    parts += [_insert(table, step) for table in step.new if step.new[table]]
    statement = ",\n".join(parts)
    return (
        f"\\set place :start + :client_id * :each + :done\n\\set done :done + 1\n"
        f"with p as materialized (select p.*, s.changed, s.new from bench.plan p cross join bench.step s\n"
        f" where p.pool = '{POOL}' and p.place = :place::bigint),\n{statement}\nselect count(*) from p;\n"
    )


def _update(table: str, step: Step) -> str:
    columns = sorted({name for item in step.changed[table] for name in item.columns})
    values = ", ".join(f"{name} = r.{name}" for name in columns)
    match = f" and {_MATCH[table]}" if table in _MATCH else ""
    return (
        # Sub-selects and not a join: the planner knows then that there is one instance, and uses the index.
        f"changed_{table} as (update dg.{table} x set {values}"
        f" from jsonb_populate_recordset(null::dg.{table}, (select p.changed -> '{table}' from p)) r"
        f" where x.{_key(table)} = (select p.{_key(table)} from p){match})"
    )


def _key(table: str) -> str:
    return "dialog_id" if table.startswith("dialog") else "instance_id"


def _insert(table: str, step: Step) -> str:
    columns = [name for name in step.new[table][0] if name not in ("seq", "xid")]
    values = ", ".join(_value(table, name) for name in columns)
    return (
        f"new_{table} as (insert into dg.{table} ({', '.join(columns)}) select {values}"
        f" from p, jsonb_populate_recordset(null::dg.{table}, p.new -> '{table}') r)"
    )


def _value(table: str, name: str) -> str:
    if name == "entry_id" and table != "process_task":
        return "r.entry_id"
    return _OWN.get(name, f"r.{name}")


@dataclass(slots=True)
class Pgbench:
    """Runs the script; every transaction takes the next instance of the pool. `each`: transactions per client."""

    program: str
    script: Path
    address: Address
    clients: int
    each: int
    start: int = 0

    async def work(self) -> tuple[int, float, float]:
        """One round: transactions, seconds, mean latency in seconds."""
        count = self.clients * self.each
        options = {"each": self.each, "done": 0, "start": self.start}
        self.start += count
        arguments = [
            *("-n", "-M", "prepared", "-f", str(self.script), "-c", str(self.clients), "-j", "2", "-t", str(self.each)),
            *(f"-D{name}={value}" for name, value in options.items()),
            *("-h", self.address.host, "-p", str(self.address.port), "-U", self.address.user, DATABASE),
        ]
        child = await asyncio.create_subprocess_exec(
            self.program,
            *arguments,
            env={**os.environ, "PGOPTIONS": "-c jit=off"},
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        output = (await child.communicate())[0].decode()
        rate = re.search(r"tps = ([\d.]+)", output)
        latency = re.search(r"latency average = ([\d.]+) ms", output)
        whole = f"number of transactions actually processed: {count}/{count}" in output
        if child.returncode or rate is None or latency is None or not whole:
            raise BenchmarkFailed(f"pgbench failed: {output[-800:]}")
        return count, count / float(rate[1]), float(latency[1]) / 1000
