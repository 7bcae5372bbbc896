"""A process that sends what is due and dies at a point of its way: `python -m tests.integration.sending FOLDER FAULT`.

The logins come pickled on standard input.
"""

import asyncio
import pickle
import sys
from pathlib import Path

from dialog_graph.storage import faults
from dialog_graph.storage.logins import Logins
from dialog_graph.workers.webhooks import Deliverer
from tests.integration.event_world import world_of


async def main(logins: Logins, folder: Path, fault: str) -> None:
    async with world_of(logins, folder) as world:
        faults.arm(fault)
        deliverer = Deliverer(world.ports, "doomed")
        while await deliverer.send_due() or deliverer.is_busy:
            await deliverer.finish(20)


if __name__ == "__main__":
    asyncio.run(main(pickle.loads(sys.stdin.buffer.read()), Path(sys.argv[1]), sys.argv[2]))
