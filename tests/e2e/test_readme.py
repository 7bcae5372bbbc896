"""The README keeps its word: its quick start is run literally, and every command that it names exists."""

import json
import re
import shlex
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from dialog_graph.bpmn.nodes import ElementKind
from dialog_graph.bpmn.reading.extensions import OURS_ON_CALLS
from tests.e2e.running import PROJECT, Live

README = PROJECT / "README.md"
MARKS = re.compile(r"<!-- quick-start -->\n(.*?)<!-- /quick-start -->", re.DOTALL)
BLOCK = re.compile(r"^```sh\n(.*?)^```$", re.DOTALL | re.MULTILINE)
END = "line-has-ended"


@dataclass(frozen=True, slots=True)
class Ran:
    """One line of the quick start and what it did."""

    line: str
    status: int
    output: str

    @property
    def answer(self) -> Any:
        return json.loads(self.output)


def quick_start() -> list[str]:
    """The lines of the quick start, as a newcomer pastes them."""
    (text,) = MARKS.findall(README.read_text(encoding="utf-8"))
    return [line for block in BLOCK.findall(text) for line in block.splitlines() if line.strip()]


def run(lines: list[str], live: Live) -> list[Ran]:
    """All lines in one bash, in the folder of the project; nothing is quoted, replaced or left out."""
    script = "".join(f"{line}\nprintf '\\n{END} %s\\n' $?\n" for line in lines)
    done = subprocess.run(
        ["bash"],
        input=script,
        cwd=PROJECT,
        env=live.environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.stderr == "", done.stderr
    parts = re.split(rf"\n{END} (\d+)\n", done.stdout)
    outputs, statuses = parts[0::2], parts[1::2]
    return [Ran(line, int(status), output) for line, output, status in zip(lines, outputs, statuses, strict=False)]


def answers(ran: list[Ran], word: str) -> list[Any]:
    """What the lines with this word answered."""
    return [each.answer for each in ran if word in each.line and each.output.startswith("{")]


def test_the_quick_start_does_what_the_text_promises(live: Live) -> None:
    before = {path.name for path in PROJECT.iterdir()}
    try:
        ran = run(quick_start(), live)
    finally:
        for name in {path.name for path in PROJECT.iterdir()} - before:
            (PROJECT / name).unlink()
    assert len(ran) > 10, "the quick start is found"
    assert [each.line for each in ran] == quick_start()
    assert [(each.line, each.output) for each in ran if each.status] == []
    expect_handed_in(ran)
    expect_told_and_received(ran)
    expect_completed_in_the_inbox(ran)


def expect_handed_in(ran: list[Ran]) -> None:
    (filled,) = answers(ran, "writeFormData")
    assert filled["data"]["writeFormData"] == {"issues": [], "errors": []}
    (asked,) = answers(ran, "validation { field code }")
    instance = asked["data"]["instance"]
    assert instance["validation"] == []
    assert instance["process"]["currentTask"]["type"] == "data"
    assert instance["dialog"]["status"] == "DRAFT"
    to_confirmation, confirmed = answers(ran, "advanceProcess")
    moved = to_confirmation["data"]["advanceProcess"]
    assert moved == {"instance": {"process": {"currentTask": {"type": "confirmation"}}}, "errors": []}
    ended = confirmed["data"]["advanceProcess"]
    assert ended["instance"] == {"status": "COMPLETED", "process": {"status": "ENDED", "endEvent": "EndEvent_1"}}


def expect_told_and_received(ran: list[Ran]) -> None:
    (event,) = answers(ran, "completions")
    completion = event["data"]["completions"]
    assert completion["type"] == "app.instance.process.completed"
    assert completion["instance"]["application"]["id"].startswith("ttd/")
    (confirmed,) = answers(ran, "confirmReceipt")
    payload = confirmed["data"]["confirmReceipt"]
    assert (payload["alreadyConfirmed"], payload["errors"]) == (False, [])
    assert payload["confirmation"]["org"] == "ttd"
    assert payload["instance"] == {"status": "CONFIRMED", "dialog": {"status": "COMPLETED"}}


def expect_completed_in_the_inbox(ran: list[Ran]) -> None:
    (inbox,) = answers(ran, "searchDialogs")
    first = inbox["data"]["searchDialogs"]["items"][0]
    assert first["status"] == "COMPLETED"
    titles = {text["languageCode"]: text["value"] for text in first["content"]["title"]["value"]}
    assert titles["en"].startswith("Grant application")


# Commands that the README names -------------------------------------------------------------------------------------


def shown() -> list[str]:
    """All lines that a reader may paste: in blocks, and the commands between back-ticks."""
    text = README.read_text(encoding="utf-8")
    inline = re.findall(r"`((?:[A-Z_]+=\S+ )*(?:make|dialog-graph|\.venv/bin/dialog-graph)\b[^`\n]*)`", text)
    return [line for block in BLOCK.findall(text) for line in block.splitlines()] + inline


def test_every_make_target_exists() -> None:
    named = {word for line in shown() for word in re.findall(r"\bmake ([a-z.]+)", line)}
    assert {"serve", "test", "help"} <= named
    for target in sorted(named):
        done = subprocess.run(
            ["make", "--dry-run", "--question", target], cwd=PROJECT, capture_output=True, text=True, check=False
        )
        assert "No rule to make target" not in done.stderr, target


def commands() -> set[str]:
    words = (shlex.split(line.replace("…", ""), posix=True) for line in shown() if "dialog-graph" in line)
    found = set[str]()
    for line in words:
        for place, word in enumerate(line):
            if word.endswith("dialog-graph") and place + 1 < len(line) and re.fullmatch(r"[a-z]+", line[place + 1]):
                found.add(line[place + 1])
    return found | {line.split()[1] for line in quick_start() if line.startswith("dg ")}


def test_every_command_exists() -> None:
    named = commands()
    assert {"token", "ask", "fetch", "check"} <= named
    program = PROJECT / ".venv" / "bin" / "dialog-graph"
    if not program.is_file():
        pytest.skip("not in a clone with its own environment")
    listed = subprocess.run([program, "--help"], capture_output=True, text=True, check=True).stdout
    assert [name for name in sorted(named) if not re.search(rf"\b{name}\b", listed)] == []


def test_every_file_and_folder_that_is_named_exists() -> None:
    text = README.read_text(encoding="utf-8")
    named = set(re.findall(r"`((?:apps|src|schema|tests)/[\w./-]+|[A-Z][A-Za-z]+\.md|docker-compose\.yml)`", text))
    assert len(named) > 4
    missing = [name for name in sorted(named) if not (PROJECT / Path(name)).exists()]
    assert missing == []


def test_the_test_in_the_readme_is_the_apps_own() -> None:
    """The example of a flow test is one that is run."""
    (block,) = re.findall(r"^```python\n(.*?)^```$", README.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)
    steps = [line.strip() for line in block.splitlines() if line.startswith("        ")]
    flow = (PROJECT / "apps" / "ttd" / "grant-application" / "test_flow.py").read_text(encoding="utf-8")
    assert len(steps) > 3
    assert [step for step in steps if step not in flow] == []


def test_the_elements_of_a_process_are_those_that_are_executed() -> None:
    text = README.read_text(encoding="utf-8").partition("## What a process may hold")[2].partition("\n## ")[0]
    named = set(re.findall(r"`(\w+)`", text))
    assert [kind.value for kind in ElementKind if kind.value not in named] == []
    ours = set(re.findall(r"dg:(\w+)", text))
    known = OURS_ON_CALLS.keys() | {"multiInstance", "start", "strict", "timer", "reminder", "map", "attach", "return"}
    assert ours - known == set()
