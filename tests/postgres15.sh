#!/usr/bin/env bash
# Runs a command with DATABASE_URL pointing to a throw-away Postgres 15 of Debian's package `postgresql-15`:
#   tests/postgres15.sh .venv/bin/python -m pytest -m postgres
# The server listens on 127.0.0.1 only, on a free port, never as root, and is gone afterwards. The login is no
# superuser: it may create roles and databases and owns its database, which is all the product asks for.
set -euo pipefail

bin=${POSTGRES_BIN:-/usr/lib/postgresql/15/bin}
if ! [ -x "$bin/initdb" ]; then
    echo "expected Postgres in $bin, but it is not there: apt-get install postgresql-15" >&2
    exit 1
fi

# Memory where there is plenty of it: a database is copied for every test.
free=$(df --output=avail -k /dev/shm 2>/dev/null | tail -1)
base=/tmp
[ "${free:-0}" -gt 4194304 ] && [ -w /dev/shm ] && base=/dev/shm
folder=$(mktemp -d "$base/dialog-graph-postgres.XXXXXX")
as=()
if [ "$(id -u)" = 0 ]; then
    user=$(id -un postgres 2>/dev/null || echo nobody)
    chown "$user" "$folder"
    as=(setpriv "--reuid=$user" "--regid=$(id -g "$user")" --clear-groups --)
fi

stop() {
    (cd / && "${as[@]}" "$bin/pg_ctl" stop -D "$folder/data" -m immediate -w >/dev/null 2>&1) || true
    rm -rf "$folder"
}
trap stop EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
secret=$(python3 -c 'import secrets; print(secrets.token_hex(16))')

# No variable of the caller's may reach the server's tools; `C.UTF-8` folds Norwegian letters, `C` orders by code point.
server() { (cd / && env -i PATH="$PATH" LC_ALL=C HOME=/ "${as[@]}" "$@"); }
server "$bin/initdb" -D "$folder/data" --username=postgres --auth-local=trust --auth-host=scram-sha-256 \
    --encoding=UTF8 --lc-collate=C --lc-ctype=C.UTF-8 --no-instructions >/dev/null
server "$bin/pg_ctl" start -D "$folder/data" -l "$folder/data/start.log" -w -o "-c listen_addresses=127.0.0.1 \
    -c port=$port -c unix_socket_directories=$folder -c fsync=off -c synchronous_commit=off -c full_page_writes=off \
    -c max_connections=100 -c jit=off -c timezone=UTC" >/dev/null || { cat "$folder/data/start.log" >&2; exit 1; }
server "$bin/psql" -X -q -v ON_ERROR_STOP=1 -h "$folder" -p "$port" -U postgres -d postgres \
    -c "create role dialog_graph login createrole createdb password '$secret'" \
    -c "create database dialog_graph owner dialog_graph"

export DATABASE_URL="postgresql://dialog_graph:$secret@127.0.0.1:$port/dialog_graph"
unset DATABASE_OWNER_URL PGHOST PGPORT PGUSER PGPASSWORD PGDATABASE
"$@"
