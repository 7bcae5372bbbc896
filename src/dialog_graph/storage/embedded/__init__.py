"""The embedded Postgres: a cluster in the data folder that starts and stops with the servers that use it.

One public face: `EmbeddedPostgres` starts, adopts, watches and stops; `Address` says how to connect; `EmbeddedError`
carries a text that says what to do. What runs is a plain cluster with the superuser `postgres` behind a socket folder
that nobody else may enter; databases, roles and extensions are made by others.

Rules: `reliability-and-libraries.md` §10. Linux; on macOS and Windows nothing is promised.
"""

from dialog_graph.storage.embedded.address import Address
from dialog_graph.storage.embedded.faults import EmbeddedError
from dialog_graph.storage.embedded.launcher import EmbeddedPostgres

__all__ = ["Address", "EmbeddedError", "EmbeddedPostgres"]
