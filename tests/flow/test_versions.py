"""Several versions of one app side by side: what an instance keeps from its beginning, and what follows the newest.

Kept are process, models, data types, validation and calculation; texts float while task and model are there; the policy
is always the newest (app folder rules §1.6).
"""

import json
from collections.abc import AsyncGenerator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from dialog_graph.apps import Files, load, read_folder
from dialog_graph.errors import Refused
from dialog_graph.model.json_value import Json
from dialog_graph.model.principal import app_worker
from dialog_graph.storage.catalogue import Catalogue
from dialog_graph.testing import AppTest, Case
from dialog_graph.testing.plugin import Open
from tests.flow.graph import Graph
from tests.unit.apps.linter.examples import template
from tests.unit.apps.sample import METADATA, POLICY, PROCESS

LAYOUT = "ui/Task_1/layouts/form.json"
SCHEMA = "models/form.schema.json"
CALCULATION = "models/form.calculation.json"
VALIDATION = "models/form.validation.json"
TEXTS = "config/texts/resource.en.json"
FORM: dict[str, Json] = {"subject": "A bench", "email": "kari@example.test"}


@dataclass
class Versions:
    """The template app, of which further versions can be registered."""

    app: AppTest
    files: Files

    async def register(self, changes: dict[str, bytes]) -> UUID:
        """The first version with files replaced or added, as the next one."""
        files = replace(self.files, contents={**self.files.contents, **changes})
        async with self.app.ports.database.transaction(app_worker("ttd", "my-form")) as tx:
            return await self.app.ports.catalogue.register(tx, files)

    def text(self, file: str, *changes: tuple[str, str]) -> dict[str, bytes]:
        """One file with texts replaced that stand in it."""
        text = self.files.contents[file].decode()
        for before, after in changes:
            assert before in text, before
            text = text.replace(before, after)
        return {file: text.encode()}

    async def started(self) -> Case:
        """Kari's instance of the version that is active now."""
        return await self.app.as_person("kari").instantiate()

    async def ordinal(self, case: Case) -> int:
        """Number of the version with which an instance began."""
        async with self.app.ports.database.snapshot(case.principal) as snapshot:
            return (await self.app.ports.catalogue.version(snapshot, case.instance.version_id)).ordinal


@pytest.fixture
async def versions(app_test: Open, tmp_path: Path) -> AsyncGenerator[Versions]:
    folder = tmp_path / "apps/ttd/my-form"
    for file, content in template().items():
        (folder / "App" / file).parent.mkdir(parents=True, exist_ok=True)
        (folder / "App" / file).write_bytes(content)
    files = read_folder(folder)
    assert isinstance(files, Files)
    async with app_test(folder) as app:
        yield Versions(app, files)


def schema(**properties: Any) -> dict[str, bytes]:
    base = json.loads(template()[SCHEMA])
    return {SCHEMA: json.dumps(base | {"properties": base["properties"] | properties}).encode()}


# Kept from the beginning ---------------------------------------------------------------------------------------------


async def test_an_instance_goes_on_by_the_process_it_began_with(versions: Versions) -> None:
    old = await versions.started()
    await versions.register(versions.text(PROCESS, ('targetRef="Task_2"', 'targetRef="EndEvent_1"')))
    new = await versions.started()
    assert (await versions.ordinal(old), await versions.ordinal(new)) == (1, 2)
    for case in (old, new):
        await case.fill("form", FORM)
        await case.complete()
    assert (old.tasks, new.status, new.visited) == (["Task_2"], "COMPLETED", ["Task_1", "EndEvent_1"])
    await old.complete()
    assert (old.status, old.visited) == ("COMPLETED", ["Task_1", "Task_2", "EndEvent_1"])


async def test_an_instance_keeps_its_model_and_its_validation(versions: Versions) -> None:
    old = await versions.started()
    condition = ["contains", ["dataModel", "email"], "@ex"]
    rule = {"validations": {"email": [{"message": "appName", "condition": condition}]}}
    strict = schema(subject={"type": "string", "minLength": 20}) | {VALIDATION: json.dumps(rule).encode()}
    await versions.register(strict)
    new = await versions.started()
    for case in (old, new):
        await case.fill("form", FORM)
    assert [issue.field for issue in await old.issues()] == []
    assert sorted(issue.field or "" for issue in await new.issues()) == ["email", "subject"]
    await old.complete()
    with pytest.raises(Refused, match="VALIDATION_FAILED"):
        await new.complete()


async def test_an_instance_keeps_its_calculations(versions: Versions) -> None:
    old = await versions.started()
    calculation = {"calculations": {"message": ["concat", "About: ", ["dataModel", "subject"]]}}
    await versions.register({CALCULATION: json.dumps(calculation).encode()})
    new = await versions.started()
    for case in (old, new):
        await case.fill("form", FORM)
    assert old.data("form") == FORM
    assert new.data("form") == FORM | {"message": "About: A bench"}


async def test_an_instance_keeps_its_data_types(versions: Versions) -> None:
    old = await versions.started()
    await versions.register(versions.text(METADATA, ('"id": "attachment"', '"id": "enclosure"')))
    new = await versions.started()
    await old.upload("attachment", b"%PDF-1.7 a", "application/pdf", "a.pdf")
    await new.upload("enclosure", b"%PDF-1.7 a", "application/pdf", "a.pdf")
    for case, other in ((old, "enclosure"), (new, "attachment")):
        with pytest.raises(Refused, match="NOT_FOUND"):
            await case.upload(other, b"%PDF-1.7 a", "application/pdf", "a.pdf")


async def test_the_api_names_the_version_of_each(versions: Versions) -> None:
    old = await versions.started()
    await versions.register(versions.text(METADATA, ('"maxSize": 25', '"maxSize": 5')))
    new = await versions.started()
    graph = Graph(versions.app.ports)
    document = "query ($id: UUID!) { instance(id: $id) { process { definitionVersion } application { version } } }"
    for case, pinned in ((old, "1"), (new, "2")):
        found = await graph.data(graph.token("kari"), document, id=str(case.id))
        assert found == {"process": {"definitionVersion": pinned}, "application": {"version": "2"}}


async def test_a_process_that_never_saw_the_first_version_goes_on_by_it(versions: Versions) -> None:
    """Another process, or this one after a restart: it has the files and compiles them when it needs them."""
    old = await versions.started()
    await versions.register(versions.text(PROCESS, ('targetRef="Task_2"', 'targetRef="EndEvent_1"')))
    elsewhere = replace(old, ports=replace(old.ports, catalogue=Catalogue(load, "development")))
    await elsewhere.fill("form", FORM)
    await elsewhere.complete()
    assert elsewhere.tasks == ["Task_2"]


async def test_many_versions_are_in_use_at_once(versions: Versions) -> None:
    """More than are kept in memory: each instance goes on by its own."""
    few = replace(versions.app.ports, catalogue=Catalogue(load, "development", bound=1))
    versions.app = replace(versions.app, ports=few)
    cases: list[Case] = []
    for number in range(5):
        calculation = {"calculations": {"message": ["concat", f"Version {number}"]}}
        await versions.register({CALCULATION: json.dumps(calculation).encode()})
        cases.append(await versions.started())
    for case in [*cases, *reversed(cases)]:
        await case.fill("form", FORM)
    assert [case.data("form") for case in cases] == [FORM | {"message": f"Version {number}"} for number in range(5)]


# Follows the newest --------------------------------------------------------------------------------------------------


async def summary(case: Case) -> str:
    """What the dialog says in English."""
    return (await case.dialog()).content["summary"].texts["en"]


async def heading(case: Case) -> str | None:
    """The heading of the form of the current task."""
    return (await case.form(language="en")).component("heading").text()


async def test_a_better_text_reaches_open_forms_and_dialogs(versions: Versions) -> None:
    case = await versions.started()
    await case.fill("form", FORM)
    summaries = ("Look through what you filled in and confirm it.", "Please confirm.")
    await versions.register(versions.text(TEXTS, summaries, ("Look through and confirm", "Look")))
    await case.complete()
    assert (await summary(case), await heading(case)) == ("Please confirm.", "Look")


async def test_texts_stay_where_the_newest_version_has_the_task_no_more(versions: Versions) -> None:
    case = await versions.started()
    await case.fill("form", FORM)
    await case.complete()
    gone = versions.text(PROCESS, ('"Task_2"', '"Task_3"')) | versions.text(POLICY, (">Task_2<", ">Task_3<"))
    await versions.register(gone | versions.text(TEXTS, ("Look through and confirm", "Look")))
    assert await heading(case) == "Look through and confirm"


async def test_texts_stay_where_the_model_is_another(versions: Versions) -> None:
    case = await versions.started()
    await versions.register(
        schema(extra={"type": "string"}) | versions.text(TEXTS, ("Look through what you filled in", "Look"))
    )
    await case.fill("form", FORM)
    await case.complete()
    assert await summary(case) == "Look through what you filled in and confirm it."
    assert await heading(case) == "Look through and confirm"


async def test_a_withdrawn_right_is_gone_at_once_also_for_old_instances(versions: Versions) -> None:
    case = await versions.started()
    await case.fill("form", FORM)
    await versions.register(versions.text(POLICY, (">write<", ">look<")))
    for step in (lambda: case.fill("form", FORM), case.complete):
        with pytest.raises(Refused, match="FORBIDDEN"):
            await step()
    await versions.register({})
    await case.complete()
    assert case.tasks == ["Task_2"]


async def test_a_given_right_is_there_at_once_also_for_old_instances(versions: Versions) -> None:
    case = await versions.started()
    org = versions.app.as_org().principal
    with pytest.raises(Refused, match="FORBIDDEN"):
        await case.by(org).fill("form", FORM)
    await versions.register(versions.text(POLICY, (">complete<", ">write<")))
    await case.by(org).fill("form", FORM)


# Checked by the form that is shown -----------------------------------------------------------------------------------


def layout(hidden: Json = None, **message: Json) -> dict[str, bytes]:
    """The form of Task_1 with other properties of `message`, or with expressions that hide it."""
    written = json.loads(template()[LAYOUT])
    component = next(item for item in written["data"]["layout"] if item["id"] == "message")
    component.update(message if hidden is None else {"hidden": hidden})
    return {LAYOUT: json.dumps(written).encode()}


async def required(case: Case) -> list[str | None]:
    """Fields that the validation of the task asks for."""
    return [issue.field for issue in await case.issues() if issue.source == "Required"]


async def test_what_a_newer_form_requires_is_asked_of_those_who_see_it(versions: Versions) -> None:
    case = await versions.started()
    await case.fill("form", FORM)
    assert await required(case) == []
    await versions.register(layout(required=True))
    assert (await case.form()).component("message").is_required
    assert await required(case) == ["message"]
    with pytest.raises(Refused, match="VALIDATION_FAILED"):
        await case.complete()
    await case.fill("form", FORM | {"message": "Oak"})
    await case.complete()
    assert case.tasks == ["Task_2"]


async def test_nobody_is_asked_for_a_field_that_is_no_longer_on_the_form(versions: Versions) -> None:
    await versions.register(layout(required=True))
    case = await versions.started()
    await case.fill("form", FORM)
    assert await required(case) == ["message"]
    await versions.register(layout(required=True, hidden=True))
    assert (await case.form()).component("message").is_hidden
    assert await required(case) == []
    await case.complete()
    assert case.tasks == ["Task_2"]


async def test_data_that_the_newer_form_hides_is_removed_as_the_settings_of_the_first_version_say(
    versions: Versions,
) -> None:
    removing = {"appsettings.json": b'{"AppSettings": {"RemoveHiddenData": true}}'}
    keeping = await versions.started()
    await versions.register(removing)
    case = await versions.started()
    for each in (keeping, case):
        await each.fill("form", FORM | {"message": "Oak"})
    await versions.register(removing | layout(hidden=True))
    for each in (keeping, case):
        await each.complete()
    assert keeping.data("form") == FORM | {"message": "Oak"}
    assert case.data("form") == FORM | {"message": None}


async def test_rules_of_the_first_version_pass_over_what_the_newer_form_hides(versions: Versions) -> None:
    rule = {"validations": {"message": [{"message": "appName", "condition": True}]}}
    rules = {VALIDATION: json.dumps(rule).encode()}
    await versions.register(rules)
    case = await versions.started()
    await case.fill("form", FORM | {"message": "Oak"})
    assert [issue.field for issue in await case.issues()] == ["message"]
    await versions.register(layout(hidden=True))
    assert [issue.field for issue in await case.issues()] == []


async def test_a_form_of_another_model_is_neither_shown_nor_asked(versions: Versions) -> None:
    case = await versions.started()
    await case.fill("form", FORM)
    await versions.register(schema(extra={"type": "string"}) | layout(required=True))
    assert not (await case.form()).component("message").is_required
    assert await required(case) == []


async def test_a_newer_form_may_bind_data_that_the_instance_has_no_type_for(versions: Versions) -> None:
    """It is shown without a value, and cannot be asked for."""
    case = await versions.started()
    await case.fill("form", FORM)
    more = versions.text(METADATA, ('"id": "attachment"', '"id": "more", "appLogic": {"schemaRef": "form"}'))
    bound: dict[str, Json] = {"simpleBinding": {"dataType": "more", "field": "subject"}}
    await versions.register(more | layout(required=True, dataModelBindings=bound))
    component = (await case.form()).component("message")
    assert (component.is_required, component.value) == (True, None)
    assert await required(case) == []
    await case.complete()
    assert case.tasks == ["Task_2"]


# Never active --------------------------------------------------------------------------------------------------------


async def test_a_version_with_errors_starts_nothing(versions: Versions) -> None:
    await versions.register(versions.text(PROCESS, ('targetRef="Task_2"', 'targetRef="Task_7"')))
    case = await versions.started()
    assert await versions.ordinal(case) == 1
    await case.fill("form", FORM)
    await case.complete()
    assert case.tasks == ["Task_2"]


async def test_an_old_version_can_be_made_active_again_by_its_files(versions: Versions) -> None:
    await versions.register(versions.text(METADATA, ('"maxSize": 25', '"maxSize": 5')))
    assert await versions.ordinal(await versions.started()) == 2
    await versions.register({})
    assert await versions.ordinal(await versions.started()) == 1


# For the owner -------------------------------------------------------------------------------------------------------

FINDINGS = """query { application(id: "ttd/my-form") {
    version diagnostics { code severity file line column elementId path message hint related { file line message } }
    versions { version sha256 isActive diagnostics { code severity line } } } }"""


async def test_the_owner_sees_the_findings_of_every_version(versions: Versions) -> None:
    await versions.register(versions.text(METADATA, ('"maxSize": 25', '"maxSizes": 25')))
    broken = await versions.register(versions.text(PROCESS, ('targetRef="Task_2"', 'targetRef="Task_7"')))
    assert broken
    graph = Graph(versions.app.ports)

    found = await graph.data(graph.token("ttd"), FINDINGS)

    assert found["version"] == "2"
    assert found["diagnostics"] == [
        {
            "code": "DG3005",
            "severity": "WARNING",
            "file": METADATA,
            "line": 31,
            "column": 7,
            "elementId": None,
            "path": None,
            "message": 'unknown key "maxSizes", did you mean "maxSize"',
            "hint": "rename",
            "related": [],
        }
    ]
    told = [
        (each["version"], each["isActive"], {item["severity"] for item in each["diagnostics"]})
        for each in found["versions"]
    ]
    assert [(version, is_active) for version, is_active, _ in told] == [("3", False), ("2", True), ("1", False)]
    assert [severities for *_, severities in told] == [{"ERROR", "WARNING", "INFO"}, {"WARNING"}, set()]
    assert len({each["sha256"] for each in found["versions"]}) == 3


@pytest.mark.parametrize("caller", ["nabo", "kari"])
async def test_nobody_else_sees_findings_or_versions(versions: Versions, caller: str) -> None:
    await versions.register(versions.text(METADATA, ('"maxSize": 25', '"maxSizes": 25')))
    graph = Graph(versions.app.ports)

    found = await graph.data(graph.token(caller), FINDINGS)

    assert (found["diagnostics"], found["versions"]) == ([], [])


async def test_findings_that_another_process_registered_are_seen(versions: Versions) -> None:
    """The files are the same; what is found in them, by a newer program there, is in the database."""
    graph = Graph(versions.app.ports)
    assert (await graph.data(graph.token("ttd"), FINDINGS))["diagnostics"] == []
    elsewhere = replace(versions.app.ports, catalogue=Catalogue(load, "development"))
    seen = replace(versions.files, ignored=("config/texts/ressurs.nb.json",))
    async with elsewhere.database.transaction(app_worker("ttd", "my-form")) as tx:
        await elsewhere.catalogue.register(tx, seen)

    found = await graph.data(graph.token("ttd"), FINDINGS)

    assert [item["code"] for item in found["diagnostics"]] == ["DG1009"]
    assert [item["code"] for item in found["versions"][0]["diagnostics"]] == ["DG1009"]
