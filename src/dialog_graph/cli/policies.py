"""Commands about an app's policy: `policy show`, `policy suggest` (app folder §14, security rules §4.5)."""

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Annotated

import typer

from dialog_graph.apps import AppVersion, Files, linter, load, read_folder
from dialog_graph.cli.terminal import fail, settings_of, told
from dialog_graph.model.diagnostic import Diags
from dialog_graph.model.json_value import Json
from dialog_graph.policy import ANY, ANY_ACTION, ROLES, Effect, Row
from dialog_graph.policy.request import ROLE

commands = typer.Typer()
policy = typer.Typer(no_args_is_help=True)
commands.add_typer(policy, name="policy", help="Who may do what in an app.")

_HEAD = ("effect", "subject", "action", "where", "level", "rule")


@policy.command()
def show(
    path: Annotated[Path, typer.Argument(help="An app folder.")],
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object and nothing else.")] = False,
) -> None:
    """Prints the decision table of an app: one row for each combination that its policy permits or denies."""
    version, diagnostics = load(_files(path), settings_of().environment)
    if version is None:
        raise _broken(diagnostics)
    if as_json:
        typer.echo(told(json.dumps(_as_json(version), ensure_ascii=False)))
        return
    table = version.policy
    typer.echo(
        f"{version.app_id}: {_number(len(table.rows))}, {table.combining.value}, policy {table.policy_version[:12]}"
    )
    for line in _aligned([_HEAD, *(_cells(row) for row in table.rows)]):
        typer.echo(told(linter.printable(line)))


@policy.command()
def suggest(
    path: Annotated[Path, typer.Argument(help="An app folder.")],
    role: Annotated[
        list[str] | None, typer.Option(help="Role code of those who use the app; else those usual for its parties.")
    ] = None,
) -> None:
    """Prints a policy.xml made from the process. Look through it before you use it."""
    for code in role or ():
        if code.strip().upper() not in ROLES:
            typer.echo(told(f"{linter.printable(code)} is no role code that is known here"), err=True)
    found = linter.suggest_policy(_files(path), settings_of().environment, role or ())
    if not isinstance(found, str):
        raise _broken(found)
    typer.echo(told(found), nl=False)


def _files(path: Path) -> Files:
    files = read_folder(path)
    if not isinstance(files, Files):
        raise _broken(files)
    return files


def _number(count: int) -> str:
    return "1 row" if count == 1 else f"{count} rows"


def _broken(diagnostics: Diags) -> typer.Exit:
    places = ((item, f"{item.file or '.'}:{item.line}" if item.line else item.file or ".") for item in diagnostics)
    lines = (f"{place} {item.code} {item.message}" for item, place in places if item.is_error)
    return fail(told("\n".join(linter.printable(line) for line in lines)))


def _cells(row: Row) -> tuple[str, ...]:
    level = "-" if row.min_level is None else str(row.min_level)
    of_org = "" if row.min_level_org in (None, row.min_level) else f" (org {row.min_level_org})"
    action = "everything" if row.action == ANY_ACTION else row.action
    return row.effect.value, _subject(row), action, _where(row), level + of_org, _rule(row)


def _subject(row: Row) -> str:
    if row.subject_kind == "relation":
        return "anybody with a relation to the party"
    return " and ".join(map(_named, row.subject_all))


def _named(key: str) -> str:
    attribute, _, value = key.partition("=")
    return f"role {value.upper()}" if attribute == ROLE else f"{attribute.rpartition(':')[2]} {value}"


def _where(row: Row) -> str:
    kind, _, place = row.scope.partition(":")
    words = {"task": f"in task {place}", "end": f"after end {place}", "appresource": f"at {place}"}
    return "anywhere" if row.scope == ANY else words[kind]


def _rule(row: Row) -> str:
    return row.rule_id if row.line is None else f"{row.rule_id} (line {row.line})"


def _aligned(rows: Sequence[Sequence[str]]) -> Iterable[str]:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        yield "  ".join(cells).rstrip()


def _as_json(version: AppVersion) -> Json:
    table = version.policy
    return {
        "id": str(version.app_id),
        "combining": table.combining.value,
        "policyVersion": table.policy_version,
        "rows": [_row_json(row) for row in table.rows],
    }


def _row_json(row: Row) -> Json:
    kind, _, place = row.scope.partition(":")
    return {
        "effect": "permit" if row.effect is Effect.PERMIT else "deny",
        "subjectKind": row.subject_kind,
        "subjectValue": row.subject_value,
        "subjects": list(row.subject_all),
        "action": None if row.action == ANY_ACTION else row.action,
        "task": place if kind == "task" else None,
        "endEvent": place if kind == "end" else None,
        "appResource": place if kind == "appresource" else None,
        "level": row.min_level,
        "levelOrg": row.min_level_org,
        "ruleId": row.rule_id,
        "line": row.line,
        "ignoresCase": row.folds_action or row.folds_scope,
    }
