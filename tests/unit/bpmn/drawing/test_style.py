"""Colours keep to WCAG AA in both palettes, and the style reaches nothing outside of a drawing."""

import re
from collections.abc import Mapping

import pytest

from dialog_graph.bpmn.drawing.style import DARK, LIGHT, ROOT, STYLE, Mark

TEXT, SHAPE = 4.5, 3.0
PALETTES = pytest.mark.parametrize("palette", [LIGHT, DARK], ids=["light", "dark"])


def luminance(colour: str) -> float:
    parts = (int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5))
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    bright, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (bright + 0.05) / (dark + 0.05)


def test_the_measure_is_that_of_the_guidelines() -> None:
    assert contrast("#ffffff", "#000000") == 21
    assert round(contrast("#777777", "#ffffff"), 2) == 4.48, "just too little for text"


@PALETTES
def test_names_can_be_read_everywhere(palette: Mapping[str, str]) -> None:
    grounds = ["paper", "surface", *(f"{mark}-fill" for mark in Mark)]
    assert {name for name in grounds if contrast(palette["ink"], palette[name]) < TEXT} == set()


@PALETTES
def test_shapes_and_signs_can_be_seen(palette: Mapping[str, str]) -> None:
    assert contrast(palette["quiet"], palette["paper"]) >= TEXT
    for mark in Mark:
        assert contrast(palette[mark], palette["paper"]) >= SHAPE, "the border of a step"
        assert contrast(palette[mark], palette[f"{mark}-fill"]) >= SHAPE, "its border from within"
        assert contrast(palette["paper"], palette[mark]) >= SHAPE, "the sign on the badge"


def test_both_palettes_have_the_same_colours() -> None:
    assert LIGHT.keys() == DARK.keys()
    assert "prefers-color-scheme:dark" in STYLE


def test_every_rule_is_held_to_drawings() -> None:
    rules = re.findall(r"([^{}]+)\{[^{}]*\}", STYLE.replace("@media (prefers-color-scheme:dark){", ""))
    assert len(rules) > 40
    assert [rule for rule in rules if not rule.startswith(f".{ROOT}")] == []
    assert STYLE.count("{") == STYLE.count("}")
    assert re.search(r"<|url|@import|expression|var\(", STYLE) is None
