"""Smallest possible rows of what an instance waits for, written past row level security: one of each table."""

import asyncpg

from tests.integration.rows import Case

_SHARED = "gen_random_uuid(), $1, $2, $3, $4"
_ROWS = (
    f"""
    insert into dg.timer (timer_id, instance_id, org, party_id, resource_id, app_id, element_id, owner, position,
                          anchor, k, due_at, opened_at)
    values ({_SHARED}, $2 || '/x', 'Pause', 1, 1, now(), 0, now(), now())
    """,
    f"""
    insert into dg.message_subscription (subscription_id, instance_id, org, party_id, resource_id, app_id, element_id,
                                         owner, position, kind, name, key, opened_at)
    values ({_SHARED}, $2 || '/x', 'Wait', 2, 1, 'message', 'Reply', 'k', now())
    """,
    f"""
    insert into dg.job (job_id, instance_id, org, party_id, resource_id, app_id, kind, key, element_id, owner, entry_no,
                        is_ordered, data, last_error, created_at, next_at)
    values ({_SHARED}, $2 || '/x', 'service', gen_random_uuid(), 'Send', 3, 1, true, '{{"secret": 1}}', 'E99', now(),
            now())
    """,
    f"""
    insert into dg.incident (incident_id, instance_id, org, party_id, resource_id, token, element_id, entry_no, code,
                             message, details, attempts, is_retryable, opened_at)
    values ({_SHARED}, 4, 'Stop', 1, 'JOB_FAILED', 'stopped', 'E99', 1, true, now())
    """,
    f"""
    insert into dg.link (link_id, instance_id, org, party_id, resource_id, relation, other_app, key, element_id, owner,
                         entry_no, completion, state, depth, settings, created_at)
    values ({_SHARED}, 'child', 'ttd/x', gen_random_uuid(), 'Ask', 5, 1, 'wait', 'CALLING', 1, '{{"party": "x"}}',
            now())
    """,
)
_MESSAGE = """
insert into dg.message_buffer (message_id, org, sender, external_id, name, key, payload, result, sent_at, expires_at,
                               kept_until)
values (gen_random_uuid(), $1, $2, 'm-1', 'Reply', 'k', 'x', '{}', now(), now(), now())
"""

_START_TIMER = """
insert into dg.start_timer (app_id, element_id, org, written, anchor, k, due_at)
values ($1 || '/x', 'Start', $1, 'R/P1D', now(), 1, now())
"""
_OUTCOME = """
insert into dg.idempotency (scope, actor, key, command, request_hash, result, created_at)
values ('s', $1, 'k', 'c', 'h', '{"secret": 1}', now())
"""

PROTECTED = ("timer", "message_subscription", "job", "incident", "link")
"""Tables whose rows belong to an instance."""


async def make_waits(connection: asyncpg.Connection, case: Case) -> None:
    """One row of each table for the instance."""
    for statement in _ROWS:
        await connection.execute(statement, case.instance_id, case.org, case.party_id, case.resource_id)


async def make_message(connection: asyncpg.Connection, org: str, sender: str) -> None:
    """A message for the org that is still kept."""
    await connection.execute(_MESSAGE, org, sender)


async def make_start_timer(connection: asyncpg.Connection, org: str) -> None:
    """A timer that begins an app of the org."""
    await connection.execute(_START_TIMER, org)


async def make_outcome(connection: asyncpg.Connection, actor: str) -> None:
    """What became of an actor's command, kept for its repeat."""
    await connection.execute(_OUTCOME, actor)
