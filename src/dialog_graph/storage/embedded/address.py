"""Where a running cluster is found, and how a driver must be told so."""

from dataclasses import dataclass
from typing import Any

PORT = 5432
SUPERUSER = "postgres"


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """A cluster that answers: `host` is its socket folder; `user` and `database` are the superuser's."""

    host: str
    port: int = PORT
    user: str = SUPERUSER
    database: str = SUPERUSER

    def connect_kwargs(self, database: str, user: str) -> dict[str, Any]:
        """Every argument `asyncpg.connect` would otherwise take from a `PG*` variable of the shell (rule 12)."""
        return {
            "host": self.host,
            "port": self.port,
            "user": user,
            "database": database,
            "password": "",
            "ssl": False,
            "direct_tls": False,
            "target_session_attrs": "any",
            "krbsrvname": "postgres",
            "gsslib": "gssapi",
        }
