"""The servers that are compared, as child processes on 127.0.0.1."""

from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import orjson

from dialog_graph.access.issuers import COMMAND_AUDIENCE, COMMAND_ISSUER
from dialog_graph.access.key_files import DEVELOPMENT, KeyFiles
from dialog_graph.storage.bootstrap import DATABASE
from tests.benchmarks.house import APPS, House
from tests.benchmarks.processes import Server, free_port, running
from tests.benchmarks.stock.server import READY

OURS = "ours"
STOCK = "stock"


@contextmanager
def ours(data: Path) -> Generator[Server]:
    """`dialog-graph serve` on a data folder."""
    port = free_port()
    arguments = ["-m", "dialog_graph", "serve", "--port", str(port), "--apps", str(APPS)]
    environment = {"DIALOG_GRAPH_DATA": str(data), "DIALOG_GRAPH_LOG_LEVEL": "warning"}
    with running(OURS, arguments, port, environment, "ready:") as server:
        yield server


@contextmanager
def stock(house: House) -> Generator[Server]:
    """The stock server on the database of the house."""
    port = free_port()
    path = house.folder / "stock.json"
    keys = KeyFiles(house.settings.keys, create=False).pairs(DEVELOPMENT)
    configuration = {
        "connect": house.address.connect_kwargs(DATABASE, house.address.user),
        "public_key": keys[-1].public.to_jwk(),
        "issuer": COMMAND_ISSUER,
        "audience": COMMAND_AUDIENCE,
        "secret": house.secret.hex(),
        "step": house.step.to_json(),
    }
    path.write_bytes(orjson.dumps(configuration))
    with running(STOCK, ["-m", "tests.benchmarks.stock.server", str(port), str(path)], port, {}, READY) as server:
        yield server
