"""Sources at the Hub, in a run and as `rhizotron new source` writes them."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import small_corpus
import yaml
from click.testing import CliRunner, Result
from hub_server import Hub, go_offline, point_at, serve

from governance.cards import parse_card
from layers.entries import read_entries
from layers.shards import read_table
from pipeline.cli import main
from pipeline.config.read import load_config
from pipeline.plan.make import make_plan

NAME = "me/tales"
COMMIT, SCRIPT, PLAIN, ODD = ("a1" * 20, "b2" * 20, "c3" * 20, "d4" * 20)
ROOT = f"hf://datasets/{NAME}@{COMMIT}"
TEXTS = small_corpus.PARAGRAPHS["sw"]
README = """\
---
pretty_name: "Tales\\nof a village"
language: [no, sw, klingonish]
license: cc-by-4.0
source_datasets: [original]
configs:
- config_name: default
  data_files:
  - {split: train, path: data/train-*.jsonl}
  - {split: test, path: [data/test.jsonl]}
- config_name: tables
  data_files: tables/*.parquet
---
# Tales
"""


def lines(texts: list[str], *, start: int) -> bytes:
    rows = [{"id": f"t{start + n}", "text": text, "year": 1987} for n, text in enumerate(texts)]
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows).encode()


def table(texts: list[str]) -> bytes:
    sink = pa.BufferOutputStream()
    pq.write_table(pa.table({"body": texts, "nr": [f"p{n}" for n in range(len(texts))]}), sink)
    return bytes(sink.getvalue())


FILES = {
    "README.md": README.encode(),
    "data/train-00000.jsonl": lines(TEXTS[:4], start=0),
    "data/train-00001.jsonl": lines(TEXTS[4:8], start=4),
    "data/test.jsonl": lines(TEXTS[8:9], start=8),
    "tables/part.parquet": table(TEXTS[9:12]),
}


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Hub]:
    commits = {
        COMMIT: dict(FILES),
        SCRIPT: {"tales.py": b"raise SystemExit('run')", "notes.dat": b"x"},
        ODD: {"e[1]?.jsonl": lines(TEXTS, start=0), "notes/1.txt": b"one", "notes/2.txt": b"two"},
        PLAIN: {name: FILES[name] for name in FILES if name.startswith("data/")},
    }
    branches = {f"datasets/{NAME}": {"main": COMMIT, "script": SCRIPT, "plain": PLAIN, "odd": ODD}}
    with serve(Hub({f"datasets/{NAME}": commits}, branches=branches)) as started:
        point_at(started, cache=tmp_path / "cache", monkeypatch=monkeypatch)
        yield started


def rhizotron(*arguments: object) -> Result:
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


def new_source(*arguments: object) -> Result:
    return rhizotron("new", "source", "--from-hub", *arguments)


def write_corpus(folder: Path, *, root: str) -> Path:
    sources = [
        {
            "card": "health_json",
            "type": "jsonl",
            "root": root,
            "paths": ["data/train-*.jsonl"],
            "fields": {"text": "text", "id": "id"},
            "lang": "sw",
        },
        {
            "card": "health_gzip",
            "type": "parquet",
            "root": root,
            "paths": ["tables/*"],
            "fields": {"text": "body", "id": "nr"},
            "lang": "sw",
        },
    ]
    folder.mkdir()
    return small_corpus.write_corpus(folder, changes={"sources": sources})


def ingest(corpus: Path, *, output: str = "out") -> list[dict[str, Any]]:
    out = corpus.parent / output
    result = rhizotron("ingest", corpus, "--out", out)
    assert result.exit_code == 0, result.output
    raw = make_plan(corpus, output=str(out)).job.raw.url
    return [
        row
        for entry in read_entries(raw)
        for name in sorted(entry.files)
        if name.startswith("documents")
        for row in read_table(f"{raw}/{entry.files[name].path}").to_pylist()
    ]


def test_a_run_reads_the_files_of_the_commit_and_later_needs_no_network(
    server: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    corpus = write_corpus(tmp_path / "remote", root=ROOT)
    rows = ingest(corpus)
    assert [(row["container"], row["record_id"], row["text"]) for row in rows] == [
        *(("tables/part.parquet", f"p{n}", text) for n, text in enumerate(TEXTS[9:12])),
        *((f"data/train-0000{n // 4}.jsonl", f"t{n}", text) for n, text in enumerate(TEXTS[:8])),
    ]
    before = list(server.requests)
    server.down = True
    go_offline(monkeypatch)
    assert ingest(corpus, output="again") == rows
    assert server.requests == before


def test_a_partial_cache_is_told_before_anything_runs(
    server: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    corpus = write_corpus(tmp_path / "remote", root=ROOT)
    assert rhizotron("peek", corpus, "health_gzip").exit_code == 0
    go_offline(monkeypatch)
    result = rhizotron("plan", corpus)
    assert result.exit_code == 2
    assert f"$.sources[0].root: {ROOT}: 2 file(s) not in the cache" in result.output
    assert ": data/train-00000.jsonl, data/train-00001.jsonl\n" in result.output
    assert "sources[1]" not in result.output


def test_a_branch_is_refused_with_the_commit_and_a_gated_dataset_names_the_token(
    server: Hub, tmp_path: Path
) -> None:
    result = rhizotron("plan", write_corpus(tmp_path / "branch", root=f"hf://datasets/{NAME}@main"))
    assert result.exit_code == 2
    assert (
        f"$.sources[0].root: hf://datasets/{NAME}@main names main, which is not a whole commit, so its files "
        f"could change between two runs: write {ROOT}, which it is now\n"
    ) in result.output
    server.gated = frozenset({f"datasets/{NAME}"})
    result = rhizotron("plan", write_corpus(tmp_path / "gated", root=ROOT))
    assert result.exit_code == 2
    file = "data/train-00000.jsonl"
    assert (
        f"$.sources[0].paths: {file} cannot be read: {ROOT}/{file} is gated: "
        f"accept its terms on its page at {server.url} and set HF_TOKEN, on every worker\n"
    ) in result.output


def test_a_new_source_is_an_entry_and_a_card_that_quotes(server: Hub, tmp_path: Path) -> None:
    result = new_source(f"{NAME}@main", "--split", "train", "--to", tmp_path)
    assert result.exit_code == 0, result.output
    assert yaml.safe_load((tmp_path / "me_tales.source.yaml").read_text()) == {
        "sources": [
            {
                "card": "me_tales",
                "type": "jsonl",
                "root": ROOT,
                "paths": ["data/train-*.jsonl"],
                "fields": {"text": "text", "id": "id", "date": "year"},
            }
        ]
    }
    text = (tmp_path / "cards" / "me_tales.md").read_text()
    page = f"{server.url}/datasets/{NAME}"
    url = f"{page}/blob/{COMMIT}/README.md"
    assert text.split("schema_version")[0] == (
        "---\n"
        f"# Quoted from {url}, whose revision is of 2025-03-04; nobody has checked it:\n"
        "#   pretty_name: Tales␊of a village\n"
        "#   language: no, sw, klingonish\n"
        "#   license: cc-by-4.0\n"
        "#   source_datasets: original\n"
        "# Taken over from it are name, languages, rights.declared and rights.evidence, where it says them.\n"
        "# rights.evidence has the day of the revision, not of a visit; what to conclude is left to you.\n"
    )
    card = parse_card(text.encode(), uid="me_tales", place="card")
    assert (card.name, card.homepage) == ("Tales of a village", page)
    assert [language.tag for language in card.languages] == ["no", "sw"]
    assert (card.rights.declared, card.rights.concluded) == ("CC-BY-4.0", "NOASSERTION")
    assert [str(each.url) for each in card.rights.evidence] == [url]
    assert (card.procurement.method, card.procurement.revision) == ("hub_dataset", COMMIT)
    assert (card.custodian.name, card.access_tier, card.synthetic.contains) == ("unknown", "gated", "unknown")

    again = new_source(f"{NAME}@main", "--split", "train", "--to", tmp_path)
    assert again.exit_code == 2
    assert "would be overwritten" in again.output
    entry = (tmp_path / "me_tales.source.yaml").read_text()
    corpus = tmp_path / "corpus.yaml"
    corpus.write_text(f'name: tales\nversion: "0.1.0"\ncards: cards\noutput: out\n{entry}')
    assert load_config(corpus).sources[0].root == ROOT
    seen = rhizotron("peek", corpus, "me_tales", "-n", "1")
    assert seen.exit_code == 0, seen.output
    assert TEXTS[0][:30] in seen.output


def test_configurations_and_splits_are_those_of_the_readme_or_of_the_names(
    server: Hub, tmp_path: Path
) -> None:
    cases: dict[tuple[str, ...], list[str]] = {
        (NAME, "--config", "tables"): ["tables/part.parquet"],
        (NAME, "--split", "test", "--split", "train"): ["data/*.jsonl"],
        (f"{NAME}@plain", "--split", "train"): ["data/train-*.jsonl"],
        (f"{NAME}@plain", "--split", "test"): ["data/test.jsonl"],
        (f"{NAME}@odd",): ["e[[]1][?].jsonl"],
    }
    made = {}
    for n, arguments in enumerate(cases):
        result = new_source(*arguments, "--uid", f"source_{n}", "--to", tmp_path)
        assert result.exit_code == 0, result.output
        entry = yaml.safe_load((tmp_path / f"source_{n}.source.yaml").read_text())
        made[arguments] = entry["sources"][0]["paths"]
    assert made == cases
    # of the types in a split, the one with most bytes is taken
    assert "not taken: 2 file(s) of type text; a source has one type\n" in result.output


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([NAME], f"{ROOT} has several splits; choose by --split, repeatable: train, test"),
        ([NAME, "--split", "dev"], f"{ROOT} has no split 'dev'; there are train, test"),
        ([NAME, "--config", "x"], f"{ROOT} has no configuration 'x'; there are default, tables"),
        (["tales"], "tales is no dataset of the Hub: write owner/name@commit"),
        ([NAME, "--uid", "../x"], "--uid '../x': write 3 to 64 of a-z, 0-9 and _, a letter first"),
        (
            [f"{NAME}@script"],
            f"hf://datasets/{NAME}@{SCRIPT} has no files of a type that is read, only the loading script "
            "tales.py, and no code of a repository is run: look for a conversion to Parquet on its page, or "
            "take the files that it downloads",
        ),
    ],
)
def test_what_cannot_be_a_source_is_one_sentence(
    server: Hub, tmp_path: Path, arguments: list[str], said: str
) -> None:
    result = new_source(*arguments, "--to", tmp_path / "made")
    assert (result.exit_code, result.output) == (2, f"rhizotron: {said}\n")
    assert not (tmp_path / "made").exists()
