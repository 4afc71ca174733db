"""A release as its re-users meet it: the README, `datasets.load_dataset`, the cards, the manifest."""

import hashlib
import subprocess
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import datasets
import pyarrow as pa
import pytest
import rfc8785
from pydantic import ValidationError

from governance.manifest import Manifest, Output, merkle_root, sha256
from governance.pages import data_dictionary, hub_yaml, release_card, statistics
from governance.pages.language_card import render_language_card

TEXTS = {
    ("yo", "wiki_a"): ["Ẹ kú àárọ̀", "Báwo ni?"],
    ("yo", "wiki_b"): ["Ó dàbọ̀ 🌍"],
    ("zh-Hans", "wiki_a"): ["你好，世界"],
    ("no", "wiki_b"): ["Hei på deg"],
}
TARGETS = ["yo", "zh-Hans", "no", "fon"]
Write = Callable[..., Any]


@pytest.fixture(autouse=True)
def offline(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(datasets.config, "HF_HUB_OFFLINE", True)
    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", tmp_path / "cache")
    yield


def load(path: Path, name: str | None = None, *, streaming: bool = False) -> list[dict[str, Any]]:
    return list(datasets.load_dataset(str(path), name, split="train", streaming=streaming))


@pytest.mark.parametrize(
    ("name", "texts", "streaming"),
    [
        ("yo", ["Ẹ kú àárọ̀", "Báwo ni?", "Ó dàbọ̀ 🌍"], False),
        ("yo", ["Ẹ kú àárọ̀", "Báwo ni?", "Ó dàbọ̀ 🌍"], True),
        ("zh-Hans", ["你好，世界"], False),
        (None, ["Hei på deg"], True),
    ],
)
def test_every_config_loads_with_its_own_texts(
    release: Write, name: str | None, texts: Sequence[str], streaming: bool
) -> None:
    made = release(TEXTS, targets=TARGETS)
    assert [row["text"] for row in load(made.path, name, streaming=streaming)] == texts


@pytest.mark.parametrize("streaming", [True, False])
def test_loaded_rows_have_every_column_and_type(release: Write, streaming: bool) -> None:
    (row,) = load(release(TEXTS, targets=TARGETS).path, "no", streaming=streaming)
    assert {name: row[name] for name in list(row)[2:]} == {
        "url": None,
        "license": "CC-BY-SA-4.0",
        "words": 3,
        "stop_words_ratio": 0.5,
        "checked": True,
        "tags": ["a"],
        "spans": [{"kind": "email", "start": 3}],
    }


def test_loaded_features_are_those_of_the_arrow_schema(release: Write) -> None:
    made = release(TEXTS, targets=TARGETS)
    loaded = datasets.load_dataset(str(made.path), "yo", split="train")
    shard = next((made.path / "data" / "yo").rglob("*.arrow"))
    assert loaded.features == datasets.Features.from_arrow_schema(pa.ipc.open_file(shard).schema)


def test_files_of_one_source_load_as_the_readme_shows(release: Write) -> None:
    made = release(TEXTS, targets=TARGETS)
    for pattern, texts in (
        ("data/yo/wiki_b/*.arrow", ["Ó dàbọ̀ 🌍"]),
        ("data/*/wiki_b/*.arrow", ["Hei på deg", "Ó dàbọ̀ 🌍"]),
    ):
        loaded = datasets.load_dataset(str(made.path), data_files=pattern, split="train")
        assert sorted(row["text"] for row in loaded) == texts


@pytest.mark.parametrize("version", ["1.0.0", "1.0.1"])
def test_a_release_that_replaces_another_is_loaded_fresh(release: Write, version: str) -> None:
    """Same folder, same counts, same bytes per document, even the same version: no stale cache."""
    before = release({("yo", "wiki_a"): ["aa", "bb"]}, targets=["yo"])
    assert [row["text"] for row in load(before.path, "yo")] == ["aa", "bb"]
    after = release({("yo", "wiki_a"): ["aa", "cc"]}, targets=["yo"], version=version)
    assert [row["text"] for row in load(after.path, "yo")] == ["aa", "cc"]


def test_the_readme_survives_the_hub_client(release: Write) -> None:
    from huggingface_hub import DatasetCard

    made = release(TEXTS, targets=TARGETS)
    data = DatasetCard.load(made.path / "README.md").data
    assert data.language == ["no", "yo", "zh"]
    assert data["language_bcp47"] == ["no", "yo", "zh-Hans"]
    assert data.license == ["cc-by-sa-4.0"]
    assert data.size_categories == ["n<1K"]
    assert data["rhizotron"]["merkle_root"] == made.manifest.merkle_root
    assert hub_yaml.check_readme(str(DatasetCard.load(made.path / "README.md"))) == []


def test_a_language_without_documents_is_listed_without_a_config(release: Write) -> None:
    made = release(TEXTS, targets=TARGETS)
    assert datasets.get_dataset_config_names(str(made.path)) == [
        "no",
        "yo",
        "zh-Hans",
    ]
    text = (made.path / "README.md").read_text(encoding="utf-8")
    assert "| [`fon`](cards/fon.md) | Fon | no documents | 0 | 0.0 % | – | – | default 1, roots 1 |" in text
    card = render_language_card(made.manifest, "fon", made.cards)
    assert "The release has no documents of this language." in card
    assert "People set no quality threshold for this language" in card


def test_an_empty_release_has_a_valid_readme(release: Write) -> None:
    made = release({("yo", "wiki_a"): []}, targets=["yo"])
    assert hub_yaml.check_readme((made.path / "README.md").read_text(encoding="utf-8")) == []
    assert made.manifest.total.documents == 0


def test_a_language_card_counts_what_the_run_counted(release: Write) -> None:
    made = release(TEXTS, targets=TARGETS)
    card = render_language_card(made.manifest, "yo", made.cards)
    assert "3 documents, 44 bytes" in card
    for line in (
        "| [`wiki_a`](sources/wiki_a.md) | 3 | 2 | 66.7 % | 27 | 61.4 % |",
        "| `yo` | 5 | 100.0 % |",
        "| `identified` | 3 | 100.0 % |",
        "| `near_duplicate` | decide | 2 | 40.0 % | A document with nearly the same text stays. |",
        "| `words` | – | 100000 | – | `default` |  |",
        "| `stop_words_ratio` | 0.05 | – | – | `roots` | a \\| b |",
        "| `CC-BY-SA-4.0` | 3 | 44 | 100.0 % |",
        "> Many articles are one sentence long.",
        "Dropped only as duplicates: 2 (40.0 % of the documents assigned to the language).",
    ):
        assert line in card.splitlines()
    assert "People set no quality threshold" not in card


def test_the_readme_counts_what_the_run_counted(release: Write) -> None:
    made = release(TEXTS, targets=TARGETS)
    readme = (made.path / "README.md").read_text(encoding="utf-8")
    text = readme + statistics.render_statistics(made.manifest, made.cards)
    for line in (
        "| `wiki_a` | 7 | 2 | 0 | 2 | 3 |",
        "| `invalid_json` | ingest | 4 | 30.8 % | A reason of the source's own type. |",
        "6 of 138 answers on the source cards are unknown (4.3 %).",
        "People set no quality threshold for: `fon`.",
    ):
        assert line in text.splitlines()


def test_licenses_names_evidence_and_attribution(release: Write) -> None:
    made = release(TEXTS, targets=TARGETS)
    text = release_card.render_licenses(made.manifest, made.cards)
    for line in (
        "## Example Wiki (`wiki_a`)",
        "> Contributors to the Example Wiki, https://wiki.example.org",
        "Read at <https://wiki.example.org/copyright> on 2026-01-31:",
        "| `CC-BY-SA-4.0` | 5 | 70 | 100.0 % |",
    ):
        assert line in text.splitlines()


def test_the_manifest_is_canonical_and_reads_back(release: Write) -> None:
    made = release(TEXTS, targets=TARGETS)
    data = made.manifest.to_json()
    assert Manifest.from_json(data) == made.manifest
    assert Manifest.from_json(data).to_json() == data
    again = release(dict(reversed(TEXTS.items())), targets=list(reversed(TARGETS)))
    assert again.manifest.to_json() == data


def rewrite(raw: dict[str, Any]) -> bytes:
    """A manifest with these fields and the digest of them."""
    return rfc8785.dumps({**raw, "manifest_sha256": sha256(rfc8785.dumps(raw))})


def test_a_manifest_from_before_a_field_was_added_is_read_and_one_of_other_types_is_not(
    release: Write,
) -> None:
    manifest = release(TEXTS, targets=TARGETS).manifest
    raw = manifest.model_dump(mode="json")
    assert rewrite(raw) == manifest.to_json()
    for name in ("reviews", "sites", "losses"):
        del raw[name]
    del raw["sources"]["wiki_a"]["shared_keys"]
    assert Manifest.from_json(rewrite(raw)) == manifest
    raw["schema_version"] = str(raw["schema_version"])
    with pytest.raises(ValueError, match="not written as it was"):
        Manifest.from_json(rewrite(raw))


def test_anyone_can_compute_the_merkle_root(release: Write) -> None:
    made = release(TEXTS, targets=TARGETS)
    command = "sha256sum $(find data -name '*.arrow') | LC_ALL=C sort | sha256sum"
    shell = subprocess.run(command, shell=True, cwd=made.path, capture_output=True, text=True, check=True)
    assert shell.stdout.split()[0] == made.manifest.merkle_root
    digests = {
        path.relative_to(made.path).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in made.path.rglob("*")
        if path.is_file() and path.name not in ("README.md", "manifest.json")
    }
    lines = sorted(f"{digest}  {name}\n".encode() for name, digest in digests.items())
    assert hashlib.sha256(b"".join(lines)).hexdigest() == made.manifest.merkle_root


def test_the_merkle_root_depends_on_paths_and_digests_not_on_order() -> None:
    a, b = (Output(path=name, sha256=name * 64, bytes=1, rows=1) for name in "ab")
    assert merkle_root([a, b]) == merkle_root([b, a])
    assert len({merkle_root(outputs) for outputs in ([a], [b], [a, b], [])}) == 4


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda raw: raw.update(merkle_root="0" * 64), "merkle_root is not the digest"),
        (lambda raw: raw["config"].update(name="other"), "config_sha256 is not the digest"),
        (lambda raw: raw["languages"]["yo"].update(documents=4), "yo: 4 documents, but ledger count 3"),
        (lambda raw: raw["languages"].pop("yo"), "3 documents of 'yo', which is not a target language"),
        (lambda raw: raw["languages"]["yo"]["lang_status"].update(identified=2), "lang_status count 2"),
        (lambda raw: raw.update(made_at="2026"), "Extra inputs"),
    ],
)
def test_a_manifest_that_contradicts_itself_is_refused(release: Write, change: Any, message: str) -> None:
    raw = release(TEXTS, targets=TARGETS).manifest.model_dump(mode="json")
    change(raw)
    with pytest.raises(ValidationError, match=message):
        Manifest.model_validate(raw)


def test_the_data_dictionary_is_the_fields_metadata() -> None:
    field = pa.field("n", pa.int64(), metadata={"meaning": "A number | of <things>."})
    assert data_dictionary.render({"data": pa.schema([field])}, schema_version=3) == (
        "# Data dictionary\n\nSchema version 3. Types are Apache Arrow's.\n\n## data\n\n"
        "| Column | Type | May be null | Meaning |\n|---|---|---|---|\n"
        "| `n` | `int64` | yes | A number \\| of \\<things\\>. |\n"
    )
    with pytest.raises(ValueError, match=r"without a meaning in their field's metadata: data\.n"):
        data_dictionary.render({"data": pa.schema([field.remove_metadata()])}, schema_version=3)
