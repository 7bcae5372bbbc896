"""How long `dialog-graph serve` takes until it is ready: with an empty data folder, and with one made before."""

import shutil

from tests.benchmarks import candidates
from tests.benchmarks.house import new_folder
from tests.benchmarks.rounds import Spread, spread

WARM_STARTS = 3


def times() -> tuple[Spread, Spread]:
    """Seconds to ready, cold (once) and warm; both with the start of the embedded Postgres."""
    folder = new_folder()
    try:
        seconds: list[float] = []
        for _ in range(1 + WARM_STARTS):
            with candidates.ours(folder / "data") as server:
                seconds.append(server.seconds_to_ready)
        return spread(seconds[:1]), spread(seconds[1:])
    finally:
        shutil.rmtree(folder, ignore_errors=True)
