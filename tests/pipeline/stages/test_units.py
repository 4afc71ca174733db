"""Units fit the data: every file once, small ones together, and one file more redoes few groups."""

from pathlib import Path

import pytest
import small_corpus
from hypothesis import given, settings
from hypothesis import strategies as st

from layers.storage import InputFile
from pipeline.beam import runners
from pipeline.plan.make import make_plan
from pipeline.stages.units import FILES_PER_UNIT, PlannedUnit, cut_units, max_bad_records
from sources.base import SourceSpec

SPEC = SourceSpec("s", "text", "/nowhere", "CC0-1.0", unit_bytes=1000)
FILES = st.lists(
    st.tuples(st.integers(0, 10**6), st.integers(0, 1500)), unique_by=lambda file: file[0], max_size=60
).map(lambda files: [InputFile(f"f{name:07d}.txt", size, "mark") for name, size in sorted(files)])


@given(files=FILES)
def test_every_file_is_in_one_unit_and_order_is_kept(files: list[InputFile]) -> None:
    units = cut_units(files, spec=SPEC, limit=None)
    assert [file for unit in units for file in unit.files] == files
    assert [unit.unit for unit in units] == sorted((unit.unit for unit in units), key=lambda unit: unit.order)
    assert sum(unit.size_bytes for unit in units) == sum(file.size_bytes for file in files)
    for unit in units:
        assert (unit.unit.uri, unit.unit.last) == (
            unit.files[0].uri,
            unit.files[-1].uri if len(unit.files) > 1 else None,
        )
        assert unit.size_bytes <= SPEC.unit_bytes or len(unit.files) == 1
        assert [each.uri for each, _ in unit.file_units()] == [file.uri for file in unit.files]
        assert PlannedUnit.from_json(unit.to_json()) == unit


@settings(max_examples=60)
@given(data=st.data(), count=st.integers(50, 300))
def test_one_file_more_changes_the_groups_beside_it_alone(data: st.DataObject, count: int) -> None:
    files = [InputFile(f"f{n:07d}.txt", 40, "mark") for n in range(0, 2 * count, 2)]
    more = InputFile(f"f{2 * data.draw(st.integers(0, count - 1)) + 1:07d}.txt", 40, "mark")
    before = cut_units(files, spec=SPEC, limit=None)
    after = cut_units(sorted([*files, more]), spec=SPEC, limit=None)
    assert len({*after} - {*before}) <= 2


@given(files=FILES, limit=st.integers(0, 50))
def test_a_trial_is_dealt_over_the_units(files: list[InputFile], limit: int) -> None:
    units = cut_units(files, spec=SPEC, limit=limit)
    limits = [unit.limit or 0 for unit in units]
    assert sum(limits) == (limit if units else 0)
    assert max(limits, default=0) - min(limits, default=0) <= 1


def test_groups_of_tiny_files_are_bounded_by_their_number_too() -> None:
    spec = SourceSpec("s", "text", "/nowhere", "CC0-1.0")
    files = [InputFile(f"f{n:07d}.txt", 10, "mark") for n in range(12 * FILES_PER_UNIT)]
    sizes = [len(unit.files) for unit in cut_units(files, spec=spec, limit=None)]
    assert len(sizes) > 3
    assert max(sizes) <= 4 * FILES_PER_UNIT


def test_four_hundred_tiny_files_make_few_layer_files(tmp_path: Path) -> None:
    source = {"card": "health_text", "type": "text", "paths": ["data/*.txt"], "lang": "sw"}
    config = small_corpus.write_corpus(tmp_path, changes={"sources": [source], "unit_bytes": 1 << 27})
    for page in (tmp_path / "data").glob("*.txt"):
        page.unlink()
    paragraph = small_corpus.PARAGRAPHS["sw"][0]
    for number in range(400):
        (tmp_path / "data" / f"page{number:03d}.txt").write_text(f"{paragraph} {number}", encoding="utf-8")
    plan = make_plan(config)
    runners.run(plan)
    files = [path for path in (tmp_path / "out").rglob("*") if path.is_file()]
    layer_files = [path for path in files if path.relative_to(tmp_path / "out").parts[0] != "release"]
    assert len(layer_files) <= 60
    assert sum(len(unit.files) for unit in plan.units) == 400


@pytest.mark.parametrize(
    ("sizes", "fraction", "bad"),
    [
        ({"a.jsonl": 100}, 0.0, 0),
        ({"a.jsonl": 100}, 0.1, 5),
        ({"a.jsonl": 100, "b.jsonl": 98}, 0.1, 10),
        ({"a.jsonl.gz": 100}, 0.1, 5160),
        ({"a.jsonl": 100, "b.jsonl.zst": 1}, 0.1, None),
    ],
)
def test_the_budget_that_no_good_record_can_save(
    sizes: dict[str, int], fraction: float, bad: int | None
) -> None:
    files = [InputFile(uri, size, "mark") for uri, size in sizes.items()]
    spec = SourceSpec("s", "jsonl", "/nowhere", "CC0-1.0", fields={"text": "text"})
    assert max_bad_records(files, spec=spec, max_bad_fraction=fraction) == bad
    assert max_bad_records(files, spec=SourceSpec("s", "parquet", "/", "CC0-1.0"), max_bad_fraction=1) is None
