"""Apps: one evaluation of a condition, checking and loading a folder, refusing hostile XML. No server, no database.

Seconds and milliseconds are processor time of this process: nothing here waits, and what others do is not ours. The
corpus is test data beside the project; where it is absent its row says so, and our largest example stands alone.
"""

import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from dialog_graph.apps import AppVersion, Files, check, load, read_folder
from dialog_graph.model import safe_xml
from dialog_graph.model.diagnostic import Diags
from tests.benchmarks.failures import BenchmarkFailed
from tests.benchmarks.house import APPS
from tests.benchmarks.micro import condition, demanded, measured
from tests.benchmarks.report import Row, figure
from tests.benchmarks.rounds import Spread, spread
from tests.unit.model.hostile_xml import HOSTILE, Hostile

ROUNDS = 7
LARGEST_OF_CORPUS = "frontend-test"
SHOWN = 6
"""Hostile documents that are listed, the slowest first."""


def rows() -> list[Row]:
    """The lines of the table."""
    found = [_at_most("expression: a condition of two comparisons", measured(condition()), 2, "µs")]
    corpus = _corpus()
    if corpus is None:
        goal = "≤ 1 s"
        found.append(
            Row(f"app: check of {LARGEST_OF_CORPUS}", goal, "not measured: set DIALOG_GRAPH_SHARED to the corpus")
        )
    else:
        found += _folder(corpus / LARGEST_OF_CORPUS)
    return [*found, *_folder(_largest_example()), *_hostile()]


def _corpus() -> Path | None:
    shared = Path(os.environ.get("DIALOG_GRAPH_SHARED") or APPS.parents[1] / "shared")
    folder = shared / "corpus/apps"
    return folder if (folder / LARGEST_OF_CORPUS).is_dir() else None


def _largest_example() -> Path:
    return max(
        sorted(APPS.glob("*/*")), key=lambda folder: sum(file.stat().st_size for file in folder.rglob("App/**/*"))
    )


def _folder(path: Path) -> Iterator[Row]:
    """Checking a folder as the command does it, and making a version of what is kept of it."""
    files = demanded(read_folder(path), Files)
    size = f"{path.name}, {len(files.contents)} files, {sum(map(len, files.contents.values())) >> 10} KiB"
    if check([path]).exit_status() != 0:
        raise BenchmarkFailed(f"expected {path.name} to have no errors, but it has")
    yield _at_most(f"app: check of {size}", _seconds(lambda: check([path])), 1, "s")
    archive = files.to_archive()

    def compiled() -> AppVersion:
        return demanded(load(Files.from_archive(archive), "production")[0], AppVersion)

    compiled()
    yield Row(f"app: version of {path.name} from its archive", "", _shown(_seconds(compiled), "s"))


def _hostile() -> list[Row]:
    """Every document of the catalogue: the slowest against the goal, and the slowest few by name."""
    times = {name: _refused(name, hostile) for name, hostile in HOSTILE.items()}
    slowest = sorted(times, key=lambda name: times[name].median, reverse=True)
    work = f"XML: the slowest of {len(times)} hostile documents to be refused"
    listed = (figure(f"{times[name].median:7.2f} ms  {name}, {len(HOSTILE[name].data) >> 10} KiB") for name in slowest)
    return [_at_most(work, times[slowest[0]], 50, "ms"), *list(listed)[:SHOWN]]


def _refused(name: str, hostile: Hostile) -> Spread:
    def refuse() -> "safe_xml.Element | Diags":
        return safe_xml.parse(hostile.data, file="a.xml", limits=hostile.limits)

    answer = refuse()
    if not isinstance(answer, tuple) or answer[0].code != hostile.code:
        raise BenchmarkFailed(f'expected "{name}" to be refused with {hostile.code}, but it is not')
    found = _seconds(refuse)
    return Spread(median=1e3 * found.median, low=1e3 * found.low, high=1e3 * found.high)


def _seconds(work: Callable[[], object]) -> Spread:
    return spread([_timed(work) for _ in range(ROUNDS)])


def _timed(work: Callable[[], object]) -> float:
    begun = time.process_time()
    work()
    return time.process_time() - begun


def _at_most(work: str, found: Spread, goal: float, unit: str) -> Row:
    return Row(work, f"≤ {goal:g} {unit}", _shown(found, unit), "reached" if found.median <= goal else "NOT REACHED")


def _shown(found: Spread, unit: str) -> str:
    return f"{found.median:.2f} {unit} ({found.low:.2f}–{found.high:.2f})"
