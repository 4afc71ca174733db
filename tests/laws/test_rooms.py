"""Who may know whom: five rooms, the floors inside pipeline/, no circle anywhere, and Beam in one folder."""

import ast
from collections.abc import Iterator, Mapping
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

from layers.stages import NAMES

ROOT = Path(__file__).parents[2]
ROOMS = ("layers", "sources", "filters", "governance", "pipeline")
ALLOWED = {
    "layers": frozenset[str](),
    "sources": frozenset({"layers", "governance"}),
    "filters": frozenset({"layers"}),
    "governance": frozenset({"layers"}),
    "pipeline": frozenset({"layers", "sources", "filters", "governance"}),
}
"""What each room may import besides itself. A source reads its card through governance."""

FLOORS = (
    ("errors",),
    ("terminal",),
    ("config",),
    ("language_id",),
    ("job",),
    ("stages",),
    ("plan",),
    ("beam", "inspect"),
    ("delivery",),
    ("transforms", "commands"),
    ("cli",),
)
"""pipeline/ from the ground up: a floor imports lower ones only, and its rooms do not know each other."""

STAGE_FLOORS = (
    ("units", "failures", "task_progress", "nulls", "raw_parts", "url_lists", "removals"),
    ("units", "failures", "task_progress", "nulls", "url_lists", "reservations", "remover"),
    ("refusals",),
    ("reading",),
    *((room,) for name in NAMES for room in (name, f"{name}_checks")),
)
"""stages/ in the order of the data flow."""

BESIDE_BEAM = ("transforms",)
"""What may import apache_beam in pipeline/ besides pipeline/beam/."""


def files(room: str) -> list[Path]:
    return sorted((ROOT / room).rglob("*.py"))


def module_name(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def imported(tree: ast.AST) -> set[str]:
    """Full names of what a file imports, wherever in the file."""
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            names.update(f"{node.module}.{alias.name}" for alias in node.names)
    return names


def imports_of(path: Path) -> set[str]:
    return imported(ast.parse(path.read_text(encoding="utf-8")))


def import_graph() -> dict[str, set[str]]:
    """Every module of the house → the modules of the house that it imports."""
    modules = {module_name(path): path for room in ROOMS for path in files(room)}
    graph: dict[str, set[str]] = {}
    for module, path in modules.items():
        names = imports_of(path)
        graph[module] = {
            name if name in modules else name.rpartition(".")[0]
            for name in names
            if name in modules or name.rpartition(".")[0] in modules
        } - {module}
    return graph


def floor_of(module: str, *, below: str, floors: tuple[tuple[str, ...], ...]) -> int | None:
    """The floor of a module of the package `below`, or None for its face and for other packages."""
    if not module.startswith(below + "."):
        return None
    room = module.removeprefix(below + ".").split(".")[0]
    heights = [height for height, rooms in enumerate(floors) if room in rooms]
    assert heights, f"{module} has no floor: give {room} a place in the list of floors of {below}/"
    return heights[0]


def imports_upwards(graph: Mapping[str, set[str]], *, below: str, floors: tuple) -> Iterator[str]:
    for module, names in graph.items():
        own = floor_of(module, below=below, floors=floors)
        for name in names:
            other = floor_of(name, below=below, floors=floors)
            same_room = module.split(".")[: below.count(".") + 2] == name.split(".")[: below.count(".") + 2]
            if own is not None and other is not None and not same_room and other >= own:
                yield f"{module} imports {name}"


def may_import(room: str, name: str) -> bool:
    """False when a file of room may not import name."""
    top = name.split(".")[0]
    if top == "apache_beam":
        return room == "pipeline"
    return top not in ROOMS or top == room or top in ALLOWED[room]


def find_circle(graph: Mapping[str, set[str]]) -> list[str]:
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        return list(error.args[1])
    return []


def folder_graph(graph: Mapping[str, set[str]], *, below: str) -> dict[str, set[str]]:
    """The graph as seen when a folder is opened: its files and subfolders, one node each."""

    def node(module: str) -> str | None:
        return module.removeprefix(below + ".").split(".")[0] if module.startswith(below + ".") else None

    seen: dict[str, set[str]] = {}
    for module, names in graph.items():
        own = node(module)
        if own is not None:
            seen.setdefault(own, set()).update({other for name in names if (other := node(name))} - {own})
    return seen


@pytest.mark.parametrize("room", ROOMS)
def test_no_room_imports_what_it_may_not_know(room: str) -> None:
    broken = [
        f"{path.relative_to(ROOT)}: {name}"
        for path in files(room)
        for name in imports_of(path)
        if not may_import(room, name)
    ]
    assert files(room)
    assert broken == []


def test_no_floor_of_pipeline_imports_a_higher_one() -> None:
    assert list(imports_upwards(import_graph(), below="pipeline", floors=FLOORS)) == []


def test_no_stage_imports_a_later_one() -> None:
    assert list(imports_upwards(import_graph(), below="pipeline.stages", floors=STAGE_FLOORS)) == []


def test_no_circle_between_modules() -> None:
    assert find_circle(import_graph()) == []


def test_no_circle_between_the_things_in_a_folder() -> None:
    graph = import_graph()
    folders = {module.rpartition(".")[0] for module in graph if "." in module}
    circles = {folder: find_circle(folder_graph(graph, below=folder)) for folder in sorted(folders)}
    assert {folder: circle for folder, circle in circles.items() if circle} == {}


def test_pipeline_opens_as_at_most_thirteen_rooms() -> None:
    assert len(folder_graph(import_graph(), below="pipeline")) <= 13


def test_beam_is_imported_in_its_folder_and_in_the_public_transforms_alone() -> None:
    paths = [path for path in files("pipeline") if any("apache_beam" in name for name in imports_of(path))]
    rooms = {path.relative_to(ROOT / "pipeline").parts[0].removesuffix(".py") for path in paths}
    assert rooms == {"beam", *BESIDE_BEAM}


def test_pipeline_has_no_future_annotations_since_beam_would_infer_any() -> None:
    assert [str(path) for path in files("pipeline") if "__future__.annotations" in imports_of(path)] == []


@pytest.mark.parametrize(
    ("room", "name", "allowed"),
    [
        ("filters", "apache_beam", False),
        ("filters", "layers.document.DOCUMENT", True),
        ("filters", "pipeline.stages.ingest", False),
        ("layers", "filters.base", False),
        ("filters", "sources.base", False),
        ("sources", "governance.cards", True),
        ("governance", "sources.base", False),
        ("pipeline", "apache_beam", True),
    ],
)
def test_the_rule_of_rooms(room: str, name: str, allowed: bool) -> None:
    assert may_import(room, name) is allowed


@pytest.mark.parametrize(
    ("importer", "name", "up"),
    [
        ("pipeline.stages.ingest", "pipeline.job", False),
        ("pipeline.job", "pipeline.stages.ingest", True),
        ("pipeline.inspect.status", "pipeline.beam.runners", True),
        ("pipeline.plan.make", "pipeline.plan.estimate", False),
        ("pipeline.transforms", "pipeline.commands.run", True),
    ],
)
def test_one_import_turned_around_is_noticed(importer: str, name: str, up: bool) -> None:
    broken = imports_upwards({importer: {name}, name: set()}, below="pipeline", floors=FLOORS)
    assert bool(list(broken)) is up


def test_a_circle_is_noticed() -> None:
    assert set(find_circle({"a": {"b"}, "b": {"c"}, "c": {"a"}})) == {"a", "b", "c"}
    assert find_circle({"a": {"b"}, "b": set()}) == []
