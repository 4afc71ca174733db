"""The index of a layer says what its entries say, in one file each, and is noticed when it does not."""

from pathlib import Path

import pyarrow as pa
import pytest

from layers.entries import Count, Entry, Unit, entry_url
from layers.index import SLICE_ROWS, LayerIndex, digest_inputs, gather
from layers.layer import Layer, MissingEntry
from layers.shards import DamagedFile

ROWS = pa.schema([("x", pa.int64())])
UNITS = SLICE_ROWS + 3
"""More than a slice, so that slices and their bounds are seen."""


def key_of(number: int) -> str:
    return f"key {number}"


@pytest.fixture
def layer(tmp_path: Path) -> Layer:
    layer = Layer(str(tmp_path / "measured"))
    for number in range(UNITS):
        rows = number % 4
        batch = pa.record_batch([pa.array(range(rows), pa.int64())], schema=ROWS)
        langs = [{"lang": f"l{n}", "start": n, "stop": n + 1, "bytes": 10 * n} for n in range(rows)]
        with layer.commit(unit(number), key=key_of(number)) as commit:
            commit.write("signals", iter([batch]), schema=ROWS)
            counts = [
                Count("kept", lang="sw", documents=rows, bytes=5),
                Count("dropped", reason="tail", documents=None),
            ]
            commit.commit(counts, facts={"raw_rows": rows + 1, "langs": langs})
    return layer


def unit(number: int) -> Unit:
    return Unit(f"s{number // 100}", f"file-{number:04d}", part=0)


@pytest.fixture
def index(layer: Layer, tmp_path: Path) -> LayerIndex:
    return make(layer, tmp_path)


def make(layer: Layer, tmp_path: Path) -> LayerIndex:
    keys = {unit(number): key_of(number) for number in range(UNITS)}
    return gather(
        layer, keys=keys, index=Layer(str(tmp_path / "index")), rows_of="signals", inputs=("signals",)
    )


def test_its_columns_are_those_of_the_entries(index: LayerIndex, layer: Layer) -> None:
    entries = layer.entries()
    assert index.units() == [entry.unit for entry in entries]
    assert index.numbers("rows").tolist() == [entry.files["signals"].rows for entry in entries]
    assert index.numbers("raw_rows").tolist() == [entry.facts["raw_rows"] for entry in entries]
    assert list(index.entries()) == entries
    runs = [
        (place, run["lang"], run["start"], run["stop"], run["bytes"])
        for place, entry in enumerate(entries)
        for run in entry.facts["langs"]
    ]
    table = index.runs("unit", "lang", "start", "stop", "bytes")
    assert [tuple(row.values()) for row in table.to_pylist()] == runs


@pytest.mark.parametrize(
    ("start", "stop"), [(0, 1), (3, 3), (5, 9), (SLICE_ROWS - 1, SLICE_ROWS + 1), (9, UNITS)]
)
def test_a_slice_of_units_is_that_slice_of_the_whole(index: LayerIndex, start: int, stop: int) -> None:
    assert list(index.entries(start=start, stop=stop)) == list(index.entries())[start:stop]
    assert index.units(start=start, stop=stop) == index.units()[start:stop]
    inside = [row for row in index.runs().to_pylist() if start <= row["unit"] < stop]
    assert index.runs(start=start, stop=stop).to_pylist() == inside


def test_the_units_of_a_source_follow_one_another(index: LayerIndex) -> None:
    assert index.source_units("s1") == (100, 200)
    assert index.source_units("nobody") == (0, 0)


def test_counts_are_sums_and_an_unknown_number_stays_unknown(index: LayerIndex) -> None:
    rows = index.counts().to_pylist()
    kept = {row["source"]: row["documents"] for row in rows if row["flow"] == "kept"}
    expected: dict[str, int] = {}
    for number in range(UNITS):
        source = unit(number).source
        expected[source] = expected.get(source, 0) + number % 4
    assert kept == expected
    assert {(row["documents"], row["unknown"]) for row in rows if row["flow"] == "dropped"} == {(None, True)}


def test_its_digest_of_inputs_is_that_of_the_entries(index: LayerIndex, layer: Layer) -> None:
    assert index.inputs == digest_inputs(layer.entries(), files=("signals",))


def test_gathered_again_it_is_the_same_and_a_changed_entry_makes_another(
    index: LayerIndex, layer: Layer, tmp_path: Path
) -> None:
    assert make(layer, tmp_path).key == index.key
    with layer.commit(unit(7), key=key_of(7) + "'") as commit:
        commit.write("signals", iter([]), schema=ROWS)
        commit.commit([])
    with pytest.raises(MissingEntry, match="file-0007"):
        make(layer, tmp_path)
    with layer.commit(unit(7), key=key_of(7)) as commit:
        commit.write("signals", iter([]), schema=ROWS)
        commit.commit([])
    assert make(layer, tmp_path).key != index.key
    with pytest.raises(MissingEntry, match="index"):
        index.units()


def test_a_missing_unit_is_named(layer: Layer, tmp_path: Path) -> None:
    layer.forget(unit(3))
    with pytest.raises(MissingEntry, match="file-0003"):
        make(layer, tmp_path)


@pytest.mark.parametrize("damage", ["flipped", "cut", "of another unit"])
def test_a_damaged_entry_is_named(damage: str, layer: Layer, tmp_path: Path) -> None:
    path = Path(entry_url(layer.url, unit=unit(3)))
    data = path.read_bytes()
    changed = {
        "flipped": data.replace(b'"rows', b'"sows').replace(b"raw_r", b"saw_r"),
        "cut": data[: len(data) // 2],
        "of another unit": Path(entry_url(layer.url, unit=unit(4))).read_bytes(),
    }
    path.write_bytes(changed[damage])
    with pytest.raises(DamagedFile, match=path.name):
        make(layer, tmp_path)


@pytest.mark.parametrize("name", ["units", "runs", "counts", "entries"])
def test_a_flipped_bit_of_an_index_is_noticed(name: str, index: LayerIndex, tmp_path: Path) -> None:
    (path,) = (tmp_path / "index").glob(f"measured/*.{name}.arrow")
    data = bytearray(path.read_bytes())
    data[len(data) // 3] ^= 1
    path.write_bytes(data)
    with pytest.raises(DamagedFile, match=path.name):
        _ = [index.units(), index.runs(), index.counts(), list(index.entries())]


def test_an_entry_of_the_first_version_is_read_without_digests() -> None:
    unit = b'{"part": null, "source": "s", "start": 0, "stop": null, "uri": "u"}'
    old = b'{"counts": [], "facts": {}, "files": {}, "fingerprint": "f", "layer": "raw", "unit": %b}' % unit
    assert Entry.from_json(old) == Entry("raw", Unit("s", "u"), "f", {}, ())


def test_a_layer_without_units_has_none_of_any_source(layer: Layer, tmp_path: Path) -> None:
    """As when every record was rejected: pyarrow ends the process where an array has no chunk."""
    empty = gather(
        layer, keys={}, index=Layer(str(tmp_path / "index")), rows_of="signals", inputs=("signals",)
    )
    assert empty.source_units("s1") == (0, 0)
    assert [*empty.entries()] == []
