"""What happens to the embedded Postgres when its launchers, its processes and its folders are treated badly.

Each event of the table in `reliability-and-libraries.md` §10 is done for real, with a launcher in a process of its own.
"""

import os
import signal
import subprocess
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import asyncpg
import pytest

from tests.integration.embedded_house import House, Server, eventually, exists, mode

NOBODY = 65534
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


@pytest.fixture(params=["ourselves", pytest.param("another", marks=needs_root)])
async def anyones_house(request: pytest.FixtureRequest) -> AsyncIterator[House]:
    """The same for us and, when we are root, for a user without rights."""
    house = House(NOBODY if request.param == "another" else None)
    yield house
    await house.pull_down()


# Start and stop


async def test_a_launcher_starts_a_cluster_and_takes_it_along(anyones_house: House) -> None:
    house = anyones_house
    server = await house.ready()
    assert await server.asks("select current_user::text || current_setting('is_superuser')") == "postgreson"
    assert mode(house.cluster) == 0o700
    assert mode(house.data) == (0o711 if ROOT and house.uid is None else 0o700)
    assert mode(Path(server.address.host)) == 0o700

    await server.stop()
    assert house.processes() == []
    assert not exists(server.address.host)


async def test_norwegian_letters_fold_and_search(empty_house: House) -> None:
    house = empty_house
    server = await house.ready()
    assert await _norwegian(server) == ["æøå", True, "'ærl':1 'årsak':2", True]


async def test_twin_with_plain_c_locale_is_caught(empty_house: House) -> None:
    house = empty_house
    server = await house.ready("--twin=plain_c_locale")
    assert await _norwegian(server) == ["ÆØÅ", False, "'Ærlig':1 'Årsak':2", True]


async def _norwegian(server: Server) -> list[object]:
    async with server.connected() as connection:
        row = await connection.fetchrow(
            "select lower('ÆØÅ'), 'ÅSE' ilike 'åse', to_tsvector('norwegian', 'ÆRLIGE Årsaker')::text,"
            " 'Zorro' < 'Ærlig' and 'a' > 'B'"
        )
    found = list(row)
    return [*found[:2], " ".join(sorted(found[2].split(), key=lambda word: word[-1])), found[3]]


@pytest.mark.parametrize(("options", "state"), [(("--durable",), "on"), ((), "off")])
async def test_only_clusters_of_tests_may_forget(house: House, options: tuple[str, ...], state: str) -> None:
    server = await house.ready(*options)
    names = ("fsync", "synchronous_commit", "full_page_writes")
    async with server.connected() as connection:
        assert [await connection.fetchval(f"show {name}") for name in names] == [state] * 3
        assert await connection.fetchval("show listen_addresses") == ""
        assert await connection.fetchval("show wal_level") == "replica"
        assert await connection.fetchval("show timezone") == "UTC"


async def test_no_setting_of_a_file_counts(house: House) -> None:
    server = await house.ready()
    async with server.connected() as connection:
        await connection.execute("alter system set fsync = off")
        await connection.execute("alter system set listen_addresses = '*'")
    await server.stop()
    server = await house.ready("--durable")
    assert await server.asks("select current_setting('fsync') || current_setting('listen_addresses')") == "on"


# Kills


async def test_the_next_launcher_adopts_the_cluster_of_a_killed_one(anyones_house: House) -> None:
    house = anyones_house
    first = await house.ready()
    running = house.postmaster()
    await first.kill()
    second = await house.ready()
    assert house.postmaster() == running
    assert await second.asks("select 1") == 1

    await second.stop()
    assert house.processes() == []


async def test_a_killed_postmaster_is_brought_back_at_the_same_address(house: House) -> None:
    server = await house.ready("--watch")
    died = house.postmaster()
    os.kill(died, signal.SIGKILL)
    await _answers_again(house, server, died)

    await server.stop()
    assert house.processes() == []


async def test_two_watchers_bring_back_one_cluster_though_their_temp_folders_differ(house: House) -> None:
    other = house.root / "t"
    other.mkdir(mode=0o777)
    first = await house.ready("--watch")
    second = await house.ready("--watch", TMPDIR=str(other))
    assert second.address == first.address
    died = house.postmaster()
    os.kill(died, signal.SIGKILL)
    await _answers_again(house, first, died)
    await _answers_again(house, second, died)

    await first.stop()
    assert await second.asks("select 1") == 1
    await second.stop()
    assert house.processes() == []


async def _answers_again(house: House, server: Server, died: int) -> None:
    async def asked() -> bool:
        try:
            return await server.asks("select pg_is_in_recovery()") is False and house.postmaster() != died
        except (OSError, asyncpg.PostgresError):
            return False

    await eventually(asked)


async def test_after_a_power_cut_what_was_committed_is_there(anyones_house: House) -> None:
    house = anyones_house
    server = await house.ready("--durable")
    async with server.connected() as connection:
        await connection.execute("create table kept as select generate_series(1, 1000) as n")
        await server.kill()
        house.kill_cluster()
    await eventually(lambda: not house.processes())
    assert (house.cluster / "postmaster.pid").exists()

    again = await house.ready("--durable")
    assert await again.asks("select sum(n) from kept") == 500500


async def test_a_dead_postmaster_whom_nobody_reaps_is_no_hindrance(house: House) -> None:
    parent = await house.ready()
    died = house.postmaster()
    os.kill(died, signal.SIGKILL)
    await eventually(lambda: not house.processes())
    assert exists(f"/proc/{died}"), "its parent does not watch, so it must still be there"

    server = await house.ready()
    assert house.postmaster() != died
    assert await server.asks("select 1") == 1
    await parent.stop()
    assert await server.asks("select 1") == 1


def _forge_lock_files(house: House, server: Server, pid: int) -> None:
    """As if this process were the postmaster: the numbers a dead server left have been given to it."""
    files = (house.cluster / "postmaster.pid", Path(server.address.host) / ".s.PGSQL.5432.lock")
    for file in files:
        lines = file.read_text().split("\n")
        file.write_text("\n".join([str(pid), *lines[1:]]))


@pytest.fixture
def stranger() -> Iterator[subprocess.Popen[bytes]]:
    """A living process of the user who runs Postgres; Postgres itself ignores the numbers of other users' processes."""
    stranger = subprocess.Popen(["/bin/sleep", "600"], user=NOBODY if ROOT else None)
    yield stranger
    stranger.kill()
    stranger.wait()


async def test_pid_files_that_name_a_stranger_are_not_believed(house: House, stranger: subprocess.Popen[bytes]) -> None:
    await _leave_pid_files_of(house, stranger)
    server = await house.ready()
    assert await server.asks("select 1") == 1
    await server.stop()
    assert stranger.poll() is None


async def test_twin_that_believes_pid_files_is_caught(house: House, stranger: subprocess.Popen[bytes]) -> None:
    await _leave_pid_files_of(house, stranger)
    refused = await (await house.server("--twin=believes_pid_files")).refused()
    assert "lock file" in refused
    assert "already exists" in refused


async def _leave_pid_files_of(house: House, stranger: subprocess.Popen[bytes]) -> None:
    server = await house.ready()
    await server.kill()
    house.kill_cluster()
    await eventually(lambda: not house.processes())
    _forge_lock_files(house, server, stranger.pid)


async def test_stopping_never_signals_a_stranger(house: House, stranger: subprocess.Popen[bytes]) -> None:
    """The pid file of a cluster that runs in another container names somebody else here."""
    first = await house.ready()
    await first.kill()
    running = house.postmaster()
    second = await house.ready()
    _forge_lock_files(house, second, stranger.pid)
    await second.stop()
    assert stranger.poll() is None
    assert running in house.processes()


@pytest.mark.parametrize("victims", ["the launcher", "everything"])
async def test_a_cluster_half_made_is_made_anew(anyones_house: House, victims: str) -> None:
    house = anyones_house
    first = await house.server()
    await eventually(lambda: any(house.data.glob("initdb-*/base")) if house.data.exists() else False)
    await first.kill()
    if victims == "everything":
        house.kill_cluster()
    assert not house.cluster.exists()

    server = await house.ready()
    assert await server.asks("select 1") == 1
    assert list(house.data.glob("initdb-*")) == []


# Several launchers


async def test_three_at_once_share_one_cluster_and_the_last_one_out_stops_it(anyones_house: House) -> None:
    house = anyones_house
    starting = [await house.server() for _ in range(3)]
    servers = [await server.ready() for server in starting]
    running = house.postmaster()
    for leaving, staying in (servers[:2], servers[1:]):
        await leaving.stop()
        assert await staying.asks("select 1") == 1
        assert house.postmaster() == running
    await servers[-1].stop()
    assert house.processes() == []


async def test_a_newcomer_at_the_moment_of_leaving_gets_a_cluster(house: House) -> None:
    server = await house.ready()
    for _ in range(4):
        newcomer = await house.server()
        await server.stop()
        server = await newcomer.ready()
        assert await server.asks("select 1") == 1


async def test_twin_that_keeps_the_lock_to_itself_is_caught(house: House) -> None:
    """Without the lock in Postgres's hands the second launcher believes that nothing lives, and starts another."""
    await house.ready("--twin=keeps_the_lock_to_itself")
    refused = await (await house.server("--twin=believes_locks_only")).refused()
    assert "shared memory" in refused


async def test_ctrl_c_reaches_the_server_and_not_its_database(house: House) -> None:
    server = await house.ready()
    os.killpg(server.pid, signal.SIGINT)
    assert await server.says() == {"interrupted": True}
    assert await server.asks("select 1") == 1
    await server.stop()


async def test_twin_that_shares_our_session_is_caught(house: House) -> None:
    server = await house.ready("--twin=shares_our_session")
    os.killpg(server.pid, signal.SIGINT)
    await eventually(lambda: not house.processes())
