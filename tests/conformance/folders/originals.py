"""The app folders that are damaged: our own examples, one that has every kind of file, and the corpus where it is."""

import os
from functools import cache
from pathlib import Path

from dialog_graph.apps import Files, read_folder
from tests.unit.apps.sample import files as sample

ROOT = Path(__file__).resolve().parents[3]
OWN = (ROOT / "apps/ttd", ROOT / "tests/data/apps/ttd")

EVERYTHING = {
    "models/model.xsd": (
        '<s:schema xmlns:s="http://www.w3.org/2001/XMLSchema"><s:include schemaLocation="parts/address.xsd"/>'
        '<s:element name="model"><s:complexType><s:sequence><s:element name="name" type="s:string"/>'
        '<s:element name="age" type="s:integer" minOccurs="0"/><s:element name="address" type="Address" minOccurs="0"/>'
        '<s:element name="rows" minOccurs="0" maxOccurs="99"><s:complexType><s:group ref="row"/></s:complexType>'
        "</s:element></s:sequence></s:complexType></s:element></s:schema>"
    ),
    "models/parts/address.xsd": (
        '<s:schema xmlns:s="http://www.w3.org/2001/XMLSchema"><s:complexType name="Address"><s:sequence>'
        '<s:element name="city" type="s:string"/></s:sequence><s:attribute name="code" type="Code"/></s:complexType>'
        '<s:group name="row"><s:choice><s:element name="item" type="s:string"/>'
        '<s:element name="cost" type="s:decimal"/></s:choice></s:group><s:simpleType name="Code">'
        '<s:restriction base="s:string"><s:pattern value="[0-9]{4}"/></s:restriction></s:simpleType></s:schema>'
    ),
    "models/model.validation.json": {
        "definitions": {"long": {"message": "a", "condition": ["equals", ["stringLength", ["dataModel", "name"]], 9]}},
        "validations": {"name": ["long"], "rows[].cost": [{"message": "b", "condition": ["lessThan", ["argv", 0], 0]}]},
    },
    "models/model.calculation.json": {"calculations": {"price": ["sum", ["dataModel", "rows.cost"]]}},
    "models/model.prefill.json": {"allowOverwrite": True, "DSF": {"Name": "name"}, "QueryParameters": {"a": "age"}},
    "options/kinds.json": [{"value": "1", "label": "a"}, {"value": 2, "label": "b"}],
    "appsettings.json": {"AppSettings": {"XsdValidation": True, "RemoveHiddenData": True}, "FrontEndSettings": {}},
    "dialog-graph.toml": 'timezone = "Europe/Oslo"\n[check]\nignore = ["DG6006"]\n',
    "logic/app.py": (
        "from dialog_graph.apps import App\n\napp = App()\n\n\n@app.validator(task='Task_1')\ndef check(ctx, target):\n"
        "    return []\n\n\n@app.options('more')\nasync def more(ctx, params):\n    return []\n"
    ),
    "ui/form/layouts/one.json": {
        "data": {
            "hidden": ["equals", ["dataModel", "age"], 1],
            "layout": [
                {"id": "g", "type": "RepeatingGroup", "children": ["i"], "dataModelBindings": {"group": "rows"}},
                {"id": "i", "type": "Input", "dataModelBindings": {"simpleBinding": "rows.item"}, "required": True},
                {"id": "k", "type": "Dropdown", "optionsId": "kinds", "dataModelBindings": {"simpleBinding": "name"},
                 "hidden": ["equals", ["component", "i"], None]},
            ],
        }
    },
}  # fmt: skip


@cache
def originals() -> dict[str, Files]:
    """The folders by name: at least our own."""
    found = {"everything": sample(EVERYTHING)}
    for folder in (*(app for own in OWN for app in sorted(own.iterdir())), *corpus()):
        files = read_folder(folder)
        if isinstance(files, Files):
            found[folder.name] = files
    return found


def corpus() -> tuple[Path, ...]:
    """The apps of the shared corpus; none where it is absent."""
    shared = Path(os.environ.get("DIALOG_GRAPH_SHARED") or ROOT.parent / "shared")
    folder = shared / "corpus/apps"
    return tuple(sorted(folder.iterdir())) if folder.is_dir() else ()
