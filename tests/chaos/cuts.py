"""A3: connections to the database are cut around every statement, also between the commit and its answer.

The process lives on and tells its caller TEMPORARY, which leaves the outcome open: asked again with the same key, it
must give the first answer, and nothing may be done twice.
"""

import random

from tests.chaos.figures import Figure
from tests.chaos.kills import DISARM, STATEMENTS, Crew, Run
from tests.chaos.processes import Lost
from tests.chaos.site import Site
from tests.chaos.story import OK, PERSON, REFUSED, Walk
from tests.chaos.worker import principal


async def one_cut(run: Run, crew: Crew, walk: Walk) -> bool:
    """One call whose connection is cut on its way; False when something was found broken."""
    call = run.begin(walk.next())
    worker = crew.workers[0]
    is_after = run.dice.random() < 0.5
    passages = STATEMENTS * 2 if call.name == "upload" else STATEMENTS
    worker.tell({"arm_statement": [run.dice.randint(1, passages), is_after, True]})
    try:
        answered = await run.attempt(call, worker)
    except Lost:
        return run.figure.check([f"{call.key}: the process died of a lost connection"])
    for order in DISARM:
        worker.tell(order)
    good = True
    if not answered:
        run.figure.faults["after a statement" if is_after else "before a statement"] += 1
        good = await run.look(call.instance_id)
        await run.resolve(call)
    if call.outcome in (OK, REFUSED):
        walk.seen(call)
    return await run.look(call.instance_id) and good


async def run(site: Site, seed: int, cuts: int, twin: str = "") -> Figure:
    """So many cuts; a twin is left when it is caught."""
    figure = Figure("A3 connection cut")
    async with site.ground(twin) as ground:
        crew = Crew(site.zygote, ground)
        made = Run(ground, crew, figure, random.Random(seed), principal(PERSON).urn)
        try:
            await crew.fill(1)
            walk = Walk(random.Random(seed), "cut", made.party)
            while figure.faults.total() < cuts:
                if not await one_cut(made, crew, walk):
                    break
            await made.judge()
        finally:
            await crew.leave()
    return figure


TWIN = "key outside the transaction"
