"""Who may know whom: only pipeline/ imports Beam, and the rooms do not reach into each other."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ROOMS = ("pipeline", "sources", "filters", "governance")
OPEN = ("pipeline.document", "pipeline.layers")
"""The Beam-free part of pipeline/ that the other rooms may import."""


def imported(path: Path) -> set[str]:
    """Full names of what a file imports, wherever in the file."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            names.update(f"{node.module}.{alias.name}" for alias in node.names)
    return names


def files(room: str) -> list[Path]:
    return sorted((ROOT / room).rglob("*.py"))


def outside(room: str, name: str) -> bool:
    """True when a file of room may not import name."""
    top = name.split(".")[0]
    if top == "apache_beam":
        return room != "pipeline"
    if room == "pipeline" or top not in ROOMS or top == room:
        return False
    if top == "pipeline":
        return not any(name == part or name.startswith(part + ".") for part in OPEN)
    return (room, top) != ("sources", "governance")


@pytest.mark.parametrize("room", ROOMS)
def test_no_room_imports_what_it_may_not_know(room: str) -> None:
    broken = [
        f"{path.relative_to(ROOT)}: {name}"
        for path in files(room)
        for name in imported(path)
        if outside(room, name)
    ]
    assert files(room)
    assert broken == []


def test_the_open_part_of_pipeline_is_beam_free() -> None:
    paths = [ROOT / "pipeline" / "document.py", *sorted((ROOT / "pipeline" / "layers").rglob("*.py"))]
    names = {name for path in paths for name in imported(path)}
    assert not [name for name in names if name.startswith("apache_beam")]
    assert not [name for name in names if name.startswith("pipeline.") and not name.startswith(OPEN)]


def test_pipeline_has_no_future_annotations_since_beam_would_infer_any() -> None:
    assert [str(path) for path in files("pipeline") if "__future__.annotations" in imported(path)] == []


@pytest.mark.parametrize(
    ("room", "name", "forbidden"),
    [
        ("filters", "apache_beam", True),
        ("filters", "pipeline.document.DOCUMENT", False),
        ("filters", "pipeline.ingest", True),
        ("filters", "sources.base", True),
        ("sources", "governance.cards", False),
        ("governance", "sources.base", True),
        ("pipeline", "apache_beam", False),
    ],
)
def test_the_rule_itself(room: str, name: str, forbidden: bool) -> None:
    assert outside(room, name) is forbidden
