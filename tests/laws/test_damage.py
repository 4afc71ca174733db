"""What is read back is checked: a damaged file is named, set aside and made again by the same command."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import small_corpus

from pipeline.beam import runners
from pipeline.plan.make import make_plan

CHANGES = {"lines": {"min_count": 2, "min_chars": 5}}
READ_NEXT = {
    "ingest": [("raw", "documents-00000.arrow"), ("raw", "rejected.arrow"), ("raw", "json")],
    "count": [
        ("line_counts", "lines.arrow"),
        ("line_counts", "json"),
        ("lines", "repeated.arrow"),
        ("lines", "json"),
    ],
    "measure": [
        ("measured", "text.arrow"),
        ("measured", "signals.arrow"),
        ("measured", "bands.arrow"),
        ("measured", "errors.arrow"),
        ("measured", "lines.arrow"),
        ("measured", "json"),
    ],
    "decide": [("decisions", "decisions.arrow"), ("decisions", "json")],
}
"""After each stage, the files that later ones read."""


def flip(path: Path, other: Path) -> None:
    whole = path.read_bytes()
    middle = len(whole) // 2
    path.write_bytes(whole[:middle] + bytes([whole[middle] ^ 1]) + whole[middle + 1 :])


def cut(path: Path, other: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def lose(path: Path, other: Path) -> None:
    path.unlink()


def swap(path: Path, other: Path) -> None:
    """Two files of the layer that are whole, each in the other's place."""
    one = path.read_bytes()
    path.write_bytes(other.read_bytes())
    other.write_bytes(one)


@pytest.fixture(scope="module")
def outputs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Path]]:
    """Stage → a folder with a corpus and its output after that stage; `publish`: the undisturbed run."""
    folder = tmp_path_factory.mktemp("outputs")
    config = small_corpus.write_corpus(folder / "corpus", changes=CHANGES)
    copies: dict[str, Path] = {}
    for stage in (*READ_NEXT, "publish"):
        runners.run(make_plan(config), stages=(stage,))
        copies[stage] = shutil.copytree(folder / "corpus", folder / stage)
    yield copies


FILES = [(stage, layer, file) for stage, files in READ_NEXT.items() for layer, file in files]
Damage = Callable[[Path, Path], None]
CASES: list[tuple[str, str, str, Damage]] = [(*file, flip) for file in FILES]
CASES += [(*FILES[n], damage) for n in (0, 2, 8, 12, 13) for damage in (cut, lose, swap)]


@pytest.mark.parametrize(
    ("stage", "layer", "file", "damage"), CASES, ids=lambda value: getattr(value, "__name__", value)
)
def test_a_run_names_a_damaged_file_and_makes_it_again(
    stage: str,
    layer: str,
    file: str,
    damage: Damage,
    outputs: dict[str, Path],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    corpus = shutil.copytree(outputs[stage], tmp_path / "corpus")
    candidates = sorted((corpus / "out" / layer).glob(f"*/*.{file}"), key=lambda path: -path.stat().st_size)
    path, other = candidates[:2]
    before = path.read_bytes()
    damage(path, other)
    runners.run(make_plan(corpus / "corpus.yaml"))
    undisturbed = small_corpus.tree_digests(outputs["publish"] / "out" / "release")
    assert small_corpus.tree_digests(corpus / "out" / "release") == undisturbed
    assert path.read_bytes() == before, "made again"
    if (damage, file) == (lose, "json"):
        return  # a unit without an entry was never committed: no damage to tell
    # what is read first is named; deciding again replaces the other file of a swap before it is read
    damaged = (path, other) if damage is swap else (path,)
    printed = capsys.readouterr().err
    named = [file for file in damaged if f"{file.name} " in printed]
    assert named
    for damaged_file in named:
        set_aside = corpus / "out" / "damaged" / layer / damaged_file.parent.name / damaged_file.name
        assert set_aside.exists() == (damage is not lose)


@pytest.mark.parametrize("stage", ["measure", "decide", "publish"])
def test_a_command_of_one_stage_makes_what_it_needs_again(
    stage: str, outputs: dict[str, Path], tmp_path: Path
) -> None:
    before, layer, file = {
        "measure": ("count", "raw", "documents-00000.arrow"),
        "decide": ("measure", "measured", "bands.arrow"),
        "publish": ("decide", "measured", "text.arrow"),
    }[stage]
    corpus = shutil.copytree(outputs[before], tmp_path / "corpus")
    path = max((corpus / "out" / layer).glob(f"*/*.{file}"), key=lambda path: path.stat().st_size)
    whole = path.read_bytes()
    flip(path, path)
    runners.run(make_plan(corpus / "corpus.yaml"), stages=(stage,))
    assert path.read_bytes() == whole


def test_every_damaged_file_is_found_however_many_there_are(outputs: dict[str, Path], tmp_path: Path) -> None:
    corpus = shutil.copytree(outputs["measure"], tmp_path / "corpus")
    for path in (corpus / "out" / "measured").glob("*/*.arrow"):
        flip(path, path)
    runners.run(make_plan(corpus / "corpus.yaml"))
    undisturbed = small_corpus.tree_digests(outputs["publish"] / "out" / "release")
    assert small_corpus.tree_digests(corpus / "out" / "release") == undisturbed


def test_of_a_layer_that_is_gone_all_is_made_again_at_once(
    outputs: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However many files it had: each submission finds a layer, not a file."""
    corpus = shutil.copytree(outputs["decide"], tmp_path / "corpus")
    gone = [
        ("measured", "*/*.text.arrow"),
        ("line_counts", "*/*.arrow"),
        ("lines", "*/*.arrow"),
        ("raw", "*/*.arrow"),
    ]
    for layer, files in gone:
        paths = [*(corpus / "out" / layer).glob(files)]
        assert len(paths) > 1
        for path in paths:
            path.unlink()
    monkeypatch.setattr(runners, "MAX_MENDED", len(gone))
    runners.run(make_plan(corpus / "corpus.yaml"))
    undisturbed = small_corpus.tree_digests(outputs["publish"] / "out" / "release")
    assert small_corpus.tree_digests(corpus / "out" / "release") == undisturbed
