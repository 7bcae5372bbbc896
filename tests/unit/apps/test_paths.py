"""Paths into form data: reading with rows of a context, setting, and what differs between two documents."""

from decimal import Decimal

import pytest

from dialog_graph.apps.contents import paths
from dialog_graph.model.json_value import Json

DOCUMENT: Json = {
    "a": {"b": 1, "list": [1, 2]},
    "rows": [{"n": "x", "in": [{"v": 1}, {"v": 2}]}, {"n": "y", "in": [{"v": 3}]}],
    "nothing": None,
}


@pytest.mark.parametrize(
    ("path", "steps"),
    [
        ("a", ("a",)),
        ("a.b", ("a", "b")),
        ("rows[0].n", ("rows", 0, "n")),
        ("rows[].n", ("rows", "n")),
        ("rows[0][1]", ("rows", 0, 1)),
        ("å-b_c", ("å-b_c",)),
    ],
)
def test_a_path_is_names_and_rows(path: str, steps: tuple[paths.Step, ...]) -> None:
    assert paths.parse(path) == steps


@pytest.mark.parametrize("path", ["", ".", "a.", ".a", "a..b", "a b", "[0]", "a[x]", "a[-1]", "a]", "a[1]b"])
def test_everything_else_is_no_path(path: str) -> None:
    assert paths.parse(path) is None


@pytest.mark.parametrize(
    ("path", "rows", "value"),
    [
        ("a.b", (), 1),
        ("a.missing.deeper", (), None),
        ("a[0]", (), None),
        ("a.list", (), [1, 2]),
        ("a.list[1]", (), 2),
        ("a.list[7]", (), None),
        ("rows.n", (), None),
        ("rows.n", (1,), "y"),
        ("rows[0].n", (1,), "x"),
        ("rows.in.v", (0, 1), 2),
        ("rows.in.v", (0,), None),
        ("rows[1].in.v", (0, 0), None),
        ("rows[0].in[1].v", (), 2),
        ("rows", (1,), {"n": "y", "in": [{"v": 3}]}),
        ("nothing.a", (), None),
        ("rows.in.v", (9, 9), None),
    ],
)
def test_reading_takes_rows_of_the_context_until_the_first_literal_index(
    path: str, rows: tuple[int, ...], value: Json
) -> None:
    steps = paths.parse(path)
    assert steps is not None
    assert paths.get(DOCUMENT, steps, rows) == value


def test_setting_makes_objects_and_never_rows() -> None:
    document: Json = {"rows": [{}], "text": "x"}

    assert paths.put(document, ("a", "b", "c"), 1)
    assert paths.put(document, ("rows", 0, "n"), 2)
    assert not paths.put(document, ("rows", 1, "n"), 3)
    assert not paths.put(document, ("text", "n"), 4)
    assert not paths.put(document, ("fresh", 0), 5)
    assert not paths.put(document, ("other", "rows", 0, "n"), 6)
    assert document == {"rows": [{"n": 2}], "text": "x", "a": {"b": {"c": 1}}}


@pytest.mark.parametrize(
    ("before", "after", "changed"),
    [
        ({"a": 1}, {"a": 1}, ()),
        ({"a": 1}, {"a": Decimal("1.0")}, ()),
        ({"a": 1}, {"a": True}, ("a",)),
        ({"a": None}, {}, ("a",)),
        ({"a": {"b": 1, "c": 2}}, {"a": {"b": 2, "c": 2}, "d": 0}, ("a.b", "d")),
        ({"r": [1, 2]}, {"r": [1, 3, 4]}, ("r[1]", "r[2]")),
        ({"r": [1]}, {"r": {"0": 1}}, ("r",)),
        ({"r": [{"x": 1}]}, {"r": [{"x": "1"}]}, ("r[0].x",)),
    ],
)
def test_differences_are_told_as_paths(before: Json, after: Json, changed: tuple[str, ...]) -> None:
    assert paths.differing(before, after) == changed


def test_showing_is_the_reverse_of_parsing() -> None:
    for path in ("a", "a.b", "rows[0].n", "r[0][1].x"):
        assert paths.show(paths.parse(path) or ()) == path


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("rows", ["rows"]),
        ("rows.name", ["rows[0].name", "rows[1].name"]),
        ("rows[1].name", ["rows[1].name"]),
        ("rows.inner.x", ["rows[0].inner[0].x", "rows[0].inner[1].x", "rows[1].inner.x"]),
        ("rows.inner", ["rows[0].inner", "rows[1].inner"]),
        ("nowhere.at.all", ["nowhere.at.all"]),
    ],
)
def test_a_path_without_indices_stands_for_every_row(path: str, expected: list[str]) -> None:
    document: Json = {"rows": [{"name": "a", "inner": [{}, {}]}, {"name": "b"}]}

    assert [paths.show(steps) for steps in paths.resolved(document, paths.parse(path) or ())] == expected


def test_rows_of_other_arrays_do_not_count() -> None:
    document: Json = {"rows": [{"inner": [1, 2]}, {"inner": [3, 4]}], "others": [{"x": 5}, {"x": 6}]}
    rows, arrays = paths.context_of(("rows", 1, "inner", 0))

    def value(path: str) -> Json:
        return paths.get(document, paths.parse(path) or (), rows, arrays)

    assert (rows, arrays) == ((1, 0), (("rows",), ("rows", "inner")))
    assert value("rows.inner") == 3
    assert value("rows[0].inner") == [1, 2]
    assert value("others.x") is None
    assert value("others") == [{"x": 5}, {"x": 6}]
