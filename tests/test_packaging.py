"""What is installed is what is in the tree: four packages, the model, the languages."""

import ast
import subprocess
import sys
import zipfile
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = ("filters", "governance", "layers", "pipeline", "sources")


def test_no_other_distribution_brings_packages_of_these_names() -> None:
    """An editable install lists no files, so nobody need own them; the wheel below brings them."""
    owners = packages_distributions()
    assert {owner for name in PACKAGES for owner in owners.get(name, [])} <= {"rhizotron"}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """Paths in a wheel built from the files under version control, without the network."""
    folder = tmp_path_factory.mktemp("wheel")
    tree = folder / "tree"
    for name in tracked():
        target = tree / name
        if name.startswith((*(f"{package}/" for package in PACKAGES),)) or "/" not in name:
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes((ROOT / name).read_bytes())
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder), str(tree)]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout + result.stderr
    (path,) = folder.glob("*.whl")
    with zipfile.ZipFile(path) as archive:
        return archive.namelist()


def tracked() -> list[str]:
    """Files under version control that are there; without git, all files of the tree."""
    result = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=False)
    if result.returncode:
        return [
            str(path.relative_to(ROOT))
            for path in ROOT.rglob("*")
            if path.is_file() and "__pycache__" not in path.parts
        ]
    return [name for name in result.stdout.decode().split("\0") if name and (ROOT / name).exists()]


def test_the_wheel_has_the_four_packages_and_nothing_else(wheel: list[str]) -> None:
    tops = {name.split("/")[0] for name in wheel}
    assert {top for top in tops if not top.endswith(".dist-info")} == {*PACKAGES}


def test_the_wheel_has_every_file_of_the_packages(wheel: list[str]) -> None:
    expected = {name for name in tracked() if name.split("/")[0] in PACKAGES}
    assert {name for name in wheel if name.split("/")[0] in PACKAGES} == expected


def test_the_wheel_has_the_model_the_languages_and_the_licence(wheel: list[str]) -> None:
    assert any(name.endswith("lid.176.ftz") for name in wheel)
    assert (
        len([name for name in wheel if name.startswith("filters/languages/") and name.endswith(".yaml")])
        == 47
    )
    assert any(name.endswith("licenses/LICENSE") for name in wheel)


def test_the_command_line_is_an_entry_point(wheel: list[str]) -> None:
    assert any(name.endswith("entry_points.txt") for name in wheel)


ABSOLUTE = ("/work", "/home", "/root", "/Users", "/mnt", "/data/", "C:\\")


@pytest.mark.parametrize(
    "path", sorted((ROOT / "tests").rglob("*.py")), ids=lambda path: str(path.relative_to(ROOT))
)
def test_no_test_names_a_place_outside_the_repository(path: Path) -> None:
    if path == Path(__file__):
        return
    tree = ast.parse(path.read_text(encoding="utf-8"))
    strings = [
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    ]
    assert [text for text in strings if text.startswith(ABSOLUTE)] == []
