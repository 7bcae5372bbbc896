"""Switches of `dialog-graph.toml` that change how a process runs (app folder §13, process engine §4.2, §15)."""

from pathlib import Path

import pytest

from dialog_graph.apps import Files
from dialog_graph.errors import Refused
from dialog_graph.storage.logins import Logins
from tests.integration.waits_app import element, files, flows, process, task
from tests.integration.waits_world import waiting

START, END = element("startEvent", "Start"), element("endEvent", "End")
CHOICE = process(
    START,
    task("Fill"),
    element("exclusiveGateway", "Which", default="Which-Other"),
    task("One", "none"),
    task("Two", "none"),
    task("Other", "none"),
    END,
    flows("Start Fill Which", 'Which One?["equals", 1, 1]', 'Which Two?["equals", 2, 2]', "Which Other End", "One End"),
    flows("Two End"),
)
LONG = process(
    START,
    task("Fill"),
    *(element("intermediateThrowEvent", f"Step{number}") for number in range(20)),
    task("Last", "none"),
    END,
    flows(f"Start Fill {' '.join(f'Step{number}' for number in range(20))} Last End"),
)


def switched(model: bytes, switches: str) -> Files:
    given = files(model)
    return Files(contents={**given.contents, "dialog-graph.toml": switches.encode()}, place=given.place)


async def test_strict_gateways_take_no_first_of_several_true_flows(logins: Logins, tmp_path: Path) -> None:
    async with waiting(logins, tmp_path, switched(CHOICE, "strict_gateways = true")) as world:
        assert "DG2202" not in {item.code for item in world.app.version.diagnostics}
        case = await world.app.as_person().instantiate()
        with pytest.raises(Refused) as refused:
            await case.complete()
        assert refused.value.refusal.code == "GATEWAY_AMBIGUOUS"
        assert (await case.refresh()).tasks == ["Fill"]


async def test_without_the_switch_the_first_true_flow_wins(logins: Logins, tmp_path: Path) -> None:
    async with waiting(logins, tmp_path, switched(CHOICE, "strict_gateways = false")) as world:
        assert "DG2202" in {item.code for item in world.app.version.diagnostics}
        assert (await (await world.app.as_person().instantiate()).complete()).tasks == ["One"]


@pytest.mark.parametrize(("switches", "is_refused"), [("process.max_transitions = 20", True), ("", False)])
async def test_an_app_may_want_fewer_transitions_for_one_command(
    logins: Logins, tmp_path: Path, switches: str, is_refused: bool
) -> None:
    async with waiting(logins, tmp_path, switched(LONG, switches)) as world:
        case = await world.app.as_person().instantiate()
        if is_refused:
            with pytest.raises(Refused) as refused:
                await case.complete()
            assert (refused.value.refusal.code, (await case.refresh()).tasks) == ("LOOP_LIMIT", ["Fill"])
        else:
            assert (await case.complete()).tasks == ["Last"]


async def test_an_app_cannot_want_more_than_the_usual(logins: Logins, tmp_path: Path) -> None:
    many = range(1_100)
    endless = process(
        START,
        task("Fill"),
        *(element("intermediateThrowEvent", f"Step{number}") for number in many),
        END,
        flows(f"Start Fill {' '.join(f'Step{number}' for number in many)} End"),
    )
    async with waiting(logins, tmp_path, switched(endless, "process.max_transitions = 100000")) as world:
        case = await world.app.as_person().instantiate()
        with pytest.raises(Refused) as refused:
            await case.complete()
        assert refused.value.refusal.code == "LOOP_LIMIT"
