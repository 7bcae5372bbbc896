"""`dialog-graph policy`: the decision table as it is used, and a policy made from the process."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from dialog_graph.apps import AppVersion, Files, linter, load, read_folder
from dialog_graph.apps.linter import policy_draft
from dialog_graph.cli import made
from dialog_graph.model.diagnostic import Diags
from dialog_graph.policy import Effect, org_key, role_key, task_scope
from tests.unit.apps.faults import BY_SIGNAL
from tests.unit.apps.sample import METADATA, POLICY, PROCESS, data_type, files, metadata, policy, process
from tests.unit.apps.test_folders import write

RUN, app = CliRunner(), made()
ROOT = Path(__file__).resolve().parents[3]
APPS = sorted(path for folder in ("apps/ttd", "tests/data/apps/ttd") for path in (ROOT / folder).iterdir())


def suggested(given: Files, *roles: str) -> tuple[AppVersion, Diags]:
    """The app with the policy that is suggested for it, and what the linter says of the two together."""
    text = linter.suggest_policy(given, "development", roles)
    assert isinstance(text, str), text
    contents = {**given.contents, POLICY: text.encode()}
    version, diagnostics = load(Files(contents=contents, place=given.place), "development")
    assert version is not None
    return version, tuple(item for item in diagnostics if item.code.startswith(("DG40", "DG91")))


def rights(version: AppVersion) -> set[tuple[str, str, str]]:
    """(subject, action, scope) of every row."""
    return {(" ".join(row.subject_all), row.action, row.scope) for row in version.policy.rows}


# Suggest -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("folder", APPS, ids=lambda path: path.name)
def test_a_suggested_policy_checks_clean_with_its_app(folder: Path) -> None:
    given = read_folder(folder)
    assert isinstance(given, Files)

    version, diagnostics = suggested(given)

    assert diagnostics == ()
    assert {row.effect for row in version.policy.rows} == {Effect.PERMIT}
    assert {(row.min_level, row.min_level_org) for row in version.policy.rows} == {(3, 3)}


@pytest.mark.parametrize("name", ["signing-test", "payment-test", "stateless-app", "frontend-test", "template-v8"])
def test_a_suggested_policy_checks_clean_with_the_corpus(shared_dir: Path, name: str) -> None:
    given = read_folder(shared_dir / "corpus" / "apps" / name)
    assert isinstance(given, Files)

    assert suggested(given)[1] == ()


def test_it_gives_what_the_process_cannot_do_without_and_no_more() -> None:
    version, diagnostics = suggested(files({PROCESS: process(extension=ACTIONS)}), "DAGL", "utinn")

    assert diagnostics == ()
    owner, task = org_key("ttd"), task_scope("Task_1")
    users = [role_key("DAGL"), role_key("UTINN")]
    assert rights(version) == {
        (owner, "read", "any"),
        (owner, "complete", "any"),
        *((user, action, "any") for user in users for action in ("instantiate", "read")),
        *((user, action, task) for user in users for action in ("write", "reject", "lookUp")),
    }


ACTIONS = '<a:actions><a:action>reject</a:action><a:action type="serverAction">lookUp</a:action></a:actions>'


@pytest.mark.parametrize("by_caller", [True, False])
def test_what_begins_by_itself_the_owner_starts(by_caller: bool) -> None:
    other = '<b:startEvent id="By_caller"/><b:sequenceFlow id="x" sourceRef="By_caller" targetRef="Task_1"/>'
    text = BY_SIGNAL.replace("<b:startEvent", f"{other}<b:startEvent", 1) if by_caller else BY_SIGNAL
    version, diagnostics = suggested(files({PROCESS: text}), "PRIV")

    assert (diagnostics, [item.code for item in version.diagnostics if item.code == "DG9404"]) == ((), [])
    starters = {subject for subject, action, _ in rights(version) if action == "instantiate"}
    assert starters == {org_key("ttd"), *([role_key("PRIV")] if by_caller else [])}


def test_a_task_that_waits_for_the_owner_is_the_owners() -> None:
    version, diagnostics = suggested(files({PROCESS: process(task="feedback", extension=ACTIONS)}), "PRIV")

    assert diagnostics == ()
    at_task = {(subject, action) for subject, action, scope in rights(version) if scope == task_scope("Task_1")}
    assert at_task == {(org_key("ttd"), action) for action in ("feedback", "reject", "lookUp")}


def test_guarded_data_is_the_owners_to_give_away() -> None:
    version, diagnostics = suggested(files({METADATA: data_type(actionRequiredToRead="inspect")}))

    assert diagnostics == ()
    assert {subject for subject, action, _ in rights(version) if action == "inspect"} == {org_key("ttd")}


def test_those_who_are_asked_to_sign_may() -> None:
    signing = (
        "<a:signatureConfig><a:signeeProviderId>x</a:signeeProviderId>"
        "<a:signeeStatesDataTypeId>file</a:signeeStatesDataTypeId></a:signatureConfig>"
    )
    version, diagnostics = suggested(files({PROCESS: process(task="signing", extension=signing)}))

    assert diagnostics == ()
    delegated = {(action, scope) for subject, action, scope in rights(version) if "delegation" in subject}
    assert delegated == {("read", "any"), ("sign", "any")}


@pytest.mark.parametrize(
    ("allowed", "roles"),
    [
        ({}, {"priv", "dagl"}),
        ({"person": True}, {"priv"}),
        ({"organisation": True}, {"dagl"}),
        ({"subUnit": True, "bankruptcyEstate": True}, {"dagl", "bobe"}),
    ],
)
def test_without_roles_those_of_the_parties_are_taken(allowed: dict[str, bool], roles: set[str]) -> None:
    version, _ = suggested(files({METADATA: metadata(partyTypesAllowed=allowed)}))

    assert version.policy.named_roles == {role.upper() for role in roles}


def test_a_policy_that_is_there_does_not_count_not_even_a_broken_one() -> None:
    assert rights(suggested(files({POLICY: "<broken"}))[0]) == rights(suggested(files())[0])


def test_without_a_process_there_is_nothing_to_suggest(tmp_path: Path) -> None:
    write(tmp_path, {PROCESS: "<a/>"})

    result = RUN.invoke(app, ["policy", "suggest", str(tmp_path)])

    assert (result.exit_code, result.stdout) == (1, "")
    assert "DG2001" in result.stderr


def test_the_policy_is_printed_and_an_unknown_role_told(tmp_path: Path) -> None:
    write(tmp_path)

    result = RUN.invoke(app, ["policy", "suggest", str(tmp_path), "--role", "DAGL", "--role", "BOSS"])

    assert result.exit_code == 0
    assert result.stdout.startswith('<?xml version="1.0" encoding="utf-8"?>\n<xacml:Policy ')
    assert "BOSS is no role code" in result.stderr
    assert "DAGL" not in result.stderr


NAMES = st.text(alphabet=st.characters(codec="utf-8", exclude_categories=("Cc", "Cs")), max_size=20)


@settings(max_examples=60, deadline=None)
@given(NAMES, st.lists(NAMES.filter(str.strip), max_size=3))
def test_no_name_of_a_task_or_role_can_break_the_file(name: str, roles: list[str]) -> None:
    """Names come from the process, roles from the command line: both are text in the XML and never markup."""
    text = process().replace('<b:task id="Task_1"', f'<b:task name="{_escaped(name)}" id="Task_1"')
    version, diagnostics = suggested(files({PROCESS: text}), *roles)

    assert {item.code for item in diagnostics} <= {"DG4010", "DG4011"}
    assert len({row.subject_all for row in version.policy.rows}) == len({r.strip().upper() for r in roles} or "ab") + 1


def test_names_that_were_not_escaped_would_be_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    def as_it_is(text: str, quote: bool = True) -> str:
        return text

    monkeypatch.setattr(policy_draft, "escape", as_it_is)

    with pytest.raises((AssertionError, ExceptionGroup)):
        test_no_name_of_a_task_or_role_can_break_the_file()


def _escaped(text: str) -> str:
    return "".join(f"&#{ord(char)};" for char in text)


# Show ----------------------------------------------------------------------------------------------------------------


def test_the_table_is_printed_for_people(tmp_path: Path) -> None:
    write(tmp_path, {POLICY: policy(person=("instantiate",), owner=("complete",), task="Task_1")})

    result = RUN.invoke(app, ["policy", "show", str(tmp_path)])

    head, *rows = result.stdout.splitlines()
    assert head.startswith("ttd/sample: 2 rows, deny-overrides, policy ")
    assert rows == [
        "effect  subject    action       where           level  rule",
        "Permit  role PRIV  instantiate  in task Task_1  3      1 (line 1)",
        "Permit  org ttd    complete     anywhere        3      2 (line 1)",
    ]


def test_the_table_is_printed_for_programs(tmp_path: Path) -> None:
    write(tmp_path, {POLICY: policy(person=("instantiate",), owner=(), task="Task_1")})

    value: Any = json.loads(RUN.invoke(app, ["policy", "show", str(tmp_path), "--json"]).stdout)

    assert (value["id"], value["combining"], len(value["policyVersion"])) == ("ttd/sample", "deny-overrides", 64)
    assert value["rows"] == [
        {
            "effect": "permit",
            "subjectKind": "rolecode",
            "subjectValue": "PRIV",
            "subjects": ["urn:altinn:rolecode=priv"],
            "action": "instantiate",
            "task": "Task_1",
            "endEvent": None,
            "appResource": None,
            "level": 3,
            "levelOrg": None,
            "ruleId": "1",
            "line": 1,
            "ignoresCase": False,
        },
        {
            "effect": "permit",
            "subjectKind": "org",
            "subjectValue": "ttd",
            "subjects": ["urn:altinn:org=ttd"],
            "action": None,
            "task": None,
            "endEvent": None,
            "appResource": None,
            "level": 3,
            "levelOrg": None,
            "ruleId": "2",
            "line": 1,
            "ignoresCase": False,
        },
    ]


def test_every_action_and_every_relation_have_words(tmp_path: Path) -> None:
    text = policy(person=(), owner=("read",)).replace('<AnyOf><AllOf><Match MatchId="x">', "")
    start, end = text.index("<AnyOf>"), text.index("</Target></Rule>")
    write(tmp_path, {POLICY: text[:start] + text[end:]})

    rows = RUN.invoke(app, ["policy", "show", str(tmp_path)]).stdout.splitlines()

    assert "anybody with a relation to the party  everything  anywhere" in rows[2]


@pytest.mark.parametrize("command", ["show", "suggest"])
def test_a_path_without_an_app_is_told(command: str, tmp_path: Path) -> None:
    result = RUN.invoke(app, ["policy", command, str(tmp_path / "nowhere")])

    assert result.exit_code == 1
    assert "DG1001" in result.stderr


def test_a_policy_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    write(tmp_path, {POLICY: "<Policy/>"})

    result = RUN.invoke(app, ["policy", "show", str(tmp_path)])

    assert result.exit_code == 1
    assert "config/authorization/policy.xml:1 DG4002" in result.stderr
