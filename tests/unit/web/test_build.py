"""The page builder's own decisions: which Node will do, and the menu of example operations."""

from pathlib import Path

import pytest

from dialog_graph.web.build import find_node, is_supported, operations


@pytest.mark.parametrize(
    ("version", "supported"),
    [
        ("v18.20.4", False),
        ("v20.18.3", False),
        ("v20.19.0", True),
        ("v21.7.3", False),
        ("v22.11.0", False),
        ("v22.12.0", True),
        ("v24.19.0\n", True),
        ("", False),
        ("node: not found", False),
    ],
)
def test_a_node_is_new_enough_or_not(version: str, supported: bool) -> None:
    assert is_supported(version) is supported


def test_the_environment_has_a_node_to_build_with() -> None:
    node = find_node()
    assert node is not None
    assert all(Path(word).is_file() for word in node.npm)


def test_no_folder_gives_no_examples(tmp_path: Path) -> None:
    assert operations(tmp_path / "missing") == []


def test_examples_are_ordered_by_kind_and_carry_their_variables(tmp_path: Path) -> None:
    (tmp_path / "a_schema.graphql").write_text("{ __typename }")
    (tmp_path / "b_page.graphql").write_text(
        '# kind: inbox\n# title: A page of the inbox\n# variables: {"first": 10}\n# Newest first.\nquery Page { x }\n'
    )
    (tmp_path / "integration").mkdir()
    (tmp_path / "integration" / "follow.graphql").write_text("subscription Follow { x }")
    (tmp_path / "integration" / "follow.variables.json").write_text('{"after": null}')

    found = operations(tmp_path)

    assert [(each["kind"], each["title"]) for each in found] == [
        ("inbox", "A page of the inbox"),
        ("integration", "follow"),
        ("developer", "a schema"),
    ]
    assert found[0]["query"] == "# Newest first.\nquery Page { x }\n"
    assert found[0]["variables"] == '{\n  "first": 10\n}'
    assert found[1]["variables"] == '{\n  "after": null\n}'
