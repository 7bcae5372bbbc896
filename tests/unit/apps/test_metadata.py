"""What `applicationmetadata.json` says, in any casing and spelling that is in use."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from dialog_graph.apps import ApplicationMetadata, PartyType
from dialog_graph.apps.contents.metadata import DataType
from tests.unit.apps.sample import METADATA, codes, data_type, loaded, metadata


def read(**changes: Any) -> ApplicationMetadata:
    return loaded({METADATA: metadata(**changes)}).metadata


def row(index: int = 0, **changes: Any) -> DataType:
    return loaded({METADATA: data_type(index, **changes)}).metadata.data_types[index]


def test_everything_that_may_be_said_is_read() -> None:
    value = read(
        description={"nb": "Om [ORG]/[app]"},
        validFrom="2026-01-01T00:00:00",
        validTo="2027-01-01T00:00:00+01:00",
        partyTypesAllowed={"person": True, "organisation": False},
        disallowUserInstantiation=True,
        preventInstanceDeletionForDays=30,
        onEntry={"show": "select-instance", "instanceSelection": {"rowsPerPageOptions": [5, 10]}},
        messageBoxConfig={
            "hideSettings": {"hideAlways": False, "hideOnTask": ["Task_1"]},
            "syncAdapterSettings": {"disableSyncDueAt": True, "enableUserSuppliedDialogId": True},
        },
        copyInstanceSettings={"enabled": True, "excludedDataTypes": ["file"]},
        apiScopes={"users": {"read": "altinn:[app].read"}, "errorMessageTextResourceKey": "k"},
        keywords=["a"],
        logo={"size": "small"},
    )

    assert value.description["nb"] == "Om ttd/sample"
    assert value.is_open(datetime(2026, 1, 1, tzinfo=UTC))
    assert not value.is_open(datetime(2025, 12, 31, 23, 59, tzinfo=UTC))
    assert not value.is_open(datetime(2026, 12, 31, 23, 0, tzinfo=UTC))
    assert value.allows_party(PartyType.PERSON)
    assert not value.allows_party(PartyType.SUB_UNIT)
    assert value.disallow_user_instantiation
    assert value.prevent_instance_deletion_for_days == 30
    assert value.on_entry.rows_per_page_options == (5, 10)
    assert value.message_box.is_hidden("Task_1")
    assert not value.message_box.is_hidden(None)
    assert value.message_box.sync.disable_sync_due_at
    assert not value.message_box.sync.disable_sync
    assert value.copy_instance.excluded_data_types == ("file",)
    assert value.api_scopes.users_read == "altinn:sample.read"
    assert dict(value.resource_description) == {"keywords": ["a"], "logo": {"size": "small"}}


def test_all_party_types_false_means_all_are_allowed() -> None:
    value = read(partyTypesAllowed={kind.value: False for kind in PartyType})

    assert all(value.allows_party(kind) for kind in PartyType)


def test_a_data_type_of_the_file_and_the_implicit_one() -> None:
    version = loaded()

    assert list(version.data_types) == ["model", "xml", "file", "ref-data-as-pdf"]
    model, xml, file, pdf = version.data_types.values()
    assert (model.is_form, model.auto_create, model.is_xml, model.wire_content_type) == (
        True,
        True,
        False,
        "application/json",
    )
    assert (xml.is_xml, xml.wire_content_type) == (True, "application/xml")
    assert (file.is_form, file.max_size, file.max_count) == (False, 1 << 20, 2)
    assert (pdf.is_implicit, pdf.is_app_owned, pdf.task_id) == (True, True, None)
    assert version.types_of_task(None) == (pdf,)
    assert [t.id for t in version.types_of_task("Task_1")] == ["model", "xml", "file"]


@pytest.mark.parametrize(
    ("allowed", "is_xml"),
    [
        (["application/json"], False),
        (["application/json; charset=utf-8"], False),
        (["application/JSON", "application/xml"], True),
        (["application/xml"], True),
        ([], True),
    ],
)
def test_json_is_the_wire_format_only_where_xml_is_not_allowed(allowed: list[str], is_xml: bool) -> None:
    assert row(allowedContentTypes=allowed).is_xml is is_xml


def test_keys_are_read_in_any_case_and_comments_and_commas_are_accepted() -> None:
    text = json.dumps(metadata()).replace('"classRef"', '"ClassRef"').replace('"maxCount"', '"MAXCOUNT"')
    text = "\ufeff// comment\n" + text.replace('"org"', '/* x */ "org"')[:-1] + ",}"

    version = loaded({METADATA: text})

    assert version.metadata.data_types[0].max_count == 1
    assert "DG1004" not in {item.code for item in version.diagnostics}


def test_both_spellings_of_the_contributors_count_together() -> None:
    value = row(2, allowedContributors=["org:skd"], allowedContributers=["app:owned", "org:skd"])

    assert value.allowed_contributors == ("org:skd", "app:owned")


def test_the_misspelt_ban_on_deletion_holds() -> None:
    assert row(2, diallowUserDelete=True).disallow_user_delete
    assert row(appLogic={"schemaRef": "model", "disallowUserCreate": True}).disallow_user_create


def test_residue_of_editors_has_no_effect_and_is_not_reported() -> None:
    changes = data_type(appLogic={"schemaRef": "model", "allowUserCreate": False, "allowUserDelete": False})

    assert codes({METADATA: changes}) == {"DG2202"}
    assert not row(appLogic={"schemaRef": "model", "allowUserDelete": False}).disallow_user_delete


def test_metadata_keys_are_free_unless_listed() -> None:
    assert row().allows_metadata_key("any")
    limited = row(allowedKeysForUserDefinedMetadata=["a"])
    assert (limited.allows_metadata_key("a"), limited.allows_metadata_key("b")) == (True, False)


OTHER_TYPES: list[Any] = [
    "x",
    5,
    "null",
    [],
    {"id": 5},
    {"id": "ttd/sample", "dataTypes": "x"},
    {"id": "ttd/sample", "dataTypes": [5, {}, None]},
]


@pytest.mark.parametrize(
    "value",
    OTHER_TYPES,
)
def test_other_types_than_expected_are_findings(value: Any) -> None:
    assert codes({METADATA: value}) & {"DG3001", "DG3004", "DG1004"}


def test_an_id_longer_than_a_name_may_be_is_told() -> None:
    assert "DG1003" in codes({METADATA: data_type(id="x" * 256)})


@pytest.mark.parametrize("id", ["", "ttd", "TTD/a", "t/a", "ttd/1a", "ttd/a/b", "[ORG]", "ttd/[APP] x"])
def test_an_id_that_is_none_gives_no_version(id: str) -> None:
    assert "DG3001" in codes({METADATA: metadata(id=id)})
