"""Texts of a projected dialog: the app's own by key, ours where it has none, always cut to what a dialog holds."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import cast

import pytest

from dialog_graph.commands.step import dialog_texts
from dialog_graph.commands.step.dialog_texts import Derived, clamp
from dialog_graph.errors import Texts
from dialog_graph.model.instance import Instance, Substatus
from tests.unit.commands.step.dialog_world import archived, dialog_of, instance, task, texts, version

KEYS = [
    "dp.summary.Task_1.awaitinginitialuserinput",
    "dp.summary.Task_1",
    "dp.summary._any_.awaitinginitialuserinput",
    "dp.summary",
]


def tables() -> dict[str, Texts]:
    """Every text table of the module, by name."""
    members = cast("dict[str, object]", vars(dialog_texts)).items()
    found = {
        name: cast("Mapping[str, object]", value) for name, value in members if isinstance(value, MappingProxyType)
    }
    nested = {f"{name}.{key}": text for name, value in found.items() for key, text in value.items()}
    plain = {name: value for name, value in found.items() if all(isinstance(item, str) for item in value.values())}
    texts_inside = {name: text for name, text in nested.items() if not isinstance(text, str)}
    return cast("dict[str, Texts]", plain | texts_inside)


def test_every_text_that_people_see_exists_in_three_languages() -> None:
    found = tables()
    assert len(found) >= len(Derived) + 6
    for name, value in found.items():
        assert set(value) == {"nb", "nn", "en"}, name
        assert all(text.strip() == text and text for text in value.values()), name


def test_every_status_has_a_summary_of_its_own() -> None:
    assert set(dialog_texts.SUMMARIES) == set(Derived)
    assert len({tuple(value.items()) for value in dialog_texts.SUMMARIES.values()}) == len(Derived)


# Keys ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("best", range(4))
def test_the_most_particular_key_wins(best: int) -> None:
    app = version({key: {"nb": key} for key in KEYS[best:]})
    assert texts(dialog_of(instance(), app), "summary") == {"nb": KEYS[best]}


def test_a_blank_text_gives_way_to_the_next_key_language_by_language() -> None:
    app = version({KEYS[0]: {"nb": " ", "en": "first"}, KEYS[1]: {"nb": "annen", "en": "second"}, KEYS[3]: {"nn": "x"}})
    assert texts(dialog_of(instance(), app), "summary") == {"nb": "annen", "en": "first", "nn": "x"}


def test_keys_of_tasks_count_only_while_a_task_is_current() -> None:
    app = version({"dp.title.Task_1": {"nb": "Oppgave"}, "dp.title._any_.archivedunconfirmed": {"nb": "Ferdig"}})
    assert texts(dialog_of(instance(), app), "title") == {"nb": "Oppgave"}
    assert texts(dialog_of(archived(), app), "title") == {"nb": "Ferdig"}


def test_the_key_of_another_task_or_status_is_not_taken() -> None:
    app = version({"dp.summary.Task_2": {"nb": "x"}, "dp.summary._any_.rejected": {"nb": "y"}})
    assert texts(dialog_of(instance(), app), "summary") == dialog_texts.SUMMARIES[Derived.AWAITING_INPUT]


def test_languages_that_are_not_two_letters_are_skipped() -> None:
    app = version({KEYS[3]: {"nb": "a", "nob": "b", "NB": "c", "n1": "d"}}, title={"nb": "T", "nb-NO": "U"})
    found = dialog_of(instance(), app)
    assert set(texts(found, "summary")) == {"nb"}
    assert set(texts(found, "title")) == {"nb"}


# Title --------------------------------------------------------------------------------------------------------------


def test_a_title_is_the_app_s_name_with_the_presentation_texts_behind_it() -> None:
    app = version(title={"nb": "Søknad", "en": "Application"})
    found = dialog_of(instance(presentation_texts={"name": "Kari", "blank": " ", "city": "Oslo"}), app)
    assert texts(found, "title") == {"nb": "Søknad, Kari, Oslo", "en": "Application, Kari, Oslo"}
    assert texts(found, "nonSensitiveTitle") == {"nb": "Søknad", "en": "Application"}


def test_an_app_without_a_name_is_shown_by_its_id() -> None:
    assert texts(dialog_of(instance(), version(title={})), "title") == {"nb": "ttd/sample"}


def test_a_long_title_is_cut_with_its_presentation_texts() -> None:
    found = texts(dialog_of(instance(presentation_texts={"a": "x" * 300}), version(title={"nb": "T"})), "title")
    assert found == {"nb": "T, " + "x" * 249 + "..."}
    assert len(found["nb"]) == 255


# The rest -----------------------------------------------------------------------------------------------------------


def test_a_substatus_description_wins_over_all_summaries() -> None:
    app = version({"own.key": {"nb": "Til behandling", "en": "In progress"}, KEYS[0]: {"nb": "x"}})
    by_key = dialog_of(instance(substatus=Substatus(description="own.key")), app)
    literal = dialog_of(instance(substatus=Substatus(description="Ring oss")), app)
    blank = dialog_of(instance(substatus=Substatus(description=" ")), app)
    assert texts(by_key, "summary") == {"nb": "Til behandling", "en": "In progress"}
    assert texts(literal, "summary") == {"nb": "Ring oss"}
    assert texts(blank, "summary") == {"nb": "x"}


def test_a_substatus_label_is_the_extended_status_in_twenty_five_signs() -> None:
    app = version({"label": {"nb": "Til behandling"}})
    assert texts(dialog_of(instance(substatus=Substatus(label="label")), app), "extendedStatus") == {
        "nb": "Til behandling"
    }
    long = texts(dialog_of(instance(substatus=Substatus(label="x" * 26)), app), "extendedStatus")
    assert long == {"nb": "x" * 22 + "..."}
    for none in (None, Substatus(), Substatus(label=" ")):
        assert "extendedStatus" not in dialog_of(instance(substatus=none), app).content


def test_additional_info_is_the_app_s_own_or_absent() -> None:
    assert "additionalInfo" not in dialog_of(instance()).content
    app = version({"dp.additionalinfo": {"nb": "x" * 1024}})
    assert texts(dialog_of(instance(), app), "additionalInfo") == {"nb": "x" * 1020 + "..."}


def test_what_is_shown_below_the_level_is_ours_alone() -> None:
    app = version({KEYS[0]: {"nb": "secret"}})
    found = dialog_of(instance(substatus=Substatus(description="secret")), app)
    assert texts(found, "nonSensitiveSummary") == dialog_texts.SUMMARIES[Derived.AWAITING_INPUT]


@pytest.mark.parametrize(
    ("found", "label"),
    [
        (instance(), "Gå til skjemaet"),
        (archived(), "Se innsendingen"),
        (instance(task("signing")), "Gå til signering"),
    ],
)
def test_buttons_have_labels_of_ours_until_the_app_has_its_own(found: Instance, label: str) -> None:
    assert [action.title["nb"] for action in dialog_of(found).gui_actions] == [label, "Slett"]


def test_buttons_take_the_app_s_own_labels() -> None:
    app = version({"dp.primaryactionlabel": {"nb": "Åpne"}, "dp.deleteactionlabel": {"nb": "Fjern"}})
    assert [action.title for action in dialog_of(instance(), app).gui_actions] == [{"nb": "Åpne"}, {"nb": "Fjern"}]


@pytest.mark.parametrize(("length", "cut"), [(9, "x" * 9), (10, "x" * 10), (11, "x" * 7 + "..."), (0, "")])
def test_what_is_too_long_ends_in_three_dots_and_is_never_longer(length: int, cut: str) -> None:
    assert clamp({"nb": "x" * length}, 10) == {"nb": cut}
