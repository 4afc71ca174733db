"""The demo corpus as committed: its size, languages, formats, cards and the dirt that it promises."""

import csv
import json
from collections import Counter
from functools import cache
from pathlib import Path

import pytest

import sources
from filters.languages import TAGS
from governance.cards import publication_obstacles, read_card
from layers.document import DOCUMENT
from layers.entries import Unit
from layers.listing import list_inputs
from pipeline.config.read import load_config
from sources.base import RecordLog, SourceSpec

DEMO = Path(__file__).parents[1] / "examples" / "demo"
CARDS = Path(__file__).parents[1] / "data_cards" / "sources"
FREE = {"CC0-1.0", "CC-BY-3.0", "CC-BY-4.0", "CC-BY-SA-3.0", "CC-BY-SA-4.0", "MPL-2.0"}

Row = dict[str, str]


@cache
def read_demo() -> tuple[dict[str, list[Row]], dict[str, Counter[str]]]:
    """uid → its documents; uid → rejected records by reason."""
    documents: dict[str, list[Row]] = {}
    rejected: dict[str, Counter[str]] = {}
    for source in load_config(DEMO / "corpus.yaml").sources:
        spec = SourceSpec(
            uid=source.card,
            type=source.type,
            root=str(DEMO),
            license=read_card(str(CARDS), source.card).rights.concluded,
            lang=source.lang,
            fields=source.single_fields,
        )
        module = sources.load(source.type)
        rows = documents.setdefault(source.card, [])
        reasons = rejected.setdefault(source.card, Counter())
        for file in list_inputs(source.paths, root=str(DEMO)).files:
            for start, stop in module.split(file, spec=spec):
                log = RecordLog(Unit(source.card, file.uri, start, stop))
                for batch in module.read(log.unit, spec=spec, log=log):
                    assert batch.schema.equals(DOCUMENT)
                    rows += batch.to_pylist()
                reasons.update(str(row["reason"]) for row in log.rejected)
    return documents, rejected


@cache
def read_dirt() -> dict[str, dict[str, dict[str, list[str]]]]:
    dirt: dict[str, dict[str, dict[str, list[str]]]] = json.loads((DEMO / "dirt.json").read_text("utf-8"))
    return dirt


def documents_with(kind: str) -> list[tuple[str, Row]]:
    """(file, document) of every record that dirt.json lists under a kind."""
    documents, _ = read_demo()
    found = []
    for file, ids in read_dirt()["kinds"][kind].items():
        wanted = set(ids)
        rows = [row for row in documents[file.split("/")[0]] if row["record_id"] in wanted]
        assert {row["record_id"] for row in rows} == wanted, f"{kind} in {file}"
        found += [(file, row) for row in rows]
    return found


def test_the_repository_holds_at_most_12_megabytes() -> None:
    assert sum(file.stat().st_size for file in DEMO.rglob("*") if file.is_file()) <= 12e6


def test_every_language_has_records_declared_by_its_source() -> None:
    documents, _ = read_demo()
    declared = Counter(str(row["lang_declared"]).split("-")[0] for rows in documents.values() for row in rows)
    scripts = Counter(str(row["lang_declared"]) for rows in documents.values() for row in rows)
    assert {tag: scripts[tag] for tag in TAGS if "-" in tag and scripts[tag] < 30} == {}
    assert {tag: declared[tag] for tag in TAGS if "-" not in tag and declared[tag] < 30} == {}


def test_there_are_at_least_five_sources_of_different_formats() -> None:
    documents, _ = read_demo()
    suffixes = {"".join(path.suffixes) for path in (DEMO / "data").rglob("*") if path.is_file()}
    assert len(documents) >= 5
    assert suffixes == {
        ".jsonl", ".jsonl.gz", ".jsonl.bz2", ".jsonl.xz", ".jsonl.zst", ".parquet", ".arrow", ".txt"
    }  # fmt: skip


@pytest.mark.parametrize("uid", sorted(source.card for source in load_config(DEMO / "corpus.yaml").sources))
def test_every_card_allows_redistribution_under_a_free_licence(uid: str) -> None:
    card = read_card(str(CARDS), uid)
    assert set(card.rights.concluded.split(" AND ")) <= FREE
    assert card.rights.properties.redistribute_text == "yes"
    assert card.rights.attribution_statement
    assert publication_obstacles(card) == []


def test_every_story_is_credited() -> None:
    documents, _ = read_demo()
    with open(DEMO / "CREDITS.tsv", encoding="utf-8", newline="") as file:
        credited = {(row["source"], Path(row["id"]).stem) for row in csv.DictReader(file, delimiter="\t")}
    copies = {key for ids in read_dirt()["originals"].values() for key in ids}
    dirty = {row["record_id"] for kind in ("empty_text", "digits_only") for _, row in documents_with(kind)}
    for uid in ("african_storybook_sw", "african_storybook", "pratham_books"):
        keys = {row["record_id"] for row in documents[uid]} - copies - dirty
        missing = {key for key in keys if (uid, Path(key).stem.removeprefix("p2-")) not in credited}
        assert not missing, f"{uid}: no credit for {sorted(missing)[:5]}"


def test_every_source_has_documents_in_the_languages_of_its_card() -> None:
    documents, _ = read_demo()
    for uid, rows in documents.items():
        on_card = {language.tag.split("-")[0] for language in read_card(str(CARDS), uid).languages}
        found = {str(row["lang_declared"]).split("-")[0] for row in rows}
        assert on_card <= found, f"{uid}: the card names languages that have no record"


def test_broken_records_are_rejected_each_with_its_reason() -> None:
    _, rejected = read_demo()
    assert {uid: dict(reasons) for uid, reasons in rejected.items() if reasons} == {
        "african_storybook": {"truncated": 1},
        "libreoffice_help": {"invalid_unicode": 3, "wrong_type": 3},
        "pratham_books": {"broken_json": 3, "missing_field": 3, "wrong_type": 3},
        "sona_za": {"broken_json": 3, "invalid_utf8": 3},
        "tico19": {"broken_json": 3, "missing_field": 3, "wrong_type": 3},
    }


@pytest.mark.parametrize("kind", ["exact_duplicate", "duplicate_across_sources"])
def test_duplicates_have_the_text_of_their_original(kind: str) -> None:
    documents, _ = read_demo()
    originals = read_dirt()["originals"]
    for file, row in documents_with(kind):
        origin, key = originals[file][row["record_id"]]
        if origin.endswith(".txt"):
            path = DEMO / "data" / origin.replace("*", Path(key).stem)
            assert path.read_text("utf-8").rstrip("\n") == row["text"].rstrip("\n")
        else:
            texts = [old["text"] for old in documents[origin.split("/")[0]] if old["record_id"] == key]
            assert row["text"] in texts


def test_near_duplicates_share_most_words_with_their_original() -> None:
    documents, _ = read_demo()
    originals = read_dirt()["originals"]
    for file, row in documents_with("near_duplicate"):
        origin, key = originals[file][row["record_id"]]
        (text,) = [old["text"] for old in documents[origin.split("/")[0]] if old["record_id"] == key]
        old_words, new_words = text.split(" "), row["text"].split(" ")
        same = sum(old == new for old, new in zip(old_words, new_words, strict=True))
        assert row["text"] != text
        assert same >= 0.8 * len(old_words)


def test_a_repeated_key_stands_at_two_different_texts() -> None:
    documents, _ = read_demo()
    for file, ids in read_dirt()["kinds"]["duplicate_key"].items():
        for key in ids:
            texts = [row["text"] for row in documents[file.split("/")[0]] if row["record_id"] == key]
            assert len(texts) == len(set(texts)) == 2


def test_degraded_records_are_what_their_kind_says() -> None:
    assert all(not row["text"].strip() for _, row in documents_with("empty_text"))
    assert all(not any(map(str.isalpha, row["text"])) for _, row in documents_with("digits_only"))
    assert all(len(set(row["text"].split())) <= 12 for _, row in documents_with("keyword_spam"))
    assert all(len(set(row["text"].split("\n"))) == 1 for _, row in documents_with("menu_page"))
    assert {row["lang_declared"] for _, row in documents_with("unknown_language_tag")} == {"und"}
    assert {row["lang_declared"] for _, row in documents_with("other_language")} == {"af", "de", "ha", "ru"}
    targets = {tag.split("-")[0] for tag in TAGS}
    for kind in ("wrong_language", "other_language_mislabelled"):
        assert {row["lang_declared"].split("-")[0] for _, row in documents_with(kind)} <= targets


def test_nothing_in_the_data_marks_the_dirt() -> None:
    documents, _ = read_demo()
    kinds = read_dirt()["kinds"]
    for rows in documents.values():
        assert not [row["record_id"] for row in rows if any(kind in row["record_id"] for kind in kinds)]
