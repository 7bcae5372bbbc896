"""Forms of instances as different people see them: what is hidden from a reader is hidden everywhere.

App folder rules §1.6, §8, §9, §12; security rules §5; process rules §7.3.
"""

from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from dialog_graph.commands.delete_instance import DeleteInstance, delete_instance
from dialog_graph.errors import Refused
from dialog_graph.graphql.context import Context
from dialog_graph.graphql.schema import build_schema
from dialog_graph.model.principal import Principal, app_worker
from dialog_graph.storage.database import Snapshot
from dialog_graph.storage.logins import Logins
from tests.integration.case_world import KARI, MARI, OLA, TTD, World, world_of
from tests.integration.forms_app import APP, LAYOUT, MODEL, TEXTS, forms_app

SCHEMA = build_schema()
HUSH = "blue elephant"
FORM = """
query ($id: UUID!) { instance(id: $id) { process { tasks { elementId form {
  id dataType dataElementId
  codes: options(id: "codes") { label } colours: options(id: "colours") { label }
  pages { title hidden components {
    key hidden required readOnly bindings { path value dataElementId } texts { name value } options { value label }
    rows { index } } } } } } } }
"""


@pytest.fixture(scope="module")
async def world(module_logins: Logins, tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[World]:
    async with world_of(module_logins, Path(tmp_path_factory.mktemp("forms")), apps=[forms_app()]) as made:
        yield made


async def asked(world: World, who: Principal, document: str, languages: tuple[str, ...] = (), **variables: Any) -> Any:
    context = Context(world.ports, who, languages)
    result = await SCHEMA.execute(document, variables, context)
    await context.reset()
    assert result.errors is None, result.errors
    return result.data


async def form(world: World, who: Principal, instance_id: UUID, task: str = "Task_1", language: str = "nb") -> Any:
    """The form of the latest entry of a task."""
    data = await asked(world, who, FORM, (language,), id=str(instance_id))
    return next(each["form"] for each in reversed(data["instance"]["process"]["tasks"]) if each["elementId"] == task)


def components(found: Any) -> dict[str, Any]:
    return {item["key"]: item for page in found["pages"] for item in page["components"]}


async def of_fjord(world: World) -> UUID:
    """A case of Fjord Bakeri: Kari manages it and knows the secret, Ola keeps its books and must not."""
    instance_id = await world.started(KARI, "fjord", APP)
    await world.write(instance_id, KARI, data={"name": "Ada", "items": [{"what": "Oak"}, {"what": "Elm"}]})
    await world.write(instance_id, KARI, data_type="secret", data={"name": HUSH})
    return instance_id


# Hidden data ----------------------------------------------------------------------------------------------------------


async def test_who_may_read_a_type_sees_it_in_the_form(world: World) -> None:
    shown = components(await form(world, KARI, await of_fjord(world)))

    assert shown["name"]["texts"] == [{"name": "title", "value": f"Known: {HUSH}"}]
    assert shown["secretField"]["bindings"][0]["value"] == HUSH
    assert shown["computed"]["texts"][0]["value"] == f"It is {HUSH}"
    assert shown["viaComponent"]["texts"][0]["value"] == f"It is {HUSH}"
    assert not shown["whenSecret"]["hidden"]
    assert [option["label"] for option in shown["ofSecret"]["options"]] == [HUSH, HUSH]


async def test_who_may_not_read_it_learns_nothing_of_it(world: World) -> None:
    instance_id = await of_fjord(world)

    found = await form(world, OLA, instance_id)

    assert HUSH not in str(found)
    shown = components(found)
    assert found["pages"][0]["title"] == "Main -"
    assert shown["name"]["texts"] == [{"name": "title", "value": "Known: -"}]
    assert shown["secretField"]["bindings"] == [{"path": "name", "value": None, "dataElementId": None}]
    assert shown["whenSecret"]["hidden"], "as if there were none"
    assert shown["inline"]["options"] == [{"value": 1, "label": "Known: -"}]
    assert [option["label"] for option in found["colours"]] == ["Rød", "Known: -"]
    assert [option["label"] for option in shown["ofSecret"]["options"]] == ["", ""]
    everything = await asked(
        world, OLA, "query ($id: UUID!) { instance(id: $id) { validation { message { value } } } }", id=str(instance_id)
    )
    assert HUSH not in str(everything)


async def test_what_is_wrong_is_decided_by_all_data_and_told_without_what_is_hidden(world: World) -> None:
    instance_id = await of_fjord(world)
    await world.write(instance_id, KARI, data={"name": HUSH[:4], "code": "x"})
    await world.write(instance_id, KARI, data_type="secret", data={"name": HUSH[:4]})

    with pytest.raises(Refused) as by_ola:
        await world.advance(instance_id, OLA)
    with pytest.raises(Refused) as by_kari:
        await world.advance(instance_id, KARI)

    def told(caught: Any) -> list[tuple[str, str]]:
        return [(issue.severity.value, issue.message["nb"]) for issue in caught.value.refusal.issues]

    assert told(by_kari) == [("WARNING", "Compare with blue"), ("ERROR", "Not blue"), ("INFORMATION", "Nor blue")]
    assert told(by_ola) == [
        ("WARNING", "Compare with -"),
        ("ERROR", "Not "),
        ("INFORMATION", "Verdien er ikke gyldig."),
    ]


async def test_a_writer_who_may_not_read_is_told_nothing_of_what_was_written(world: World) -> None:
    document = """mutation ($id: UUID!) { writeFormData(input: {instanceId: $id, dataType: "secret",
        data: {name: "Mari", items: [{what: "x"}]}}) {
            dataElement { id } issues { code } changedPaths errors { code } } }"""
    instance_id = await world.started(MARI, "dal", APP)

    answer = await asked(world, MARI, document, id=str(instance_id))

    assert answer["writeFormData"] == {"dataElement": None, "issues": [], "changedPaths": [], "errors": []}


# Options and texts ----------------------------------------------------------------------------------------------------


async def test_options_come_from_lists_from_the_component_and_from_rows(world: World) -> None:
    instance_id = await of_fjord(world)

    nb, en = [await form(world, KARI, instance_id, language=language) for language in ("nb", "en")]

    assert [option["label"] for option in components(nb)["pick"]["options"]] == ["Rød", f"Known: {HUSH}"]
    assert components(en)["pick"]["options"] == [{"value": "r", "label": "Red"}]
    assert components(nb)["pickRow"]["options"] == [
        {"value": "Oak", "label": "Oak of Ada"},
        {"value": "Elm", "label": "Elm of Ada"},
    ]
    assert components(en)["pickRow"]["options"][0]["label"] == "Oak in Ada"
    assert components(nb)["name"]["options"] is None


async def test_secure_options_are_served_with_an_instance_only(world: World) -> None:
    look = """{ application(id: "ttd/forms") { form { codes: options(id: "codes") { label }
        pages { components { key options { label } } } } } }"""
    found = await form(world, OLA, await of_fjord(world))
    assert found["codes"] == [{"label": "Hush"}]
    assert components(found)["pickSecure"]["options"] == [{"value": "x", "label": "Hush"}]

    empty = (await asked(world, OLA, look))["application"]["form"]

    assert empty["codes"] == []
    assert components(empty)["pickSecure"]["options"] is None
    assert components(empty)["pick"]["options"] == [{"label": "Rød"}, {"label": "Known: -"}]


# Open and closed ------------------------------------------------------------------------------------------------------


def closed(found: Any) -> set[str]:
    return {key for key, item in components(found).items() if item["readOnly"]}


async def test_open_is_what_a_write_will_be_let_into(world: World) -> None:
    instance_id = await of_fjord(world)

    assert closed(await form(world, KARI, instance_id)) == {"letter", "fixed"}, "letters are the owner's"
    assert closed(await form(world, OLA, instance_id)) == {"letter", "fixed", "secretField"}
    assert closed(await form(world, TTD, instance_id)) == {"secretField"}


async def test_a_form_closes_with_its_task_and_opens_with_the_next(world: World) -> None:
    instance_id = await world.started(KARI, app=APP)
    await world.write(instance_id, KARI, data={"name": "Ada", "code": "x", "items": [{"what": "Oak"}]})
    opened = closed(await form(world, KARI, instance_id))
    await world.advance(instance_id, KARI)

    first, second = [await form(world, KARI, instance_id, task) for task in ("Task_1", "Task_2")]

    assert opened == {"letter", "fixed", "secretField"}, "Kari has no right to the secret in her own cases"
    assert closed(first) == set(components(first))
    assert closed(second) == {"seen", "comment"}, "it shows the data of the first task, which is locked"
    assert components(second)["seen"]["bindings"][0]["value"] == "Ada"

    await world.advance(instance_id, KARI, action="reject")
    assert closed(await form(world, KARI, instance_id)) == opened, "sent back"


async def test_a_deleted_case_is_closed_to_the_last_paragraph(world: World) -> None:
    instance_id = await world.started(KARI, "fjord", APP)
    await delete_instance(world.ports, KARI, DeleteInstance(instance_id=instance_id))

    found = await form(world, KARI, instance_id)

    assert closed(found) == set(components(found))


async def test_who_may_read_but_not_write_sees_a_closed_form(world: World) -> None:
    instance_id = await world.started(MARI, "dal", APP)
    await world.write(instance_id, MARI, data={"name": "Ada", "code": "x"})
    await world.advance(instance_id, MARI)

    found = await form(world, KARI, instance_id, "Task_2")

    assert closed(found) == {"seen", "comment"}


# authContext ----------------------------------------------------------------------------------------------------------


async def test_rules_may_ask_what_the_reader_may_do(world: World) -> None:
    instance_id = await world.started(MARI, "dal", APP)
    assert components(await form(world, MARI, instance_id))["forWriters"]["required"]
    await world.write(instance_id, MARI, data={"name": "Ada", "code": "x"})
    await world.advance(instance_id, MARI)

    assert not components(await form(world, KARI, instance_id))["forWriters"]["required"], "a member only reads"


async def test_the_gate_knows_who_stands_before_it(world: World) -> None:
    instance_id = await world.started(KARI, app=APP)
    await world.write(instance_id, KARI, data={"name": "Ada"})

    with pytest.raises(Refused) as caught:
        await world.advance(instance_id, KARI)

    assert [(issue.source, issue.field) for issue in caught.value.refusal.issues] == [("Required", "code")]
    assert caught.value.refusal.issues[0].message["nb"] == "forWriters lacks -"


async def test_a_rule_that_fails_is_told_once_to_the_owner_of_the_app(world: World) -> None:
    instance_id = await of_fjord(world)
    for _ in range(2):
        await form(world, KARI, instance_id)
    document = '{ application(id: "ttd/forms") { diagnostics { code elementId path message } } }'

    def failed(answer: Any) -> list[Any]:
        return [each for each in answer["application"]["diagnostics"] if each["code"] == "DG7110"]

    (told,) = failed(await asked(world, TTD, document))
    assert (told["elementId"], told["path"]) == ("main.broken", "hidden")
    assert "Unknown Auth context property fly" in told["message"]
    assert failed(await asked(world, KARI, document)) == []


# Versions -------------------------------------------------------------------------------------------------------------


async def registered(world: World, changes: dict[str, Any]) -> None:
    async with world.ports.database.transaction(app_worker("ttd", "forms")) as tx:
        await world.ports.catalogue.register(tx, forms_app(changes))


async def test_texts_and_layouts_float_while_models_stay(logins: Logins, tmp_path: Path) -> None:
    async with world_of(logins, tmp_path, apps=[forms_app()]) as world:
        instance_id = await world.started(KARI, app=APP)
        texts = [text for text in TEXTS if text["id"] != "main"]
        better = {"language": "nb", "resources": [*texts, {"id": "main", "value": "Better"}]}
        layout = {"data": {"layout": [*LAYOUT, {"id": "new", "type": "Paragraph"}]}}
        await registered(world, {"config/texts/resource.nb.json": better, "ui/form/layouts/main.json": layout})

        floated = await form(world, KARI, instance_id)
        assert floated["pages"][0]["title"] == "Better"
        assert "new" in components(floated)

        changed = {"models/model.schema.json": {**MODEL, "description": "changed"}}
        await registered(world, {"config/texts/resource.nb.json": better, **changed})

        pinned = await form(world, KARI, instance_id)
        assert pinned["pages"][0]["title"] == "Main -"
        assert "new" not in components(pinned)


# Cost -----------------------------------------------------------------------------------------------------------------


async def test_a_form_asks_the_database_nothing_for_its_components(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    statements: list[str] = []
    fetch = Snapshot.fetch

    async def counted(self: Snapshot, sql: str, *parameters: object) -> Any:
        statements.append(sql)
        return await fetch(self, sql, *parameters)

    monkeypatch.setattr(Snapshot, "fetch", counted)
    one = await world.started(KARI, "fjord", APP)
    many = await world.started(KARI, "fjord", APP)
    await world.write(many, KARI, data={"name": "Ada", "items": [{"what": str(number)} for number in range(500)]})
    asked_for: list[int] = []
    for instance_id in (one, many):
        statements.clear()
        found = await form(world, KARI, instance_id)
        asked_for.append(len(statements))
    assert len(components(found)) > 500
    assert asked_for[0] == asked_for[1]

    statements.clear()
    several = """query ($ids: [UUID!]) { instances(filter: {ids: $ids}) { edges { node { process { currentTask {
        form { pages { components { key } } } } } } } } }"""
    await asked(world, KARI, several, ids=[str(one), str(many)])
    both = len(statements)
    statements.clear()
    await asked(world, KARI, several, ids=[str(one)])
    assert both == len(statements), "nor for each of several instances of one party"
