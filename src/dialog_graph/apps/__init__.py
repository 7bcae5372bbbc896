"""App folders: read, checked and compiled into an immutable `AppVersion`, and the form data that follows it.

`read_folder` and `load` make a version of a folder, `check` prints what they find. `documents` and `validation` are the
form data of a version, `AppEvaluator` answers its conditions. Rules: app folder, whole document.
"""

from dialog_graph.apps.app_settings import AppSettings
from dialog_graph.apps.check import CheckedApp, CheckReport, check
from dialog_graph.apps.evaluator import AppEvaluator, document_of
from dialog_graph.apps.files import Files
from dialog_graph.apps.folders import find_apps, read_folder
from dialog_graph.apps.loader import load
from dialog_graph.apps.metadata import PDF_TYPE, ApplicationMetadata, DataType, PartyType
from dialog_graph.apps.models import Model
from dialog_graph.apps.texts import TextResources
from dialog_graph.apps.validation import Source, validate, validate_element
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
    "Model",
    "PartyType",
    "Source",
    "TextResources",
    "check",
    "document_of",
    "find_apps",
    "load",
    "read_folder",
    "validate",
    "validate_element",
]
