"""What a revision does: run its SQL files, and refuse to be undone."""

from pathlib import Path

from alembic import op
from sqlalchemy.util import await_only

_SQL = Path(__file__).parent / "sql"


def read_sql(name: str) -> str:
    """Text of a SQL file of the migrations."""
    return (_SQL / name).read_text(encoding="utf-8")


def run_sql(*names: str) -> None:
    """Runs whole SQL files in the revision's transaction."""
    connection = op.get_bind()
    # The adapter opens its transaction with its first statement, and passes on only one statement at a time.
    connection.exec_driver_sql("set local search_path = dg, public")
    driver = connection.connection.driver_connection
    assert driver is not None
    for name in names:
        await_only(driver.execute(read_sql(name)))


def refuse_downgrade() -> None:
    """Migrations only go forward: data written since would be lost."""
    raise RuntimeError("expected a way forward, but migrations cannot be undone: restore a backup instead")
