"""Two things at a time, two timers, and a message of somebody else."""

from datetime import timedelta
from pathlib import Path

import pytest

from dialog_graph.errors import Refused
from dialog_graph.model.json_value import Json
from dialog_graph.testing.app_test import AppTest
from dialog_graph.testing.case import Case
from dialog_graph.testing.plugin import Open

APP = Path(__file__).parent
APPLICATION: dict[str, Json] = {"street": "Fjordgata", "date": "2027-06-12", "guests": 80, "phone": "90 00 00 01"}
OPINION: dict[str, Json] = {"objection": False, "remarks": "Leave a lane for the fire engine."}


async def applied(app: AppTest) -> Case:
    case = await app.as_person("kari").instantiate()
    await case.fill("application", APPLICATION)
    return await case.complete()


async def test_the_police_answer_the_neighbours_know_and_the_municipality_decides(app_test: Open) -> None:
    async with app_test(APP) as app:
        case = await applied(app)
        assert case.tasks == ["Task_Neighbours", "Task_Police"]
        municipality = case.by(app.as_org().principal)
        await municipality.deliver("police.opinion", OPINION)
        await case.complete(task="Task_Neighbours")
        assert (case.tasks, case.data("opinion")) == (["Task_Decide"], OPINION)
        await municipality.complete()
        assert (municipality.status, municipality.visited[-1]) == ("COMPLETED", "EndEvent_1")


async def test_two_weeks_of_silence_are_no_objection(app_test: Open) -> None:
    async with app_test(APP) as app:
        case = await applied(app)
        await case.complete(task="Task_Neighbours")
        case.clock.advance(timedelta(days=13))
        await case.work()
        assert case.tasks == ["Task_Police"]
        case.clock.advance(timedelta(days=2))
        await case.work()
        assert (case.tasks, case.elements("opinion")) == (["Task_Decide"], [])


async def test_the_application_lapses_after_a_month_and_a_reminder(app_test: Open) -> None:
    async with app_test(APP) as app:
        case = await applied(app)
        case.clock.advance(timedelta(days=24))
        await case.work()
        assert case.tasks == ["Task_Neighbours"]
        # The silence of the police, and the reminder of the deadline.
        assert (await case.events()).count("app.instance.process.timer") == 2
        case.clock.advance(timedelta(days=7))
        await case.work()
        assert (case.status, case.visited[-1]) == ("COMPLETED", "EndEvent_Lapsed")


async def test_an_opinion_that_says_nothing_is_refused(app_test: Open) -> None:
    async with app_test(APP) as app:
        case = await applied(app)
        with pytest.raises(Refused) as refused:
            await case.by(app.as_org().principal).deliver("police.opinion", {"remarks": "Well"})
        assert refused.value.refusal.code == "VALIDATION_FAILED"
        assert (await case.refresh()).tasks == ["Task_Neighbours", "Task_Police"]


async def test_nobody_else_speaks_for_the_police(app_test: Open) -> None:
    async with app_test(APP) as app:
        case = await applied(app)
        with pytest.raises(Refused) as refused:
            await case.deliver("police.opinion", OPINION)
        assert refused.value.refusal.code == "FORBIDDEN"
