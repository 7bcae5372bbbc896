"""Recognises which of the layout folder forms an app uses, and reads its sets and their pages (app folder §9.1)."""

from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import cast

from dialog_graph.apps.contents.components import Page
from dialog_graph.apps.contents.layouts import LayoutKind, Layouts, LayoutSet
from dialog_graph.apps.diagnostics import At
from dialog_graph.apps.files import Files
from dialog_graph.apps.readers.page_reader import Asked, ReadPage, read_page
from dialog_graph.apps.readers.reading import Findings, JsonObject, read_json
from dialog_graph.model.json_value import Json

SETS_FILE = "ui/layout-sets.json"
FLAT_SETTINGS = "ui/Settings.json"
OLDEST_FILE = "ui/FormLayout.json"
OLDEST_PAGE = "FormLayout"
_FLAT_PAGES = "ui/layouts/"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadLayouts:
    """The forms, and the expressions in them by set, for checks that need everything else."""

    layouts: Layouts
    asked: dict[str, list[Asked]] = field(default_factory=dict[str, list[Asked]])


def read_layouts(files: Files, findings: Findings) -> ReadLayouts:
    """The forms of the app."""
    reader = _Reader(files, findings)
    return ReadLayouts(layouts=reader.layouts(), asked=reader.asked)


class _Reader:
    """Reads the forms of one app."""

    def __init__(self, files: Files, findings: Findings) -> None:
        self.files = files
        self.findings = findings
        self.asked: dict[str, list[Asked]] = {}

    def layouts(self) -> Layouts:
        if SETS_FILE in self.files.contents:
            return _named(LayoutKind.LAYOUT_SETS, self._layout_sets())
        folders = _folders(self.files)
        if folders:
            return _named(LayoutKind.TASK_FOLDERS, [self._task_folder(name) for name in folders])
        if self.files.matching(_FLAT_PAGES, ".json"):
            self.findings.add("DG6109", At(file=_FLAT_PAGES), what="flat layouts")
            return _named(LayoutKind.FLAT, [self._set("", FLAT_SETTINGS, _FLAT_PAGES)])
        if OLDEST_FILE in self.files.contents:
            self.findings.add("DG6109", At(file=OLDEST_FILE), what="single layout file")
            return _named(LayoutKind.OLDEST, [self._oldest()])
        return Layouts()

    def _layout_sets(self) -> list[LayoutSet]:
        document = read_json(self.files, SETS_FILE, self.findings)
        top = document.object() if document else None
        # A folder is read once, however often it is named.
        read, found = dict[str, LayoutSet](), dict[str, LayoutSet]()
        for row in top.objects("sets") if top else ():
            id = row.text("id")
            if id is None:
                row.node.wrong("a layout set with an id")
                continue
            if id in read:
                self.findings.add("DG6110", row.at("id"), id=id)
            else:
                read[id] = self._set(id, f"ui/{id}/Settings.json", f"ui/{id}/layouts/")
            own = read[id]
            found[id] = replace(
                own,
                data_type=own.data_type or row.text("dataType"),
                tasks=row.names_in("tasks"),
                is_subform=own.is_subform or row.text("type") == "subform",
                line=row.node.at.line,
            )
        return list(found.values())

    def _task_folder(self, name: str) -> LayoutSet:
        return replace(self._set(name, f"ui/{name}/Settings.json", f"ui/{name}/layouts/"), tasks=(name,))

    def _oldest(self) -> LayoutSet:
        pages = self._pages("", {OLDEST_PAGE: OLDEST_FILE}, (OLDEST_PAGE,))
        return LayoutSet(id="", pages=(OLDEST_PAGE,), contents=pages)

    def _set(self, id: str, settings: str, folder: str) -> LayoutSet:
        """What the settings file and the pages of a folder say."""
        document = read_json(self.files, settings, self.findings)
        top = document.object() if document else None
        written = {
            path.removeprefix(folder).removesuffix(".json"): path for path in self.files.matching(folder, ".json")
        }
        order = self._order(top, written)
        pages = self._pages(id, written, order)
        return LayoutSet(
            id=id,
            data_type=top.text("defaultDataType") if top else None,
            pages=order,
            contents=pages,
            is_subform=bool(top and top.text("type") == "subform"),
            settings=MappingProxyType(cast(dict[str, Json], top.node.value)) if top else {},
        )

    def _order(self, top: JsonObject | None, written: dict[str, str]) -> tuple[str, ...]:
        """The pages in their order; without an order all that have a file."""
        named = _written_order(top.part("pages")) if top else ()
        if top is None or not named:
            return tuple(written)
        for page, at in named:
            if page not in written:
                self.findings.add("DG6104", at, page=page)
        order = tuple(page for page, _ in named)
        shown = {*order, top.part("pages").text("pdfLayoutName"), top.text("receiptLayoutName")}
        for page, path in written.items():
            if page not in shown:
                self.findings.add("DG6105", At(file=path), page=page)
        return tuple(page for page in dict.fromkeys(order) if page in written)

    def _pages(self, set_id: str, written: dict[str, str], order: tuple[str, ...]) -> tuple[Page, ...]:
        """The pages of the form. Those outside of the order are checked as well."""
        read: dict[str, ReadPage] = {}
        for name, path in written.items():
            document = read_json(self.files, path, self.findings)
            if document is not None:
                read[name] = read_page(document, name)
        shown = [read[name] for name in order if name in read]
        self.asked.setdefault(set_id, []).extend(item for page in shown for item in page.asked)
        return tuple(page.page for page in shown)


def _named(kind: LayoutKind, sets: list[LayoutSet]) -> Layouts:
    return Layouts(kind=kind, sets=MappingProxyType({form.id: form for form in sets}))


def _folders(files: Files) -> tuple[str, ...]:
    """Folders with `Settings.json` or `layouts/` directly below `ui/`."""
    parts = [path.split("/") for path in files.matching("ui/", ".json")]
    found = [p[1] for p in parts if len(p) > 2 and p[1] != "layouts" and p[2] in ("Settings.json", "layouts")]
    return tuple(dict.fromkeys(found))


def _written_order(pages: JsonObject) -> tuple[tuple[str, At], ...]:
    """The names of the pages, each with its place."""
    grouped = [page for group in pages.objects("groups") for page in group.named("order")]
    return (*pages.named("order"), *grouped)
