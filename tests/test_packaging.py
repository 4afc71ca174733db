"""What is installed is what is in the tree: packages, models, languages and the demo; and it runs."""

import ast
import os
import subprocess
import sys
import sysconfig
import tomllib
import zipfile
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from pipeline.stages.publish.environment import LIBRARIES
from tests.docs.pages import TUTORIAL, read_blocks
from tests.docs.session import Session

ROOT = Path(__file__).parents[1]
PACKAGES = ("filters", "governance", "layers", "pipeline", "sources")
BUNDLED = "pipeline/bundled/"
"""Where an installation has what stands at its own place in a checkout."""
LOCK = "deploy/constraints.txt"
MAX_WHEEL_BYTES = 18_000_000
"""Every worker of a cluster is sent the wheel."""


def test_no_other_distribution_brings_packages_of_these_names() -> None:
    """An editable install lists no files, so nobody need own them; the wheel below brings them."""
    owners = packages_distributions()
    assert {owner for name in PACKAGES for owner in owners.get(name, [])} <= {"rhizotron"}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A wheel built from the files under version control, without the network."""
    folder = tmp_path_factory.mktemp("wheel")
    tree = folder / "tree"
    for name in tracked():
        target = tree / name
        if is_packaged(name) or "/" not in name or name.startswith("examples/demo/make/"):
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes((ROOT / name).read_bytes())
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder), str(tree)]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout + result.stderr
    (path,) = folder.glob("*.whl")
    return path


@pytest.fixture(scope="module")
def names(wheel: Path) -> set[str]:
    """Paths in the wheel."""
    with zipfile.ZipFile(wheel) as archive:
        return {*archive.namelist()}


def is_packaged(name: str) -> bool:
    return name.startswith((*(f"{package}/" for package in PACKAGES),)) or is_bundled(name)


def is_bundled(name: str) -> bool:
    """Whether a file of the tree belongs to the demo or the cards, or is the lock."""
    ours = ("corpus.yaml", "README.md", "CREDITS.tsv", "dirt.json")
    demo = name.startswith("examples/demo/data/") or name in {f"examples/demo/{each}" for each in ours}
    return demo or name.startswith("data_cards/sources/") or name in {"data_cards/TEMPLATE.md", LOCK}


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


def test_the_wheel_has_the_packages_and_nothing_else(names: set[str]) -> None:
    tops = {name.split("/")[0] for name in names}
    assert {top for top in tops if not top.endswith(".dist-info")} == {*PACKAGES}


def test_the_wheel_has_every_file_of_the_packages_and_what_is_bundled(names: set[str]) -> None:
    files = [name for name in tracked() if is_packaged(name)]
    expected = {BUNDLED + name if is_bundled(name) else name for name in files}
    assert {name for name in names if name.split("/")[0] in PACKAGES} == expected
    assert len([name for name in names if name.startswith(f"{BUNDLED}data_cards/sources/")]) == 65


def test_the_wheel_has_the_model_the_languages_and_the_licence(names: set[str]) -> None:
    assert any(name.endswith("lid.176.ftz") for name in names)
    assert (
        len([name for name in names if name.startswith("filters/languages/") and name.endswith(".yaml")])
        == 47
    )
    assert any(name.endswith("licenses/LICENSE") for name in names)


def test_the_lock_that_a_wheel_carries_names_the_versions_of_uv_lock() -> None:
    """A release names its digest, from a checkout and from a wheel alike."""
    packages = tomllib.loads((ROOT / "uv.lock").read_text(encoding="utf-8"))["package"]
    locked = {f"{each['name']}=={each['version']}" for each in packages if "version" in each}
    pins = {line.partition(" ")[0] for line in (ROOT / LOCK).read_text(encoding="utf-8").splitlines()}
    assert pins and pins <= locked


def test_the_command_line_is_an_entry_point(names: set[str]) -> None:
    assert any(name.endswith("entry_points.txt") for name in names)


def test_the_wheel_is_small_enough_to_send(wheel: Path) -> None:
    assert wheel.stat().st_size < MAX_WHEEL_BYTES


@pytest.fixture(scope="module")
def programs(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of programs of a fresh environment with the wheel; dependencies are those of this one."""
    folder = tmp_path_factory.mktemp("installed") / "env"
    run(sys.executable, "-m", "venv", str(folder))
    python = folder / "bin" / "python"
    run(str(python), "-m", "pip", "install", "--quiet", "--no-deps", "--no-index", str(wheel))
    (site,) = folder.glob("lib/python*/site-packages")
    # a .pth file adds the folder and does not read its own .pth files: this checkout stays out
    (site / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n")
    return folder / "bin"


def run(*command: str) -> str:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    result = subprocess.run(command, env=environment, cwd="/", capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stdout


def test_an_installation_finds_its_own_demo(programs: Path) -> None:
    ask = (
        "from pipeline.config import bundled; "
        "print(bundled.__file__, bundled.find_bundled('examples/demo/corpus.yaml'))"
    )
    module, corpus = run(str(programs / "python"), "-c", ask).split()
    assert Path(module).is_relative_to(programs.parent)
    assert Path(corpus).is_relative_to(programs.parent)
    plan = run(str(programs / "rhizotron"), "plan", corpus)
    assert all(uid in plan for uid in ("tico19", "african_storybook_sw", "vukuzenzele"))


def test_an_installation_runs_the_tutorial_up_to_its_first_run(programs: Path, tmp_path: Path) -> None:
    """Without the checkout: `rhizotron new` has the template, and the plan of the notes is printed."""
    session = Session(tmp_path, programs=programs)
    blocks = [block for block in read_blocks(TUTORIAL) if block.is_run]
    first_run = next(n for n, block in enumerate(blocks) if "rhizotron run" in block.text)
    outcomes = [session.run(block) for block in blocks[:first_run]]
    assert [code for code, _ in outcomes] == [block.exit_code for block in blocks[:first_run]]
    assert "field_notes" in outcomes[-1][1]
    assert "exit codes" in run(str(programs / "rhizotron"), "--help").lower()


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


def test_the_libraries_that_a_manifest_names_are_those_that_every_installation_has() -> None:
    """One of the extra `dev` among them would end the release of whoever installs the wheel."""
    declared = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["dependencies"]
    assert {*LIBRARIES} <= {canonicalize_name(Requirement(line).name) for line in declared}
