"""Wrapping by estimated widths: nothing is wider than its room, nothing is lost without a sign of it."""

from hypothesis import given
from hypothesis import strategies as st

from dialog_graph.bpmn.drawing.texts import SMALL, name_lines, name_size, plain, width_of, wrapped

names = st.text(max_size=255).map(plain)
widths = st.floats(40, 300)


@given(names, widths, st.integers(1, 6))
def test_lines_fit(text: str, width: float, lines: int) -> None:
    rows = wrapped(text, width, lines=lines)
    assert len(rows) <= lines
    assert all(width_of(row) <= width or len(row) <= 2 for row in rows)


@given(names, widths)
def test_nothing_is_lost_where_there_is_room(text: str, width: float) -> None:
    assert "".join("".join(wrapped(text, width, lines=255)).split()) == "".join(text.split())


@given(names, widths, st.integers(1, 6))
def test_a_name_is_written_as_it_was_measured(text: str, width: float, lines: int) -> None:
    assert name_lines(text, name_size(text, width, lines)) == wrapped(text, width, SMALL, lines)


@given(st.text(max_size=100))
def test_plain_text_is_one_visible_line(text: str) -> None:
    shown = plain(text)
    assert shown == plain(shown)
    assert not any(character in shown for character in "\n\t\r\x00\x1b\u202e\u2066")


def test_words_stay_whole_where_they_can() -> None:
    assert wrapped("Fill in the application", 100) == ("Fill in the", "application")
    assert wrapped("Fill in the application", 100, lines=1) == ("Fill in the…",)
    assert wrapped("Donaudampfschifffahrtsgesellschaft", 100) == ("Donaudampfschi", "fffahrtsgesellsch", "aft")
    assert wrapped("forms/grant-application", 100)[0] in ("forms/grant-", "forms/"), "broken where it is joined"
    assert wrapped("", 100) == ()
