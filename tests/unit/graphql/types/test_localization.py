"""Which languages a caller gets."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialog_graph.graphql.types.localization import accepted_languages, localize, preferred

ALL = {"nn": "Saka", "en": "The case", "nb": "Saken"}


def shown(texts: dict[str, str], *languages: str) -> list[tuple[str, str]]:
    return [(item.language_code, item.value) for item in localize(texts, languages)]


def test_without_a_wish_all_languages_come_by_code() -> None:
    assert shown(ALL) == [("en", "The case"), ("nb", "Saken"), ("nn", "Saka")]
    assert shown({}) == []


@pytest.mark.parametrize(
    ("present", "wishes", "code"),
    [
        ("nb nn en", ["nn"], "nn"),
        ("nb nn en", ["de", "nn"], "nn"),
        ("nb nn en", ["de"], "en"),
        ("nb nn", ["de"], "nb"),
        ("nb nn en", ["sv"], "nb"),
        ("nn en", ["sv"], "en"),
        ("nb en", ["de", "da"], "nb"),
        ("sv nb", ["de", "sv"], "sv"),
    ],
)
def test_the_first_language_that_is_present_comes_alone(present: str, wishes: list[str], code: str) -> None:
    texts = {language: language for language in present.split()}
    assert shown(texts, *wishes) == [(code, code)]


def test_when_nothing_fits_the_list_stays_whole() -> None:
    assert shown({"nn": "a", "se": "b"}, "de") == [("nn", "a"), ("se", "b")]


def test_fallbacks_stand_behind_every_wish_and_never_twice() -> None:
    assert preferred(["nb"]) == ("nb", "en")
    assert preferred(["da", "en"]) == ("da", "en", "nb")
    assert preferred([]) == ("en", "nb")


@pytest.mark.parametrize(
    ("header", "languages"),
    [
        (None, ()),
        ("", ()),
        ("nn", ("nn",)),
        ("NN-no, nb_NO;q=0.9, en-US;q=0.8", ("nn", "nb", "en")),
        ("en;q=0.1,nb;q=0.7,nn", ("nn", "nb", "en")),
        ("nb;q=0.5,nn;q=0.5", ("nb", "nn")),
        ("nb-NO,nb;q=0.9", ("nb",)),
        ("nb;q=0,en", ("en",)),
        ("nb ; Q = 0.2 , en;q=0.3", ("en", "nb")),
        ("nb;level=1;q=0.2,en;q=0.3;x=1", ("en", "nb")),
        ("*;q=0.1,sme,e1,å,nb;q=high,nn;q=nan,da;q=inf", ()),
        ("nb;q=9", ("nb",)),
        (",,nb,,", ("nb",)),
    ],
)
def test_languages_come_in_order_of_their_weight(header: str | None, languages: tuple[str, ...]) -> None:
    assert accepted_languages(header) == languages


def test_a_long_header_is_read_as_far_as_anybody_means_it() -> None:
    assert accepted_languages(",".join(["x"] * 20 + ["nb"])) == ()


@given(st.text() | st.text(alphabet="nbe;q=0.19, -_*"))
def test_no_header_makes_reading_fail(header: str) -> None:
    found = accepted_languages(header)
    assert len(set(found)) == len(found)
    assert all(len(code) == 2 and code.islower() for code in found)
