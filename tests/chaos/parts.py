"""The parts of a fault run: which invariants each tests, and how much of it is a round."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial

from tests.chaos import cuts, flips, kills, races, server_kills
from tests.chaos.figures import Figure
from tests.chaos.site import Site
from tests.chaos.waits import run as waits

PLACES, LOAD, SERVERS = 62, 30, 12
"""Deaths of one round: at places, at random under load, of the real server. Together more than a hundred."""

CUTS, RACES, FLIPS = 60, 60, 100
TWIN = 150
"""Faults after which a twin must have been caught."""


@dataclass(frozen=True, slots=True)
class Part:
    """`invariants`: those of the design that a run of it tests. `is_of_deaths`: processes are killed on every way.

    `least`: so many faults there are in a run at least.
    """

    name: str
    invariants: tuple[str, ...]
    run: Callable[[Site, int], Awaitable[Figure]]
    is_of_deaths: bool = False
    least: int = 60


async def killed_workers(site: Site, seed: int) -> Figure:
    """Workers die, and every twin is caught."""
    figure = await kills.product(site, seed, PLACES, LOAD)
    for name in kills.TWINS:
        figure.twins[name] = await kills.twin(site, seed, name, TWIN)
    return figure


async def killed_servers(site: Site, seed: int) -> Figure:
    """The real server dies; its twins are those of the workers, which run the same code."""
    return await server_kills.product(site, seed, SERVERS)


async def cut(site: Site, seed: int) -> Figure:
    """Connections are cut, and the twin is caught."""
    figure = await cuts.run(site, seed, CUTS)
    broken = await cuts.run(site, seed, TWIN, cuts.TWIN)
    figure.twins[cuts.TWIN] = broken.faults.total() if broken.violations else None
    return figure


async def raced(site: Site, seed: int) -> Figure:
    """Clients race, and every twin is caught."""
    figure = await races.over_workers(site, seed, RACES)
    for name in races.TWINS:
        broken = await races.over_workers(site, seed, RACES, name)
        figure.twins[name] = broken.faults.total() if broken.violations else None
    return figure


async def damaged(site: Site, seed: int) -> Figure:
    """Bytes are damaged, and the twin is caught."""
    figure = await flips.run(site, seed, FLIPS)
    broken = await flips.run(site, seed, TWIN, flips.TWIN)
    figure.twins[flips.TWIN] = broken.faults.total() if broken.violations else None
    return figure


async def waited(site: Site, seed: int, size: waits.Size = waits.SMALL, twins: Sequence[str] = waits.FEW) -> Figure:
    """Workers die while cases wait, and these twins are caught."""
    figure = await waits.run(site, seed, size)
    for name in twins:
        figure.twins[name] = await waits.twin(site, seed, name)
    return figure


WAITS = "waits"

PARTS: Sequence[Part] = (
    Part("killed workers", ("A1", "A3", "A10", "B12", "P9", "P33"), killed_workers, is_of_deaths=True),
    Part("killed servers", ("A1", "A3", "HTTP"), killed_servers, is_of_deaths=True),
    Part("cut connections", ("A3",), cut),
    Part("races", ("A4", "P7", "P8"), raced),
    Part("damaged bytes", ("A9",), damaged),
    Part(WAITS, (WAITS, "A7", "P20", "P21", "P29"), waited, least=waits.SMALL.deaths),
)


def known() -> list[str]:
    """Every invariant that can be asked for."""
    return sorted({name for part in PARTS for name in part.invariants})


def wanted(only: str) -> set[str]:
    """The names in `A1,A4`."""
    return {name for name in only.split(",") if name}


def chosen(only: str) -> list[Part]:
    """The parts that test one of the invariants; all of them for an empty text."""
    names = wanted(only)
    return [part for part in PARTS if not names or names & set(part.invariants)]


def sized(part: Part, instances: int, seconds: float) -> Part:
    """The part with so many instances in a round, where it has a number of them, and with all its twins; no instance
    is begun after the time."""
    if part.name != WAITS:
        return part
    size = replace(waits.SMALL, cases=instances, seconds=seconds)
    return replace(part, run=partial(waited, size=size, twins=tuple(waits.TWINS)))
