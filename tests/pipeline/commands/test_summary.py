"""The end of a run: what to look at first, languages that occur, sources, reasons; all in 80 columns."""

import gzip
import json
import re
from pathlib import Path
from typing import Any

import pytest
import small_corpus
from click.testing import CliRunner

from pipeline.cli import main
from pipeline.plan.make import make_plan


def run(folder: Path, *, rows: list[dict[str, Any]] | None = None, **changes: Any) -> tuple[str, Path]:
    corpus = small_corpus.write_corpus(folder, rows=rows, changes={"max_bad_fraction": 0.5, **changes})
    result = CliRunner().invoke(main, ["run", str(corpus), "--progress", "none"])
    assert result.exit_code == 0, result.output
    return result.stdout, corpus


SOURCE = {
    "card": "health_json",
    "type": "jsonl",
    "paths": ["data/rows.jsonl"],
    "fields": {"text": "text", "id": "id", "lang": "lang"},
}


def documents(number: int, **fields: Any) -> list[dict[str, Any]]:
    """Documents of one language without near duplicates."""
    texts = [text for texts in small_corpus.PARAGRAPHS.values() for text in texts]
    return [{"id": f"{n}", "text": texts[n], "lang": "en", **fields} for n in range(number)]


@pytest.fixture(scope="module")
def printed(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Path]:
    return run(tmp_path_factory.mktemp("summary"))


def tables(output: str) -> dict[str, list[list[str]]]:
    """First column's header → rows as lists of words."""
    found: dict[str, list[list[str]]] = {}
    for block in re.split(r"\n\s*\n", output):
        lines = [line for line in block.splitlines() if not line.startswith("warning")]
        if len(lines) > 2 and set(lines[1].strip()) == {"─"}:
            found[lines[0].split()[0]] = [line.split() for line in lines[2:]]
    return found


def test_no_line_is_wider_than_eighty_columns_but_paths_and_warnings(printed: tuple[str, Path]) -> None:
    output, _ = printed
    wide = [line for line in output.splitlines() if len(line) > 80]
    assert [line for line in wide if not line.startswith(("warning: ", "release: "))] == []


def test_tables_are_the_ledgers(printed: tuple[str, Path]) -> None:
    output, corpus = printed
    found = tables(output)
    plan = make_plan(corpus)
    ledger = json.loads((Path(plan.job.release) / "ledger" / "summary.json").read_bytes())
    read = [row for row in ledger if (row["layer"], row["flow"]) == ("decisions", "read")]
    occurring = {row["lang"] for row in read if row["lang"] in plan.job.config.decide.languages}
    languages = {row[0]: row[1:] for row in found["language"] if row[0] != "(not"}
    assert [*languages] == [*sorted(occurring), "(other)", "all"]
    (unread,) = (row[2:] for row in found["language"] if row[:2] == ["(not", "read)"])
    decided = sum(row["documents"] for row in read)
    assert int(languages["all"][0]) == decided + int(unread[0])
    assert languages["all"] == found["source"][-1][1:], "whatever table: the same sums"
    assert [row[0] for row in found["source"]] == [*sorted(small_corpus.SOURCES), "all"]
    for name, read_there, kept, duplicates, others, *_ in found["source"]:
        assert int(read_there) == int(kept) + int(duplicates) + int(others), name
    dropped = sum(row["documents"] for row in ledger if row["flow"] == "dropped")
    assert sum(int(row[1]) for row in found["dropped"]) == dropped


def test_a_tail_that_could_not_be_read_is_one_record_in_both_tables(tmp_path: Path) -> None:
    (tmp_path / "cut").mkdir()
    whole = gzip.compress("".join(json.dumps(row) + "\n" for row in documents(20)).encode())
    (tmp_path / "cut" / "rows.jsonl.gz").write_bytes(whole[:-40])
    output, _ = run(tmp_path, sources=[{**SOURCE, "paths": ["cut/*.jsonl.gz"]}])
    found = tables(output)
    _, read, kept, duplicates, others, *_ = found["source"][0]
    assert ["(not", "read)", "1", "0", "0", "1", "0", "bytes"] in found["language"]
    assert int(read) == int(kept) + int(duplicates) + int(others)
    assert found["language"][-1] == found["source"][-1]


def test_records_that_could_not_be_read_are_warned_about(printed: tuple[str, Path]) -> None:
    first = printed[0].splitlines()[0]
    listed = "broken_json 1, invalid_utf8 1, missing_field 1, wrong_type 1"
    assert first == f"warning: health_json: records that could not be read: {listed}"


def warnings(output: str, source: str) -> list[str]:
    start = f"warning: {source}"
    return [line.removeprefix("warning: ") for line in output.splitlines() if line.startswith(start)]


@pytest.mark.parametrize(("empty", "warned"), [(2, False), (3, True)])
def test_a_mapped_field_that_is_empty_too_often_is_warned_about(
    empty: int, warned: bool, tmp_path: Path
) -> None:
    """A tenth of twenty is two."""
    rows = documents(20, url="https://example.org/a")
    for row in rows[:empty]:
        del row["url"]
    output, _ = run(tmp_path, rows=rows)
    expected = ["health_json: url (field url) is empty in 15% of the documents"] if warned else []
    assert [line for line in warnings(output, "health_json") if "empty" in line] == expected


def test_ids_that_stand_for_several_texts_are_warned_about_and_are_no_duplicates(tmp_path: Path) -> None:
    """By name, with the cure, at the end of the run and on the card under a heading of their own."""
    rows = documents(20)
    rows[3]["id"] = rows[4]["id"] = "0"
    for n in range(7, 16, 2):
        rows[n]["id"] = rows[n + 1]["id"] = f"<b>{n}</b>"
    output, corpus = run(tmp_path, rows=rows, decide={"quality": False})
    assert [line for line in warnings(output, "health_json") if "different texts" in line] == [
        "health_json: 6 id(s) stand for different texts (0, <b>7</b>, <b>9</b>, …), in 13 documents, which "
        "are told apart by their texts; map several fields that are unique together (id: [lang, id]), or "
        "none: a record is then known by URL and date, or by its digest"
    ]
    release = corpus.parent / "out" / "release"
    source = json.loads((release / "manifest.json").read_bytes())["sources"]["health_json"]
    assert source["shared_keys"] == {
        "keys": 6,
        "documents": 13,
        "examples": ["0", "<b>7</b>", "<b>9</b>"],
    }
    card = (release / "README.md").read_text(encoding="utf-8")
    heading, _, rest = card.partition("## Keys that several texts have\n")[2].partition("\n## ")
    assert "| `health_json` | 6 | 13 | `0`, `<b>7</b>`, `<b>9</b>` |" in heading
    assert rest.startswith("Licences\n")
    counted = (release / "STATISTICS.md").read_text(encoding="utf-8")
    assert "\n| `health_json`" not in counted.partition("## Duplicates\n")[2].partition("\n## ")[0]
    verified = CliRunner().invoke(main, ["verify", str(release), "--texts"])
    assert verified.exit_code == 0, verified.output


def test_without_such_ids_nothing_is_said_of_them(tmp_path: Path) -> None:
    output, corpus = run(tmp_path, rows=documents(20))
    assert "different texts" not in output
    card = (corpus.parent / "out" / "release" / "README.md").read_text(encoding="utf-8")
    assert "Keys that several texts have" not in card


@pytest.mark.parametrize(("spam", "warned"), [(10, False), (11, True)])
def test_a_source_that_lost_more_than_half_is_warned_about(spam: int, warned: bool, tmp_path: Path) -> None:
    """Four broken lines and `spam` of so many records that exactly half is kept, or less."""
    texts = small_corpus.PARAGRAPHS["en"][:14]
    rows = [{"id": f"good{n}", "text": text, "lang": "en"} for n, text in enumerate(texts)]
    rows += [{"id": f"s{n}", "text": f"Buy {n}.", "lang": "en"} for n in range(spam)]
    corpus = small_corpus.write_corpus(tmp_path, rows=rows, changes={"max_bad_fraction": 0.5})
    result = CliRunner().invoke(main, ["run", str(corpus), "--progress", "none"])
    assert result.exit_code == 0, result.output
    row = next(row for row in tables(result.output)["source"] if row[0] == "health_json")
    read, kept = int(row[1]), int(row[2])
    lost = [line for line in warnings(result.output, "health_json") if ": lost " in line]
    assert bool(lost) is (kept < read / 2) is warned
    assert not lost or f"of {read} documents" in lost[0]


def test_a_wipe_out_is_a_warning_a_line_of_the_card_and_an_error_where_asked(tmp_path: Path) -> None:
    """Twelve copies of eight texts are gone: 60 % of the source and of English."""
    rows = documents(20)
    for n in range(8, 20):
        rows[n]["text"] = rows[n % 4]["text"]
    changes = {"decide": {"quality": False}, "sources": [SOURCE]}
    output, corpus = run(tmp_path, rows=rows, **changes)
    (lost,) = [line for line in warnings(output, "health_json") if "lost" in line]
    assert lost == "health_json: lost 60% of 20 documents to duplicates (12)"
    readme = tmp_path / "out" / "release" / "README.md"
    before = readme.read_bytes()
    assert b"- source `health_json`: `duplicates`, 12 of 20 documents (60.0 %)" in before
    small_corpus.write_corpus(
        tmp_path, rows=rows, changes={**changes, "max_bad_fraction": 0.5, "fail_on_loss": True}
    )
    failed = CliRunner().invoke(main, ["run", str(corpus), "--progress", "none"])
    assert failed.exit_code == 3
    assert "more than max_loss (0.5) was lost to one cause:" in failed.output
    assert lost in failed.output
    assert readme.read_bytes() == before, "the release stays as it was"
    allowed = {**changes, "fail_on_loss": True, "max_loss": 0.6}
    assert "lost 60%" not in "".join(warnings(run(tmp_path, rows=rows, **allowed)[0], "health_json"))


def test_a_site_that_lost_most_is_named_and_one_limit_is_for_all(tmp_path: Path) -> None:
    """Twelve copies at one site are 60 % of it, 30 % of the source and of English."""
    rows = documents(40, url="https://good.example.org/a")
    for n in range(20):
        rows[n]["url"] = f"https://www.copies.org/{n}"
    for n in range(8, 20):
        rows[n]["text"] = rows[n % 4]["text"]
    fields = {"text": "text", "id": "id", "lang": "lang", "url": "url"}
    changes = {"decide": {"quality": False}, "sources": [{**SOURCE, "fields": fields}]}
    output, _ = run(tmp_path, rows=rows, **changes)
    assert warnings(output, "copies.org") == ["copies.org: lost 60% of 20 documents to duplicates (12)"]
    assert [line for line in warnings(output, "health_json") if "lost" in line] == []
    release = tmp_path / "out" / "release"
    readme = (release / "README.md").read_text("utf-8")
    assert "- site `copies.org`: `duplicates`, 12 of 20 documents (60.0 %)" in readme
    manifest = json.loads((release / "manifest.json").read_bytes())
    assert manifest["sites"] == {"sites": 2, "losing": 1, "uncounted": 0}
    output, _ = run(tmp_path, rows=rows, max_loss=0.2, **changes)
    (lost,) = [line for line in warnings(output, "health_json") if "lost" in line]
    assert lost == "health_json: lost 30% of 40 documents to duplicates (12)"
    assert CliRunner().invoke(main, ["verify", str(release)]).exit_code == 0
    output, _ = run(tmp_path, rows=rows, max_loss=0.6, **changes)
    assert warnings(output, "copies.org") == []


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0 s"), (59.4, "59 s"), (59.6, "1 min"), (3599, "1 h"), (5400, "1 h 30 min"), (86400, "1 d")],
)
def test_seconds_as_people_read_them(seconds: float, text: str) -> None:
    from pipeline.terminal.numbers import format_seconds

    assert format_seconds(seconds) == text
