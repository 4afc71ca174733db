"""Namespaces that titles name, and a rule that keeps pages of content only."""

import unicodedata
from pathlib import Path

import pyarrow as pa
import pytest
import small_corpus
from click.testing import CliRunner

from filters.rules import Rule, evaluate
from filters.signals.wiki_titles import NAMESPACES, SCHEMA, measure
from pipeline.cli import main
from pipeline.inspect.dropped import find_dropped
from pipeline.plan.make import make_plan


def measure_titles(titles: pa.StringArray) -> pa.RecordBatch:
    batch = pa.RecordBatch.from_arrays([titles], names=["title"])
    return measure(batch, langs=pa.nulls(len(titles), pa.string()), options=None)


@pytest.mark.parametrize(
    ("title", "namespace"),
    [
        ("Yaoundé", 0),
        ("Talk:Yaoundé", 1),
        ("User:Ann", 2),
        ("user_talk:Ann", 3),
        ("Template:Infobox", 10),
        ("Template talk:Infobox", 11),
        ("Utilisateur:Anne", 2),
        ("Modele\u0300le:Infobox", 0),
        ("Mode\u0300le:Infobox", 10),  # decomposed
        ("Thể loại:Động vật", 14),
        ("模板:国家", 10),
        ("مستخدم:علي", 2),
        ("सदस्य:राम", 2),
        ("Ẹ̀ka:Ọ̀yọ́", 14),
        ("Help: ten recipes", 0),
        ("User:", 0),
        ("User", 0),
        ("Users:Ann", 0),
        ("Star Wars:Andor", 0),
        ("::", 0),
        ("", 0),
        ("x" * 10_000 + ":y", 0),
    ],
)
def test_the_namespace_of_a_title(title: str, namespace: int) -> None:
    assert measure_titles(pa.array([title]))["wiki_namespace"].to_pylist() == [namespace]


def test_the_test_of_roots_takes_more_and_less() -> None:
    titles = pa.array(["User Ann", "User interface", "User:Ann", "user Ann", None])
    found = measure_titles(titles)
    assert found.schema.equals(SCHEMA, check_metadata=True)
    assert found["roots_user_title"].to_pylist() == [True, True, False, False, None]
    assert found["wiki_namespace"].to_pylist() == [0, 0, 2, 0, None]


def test_names_are_as_titles_are_compared() -> None:
    for name in NAMESPACES:
        assert name == unicodedata.normalize("NFC", name).lower().strip()


def test_a_page_without_title_is_not_judged() -> None:
    rows = measure_titles(pa.array(["Template:x", "x", None]))
    only_content = Rule("wiki_namespace", None, 0, "config")
    assert evaluate(rows, rules=[only_content]).to_pylist() == [["wiki_namespace_above_max"], [], []]


def test_a_corpus_file_drops_pages_of_users(tmp_path: Path) -> None:
    text = small_corpus.PARAGRAPHS["fr"][0]
    rows = [
        {"id": "page", "text": text, "lang": "fr", "title": "Santé"},
        {"id": "user", "text": small_corpus.PARAGRAPHS["fr"][1], "lang": "fr", "title": "Utilisateur:Anne"},
    ]
    fields = {"text": "text", "id": "id", "lang": "lang", "title": "title"}
    source = {"card": "health_json", "type": "jsonl", "paths": ["data/rows.jsonl"], "fields": fields}
    changes = {
        "sources": [source],
        "max_bad_fraction": 1.0,
        "decide": {"thresholds": {"all": {"wiki_namespace": {"max": 0}}}},
    }
    corpus = small_corpus.write_corpus(tmp_path, changes=changes, rows=rows)
    for stage in ("ingest", "measure", "decide"):
        result = CliRunner().invoke(main, [stage, str(corpus), "--workers", "1"])
        assert result.exit_code == 0, result.output
    reasons = [row["reasons"] for row in find_dropped(make_plan(str(corpus)), stage="decide")]
    assert reasons == [["wiki_namespace_above_max"]]
