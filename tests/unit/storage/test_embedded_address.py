"""A driver is told everything, so that the shell's variables are never asked."""

from typing import Any

import asyncpg.connect_utils
import pytest

from dialog_graph.storage.embedded import Address


def _variables() -> set[str]:
    """Every variable that the driver's reading of its arguments names."""
    code = vars(asyncpg.connect_utils)["_parse_connect_dsn_and_args"].__code__
    return {word for word in code.co_consts if isinstance(word, str) and word.startswith("PG") and word.isupper()}


def test_the_drivers_variables_are_still_found() -> None:
    assert {"PGHOST", "PGPORT", "PGTARGETSESSIONATTRS"} <= _variables()


def _understood() -> object:
    """What the driver makes of our arguments and of the shell."""
    given = Address(host="/tmp/dg").connect_kwargs("dialog_graph", "dg_app")
    rest = dict.fromkeys(("dsn", "passfile", "server_settings", "service", "servicefile"))
    return vars(asyncpg.connect_utils)["_parse_connect_dsn_and_args"](**rest, **given)


@pytest.mark.parametrize("variable", sorted(_variables()))
def test_no_variable_changes_where_and_how_we_connect(monkeypatch: pytest.MonkeyPatch, variable: str) -> None:
    before = _understood()
    monkeypatch.setenv(variable, "7")
    assert _understood() == before


def test_the_comparison_would_notice(monkeypatch: pytest.MonkeyPatch) -> None:
    """A twin that leaves one argument out."""
    before = _understood()
    whole = Address(host="/tmp/dg").connect_kwargs("dialog_graph", "dg_app")

    def without_port(self: Address, database: str, user: str) -> dict[str, Any]:
        return whole | {"port": None}

    monkeypatch.setattr(Address, "connect_kwargs", without_port)
    monkeypatch.setenv("PGPORT", "7")
    assert _understood() != before
