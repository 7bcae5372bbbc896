"""What looks like the id of a text, and which ids front ends have texts of their own for (app folder §8).

A title may be an id or the text itself, and both are plain strings: only what no person would write as a text counts
as an id.
"""

import re

PLATFORM: frozenset[str] = frozenset(
    """actions address_component altinn appName appOwner app_logo back backend config_error confirm custom_actions
    currency date_picker dateTime dp error_report error_page feedback footer form_filler general group helptext
    iframe_component image_component input_components instance_selection instantiate language likert list_component
    map_component missing_row_id_error multiple_select_component navigation next option options organisation_lookup
    party_selection payment pdfPreview pdfPreviewText person_lookup process_error receipt receipt_platform
    schema_validation ServiceName signee_list signing signing_document_list soft_validation standard_validation
    subform taskTypes typography validation validation_errors version_error""".split()
)
"""First parts of ids that front ends and the server look up by themselves; an app may declare them, or not."""

_SEPARATED = re.compile(r"[A-Za-z][A-Za-z0-9]*(?:[._-][A-Za-z0-9]+)+")
_DATE_FORMAT = re.compile(r"[dMyHhmsSaEG._-]+")
_SEPARATOR = re.compile(r"[._-]")
_SHORTEST_PART = 3


def is_platform_id(id: str) -> bool:
    """True for ids that the app need not declare and that are used without being named."""
    return id.partition(".")[0] in PLATFORM


def looks_like_id(text: str) -> bool:
    """True for words joined by underscores, dots or several hyphens: `skjema.navn.tittel`, `my_title`.

    A single hyphen joins ordinary words ("e-post"), short parts are abbreviations ("org.nr") and addresses, and a
    date format is none either.
    """
    if _SEPARATED.fullmatch(text) is None or _DATE_FORMAT.fullmatch(text):
        return False
    parts = _SEPARATOR.split(text)
    if "_" in text:
        return True
    return min(map(len, parts)) >= _SHORTEST_PART if "." in text else len(parts) > 2
