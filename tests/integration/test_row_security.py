"""Row level security as the second layer: each caller sees and writes its own rows only, whatever the code asks."""

from dialog_graph.model.principal import Principal, PrincipalKind, app_worker
from dialog_graph.storage.database import Database


async def test_runs(database: Database) -> None:
    kari = Principal(kind=PrincipalKind.PERSON, urn="x", subject_id=50001)
    async with database.snapshot(kari) as tx:
        assert await tx.fetchval("select current_user") == "dg_user"
    async with database.snapshot(app_worker("ttd", "x")) as tx:
        assert await tx.fetchval("select current_user") == "dg_org"
