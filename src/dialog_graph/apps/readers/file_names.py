"""Which files of an app are read, and what one should be called that is written in other letters (app folder §2).

Names are compared as they are written: a server with another file system must read the same app.
"""

import re

READ = re.compile(
    r"config/process/process\.bpmn|config/applicationmetadata\.json|config/authorization/policy\.xml"
    r"|config/texts/resource\.[^/]+\.json|models/[^/]+\.(?:schema|prefill|validation|calculation)\.json"
    r"|models/.+\.xsd|ui/.+\.json|options/[^/]+\.json|appsettings(?:\.[^/.]+)?\.json|logic/.+|dialog-graph\.toml"
)
_IGNORED_LOGIC = re.compile(r"(?:^|/)(?:RuleHandler\.js|RuleConfiguration\.json)\Z|\.cs\Z|\.metadata\.json\Z")

_NAMES = (
    *("config/process/process.bpmn", "config/applicationmetadata.json", "config/authorization/policy.xml"),
    *("ui/Settings.json", "ui/layout-sets.json", "ui/FormLayout.json", "ui/footer.json", "logic/app.py"),
    *("appsettings.json", "appsettings.Development.json", "appsettings.Staging.json", "appsettings.Production.json"),
    "dialog-graph.toml",
)
_RIGHT = {name.lower(): name for name in _NAMES}
_SHAPES = tuple(
    (re.compile(re.escape(before) + inside + re.escape(after), re.IGNORECASE), before, after)
    for before, inside, after in (
        ("config/texts/resource.", r"([^/]+)", ".json"),
        *(("models/", r"([^/]+)", f".{kind}.json") for kind in ("schema", "prefill", "validation", "calculation")),
        ("models/", "(.+)", ".xsd"),
        ("options/", r"([^/]+)", ".json"),
        ("ui/layouts/", "(.+)", ".json"),
        ("ui/", r"([^/]+)", "/Settings.json"),
    )
)
_PAGE = re.compile(r"ui/([^/]+)/layouts/(.+)\.json", re.IGNORECASE)


def is_read(path: str) -> bool:
    """True for the files that an app is made of."""
    return READ.fullmatch(path) is not None and not is_ignored_logic(path)


def is_ignored_logic(path: str) -> bool:
    """True for code and rules of older products that have no effect here."""
    return bool(_IGNORED_LOGIC.search(path))


def right_name(path: str) -> str | None:
    """What a path should be where it differs in letter case only from one that has a meaning; else None."""
    found = _RIGHT.get(path.lower()) or _shaped(path)
    return found if found is not None and found != path and not is_ignored_logic(path) else None


def _shaped(path: str) -> str | None:
    for shape, before, after in _SHAPES:
        match = shape.fullmatch(path)
        if match:
            return f"{before}{match.group(1)}{after}"
    page = _PAGE.fullmatch(path)
    return f"ui/{page.group(1)}/layouts/{page.group(2)}.json" if page else None
