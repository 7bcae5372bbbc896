"""App folders: read, checked and compiled into an immutable `AppVersion`, and the form data that follows it.

`read_folder` and `load` make a version of a folder, `check` prints what they find. `documents`, `prefill`,
`calculate` and `validation` are the form data of a version, `form_state` and `remove_hidden` its forms, `AppEvaluator`
answers its conditions. Rules: app folder, whole document.
"""

from dialog_graph.apps.checks.calls import OtherApps
from dialog_graph.apps.contents.app_settings import AppSettings
from dialog_graph.apps.contents.metadata import PDF_TYPE, ApplicationMetadata, DataType, PartyType
from dialog_graph.apps.contents.models import Model
from dialog_graph.apps.contents.texts import TextResources
from dialog_graph.apps.evaluator import AppEvaluator, document_of
from dialog_graph.apps.files import Files
from dialog_graph.apps.form_data.calculate import calculate
from dialog_graph.apps.form_data.prefill import PrefillFacts, prefill, prefill_query
from dialog_graph.apps.forms.drawing import draw, form_state
from dialog_graph.apps.forms.form_state import FormState
from dialog_graph.apps.forms.hidden_data import remove_hidden
from dialog_graph.apps.forms.reader import Reader, Rights
from dialog_graph.apps.linter import CheckedApp, CheckReport, check
from dialog_graph.apps.loader import among, load
from dialog_graph.apps.readers.folders import find_apps, read_folder
from dialog_graph.apps.validation.gate import Source, validate, validate_element
from dialog_graph.apps.version import AppVersion

__all__ = [
    "PDF_TYPE",
    "AppEvaluator",
    "AppSettings",
    "AppVersion",
    "ApplicationMetadata",
    "CheckReport",
    "CheckedApp",
    "DataType",
    "Files",
    "FormState",
    "Model",
    "OtherApps",
    "PartyType",
    "PrefillFacts",
    "Reader",
    "Rights",
    "Source",
    "TextResources",
    "among",
    "calculate",
    "check",
    "document_of",
    "draw",
    "find_apps",
    "form_state",
    "load",
    "prefill",
    "prefill_query",
    "read_folder",
    "remove_hidden",
    "validate",
    "validate_element",
]
