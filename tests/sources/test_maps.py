"""Ready-made layouts: each published corpus is read as it is, and its own metadata are kept."""

import json
from pathlib import Path
from typing import Any

import published_layouts
import pytest
from published_layouts import LANGS, LAYOUTS, TIME

import sources
from layers.entries import Unit
from pipeline.config.source import SourceConfig
from sources.base import RecordLog, SourceSpec
from sources.reading import maps

WITHOUT_LANG = ("oscar-21.09", "c4", "mc4", "culturax")


def read(name: str, folder: Path, *, file: str = "", **own: Any) -> list[dict[str, Any]]:
    """DOCUMENT rows of a file in a layout, as a source that names its map reads it."""
    uri = published_layouts.write(name, folder, file=file)
    config = SourceConfig.model_validate({"card": "some_source", "map": name, "paths": ["*"], **own})
    spec = SourceSpec(
        "some_source",
        config.type,
        str(folder),
        "NOASSERTION",
        lang=config.lang,
        fields=config.single_fields,
        key_fields=config.key_fields,
        tag_fields=config.tag_fields,
        extra=config.extra_fields,
    )
    log = RecordLog(Unit("some_source", uri))
    rows = [
        row
        for batch in sources.load(spec.type).read(log.unit, spec=spec, log=log)
        for row in batch.to_pylist()
    ]
    assert (log.rejected, log.lost_values) == ([], {})
    return rows


def test_there_is_a_file_of_each_layout() -> None:
    assert {*LAYOUTS} == {*maps.names()}


@pytest.mark.parametrize("name", LAYOUTS)
def test_text_url_date_language_and_all_metadata_are_taken(name: str, tmp_path: Path) -> None:
    rows = read(name, tmp_path)
    made = LAYOUTS[name][0]()
    assert [row["text"] for row in rows] == [text for _, _, text in published_layouts.texts()]
    assert [row["url"] for row in rows] == [
        f"https://stories.example/{lang}/{n}" for n, lang, _ in published_layouts.texts()
    ]
    time = "2019/04/20 10:00:00" if name == "culturax" else TIME
    assert {(row["date"], row["retrieved"]) for row in rows} == {(time, time)}
    expected = [None] * 4 if name in WITHOUT_LANG else [*LANGS]
    expected = ["zh" if name.startswith("oscar") and tag == "zh-Hans" else tag for tag in expected]
    assert [row["lang_declared"] for row in rows] == expected
    assert len({row["record_id"] for row in rows}) == 4
    extra = [json.loads(row["extra"]) if row["extra"] else {} for row in rows]
    mapped = maps.load(name)["fields"].get("extra", {})
    having = {field for field, path in mapped.items() if any(_has(row, path) for row in made)}
    assert {field for each in extra for field in each} == having
    if name == "oscar-23.01":
        assert extra[0] == {
            "warc_headers": made[0]["warc_headers"],
            "identification": {"label": "hi", "prob": 0.93},
            "sentence_identifications": [None, {"label": "hi", "prob": 0.97}],
        }


def _has(row: Any, path: str) -> bool:
    for part in path.split("."):
        row = row.get(part) if isinstance(row, dict) else None
    return row is not None


def test_parquet_of_the_hub_has_the_same_documents(tmp_path: Path) -> None:
    for name in ("hplt-2", "hplt-4", "oscar-23.01"):
        lines, table = read(name, tmp_path), read(name, tmp_path, file="train.parquet", type="parquet")
        columns = ("text", "url", "lang_declared", "record_id")
        assert [[row[c] for c in columns] for row in table] == [[row[c] for c in columns] for row in lines]


def test_own_keys_win_and_null_takes_a_field_away(tmp_path: Path) -> None:
    own = {"lang": None, "id": "url", "extra": {"tlsh": None, "label": "metadata.identification.label"}}
    rows = read("oscar-23.01", tmp_path, fields=own, lang="hi")
    assert {row["lang_declared"] for row in rows} == {"hi"}
    assert [json.loads(row["extra"])["label"] for row in rows] == ["hi", "sw", "zh", "ar"]
    assert not any("tlsh" in json.loads(row["extra"]) for row in rows)


def test_a_map_that_is_none_is_named() -> None:
    with pytest.raises(ValueError, match=r"unknown map 'oscar-23\.1'; did you mean 'oscar-23\.01'"):
        SourceConfig.model_validate({"card": "some_source", "map": "oscar-23.1", "paths": ["*"]})
