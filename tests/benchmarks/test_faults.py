"""The bench of faults in short: one of a run, one to a file; benchmarks/results has all of them."""

from pathlib import Path

import pytest
import small_corpus

from benchmarks import faults
from benchmarks.fault_bench import Bench
from benchmarks.fault_damage import DAMAGES, classify, list_places, strike
from benchmarks.fault_plan import KINDS, WHERE, Fault, draw_damages, draw_faults
from benchmarks.fault_rig import STAGES


def test_a_seed_fixes_the_faults_of_every_kind_in_every_stage_of_every_runner() -> None:
    drawn = draw_faults(40, seed=46, runners=["local", "flink"])
    assert drawn == draw_faults(40, seed=46, runners=["local", "flink"])
    assert drawn != draw_faults(40, seed=47, runners=["local", "flink"])
    for runner in ("local", "flink"):
        its = [each for each in drawn if each.runner == runner]
        # a small disk must be mounted, a clock faked
        assert {*KINDS[runner]} - {each.kind for each in its} <= {"disk full", "clock"}
        assert {each.stage for each in its if each.kind not in WHERE} == {*STAGES}
        assert all(each.stage == WHERE.get(each.kind, each.stage) for each in its)


PLACES = {
    "raw/a/0123456789abcdef.documents-00000.arrow": "raw documents",
    "raw/a/0123456789abcdef.json": "raw entries",
    "measured/a/0123456789abcdef-00000.text.arrow": "measured text",
    "index/raw/0123456789abcdef.units.arrow": "raw index units",
    "index/raw/0123456789abcdef.json": "raw index entries",
    "release/data/sw/a/train-00000-of-00001.arrow": "release data",
    "release/manifest.json": "release manifest.json",
    "shards.json": "file shards.json",
}


def test_files_of_an_output_are_told_apart_by_layer_and_role() -> None:
    assert {path: classify(path) for path in PLACES} == PLACES
    assert [classify(path) for path in (".lock", "plan.json", "failures/a.json")] == [None] * 3


def test_a_seed_fixes_damages_of_every_kind_to_every_place() -> None:
    places = ["raw documents", "raw entries", "release cards"]
    drawn = draw_damages(15, seed=46, places=places, first=4)
    assert drawn == draw_damages(15, seed=46, places=places, first=4)
    assert [each.number for each in drawn] == [*range(4, 19)]
    assert {(each.kind, each.stage) for each in drawn} == {
        (kind, place) for kind in DAMAGES for place in places
    }
    assert all(each.is_damage for each in drawn)


@pytest.mark.parametrize("point", [0.0, 0.37, 0.999999])
@pytest.mark.parametrize("kind", DAMAGES)
def test_a_damage_changes_the_file_that_its_point_chooses(kind: str, point: float, tmp_path: Path) -> None:
    for n in range(3):
        path = tmp_path / "raw" / "a" / f"{n:016x}.documents.arrow"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(bytes(range(100 + n)))
    before = small_corpus.tree_digests(tmp_path)
    (files,) = list_places(tmp_path).values()
    chosen = strike(tmp_path, kind=kind, point=point, files=files)
    assert chosen == files[int(point * 3)]
    after = small_corpus.tree_digests(tmp_path)
    changed = {name for name in before if before[name] != after.get(name)}
    assert str(chosen) in changed
    assert len(changed) == (2 if kind == "swapped" else 1)
    if kind == "bit flip":
        data = (tmp_path / chosen).read_bytes()
        assert sum((old ^ new).bit_count() for old, new in zip(range(len(data)), data, strict=True)) == 1


SOURCES = ["african_storybook_sw"]


@pytest.fixture(scope="module")
def work(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Of a bench that has killed a worker; tests/laws kill drivers too, in each stage."""
    folder = tmp_path_factory.mktemp("work")
    assert faults.main(["--work", str(folder), "--faults", "1", "--seed", "46", "--sources", *SOURCES]) == 0
    return folder


def test_a_killed_worker_leaves_the_release_as_it_is_and_nothing_else(work: Path) -> None:
    bench = Bench(work, sources=SOURCES)
    bench.learn()
    assert {"data", "ledger", "manifest.json"} <= {name.split("/")[0] for name in bench.expected}
    assert not (work / "01").exists(), "an output that passes is removed"


def test_a_missing_file_of_a_layer_is_made_again(work: Path) -> None:
    bench = Bench(work, sources=SOURCES)
    bench.learn()
    outcome = bench.suffer(Fault(2, "local", "missing", "decisions entries", 0.5))
    assert (outcome.verdict, outcome.exit_codes) == ("identical", (0,))
