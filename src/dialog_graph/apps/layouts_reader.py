"""Recognises which of the layout folder forms an app uses, its sets and their pages (app folder §9.1)."""

from types import MappingProxyType

from dialog_graph.apps.diagnostics import At
from dialog_graph.apps.files import Files
from dialog_graph.apps.layouts import LayoutKind, Layouts, LayoutSet
from dialog_graph.apps.reading import Findings, JsonObject, read_json

SETS_FILE = "ui/layout-sets.json"
FLAT_SETTINGS = "ui/Settings.json"
OLDEST_FILE = "ui/FormLayout.json"
_FLAT_PAGES = "ui/layouts/"


def read_layouts(files: Files, findings: Findings) -> Layouts:
    """The forms of the app."""
    if SETS_FILE in files.contents:
        return _layout_sets(files, findings)
    folders = _folders(files)
    if folders:
        sets = {name: _task_folder(files, name, findings) for name in folders}
        return Layouts(kind=LayoutKind.TASK_FOLDERS, sets=MappingProxyType(sets))
    if files.matching(_FLAT_PAGES, ".json"):
        findings.add("DG6109", At(file=_FLAT_PAGES), what="flat layouts")
        pages = _pages(files, FLAT_SETTINGS, _FLAT_PAGES, findings)
        return Layouts(kind=LayoutKind.FLAT, sets=MappingProxyType({"": LayoutSet(id="", pages=pages)}))
    if OLDEST_FILE in files.contents:
        findings.add("DG6109", At(file=OLDEST_FILE), what="single layout file")
        _check_page(files, OLDEST_FILE, findings)
        return Layouts(kind=LayoutKind.OLDEST, sets=MappingProxyType({"": LayoutSet(id="", pages=("FormLayout",))}))
    return Layouts()


def _folders(files: Files) -> tuple[str, ...]:
    """Folders with `Settings.json` or `layouts/` directly below `ui/`."""
    parts = [path.split("/") for path in files.matching("ui/", ".json")]
    found = [p[1] for p in parts if len(p) > 2 and p[1] != "layouts" and p[2] in ("Settings.json", "layouts")]
    return tuple(dict.fromkeys(found))


def _layout_sets(files: Files, findings: Findings) -> Layouts:
    document = read_json(files, SETS_FILE, findings)
    top = document.object() if document else None
    sets: dict[str, LayoutSet] = {}
    for row in top.objects("sets") if top else ():
        id = row.text("id")
        if id is None:
            row.node.wrong("a layout set with an id")
            continue
        sets[id] = LayoutSet(
            id=id,
            data_type=_settings_type(files, id) or row.text("dataType"),
            tasks=row.names_in("tasks"),
            pages=_pages(files, f"ui/{id}/Settings.json", f"ui/{id}/layouts/", findings),
            is_subform=row.text("type") == "subform",
            line=row.node.at.line,
        )
    return Layouts(kind=LayoutKind.LAYOUT_SETS, sets=MappingProxyType(sets))


def _settings_type(files: Files, folder: str) -> str | None:
    """`defaultDataType` of a folder's settings. Findings of the file are reported with its pages."""
    document = read_json(files, f"ui/{folder}/Settings.json", Findings())
    top = document.object() if document else None
    return top.text("defaultDataType") if top else None


def _task_folder(files: Files, name: str, findings: Findings) -> LayoutSet:
    path = f"ui/{name}/Settings.json"
    document = read_json(files, path, Findings())
    top = document.object() if document else None
    return LayoutSet(
        id=name,
        data_type=top.text("defaultDataType") if top else None,
        tasks=(name,),
        pages=_pages(files, path, f"ui/{name}/layouts/", findings),
        is_subform=bool(top and top.text("type") == "subform"),
    )


def _pages(files: Files, settings: str, folder: str, findings: Findings) -> tuple[str, ...]:
    """The pages in their order; without an order all that have a file."""
    written = {path.removeprefix(folder).removesuffix(".json"): path for path in files.matching(folder, ".json")}
    for path in written.values():
        _check_page(files, path, findings)
    document = read_json(files, settings, findings)
    top = document.object() if document else None
    order = _order(top.part("pages")) if top else ()
    if not order:
        return tuple(written)
    for page in order:
        if page not in written and top:
            findings.add("DG6104", top.at("pages"), page=page)
    shown = {*order, *([top.part("pages").text("pdfLayoutName"), top.text("receiptLayoutName")] if top else [])}
    for page, path in written.items():
        if page not in shown:
            findings.add("DG6105", At(file=path), page=page)
    return tuple(page for page in order if page in written)


def _order(pages: JsonObject) -> tuple[str, ...]:
    grouped = [page for group in pages.objects("groups") for page in group.names_in("order")]
    return (*pages.names_in("order"), *grouped)


def _check_page(files: Files, path: str, findings: Findings) -> None:
    document = read_json(files, path, findings)
    if document is None:
        return
    top = JsonObject(document) if isinstance(document.value, dict) else None
    layout = top.part("data").get("layout") if top else None
    if layout is None or not isinstance(layout.value, list):
        findings.add("DG6101", document.at)
