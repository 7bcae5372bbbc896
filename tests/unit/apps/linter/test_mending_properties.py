"""Whatever is wrong with a folder: mending takes findings away, brings none, keeps the form of the files, and is done.

`DIALOG_GRAPH_TEST_EXAMPLES` sets the number of folders. Three broken ways to mend show that the harness can fail.
"""

import json
import os
import re
from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from dialog_graph.apps import Files
from dialog_graph.apps.linter import Mended, mend, mending
from dialog_graph.apps.linter.fixes import FIXERS, Source
from dialog_graph.apps.linter.report import CheckedApp, checked
from dialog_graph.apps.linter.source_text import Edit
from dialog_graph.model.diagnostic import Diagnostic
from dialog_graph.urns import AppId
from tests.unit.apps.linter.examples import template
from tests.unit.apps.linter.test_mending import ROW, SIGNING
from tests.unit.apps.sample import METADATA, POLICY, PROCESS

EXAMPLES = int(os.environ.get("DIALOG_GRAPH_TEST_EXAMPLES", "40"))
TEXTS = tuple(f"config/texts/resource.{language}.json" for language in ("nb", "nn", "en"))
COMMENT = re.compile(r"/\*.*?\*/|<!--.*?-->", re.DOTALL)
Change = tuple[str, Callable[[str], str]]
Mender = Callable[[CheckedApp, str], Mended | None]


def replacing(file: str, pattern: str, place: int, text: str) -> Change:
    """Replaces one of the places that match."""

    def change(written: str) -> str:
        found = list(re.finditer(pattern, written))
        if not found:
            return written
        match = found[place % len(found)]
        return written[: match.start()] + match.expand(text) + written[match.end() :]

    return file, change


def damage(file: str, pattern: str, *texts: str) -> st.SearchStrategy[Change]:
    """One of the texts at one of the places that match."""
    return st.builds(replacing, st.just(file), st.just(pattern), st.integers(0, 60), st.sampled_from(texts))


KEY = r'"([a-zA-Z]{5,})"( *:)'
ENTRY = r"<bpmn:(incoming|outgoing)>"
DAMAGE = st.one_of(
    # keys that nobody knows, some of them beside the right one
    damage(METADATA, KEY, r'"\1s"\2', r'"\1x": 1, "\1"\2'),
    # old spellings
    damage(
        METADATA, '"maxCount"', '"allowedContributers": ["org:a"], "maxCount"', '"diallowUserDelete": true,\n"maxCount"'
    ),
    # another language
    *(damage(file, r'("language"\s*:\s*)"\w\w"', r'\1"nb"', r'\1"de"') for file in TEXTS),
    # rules for others
    damage(POLICY, r">\[(?:ORG|APP)\]<", ">skd<", ">other-app<"),
    # lists of flows
    damage(PROCESS, r"Flow_\d</bpmn:", "Flow_2</bpmn:", "x</bpmn:"),
    damage(PROCESS, rf"\s*{ENTRY}\w+</bpmn:\w+>", ""),
    damage(PROCESS, ENTRY, r"<bpmn:\1>F</bpmn:\1><bpmn:\1>"),
    # flow types
    damage(PROCESS, "(<bpmn:sequenceFlow)", r'\1 altinn:flowtype="x"', "\\1\n   altinn:flowtype = 'a>b'"),
    # types that are not reserved
    damage(METADATA, r',? "allowedContributors": \["app:owned"\]', ""),
    # what nobody mends
    damage(METADATA, '"title"', '"org": "skd", "title"'),
    damage(POLICY, "PRIV|DAGL", "nobody"),
    damage(PROCESS, r'targetRef="\w+"', 'targetRef="nowhere"'),
    # how it is written
    *(damage(file, ",", ", /* æ */ ") for file in (METADATA, *TEXTS)),
    damage(PROCESS, r">\n", "><!-- ø -->\n"),
)
FORM = st.sampled_from(["utf-8", "utf-8-sig", "utf-16"])
LINE_END = st.sampled_from(["\n", "\r\n"])


def base() -> dict[str, str]:
    """The template with a signing task, so that every mendable finding has a place."""
    texts = {file: content.decode() for file, content in template().items()}
    owned = ROW % ', "allowedContributors": ["app:owned"]'
    texts[METADATA] = texts[METADATA].replace('"dataTypes": [', f'"dataTypes": [\n    {owned},')
    texts[PROCESS] = texts[PROCESS].replace("<altinn:taskType>confirmation</altinn:taskType>", SIGNING)
    return texts


class Folder:
    """Files; shown as how they differ from the undamaged app."""

    def __init__(self, contents: Mapping[str, bytes]) -> None:
        self.contents = contents

    def __repr__(self) -> str:
        own = base()
        lines = (
            f"{file}: {line.strip()}"
            for file, content in self.contents.items()
            for line in decoded(content).splitlines()
            if line.strip() not in own[file]
        )
        return "\n".join(lines)[:2000]


@st.composite
def folders(draw: st.DrawFn) -> Folder:
    texts = base()
    for file, change in draw(st.lists(DAMAGE, min_size=1, max_size=8)):
        texts[file] = change(texts[file])
    forms = {file: (draw(FORM), draw(LINE_END)) for file in (METADATA, PROCESS, POLICY, *TEXTS)}
    contents: dict[str, bytes] = {}
    for file, text in texts.items():
        encoding, line_end = forms.get(file, ("utf-8", "\n"))
        if encoding == "utf-16":
            text = text.replace('encoding="utf-8"', 'encoding="utf-16"')
        contents[file] = text.replace("\n", line_end).encode(encoding)
    return Folder(contents)


def as_checked(contents: Mapping[str, bytes]) -> CheckedApp:
    return checked(Path("apps/ttd/my-form"), Files(contents=contents, place=AppId("ttd", "my-form")), "development")


def told(app: CheckedApp) -> Counter[tuple[str, str, str | None]]:
    return Counter((item.code, item.file, item.element_id) for item in app.diagnostics)


def decoded(content: bytes) -> str:
    is_wide = content.startswith((b"\xff\xfe", b"\xfe\xff"))
    return content.decode("utf-16-le" if is_wide else "utf-8")


def hold(contents: Mapping[str, bytes], mender: Mender = mend) -> Mended:
    """What must be true of mending any folder."""
    before = as_checked(contents)
    found = mender(before, "development")
    assert found is not None
    after = told(found.app)
    assert after <= told(before), "no new finding"
    for code in FIXERS:
        left = Counter(item.code for item in found.left)
        assert sum(count for (other, *_), count in after.items() if other == code) == left[code], "gone or told"
    assert {item.file for item in before.diagnostics if item.code in FIXERS} >= set(found.contents), "no other file"
    for file, content in found.contents.items():
        _keep_form(decoded(contents[file]), decoded(content))
    again = mender(found.app, "development")
    assert again is not None
    assert again.contents == {}, "a second run has nothing to do"
    return found


def _keep_form(old: str, new: str) -> None:
    assert old != new
    assert old[:1] == "\ufeff" or new[:1] != "\ufeff"
    assert new.startswith("\ufeff") == old.startswith("\ufeff")
    assert COMMENT.findall(new) == COMMENT.findall(old), "comments stay"
    assert set(re.findall(r"\r\n|\r|\n", new)) <= set(re.findall(r"\r\n|\r|\n", old)), "line ends stay"
    kept = Counter(re.split(r"\r\n|\r|\n", old)) & Counter(re.split(r"\r\n|\r|\n", new))
    changed_lines = len(re.split(r"\r\n|\r|\n", old)) - kept.total()
    assert changed_lines <= 40, "most lines stay as they are"


@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(folders())
def test_mending_takes_findings_away_and_nothing_else(folder: Folder) -> None:
    hold(folder.contents)


def test_the_undamaged_app_has_nothing_to_mend() -> None:
    assert hold({file: text.encode() for file, text in base().items()}).contents == {}


# Broken ways to mend --------------------------------------------------------------------------------------------------


def _writes_the_file_anew(source: Source, item: Diagnostic) -> list[Edit]:
    """Right in what it says, and comments and layout are gone."""
    text = source.text(item.file)
    assert text is not None
    bare = re.sub(r",(?=\s*[}\]])", "", COMMENT.sub("", text.text.lstrip("\ufeff")))
    key = re.search(r'unknown key "(\w+)"', item.message)
    try:
        value = json.loads(bare.replace(f'"{key.group(1)}"', json.dumps(item.fix)) if key else bare)
    except ValueError:
        return []
    return [Edit(0, len(text.text), json.dumps(value))]


def _removes_the_flow(source: Source, item: Diagnostic) -> list[Edit]:
    """The finding is gone, and so is the flow."""
    text = source.text(item.file)
    assert text is not None
    match = re.search(rf'<bpmn:sequenceFlow[^/]*?id="{item.element_id}".*?/>', text.text, re.DOTALL)
    return [Edit(match.start(), match.end(), "")] if match else []


def _trusting(mending_: object, items: tuple[Diagnostic, ...]) -> CheckedApp:
    """Keeps every proposal without a second check."""
    tried = mending._Mending  # pyright: ignore[reportPrivateUsage] -- the twin stands in for its method
    assert isinstance(mending_, tried)
    files = mending_.app.files
    assert files is not None
    edited = mending._edited(  # pyright: ignore[reportPrivateUsage] -- as above
        files.contents, items, AppId("ttd", "my-form")
    )
    return as_checked(edited)


def _lazy(app: CheckedApp, environment: str) -> Mended:
    """Does nothing, and says that nothing is left."""
    return Mended(app=app, contents={}, left=())


def _is_caught(mender: Mender = mend) -> bool:
    @settings(max_examples=150, deadline=None, database=None, derandomize=True, phases=[Phase.generate])
    @given(folders())
    def search(folder: Folder) -> None:
        hold(folder.contents, mender)

    try:
        search()
    except AssertionError:
        return True
    return False


def test_a_mender_that_writes_files_anew_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mending, "FIXERS", {**FIXERS, "DG3005": _writes_the_file_anew})
    assert _is_caught()


def test_a_mender_that_trusts_itself_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mending, "FIXERS", {**FIXERS, "DG2305": _removes_the_flow})
    monkeypatch.setattr(mending._Mending, "_tried", _trusting)  # pyright: ignore[reportPrivateUsage] -- the twin's place
    monkeypatch.setattr(mending, "MAX_TRIES", 3)
    assert _is_caught()


def test_a_mender_that_leaves_what_it_could_mend_is_caught() -> None:
    assert _is_caught(_lazy)
