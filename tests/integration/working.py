"""A process that does what is due and dies on its way: `python -m tests.integration.working <folder> <fault> <offset>`.

Started by tests with the logins on its standard input. The service task `send` writes a line into `<folder>/sent` for
each call, which tells the test what the outside has seen.
"""

import asyncio
import pickle
import sys
from datetime import timedelta
from pathlib import Path

from dialog_graph.model.service_task import ServiceHandler, ServiceOutcome, ServiceTask, Success
from dialog_graph.server import ports_of
from dialog_graph.settings import Settings
from dialog_graph.storage import faults
from dialog_graph.storage.database import Options
from dialog_graph.storage.logins import Logins
from dialog_graph.workers.quiet import work_until_quiet


def office(folder: Path) -> dict[str, ServiceHandler]:
    """The code of the task type `send`."""

    async def send(task: ServiceTask) -> ServiceOutcome:
        with (folder / "sent").open("a") as file:
            file.write(f"{task.step_key}\n")
        return Success()

    return {"send": send}


async def main(logins: Logins, folder: Path, fault: str, offset: float) -> None:
    settings = Settings(data=folder, blobs=str(folder / "blobs"), keys=folder / "keys")
    options = Options(pool_min=0, clock_offset=timedelta(seconds=offset))
    async with ports_of(settings, logins, options, office(folder)) as ports:
        faults.arm(fault)
        await work_until_quiet(ports)


if __name__ == "__main__":
    given: Logins = pickle.loads(sys.stdin.buffer.read())
    asyncio.run(main(given, Path(sys.argv[1]), sys.argv[2], float(sys.argv[3])))
