"""Settings, texts, options, layouts and models as their files are found and read."""

import json
from typing import Any

import pytest

from dialog_graph.apps import load
from dialog_graph.apps.contents.layouts import LayoutKind
from tests.unit.apps.sample import METADATA, MODEL, SCHEMA, SETS, TEXTS, codes, data_type, files, loaded, metadata

NO_UI = {SETS: None, "ui/form/Settings.json": None, "ui/form/layouts/one.json": None}
PAGE: dict[str, Any] = {"data": {"layout": []}}


# settings


def test_the_file_of_the_environment_lies_over_the_common_one() -> None:
    changes = {
        "appsettings.json": {"AppSettings": {"XsdValidation": True, "RemoveHiddenData": True}},
        "appsettings.Production.json": {"appSettings": {"xsdvalidation": False}},
    }

    assert loaded(changes, "development").settings.xsd_validation is True
    assert loaded(changes, "production").settings.xsd_validation is False
    assert loaded(changes, "production").settings.remove_hidden_data is True


def test_the_environment_lies_over_the_files() -> None:
    given = files({"appsettings.json": {"AppSettings": {"RemoveHiddenData": False}}})
    variables = {
        "AppSettings__RemoveHiddenData": "True",
        "AppSettings__CacheResourceLifeTimeInSeconds": "5",
        "AppSettings__EFormidlingSender": "910",
        "FrontEndSettings__Phone": "800",
    }

    version, _ = load(given, "production", variables)

    assert version is not None
    settings = version.settings
    assert (settings.remove_hidden_data, settings.cache_seconds, settings.e_formidling_sender) == (True, 5, "910")
    assert dict(settings.front_end) == {"Phone": "800"}


def test_a_variable_that_is_wrong_is_told_without_its_text_and_the_files_are_not_blamed() -> None:
    given = files({"appsettings.json": {"AppSettings": {"RemoveHiddenData": True}}})
    variables = {"AppSettings__RemoveHiddenData": "s3cret", "AppSettings__CacheResourceLifeTimeInSeconds": "s3cret"}

    version, diagnostics = load(given, "development", variables)

    assert version is not None
    assert not version.can_be_activated
    told = [(item.code, item.line, item.message) for item in diagnostics if item.is_error]
    wrong = "expected {} at the environment variable AppSettings__{}, but it is another text"
    assert told == [
        ("DG3004", None, wrong.format("a whole number", "CacheResourceLifeTimeInSeconds")),
        ("DG3004", None, wrong.format("true or false", "RemoveHiddenData")),
    ]


def test_a_variable_keeps_the_spelling_that_the_file_has_for_its_key() -> None:
    """Some systems write the names of all variables in capitals."""
    given = files({"appsettings.json": {"FrontEndSettings": {"phone": "110"}}})

    version, _ = load(given, "development", {"FRONTENDSETTINGS__PHONE": "800", "FrontEndSettings__Mail": "a@b.test"})

    assert version is not None
    assert dict(version.settings.front_end) == {"phone": "800", "Mail": "a@b.test"}


def test_a_provider_of_log_ins_is_told_to_have_no_effect() -> None:
    given = files({"appsettings.json": {"AppSettings": {"AppOidcProvider": "uidp"}}})

    told = [(item.line is not None, item.message) for item in load(given, "development")[1] if item.code == "DG3020"]

    message = "AppOidcProvider has no effect in this version: the server's own log-in is used"
    assert told == [(True, message)]


def told(changes: dict[str, Any], code: str) -> list[tuple[str, int | None, str]]:
    """(file, line, message) of a code."""
    found = load(files(changes), "development")[1]
    return [(item.file, item.line, item.message) for item in found if item.code == code]


def test_a_secret_is_found_before_its_environment_is() -> None:
    secret = {"NetsPaymentSettings": {"SecretApiKey": "abc"}}

    found = told({"appsettings.Production.json": secret, "appsettings.Staging.json": "{"}, "DG3030")

    assert found == [("appsettings.Production.json", 1, "literal value of the secret NetsPaymentSettings.SecretApiKey")]


def test_switches_and_settings_that_nobody_knows_are_told() -> None:
    toml = (
        "strict_gatways = true\nweather = 'fine'\n[hook]\n  timeout = '2s'\n[external]\nanything = 'https://a.test'\n"
    )
    changes = {"dialog-graph.toml": toml, "appsettings.json": {"AppSettings": {"RemoveHidenData": True, "Other": 1}}}

    assert told(changes, "DG3005") == [
        ("appsettings.json", 1, 'unknown key "RemoveHidenData", did you mean "RemoveHiddenData"'),
        ("dialog-graph.toml", 1, 'unknown key "strict_gatways", did you mean "strict_gateways"'),
        ("dialog-graph.toml", 4, 'unknown key "hook.timeout", did you mean "hooks.timeout"'),
    ]
    assert told(changes, "DG3020") == [
        ("dialog-graph.toml", 2, "weather has no effect in this version: nothing knows it")
    ]


@pytest.mark.parametrize("zone", ["Europe/Osloo", "Europe", "", "../etc/passwd", "x" * 5_000, "\u0000"])
def test_a_time_zone_that_there_is_not_is_told_and_the_usual_one_holds(zone: str) -> None:
    """Dates are made with it: a wrong one would be found only when an instance runs."""
    for changes in (
        {"dialog-graph.toml": f"timezone = {json.dumps(zone)}\n"},
        {"appsettings.json": {"AppSettings": {"TimeZone": zone}}},
    ):
        version, found = load(files(changes), "development")

        assert version is not None
        assert version.settings.time_zone == "Europe/Oslo"
        assert [item.code for item in found if item.is_error] == (["DG3004"] if zone else [])


def test_switches_come_from_the_toml_file() -> None:
    text = """
strict_gateways = true
timezone = "Arctic/Longyearbyen"
process.max_transitions = 7
hooks.timeout = "250ms"
prefill.required = true
check.ignore = ["DG6102:Page1.heading"]
[external]
register = "https://register.example"
"""
    settings = loaded({"dialog-graph.toml": text}).settings

    assert settings.strict_gateways
    assert settings.max_transitions == 7
    assert settings.hook_timeout == 0.25
    assert settings.prefill_required
    assert settings.time_zone == "Arctic/Longyearbyen"
    assert settings.check_ignore == ("DG6102:Page1.heading",)
    assert dict(settings.external) == {"register": "https://register.example"}


@pytest.mark.parametrize(
    "text",
    [
        "strict_gateways = 1",
        "process.max_transitions = 0",
        "process = 3\ncheck = 4\nhooks = 2020-01-01\ntimezone = 5",
        "hooks.timeout = 5",
        "check.ignore = 'x'",
        "check.ignore = [1]",
        "external.a = 1",
    ],
)
def test_switches_of_another_type_are_reported_and_the_default_holds(text: str) -> None:
    assert "DG3004" in codes({"dialog-graph.toml": text}) or "process = 3" in text


def test_settings_of_another_type_are_reported() -> None:
    wrong = {"AppSettings": {"XsdValidation": "yes", "CacheResourceLifeTimeInSeconds": -1, "EFormidlingSender": 5}}

    assert codes({"appsettings.json": wrong}) >= {"DG3004"}
    assert codes({"appsettings.json": {"FrontEndSettings": {"a": []}}}) >= {"DG3004"}
    assert codes({"appsettings.json": []}) >= {"DG3004"}


def test_an_empty_secret_is_a_place_for_one() -> None:
    assert "DG3030" not in codes({"appsettings.json": {"NetsPaymentSettings": {"SecretApiKey": ""}}})


# texts


def test_a_text_is_looked_for_in_the_language_and_then_in_nb_nn_en() -> None:
    def resource(language: str, **texts: str) -> dict[str, Any]:
        return {"language": language, "resources": [{"id": key, "value": value} for key, value in texts.items()]}

    texts = loaded(
        {
            TEXTS: resource("nb", a="nb"),
            "config/texts/resource.en.json": resource("en", a="en", b="en"),
            "config/texts/resource.de.json": resource("de", a="de", c="de"),
        }
    ).texts

    assert [texts.get("a", language) for language in ("nb", "en", "de", "fr")] == ["nb", "en", "de", "nb"]
    assert [texts.get(key, "nb") for key in ("b", "c", "d")] == ["en", "de", None]
    assert texts.all("a") == {"nb": "nb", "en": "en", "de": "de"}
    assert texts.languages == ("nb", "en", "de")
    assert texts.filled("d", "nb", lambda variable: None) == "d"


def test_rows_that_editors_leave_blank_are_passed_over() -> None:
    rows = [{"id": "", "value": ""}, {"id": "a", "value": "A"}, {"id": "b"}]

    texts = loaded({TEXTS: {"language": "nb", "resources": rows}}).texts

    assert (texts.get("a", "nb"), texts.get("b", "nb"), texts.get("", "nb")) == ("A", "", None)


@pytest.mark.parametrize("rows", [5, [5], [{"value": "x"}], [{"id": "a", "value": 5}], [{"id": "a", "variables": 5}]])
def test_texts_of_another_type_are_reported(rows: Any) -> None:
    assert "DG3004" in codes({TEXTS: {"language": "nb", "resources": rows}})


def test_texts_that_refer_to_each_other_end() -> None:
    rows = [
        {"id": "a", "value": "<{0}>", "variables": [{"key": "b", "dataSource": "text"}]},
        {"id": "b", "value": "[{0}]", "variables": [{"key": "a", "dataSource": "text"}]},
    ]
    texts = loaded({TEXTS: {"language": "nb", "resources": rows}}).texts

    assert texts.filled("a", "nb", lambda variable: None) == "<[<[<[a]>]>]>"


# options


def test_options_keep_their_order_and_may_differ_by_language() -> None:
    version = loaded(
        {
            "options/o.json": [{"value": 1, "label": "one"}, {"Value": None, "Label": "none", "tags": {"a": 1}}],
            "options/o.en.json": [{"value": 1, "label": "One"}],
        }
    )
    options = version.options["o"]

    assert [(option.value, option.label) for option in options.get("nb")] == [(1, "one"), (None, "none")]
    assert [option.label for option in options.get("en")] == ["One"]


def test_the_number_1_and_true_are_two_options() -> None:
    rows = [{"value": 1, "label": "a"}, {"value": True, "label": "b"}, {"value": "1", "label": "c"}]

    assert len(loaded({"options/o.json": rows}).options["o"].get("nb")) == 3


# layouts


@pytest.mark.parametrize(
    ("changes", "kind", "pages", "data_type_id"),
    [
        ({}, LayoutKind.LAYOUT_SETS, ("one",), "model"),
        (
            {
                **NO_UI,
                "ui/Task_1/Settings.json": {"defaultDataType": "xml", "pages": {"groups": [{"order": ["a"]}]}},
                "ui/Task_1/layouts/a.json": PAGE,
            },
            LayoutKind.TASK_FOLDERS,
            ("a",),
            "xml",
        ),
        (
            {
                **NO_UI,
                "ui/layouts/a.json": PAGE,
                "ui/layouts/b.json": PAGE,
                "ui/Settings.json": {"pages": {"order": ["b", "a"]}},
            },
            LayoutKind.FLAT,
            ("b", "a"),
            "model",
        ),
        ({**NO_UI, "ui/FormLayout.json": PAGE}, LayoutKind.OLDEST, ("FormLayout",), "model"),
    ],
)
def test_the_folder_forms_are_recognised(
    changes: dict[str, Any], kind: LayoutKind, pages: tuple[str, ...], data_type_id: str
) -> None:
    version = loaded(changes)
    form = version.layouts.of_task("Task_1")

    assert version.layouts.kind is kind
    assert form is not None
    assert form.pages == pages
    assert version.default_data_type("Task_1") == data_type_id


def test_a_flat_form_shows_the_data_of_the_first_data_task_everywhere() -> None:
    changes = {**NO_UI, "ui/layouts/a.json": PAGE}

    assert loaded(changes).default_data_type("Task_2") == "model"
    assert loaded().default_data_type("Task_2") is None


def test_pages_hold_their_components_and_sets_their_settings() -> None:
    settings = {"pages": {"order": ["one"], "showProgress": True}}
    page = {"data": {"layout": [{"id": "a", "type": "Input"}, {"id": "b", "type": "Group", "children": ["a"]}]}}
    version = loaded({"ui/form/Settings.json": settings, "ui/form/layouts/one.json": page})

    form = version.layouts.sets["form"]

    assert form.settings == settings
    assert form.component_ids == version.layouts.component_ids == {"a", "b"}
    assert [component.id for component in form.contents[0].components] == ["b"]


def test_an_app_without_forms_is_headless() -> None:
    version = loaded(NO_UI)

    assert version.layouts.kind is LayoutKind.NONE
    assert "DG9003" in {item.code for item in version.diagnostics}


# models


@pytest.mark.parametrize(
    ("logic", "present", "chosen"),
    [
        ({"schemaRef": "b"}, ["a", "b", "model"], "b"),
        ({"classRef": "X.Y.b"}, ["a", "b", "model"], "model"),
        ({"classRef": "X.Y.b"}, ["a", "b"], "b"),
        ({"classRef": "X.MyForm_V1"}, ["a", "my-form.v1"], "my-form.v1"),
        ({"classRef": "X.Nowhere"}, ["a"], "a"),
        ({"classRef": "X.Nowhere"}, ["a", "b"], None),
    ],
)
def test_the_model_is_found_by_the_first_rule_that_gives_one(
    logic: dict[str, str], present: list[str], chosen: str | None
) -> None:
    changes: dict[str, Any] = {SCHEMA: None} | {f"models/{name}.schema.json": MODEL for name in present}
    changes[METADATA] = metadata(dataTypes=[metadata()["dataTypes"][0] | {"appLogic": logic}])

    model = loaded(changes).models["model"]

    assert model.schema_file == (f"models/{chosen}.schema.json" if chosen else None)
    assert model.is_open is (chosen is None)


@pytest.mark.parametrize(
    "schema",
    [
        {"info": {"rootNode": "#/$defs/F"}, "$defs": {"F": MODEL}},
        {"info": {"rootNode": "/$defs/F"}, "$defs": {"F": MODEL}},
        {"oneOf": [{"$ref": "#/definitions/F"}], "definitions": {"F": MODEL}},
        {
            "$schema": "http://json-schema.org/schema#",
            "properties": {"m": {"$ref": "#/definitions/F"}},
            "definitions": {"F": {**MODEL, "$schema": None}},
        },
        {"$schema": "http://json-schema.org/draft-07/schema#", **{k: v for k, v in MODEL.items() if k != "$schema"}},
        {
            "allOf": [
                {"properties": {"name": {"type": "string", "maxLength": 20}}},
                {"required": ["name"], "properties": {"age": {"type": "integer"}}},
            ],
            "$id": "http://x/y",
        },
    ],
)
def test_the_root_of_a_schema_is_found(schema: dict[str, Any]) -> None:
    schema = {
        name: {k: {a: b for a, b in v.items() if b is not None} for k, v in value.items()}
        if name == "definitions"
        else value
        for name, value in schema.items()
    }
    model = loaded({SCHEMA: schema}).models["model"]

    assert list(model.shape.members)[:2] == ["name", "age"]
    assert model.validator is not None
    assert model.validator.is_valid({"name": "x"})
    assert not model.validator.is_valid({})


BROKEN: list[Any] = [
    {"$schema": "http://example.com/other"},
    {"$ref": "#/$defs/nowhere"},
    {"info": {"rootNode": "#/nowhere"}},
    {"properties": 5},
    {"properties": {"a": {"pattern": "["}}},
    {"type": 7, "items": [[]], "required": "x"},
]


@pytest.mark.parametrize(
    "schema",
    BROKEN,
)
def test_a_schema_that_does_not_compile_is_reported(schema: dict[str, Any]) -> None:
    assert "DG5002" in codes({SCHEMA: schema})


def test_a_schema_that_refers_to_itself_ends() -> None:
    schema = {
        "type": "object",
        "properties": {"child": {"$ref": "#"}, "a": {"$ref": "#/$defs/a"}},
        "$defs": {"a": {"allOf": [{"$ref": "#/$defs/b"}]}, "b": {"anyOf": [{"$ref": "#/$defs/a"}, {"type": "string"}]}},
    }

    model = loaded({SCHEMA: schema}).models["model"]

    assert model.shape.at(("child", "child", "child")) is not None
    assert model.shape.at(("child", "nowhere")) is None


def test_a_long_chain_of_references_is_followed_without_recursion() -> None:
    chain = {f"d{n}": {"properties": {"x": {"$ref": f"#/$defs/d{n + 1}"}}} for n in range(2_000)}
    schema = {"info": {}, "type": "object", "properties": {"a": {"$ref": "#/$defs/d0"}}, "$defs": chain | {"d2000": {}}}

    model = loaded({SCHEMA: schema}).models["model"]

    assert model.shape.at(("a", *["x"] * 1_999)) is not None


def test_both_schema_and_xsd_say_what_is_in_the_form() -> None:
    xsd = (
        '<x:schema xmlns:x="http://www.w3.org/2001/XMLSchema"><x:include schemaLocation="part.xsd"/>'
        '<x:element name="Form"><x:complexType><x:sequence><x:element name="age" type="x:string"/>'
        '<x:element name="name" type="Name"/></x:sequence></x:complexType></x:element></x:schema>'
    )
    part = (
        '<x:schema xmlns:x="http://www.w3.org/2001/XMLSchema"><x:simpleType name="Name">'
        '<x:restriction base="x:string"/></x:simpleType></x:schema>'
    )
    model = loaded({"models/model.xsd": xsd, "models/part.xsd": part}).models["model"]

    assert list(model.shape.members)[:3] == ["age", "name", "price"]
    assert model.shape.members["age"].kind.value == "integer"
    assert model.root_name == "Form"


def test_a_type_without_logic_has_no_model() -> None:
    assert "file" not in loaded({METADATA: data_type()}).models
