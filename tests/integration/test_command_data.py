"""Writing data by every road: who may, when, what is refused in which order, and what stands afterwards.

Process rules §6.5 and §7.3, security rules §5 (data types).
"""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest

from dialog_graph.commands.add_data_element import Upload, add_data_element, check_upload
from dialog_graph.commands.delete_data_element import DeleteDataElement, DeleteDataElementResult, delete_data_element
from dialog_graph.commands.delete_instance import DeleteInstance, delete_instance
from dialog_graph.commands.record_download import record_download
from dialog_graph.commands.step import Given, Work, in_step
from dialog_graph.commands.write_form_data import WriteFormData, write_form_data
from dialog_graph.errors import NOT_FOUND
from dialog_graph.model.instance import Lock
from dialog_graph.model.principal import Principal
from dialog_graph.policy import Permit
from dialog_graph.storage.logins import Logins
from tests.integration.case_app import DATA_TYPES
from tests.integration.case_world import FORM, JON, KARI, MARI, NABO, OLA, TTD, World, world_of

Act = Callable[[], Awaitable[object]]


@pytest.fixture(scope="module")
async def world(module_logins: Logins, tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[World]:
    async with world_of(module_logins, Path(tmp_path_factory.mktemp("data"))) as world:
        yield world


def forms(world: World, instance_id: UUID, who: Principal, **given: Any) -> Act:
    return lambda: write_form_data(world.ports, who, WriteFormData(instance_id=instance_id, **given))


def removal(world: World, instance_id: UUID, who: Principal, element_id: UUID, **given: Any) -> Act:
    wanted = DeleteDataElement(instance_id=instance_id, data_element_id=element_id, **given)
    return lambda: delete_data_element(world.ports, who, wanted)


# Locks: every road in every state of the process ----------------------------------------------------------------------

ROADS = ("write", "patch", "upload", "put", "delete")
FILES = {"Task_1": "file", None: "loose"}


async def standing(world: World, state: str) -> tuple[UUID, dict[str, UUID]]:
    """An instance in a state, with an element of each kind that is written below."""
    instance_id = await world.filled()
    elements = {name: (await world.upload(instance_id, name)).data_element_id for name in ("file", "loose")}
    elements["model"] = (await world.element(instance_id, "model")).element_id
    if state in ("Task_2", "ended"):
        await world.advance(instance_id)
        elements["note"] = (await world.upload(instance_id, "note")).data_element_id
    if state == "ended":
        await world.advance(instance_id)
    if state in ("deleted", "back"):
        pass
    if state == "back":
        await world.advance(instance_id)
        await world.advance(instance_id, action="reject")
    if state == "deleted":
        await delete_instance(world.ports, KARI, DeleteInstance(instance_id=instance_id))
    return instance_id, elements


def road(world: World, case: tuple[UUID, dict[str, UUID]], name: str, data_type: str, who: Principal) -> Act:
    instance_id, elements = case
    form: dict[str, Any] = {"data_type": "model"}
    roads: dict[str, Act] = {
        "write": forms(world, instance_id, who, data={"name": uuid4().hex[:8]}, **form),
        "patch": forms(
            world, instance_id, who, patch=[{"op": "replace", "path": "/name", "value": uuid4().hex[:8]}], **form
        ),
        "upload": lambda: world.upload(instance_id, data_type, who),
        "put": lambda: world.upload(instance_id, None, who, data_element_id=elements[data_type]),
        "delete": removal(world, instance_id, who, elements[data_type]),
    }
    return roads[name]


OPEN = {"Task_1": ("Task_1", "back"), None: ("Task_1", "Task_2", "back")}
STATES = ("Task_1", "Task_2", "back", "ended", "deleted")


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("who", [KARI, TTD], ids=["party", "owner"])
async def test_every_road_obeys_the_one_rule_of_locks(world: World, state: str, who: Principal) -> None:
    """Types of a task are open while the task is active, types without a task while the instance is; for everybody."""
    case = await standing(world, state)
    for task, data_type in FILES.items():
        for name in ROADS if task else ("put", "upload", "delete"):
            act = road(world, case, name, data_type, who)
            if state in OPEN[task]:
                await act()
            else:
                assert await world.code(case[0], act) == "DATA_LOCKED", (name, data_type)


@pytest.mark.parametrize("state", STATES)
async def test_the_owner_may_always_add_its_own_types_without_task(world: World, state: str) -> None:
    """The one exception: adding. Overwriting and deleting what was added stays locked after the end."""
    case = await standing(world, state)
    added = await world.upload(case[0], "letter", TTD)
    assert added.is_new
    assert (await world.element(case[0], "letter")).is_read is False
    assert await world.code(case[0], lambda: world.upload(case[0], "letter", KARI)) in {"FORBIDDEN", "DATA_LOCKED"}
    again: Act = lambda: world.upload(case[0], None, TTD, data_element_id=added.data_element_id)  # noqa: E731
    if state in ("ended", "deleted"):
        assert await world.code(case[0], again) == "DATA_LOCKED"
        assert await world.code(case[0], removal(world, case[0], TTD, added.data_element_id)) == "DATA_LOCKED"
    else:
        await again()


async def test_what_the_app_owns_nobody_writes(world: World) -> None:
    instance_id = await world.started()
    for who in (KARI, TTD):
        assert await world.code(instance_id, lambda who=who: world.upload(instance_id, "owned", who)) == "FORBIDDEN"


async def test_rights_at_one_task_are_none_at_the_next(world: World) -> None:
    """The accountant writes in Task_1 only; in Task_2 it still may read nothing and write nothing."""
    instance_id = await world.started(KARI, "fjord")
    await world.write(instance_id, OLA)
    await world.advance(instance_id)
    upload: Act = lambda: world.upload(instance_id, "note", OLA)  # noqa: E731
    assert await world.code(instance_id, upload) == "FORBIDDEN"


# Types with demands of their own --------------------------------------------------------------------------------------


async def test_a_type_may_ask_for_an_action_beyond_write(world: World) -> None:
    instance_id = await world.started(KARI, "fjord")
    assert await world.code(instance_id, forms(world, instance_id, OLA, data_type="secret", data=FORM)) == "FORBIDDEN"
    await forms(world, instance_id, KARI, data_type="secret", data=FORM)()


async def test_hidden_data_cannot_be_felt_by_patching_it(world: World) -> None:
    """Whoever may write but not read would learn by `test` operations, and by the answer, what the form holds."""
    instance_id = await world.started(MARI, "dal")
    await forms(world, instance_id, MARI, data_type="secret", data=FORM)()
    probe = [{"op": "test", "path": "/name", "value": "Kari"}]
    for patch in (probe, []):
        patching = forms(world, instance_id, MARI, data_type="secret", patch=patch)
        assert await world.refused(instance_id, patching) == NOT_FOUND


async def test_a_gate_does_not_tell_what_is_wrong_with_hidden_data(world: World) -> None:
    """The task stays, but the field and the element are not named."""
    instance_id = await world.started(MARI, "dal")
    await world.write(instance_id, MARI)
    await forms(world, instance_id, MARI, data_type="secret", data={})()
    refusal = await world.refused(instance_id, lambda: world.advance(instance_id, MARI))
    assert (refusal.code, refusal.issues) == ("VALIDATION_FAILED", ())


async def test_people_neither_make_nor_delete_what_the_type_forbids_them(world: World) -> None:
    instance_id = await world.started()
    assert await world.code(instance_id, lambda: world.upload(instance_id, "fixed")) == "FORBIDDEN"
    made = (await world.upload(instance_id, "fixed", TTD)).data_element_id
    assert await world.code(instance_id, removal(world, instance_id, KARI, made)) == "FORBIDDEN"
    await world.upload(instance_id, None, KARI, data_element_id=made)
    await removal(world, instance_id, TTD, made)()


async def test_no_more_elements_than_the_type_allows(world: World) -> None:
    instance_id = await world.started()
    for _ in range(2):
        await world.upload(instance_id, "file")
    refusal = await world.refused(instance_id, lambda: world.upload(instance_id, "file"))
    assert (refusal.code, [issue.code for issue in refusal.issues]) == (
        "VALIDATION_FAILED",
        ["TooManyDataElementsOfType"],
    )


@pytest.mark.parametrize(
    ("given", "issue"),
    [
        ({"content_type": "application/pdf"}, "ContentTypeNotAllowed"),
        ({"content_type": ""}, "MissingContentType"),
        ({"filename": None}, "MissingFileName"),
    ],
)
async def test_files_are_checked_before_a_byte_is_stored(world: World, given: dict[str, Any], issue: str) -> None:
    instance_id = await world.started()
    refusal = await world.refused(instance_id, lambda: world.upload(instance_id, "file", **given))
    assert [item.code for item in refusal.issues] == [issue]


async def test_a_file_above_the_types_size_is_too_large(world: World) -> None:
    instance_id = await world.started()
    large = b"x" * ((1 << 20) + 1)
    assert (
        await world.code(instance_id, lambda: world.upload(instance_id, "file", content=large)) == "PAYLOAD_TOO_LARGE"
    )


async def test_new_content_without_a_name_keeps_the_old_name(world: World) -> None:
    instance_id = await world.started()
    made = (await world.upload(instance_id, "file", filename="lease.txt")).data_element_id
    await world.upload(instance_id, None, data_element_id=made, filename=None, content=b"new")
    element = await world.element(instance_id, "file")
    assert (element.filename, element.size, element.revision) == ("lease.txt", 3, 2)


# Form data ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "given",
    [
        {"data_type": "model"},
        {"data_type": "model", "data": FORM, "patch": []},
        {"data": FORM},
        {"data_type": "model", "data_element_id": uuid4(), "data": FORM},
        {"data_type": "model", "data": [1]},
        {"data_type": "model", "data": {"name": "a\0b"}},
        {"data_type": "model", "data": {"name\0": "a"}},
        {"data_type": "model", "data": {"name": "\ud800"}},
        {"data_type": "model", "data": {"items": float("inf")}},
        {"data_type": "model", "patch": [{"op": "add", "path": "/name", "value": "\0"}]},
        {"data_type": "model", "patch": {"op": "add"}},
        {"data_type": "model", "patch": [{"op": "test", "path": "/name", "value": "nobody"}]},
        {"data_type": "file", "data": FORM},
        {"data_type": "rows", "patch": []},
        {"data_type": "xmlform", "data": {"name": "\x01"}},
    ],
)
async def test_wrong_form_data_is_told_as_wrong_input(world: World, given: dict[str, Any]) -> None:
    instance_id = await world.started()
    assert await world.code(instance_id, forms(world, instance_id, KARI, **given)) == "INVALID_INPUT"


@pytest.mark.parametrize("given", [{"data_type": "nothing"}, {"data_element_id": uuid4()}])
async def test_unknown_types_and_elements_are_not_found(world: World, given: dict[str, Any]) -> None:
    instance_id = await world.started()
    assert await world.code(instance_id, forms(world, instance_id, KARI, data=FORM, **given)) == "NOT_FOUND"


async def test_a_type_with_several_forms_wants_the_element_named(world: World) -> None:
    instance_id = await world.started()
    body = b'{"name": "x"}'
    for _ in range(2):
        upload = Upload(instance_id=instance_id, data_type="rows", content_type="application/json")
        await add_data_element(world.ports, KARI, upload, body)
    assert (
        await world.code(instance_id, forms(world, instance_id, KARI, data_type="rows", data=FORM)) == "INVALID_INPUT"
    )


async def test_an_element_of_another_instance_is_not_found(world: World) -> None:
    mine, other = await world.started(), await world.started()
    element = await world.element(other, "model")
    given = {"data_element_id": element.element_id, "data": FORM}
    assert await world.code(mine, forms(world, mine, KARI, **given)) == "NOT_FOUND"
    assert await world.code(mine, removal(world, mine, KARI, element.element_id)) == "NOT_FOUND"
    put: Act = lambda: world.upload(mine, None, data_element_id=element.element_id)  # noqa: E731
    assert await world.code(mine, put) == "NOT_FOUND"


async def test_the_same_form_again_writes_nothing(world: World) -> None:
    instance_id = await world.filled()
    before = await world.state(instance_id)
    await world.write(instance_id)
    assert await world.state(instance_id) == before


async def test_a_patch_that_would_make_a_huge_document_is_too_large(world: World) -> None:
    """Copies of one long text are cheap in memory and endless on disk: the size is added up before they are written."""
    instance_id = await world.filled()
    text = "x" * 100_000
    patch: list[Any] = [{"op": "add", "path": "/items", "value": [text] * 2}]
    patch += [{"op": "copy", "from": "/items", "path": "/items/-"} for _ in range(8)]
    for _ in range(3):
        await_code = await world.code(instance_id, forms(world, instance_id, KARI, data_type="model", patch=patch))
        assert await_code == "PAYLOAD_TOO_LARGE"


# Order of checks ------------------------------------------------------------------------------------------------------


async def test_strangers_learn_nothing_whatever_else_is_wrong(world: World) -> None:
    """Unknown instance, foreign instance, foreign tenant: the same bytes, also with a wrong revision or type."""
    instance_id = await world.confirming()
    found = [
        await world.refused(None, forms(world, uuid4(), KARI, data_type="model", data=FORM)),
        await world.refused(instance_id, forms(world, instance_id, JON, data_type="model", data=FORM)),
        await world.refused(instance_id, forms(world, instance_id, NABO, data_type="x", data=FORM)),
        await world.refused(
            instance_id, forms(world, instance_id, JON, data_type="model", data=FORM, expected_revision=99)
        ),
        await world.refused(instance_id, removal(world, instance_id, JON, uuid4(), expected_revision=99)),
        await world.refused(instance_id, lambda: world.upload(instance_id, "loose", JON, expected_revision=99)),
    ]
    assert found == [NOT_FOUND] * len(found)


async def test_revision_then_type_then_lock_then_right_then_rules(world: World) -> None:
    """Each refusal hides those behind it (process rules §6.5)."""
    instance_id = await world.confirming(KARI, "fjord")
    revision = (await world.load(instance_id)).revision
    refusal = await world.refused(
        instance_id, forms(world, instance_id, OLA, data_type="nothing", data=FORM, expected_revision=99)
    )
    assert (refusal.code, refusal.current_revision) == ("CONCURRENCY", revision)
    assert await world.code(instance_id, forms(world, instance_id, OLA, data_type="nothing", data=FORM)) == "NOT_FOUND"
    assert await world.code(instance_id, forms(world, instance_id, OLA, data_type="model", data=FORM)) == "DATA_LOCKED"
    upload: Act = lambda: world.upload(instance_id, "note", OLA, content_type="x/y")  # noqa: E731
    assert await world.code(instance_id, upload) == "FORBIDDEN"
    wrong: Act = lambda: world.upload(instance_id, "note", KARI, content_type="x/y")  # noqa: E731
    assert await world.code(instance_id, wrong) == "VALIDATION_FAILED"


# Keys -----------------------------------------------------------------------------------------------------------------


async def test_an_upload_is_answered_as_the_first_time_whatever_happened_since(world: World) -> None:
    """The repeat comes when the type is full, the revision has moved on and the task is over; its file is not kept."""
    instance_id = await world.filled()
    await world.upload(instance_id, "file")
    given: dict[str, Any] = {"idempotency_key": "up", "expected_revision": 3, "content_sha256": "a"}
    first = await world.upload(instance_id, "file", **given)
    await world.advance(instance_id)
    before = await world.state(instance_id)
    upload = Upload(instance_id=instance_id, data_type="file", content_type="text/plain", filename="a.txt", **given)
    assert (await check_upload(world.ports, KARI, upload)).is_repeat
    assert await add_data_element(world.ports, KARI, upload, None) == first
    other = replace(upload, content_sha256="b")
    assert await world.code(instance_id, lambda: add_data_element(world.ports, KARI, other, None)) == (
        "IDEMPOTENCY_MISMATCH"
    )
    assert await world.state(instance_id) == before


async def test_a_file_received_twice_at_once_under_one_key_stands_once(world: World) -> None:
    instance_id = await world.started()
    before = {path.name for path in world.blobs.rglob("*") if path.is_file()}
    given: dict[str, Any] = {"idempotency_key": "twice", "content_sha256": "a"}
    results = await asyncio.gather(*(world.upload(instance_id, "loose", **given) for _ in range(4)))
    assert len(set(results)) == 1
    assert len([item for item in (await world.load(instance_id)).elements if item.data_type == "loose"]) == 1
    after = {path.name for path in world.blobs.rglob("*") if path.is_file()}
    assert len(after - before) == 1


async def test_keyed_writes_and_deletions_happen_once(world: World) -> None:
    instance_id = await world.started()
    given: dict[str, Any] = {"idempotency_key": "form", "data": {"name": "Once"}}
    first = await world.write(instance_id, **given)
    await world.write(instance_id, data={"name": "Later"})
    assert await world.write(instance_id, **given) == first
    assert (await world.load(instance_id)).presentation_texts == {"name": "Later"}
    made = (await world.upload(instance_id, "file")).data_element_id
    remove = removal(world, instance_id, KARI, made, idempotency_key="gone")
    assert await remove() == await remove()
    wrong = forms(world, instance_id, KARI, data_type="model", data={"name": "Other"}, idempotency_key="form")
    assert await world.code(instance_id, wrong) == "IDEMPOTENCY_MISMATCH"


# Downloads ------------------------------------------------------------------------------------------------------------


async def test_downloads_are_remembered_beside_the_stream_of_changes(world: World) -> None:
    """No revision, no event; the same version by the same org counts once."""
    instance_id = await world.ended()
    element = await world.element(instance_id, "model")
    before = (await world.load(instance_id)).revision, await world.events(instance_id)
    for _ in range(2):
        await record_download(world.ports, TTD, element)
    found = await world.element(instance_id, "model")
    assert [(item.org, item.sha256) for item in found.downloads] == [("ttd", element.sha256)]
    assert ((await world.load(instance_id)).revision, await world.events(instance_id)) == before


async def test_a_step_does_not_forget_a_download_that_it_has_not_seen(world: World) -> None:
    """A step that was under way wrote the element back as it had read it: the download between was lost."""
    instance_id = await world.filled()
    await world.upload(instance_id, "letter", TTD)
    element = await world.element(instance_id, "letter")

    async def body(work: Work) -> tuple[Permit, DeleteDataElementResult]:
        permit = await work.authorize(None, ("write",))
        await record_download(world.ports, KARI, element)
        await record_download(world.ports, TTD, element)
        work.put_element(replace(work.element(element.element_id), lock=Lock.MANUAL), content=False)
        work.put_element(replace(await world.element(instance_id, "model"), size=1), content=True)
        work.record("app.instance.data.locked")
        return permit, DeleteDataElementResult(instance_id=instance_id)

    await in_step(world.ports, TTD, Given(instance_id=instance_id), DeleteDataElementResult, body)
    found = await world.element(instance_id, "letter")
    assert (found.lock, found.is_read, len(found.downloads)) == (Lock.MANUAL, True, 1)


async def test_foreign_hands_mark_nothing(world: World) -> None:
    instance_id = await world.started()
    await world.upload(instance_id, "letter", TTD)
    element = await world.element(instance_id, "letter")
    for who in (JON, NABO):
        await record_download(world.ports, who, element)
    found = await world.element(instance_id, "letter")
    assert (found.is_read, found.downloads) == (False, ())


def test_the_roads_know_every_type_of_the_app() -> None:
    """A new type in the app must be thought of here."""
    assert {item["id"] for item in DATA_TYPES} == {
        "model", "rows", "secret", "xmlform", "file", "fixed", "hidden", "loose", "letter", "owned", "note",
    }  # fmt: skip
