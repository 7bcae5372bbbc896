"""Whatever is wrong with an app folder, the loader answers with findings, in bounded time and memory.

`DIALOG_GRAPH_FOLDERS` sets the number of folders; ten thousand: `python -m tests.conformance.folders --count 10000`.
The harness is held against broken loaders: it must catch each and name the folder.
"""

import os
from random import Random

import pytest

from dialog_graph.apps import AppVersion, Files, load
from dialog_graph.model.diagnostic import Diags
from tests.conformance.folders import use
from tests.conformance.folders.harness import Bounds, Plan, Run, run
from tests.conformance.folders.mutations import KINDS, mutated
from tests.conformance.folders.originals import originals
from tests.conformance.folders.worker import Result, damaged

FOLDERS = int(os.environ.get("DIALOG_GRAPH_FOLDERS", "300"))


@pytest.mark.slow
def test_damaged_folders_give_findings_in_bounded_time_and_memory() -> None:
    report = run(Plan(seed=1, count=FOLDERS))

    assert [(each.number, each.fault) for each in report.faults] == []
    assert len(report.results) == FOLDERS
    assert min(report.outcomes()["version"], report.outcomes()["refused"]) > FOLDERS / 10


CAUGHT = {
    "raises": "KeyError: 'config/process/process.bpmn'",
    "hangs": "expected an answer within 10 s, but it hung",
    "eats": "expected at most 64 MiB, but the process grew by",
    "devours": "MemoryError",
    "silent": "expected a version or an error, but there is neither",
}


def first_fault(plan: Plan) -> Result:
    found = next((result for result in Run(plan).results() if result.outcome == "fault"), None)
    assert found is not None
    return found


@pytest.mark.slow
@pytest.mark.parametrize("twin", sorted(CAUGHT))
def test_a_broken_loader_is_caught_and_the_folder_is_named(twin: str) -> None:
    bounds = {"hangs": Bounds(wall=10.0), "eats": Bounds(memory=64 << 20)}.get(twin, Bounds())

    fault = first_fault(Plan(seed=1, count=3_000, twin=twin, bounds=bounds))

    assert CAUGHT[twin] in fault.fault
    assert wrong_for(twin, damaged(1, fault.number)[1])


def wrong_for(twin: str, files: Files) -> bool:
    """Whether this folder is one that the twin goes wrong with."""
    if twin == "hangs":
        return any(not is_utf8(data) for data in files.contents.values())
    if twin in ("raises", "devours"):
        return "config/process/process.bpmn" not in files.contents
    if twin == "eats":
        return len(files.contents) > 100
    return load(files, "development")[0] is None


def is_utf8(data: bytes) -> bool:
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True


def test_a_number_always_gives_the_same_folder() -> None:
    for number in range(20):
        name, files, kinds = damaged(7, number)
        again, other, done = damaged(7, number)
        assert (name, files.sha256, kinds) == (again, other.sha256, done)


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_every_kind_of_damage_does_something(kind: str) -> None:
    everything = originals()["everything"].contents
    other = originals()["travel-claim"].contents

    changed = [KINDS[kind](Random(seed), everything, other) for seed in range(40)]

    assert any(each is not None and dict(each) != dict(everything) for each in changed)


def test_damage_is_of_all_kinds() -> None:
    contents = originals()["everything"].contents
    done = {kind for seed in range(500) for kind in mutated(Random(seed), contents, contents)[1]}

    assert done == set(KINDS)


@pytest.mark.parametrize("name", sorted(originals()))
def test_the_folders_are_good_before_they_are_damaged(name: str) -> None:
    version, findings = load(originals()[name], "development")

    assert version is not None
    assert [item for item in findings if item.is_error] == []
    use.serve(version)


def answered(files: Files) -> tuple[AppVersion | None, Diags]:
    version, findings = load(files, "production")
    assert use.wrong_with(version, findings) is None
    if version is not None:
        use.serve(version)
    return version, findings


@pytest.mark.parametrize("name", ["change-of-address", "everything", "grant-application", "travel-claim"])
def test_every_file_may_be_missing_or_empty(name: str) -> None:
    original = originals()[name]
    for path in original.contents:
        answered(Files(contents={p: data for p, data in original.contents.items() if p != path}, place=original.place))
        for data in (b"", b"\xef\xbb\xbf", b"[" * 3_000, b"{}", b"null"):
            answered(Files(contents={**original.contents, path: data}, place=original.place))
