"""The container files, as far as they can be checked without a container engine."""

import re
from typing import Any

import yaml

from tests.architecture.source_tree import ROOT

COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
DOCKERFILE = (ROOT / "Dockerfile").read_text()


def test_the_server_waits_for_its_database_and_logs_in_as_it_was_made() -> None:
    server, postgres = COMPOSE["services"]["server"], COMPOSE["services"]["postgres"]
    assert server["depends_on"] == {"postgres": {"condition": "service_healthy"}}
    assert "test" in postgres["healthcheck"]
    made = postgres["environment"]
    wanted = f"postgresql://{made['POSTGRES_USER']}:{made['POSTGRES_PASSWORD']}@postgres:5432/{made['POSTGRES_DB']}"
    assert server["environment"]["DATABASE_URL"] == wanted


def test_only_this_machine_reaches_the_server_and_nobody_the_database() -> None:
    assert all(port.startswith("127.0.0.1:") for port in COMPOSE["services"]["server"]["ports"])
    assert "ports" not in COMPOSE["services"]["postgres"]


def test_every_named_volume_is_declared() -> None:
    mounted = {
        volume.partition(":")[0] for service in COMPOSE["services"].values() for volume in service.get("volumes", [])
    }
    assert mounted == set(COMPOSE["volumes"])


def test_the_image_has_two_stages_and_runs_as_an_ordinary_user() -> None:
    build, run = re.split(r"^FROM .*$", DOCKERFILE, flags=re.MULTILINE)[1:]
    assert "--require-hashes" in build
    assert "DIALOG_GRAPH_REQUIRE_WEB=1" in build
    users = re.findall(r"^USER (\S+)$", run, re.MULTILINE)
    assert users
    assert users[-1] not in ("root", "0")
