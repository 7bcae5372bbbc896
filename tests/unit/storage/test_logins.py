"""Logins: every session says its role, and addresses of other tools are understood."""

import pytest

from dialog_graph.storage.embedded import Address
from dialog_graph.storage.logins import embedded_logins, external_logins, plain_url


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+asyncpg", "postgres+asyncpg"])
def test_the_driver_in_an_address_is_cut_off(scheme: str) -> None:
    assert plain_url(f"{scheme}://u:p@h:1/d?sslmode=require") == "postgresql://u:p@h:1/d?sslmode=require"


def test_each_external_session_names_its_role_and_owners_and_dispatchers_may_have_their_own_login() -> None:
    alike = external_logins("postgres://a@h/d")
    assert {login["dsn"] for login in (alike.setup, alike.owner, alike.app, alike.dispatch)} == {"postgresql://a@h/d"}
    apart = external_logins("postgres://a@h/d", "postgres://o@h/d", "postgres://w@h/d")
    assert [login["dsn"][13:14] for login in (apart.setup, apart.owner, apart.app, apart.dispatch)] == list("ooaw")
    roles = [login["server_settings"]["role"] for login in (apart.owner, apart.app, apart.dispatch)]
    assert roles == ["dg_owner", "dg_app", "dg_dispatch"]


def test_embedded_sessions_log_in_as_their_role_and_take_nothing_from_the_shell() -> None:
    logins = embedded_logins(Address(host="/tmp/x"), "base")
    assert (logins.app["user"], logins.dispatch["user"], logins.owner["user"]) == ("dg_app", "dg_dispatch", "postgres")
    assert {login["port"] for login in (logins.setup, logins.owner, logins.app, logins.dispatch)} == {5432}


def test_sessions_that_serve_have_limits() -> None:
    settings = external_logins("postgres://a@h/d").app["server_settings"]
    assert (settings["jit"], settings["lock_timeout"], settings["statement_timeout"]) == ("off", "2s", "15s")
