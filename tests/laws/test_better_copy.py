"""Of duplicates the better copy stays: priority, least damage, most words, date, id; both paths alike."""

from typing import Any

import pyarrow as pa
import pytest
import small_corpus

from layers import storage
from layers.shards import read_table
from pipeline.beam import runners
from pipeline.beam.work import make_clustering, read_measured
from pipeline.plan.make import Plan, make_plan
from pipeline.stages.decide.direct import decide
from pipeline.stages.decide.distributed.steps import run_task

TEXTS = [text for lang in ("fr", "sw", "es") for text in small_corpus.PARAGRAPHS[lang]]
LANGS = [lang for lang in ("fr", "sw", "es") for _ in small_corpus.PARAGRAPHS[lang]]


def damage(text: str, *, kind: str) -> str:
    first, _, rest = text.partition(" ")
    damaged = {
        "mojibake": text.replace(first, f"{first}â€™", 1),
        "replacement": text.replace(first, f"{first}\ufffd", 1),
        "entity": f"{first}&nbsp;{rest}",
        "tag": f"{text}<br>",
        "hyphen": f"{first[0]}-\n{first[1:].lower()} {rest}",
        "frame": f"Un\nDeux\nTrois\n{text}",
    }
    return damaged[kind]


KINDS = ("mojibake", "replacement", "entity", "tag", "hyphen", "frame")


def pairs() -> list[tuple[dict[str, Any], dict[str, Any]]]:
    """[(row that is to stay, row that is to go)]; what goes is longer, or has the smaller id."""
    made: list[tuple[dict[str, Any], dict[str, Any]]] = []
    for number, kind in enumerate([*KINDS, *KINDS]):
        text = TEXTS[number]
        made.append(({"text": text}, {"text": damage(text, kind=kind)}))
    text = TEXTS[12]
    made.append(({"text": text}, {"text": text.rsplit(" ", 2)[0]}))  # fewer words
    for number, (better, worse) in enumerate(
        [("2024-05-01", "2024-04-30"), ("2024", None), ("1969", "soon")], 13
    ):
        made.append(({"text": TEXTS[number], "date": better}, {"text": TEXTS[number], "date": worse}))
    return [
        tuple(
            {**row, "id": f"{number}-{name}", "lang": LANGS[number]}
            for row, name in zip(pair, names, strict=True)
        )  # type: ignore[misc]
        for number, pair in enumerate(made)
        for names in (("good", "bad"),)
    ]


@pytest.fixture(scope="module")
def plan(tmp_path_factory: pytest.TempPathFactory) -> Plan:
    rows = [row for pair in pairs() for row in pair]
    fields = {name: name for name in ("text", "id", "lang", "date")}
    source = {"card": "health_json", "type": "jsonl", "paths": ["data/rows.jsonl"], "fields": fields}
    changes = {
        "sources": [source],
        "decide": {"quality": False, "min_similarity": 0.7, "clustering": {"documents_per_partition": 10}},
        "unit_bytes": 10_000,
        "max_bad_fraction": 0.5,
    }
    folder = tmp_path_factory.mktemp("better")
    plan = make_plan(small_corpus.write_corpus(folder, rows=rows, changes=changes))
    runners.run(plan, stages=("ingest", "measure"))
    return plan


def decisions(plan: Plan) -> dict[str, dict[str, Any]]:
    """id → decision."""
    folder = storage.local_path(plan.job.output)
    keys = [
        (row["doc_id"], row["record_id"])
        for path in (folder / "raw").rglob("*.documents-*.arrow")
        for row in read_table(str(path)).select(["doc_id", "record_id"]).to_pylist()
    ]
    tables = [read_table(str(path)) for path in (folder / "decisions").rglob("*.decisions.arrow")]
    by_id = {row["doc_id"]: row for row in pa.concat_tables(tables).to_pylist()}
    return {record: by_id[doc_id] for doc_id, record in keys}


def test_the_better_copy_stays_on_both_paths(plan: Plan) -> None:
    decide(read_measured(plan.job), job=plan.job)
    decided, direct = decisions(plan), small_corpus.tree_digests(storage.local_path(plan.job.decisions.url))
    for good, bad in pairs():
        kept, dropped = decided[good["id"]], decided[bad["id"]]
        assert (kept["keep"], dropped["keep"]) == (True, False), bad
        assert dropped["kept_doc_id"] == kept["kept_doc_id"]
    storage.remove(plan.job.decisions.url)
    while tasks := make_clustering(plan.job).next_tasks():
        for task in tasks:
            run_task(make_clustering(plan.job), task)
    assert small_corpus.tree_digests(storage.local_path(plan.job.decisions.url)) == direct
