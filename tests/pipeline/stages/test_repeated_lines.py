"""Repeated lines, against a slow reference over the raw texts: which are found, which are removed."""

import itertools
import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import small_corpus
from click.testing import CliRunner

from layers.entries import read_entries
from layers.shards import read_table
from pipeline import cli
from pipeline.beam import runners
from pipeline.errors import InputError, RunError
from pipeline.inspect.removed_lines import top_lines
from pipeline.plan.make import Plan, make_plan
from pipeline.stages.count import lines as count
from tests.kernels.reference_dedup import finish, line_hash, normalise_line, split_lines

Row = dict[str, Any]
RULE: dict[str, Any] = {"min_count": 10, "min_chars": 10, "max_share": 1.0}
UP_TO_MEASURE = ("ingest", "count", "measure")
HEAD, FOOT = "Home | News | Contact us", "© Example Publishing  2020"
REFRAIN = "And we shall sing it again"


def pages() -> list[Row]:
    """24 pages of two sites with head and foot, one song with a refrain, empty pages, pages without URL."""
    texts = list(itertools.islice(itertools.chain(*small_corpus.PARAGRAPHS.values()), 24))
    rows = [
        {
            "id": f"page-{n}",
            "lang": "en",
            "url": f"https://www.site{n % 2}.example.org/{n}" if n % 2 else f"https://example.com/{n}",
            "text": f"{HEAD.upper() if n % 3 else HEAD}\n{text}\r\n\n{FOOT}",
        }
        for n, text in enumerate(texts)
    ]
    rows.append({"id": "song", "lang": "en", "text": f"{REFRAIN}\n" * 12})
    rows += [{"id": f"empty-{n}", "lang": "en", "text": "" if n % 2 else " \n\n"} for n in range(12)]
    rows.append({"id": "no-url", "lang": "en", "text": f"{HEAD}\nA page that says not where it stood."})
    return rows


def make(folder: Path, *, rule: Any = RULE, rows: Sequence[Row] | None = None, **changes: Any) -> Plan:
    """A plan over pages() and the gzip and text files of the small corpus, in parts of a few documents."""
    values = {"lines": rule, "unit_bytes": 2_500, **changes}
    config = small_corpus.write_corpus(folder, changes=values, rows=pages() if rows is None else rows)
    return make_plan(config)


def raw_rows(plan: Plan, *, source: str) -> list[tuple[str, Row]]:
    """(part, document) of a source in unit order."""
    entries = [entry for entry in read_entries(plan.job.raw.url) if entry.unit.source == source]
    return [
        (entry.unit.with_part(part).name, row)
        for entry in entries
        for part in range(len(entry.facts["parts"]))
        for row in read_table(f"{plan.job.raw.url}/{entry.files[f'documents-{part:05d}'].path}").to_pylist()
    ]


def find_slowly(
    rows: Sequence[tuple[str, Row]], *, min_count: int, min_chars: int
) -> dict[str, tuple[int, int]]:
    """Normalised line → (times, documents), where it stands min_count times, in two documents or more."""
    times, documents = Counter[str](), Counter[str]()
    for _, row in rows:
        lines = [normalise_line(line) for line in split_lines(row["text"])]
        lines = [line for line in lines if len(line) >= min_chars]
        times.update(lines)
        documents.update(set(lines))
    return {
        line: (n, documents[line]) for line, n in times.items() if n >= min_count and documents[line] >= 2
    }


def repeated(plan: Plan, *, source: str = "health_json") -> dict[int, tuple[int, int]]:
    rows = [
        row
        for path in sorted(Path(plan.job.lines.url, source).glob("*.repeated.arrow"))
        for row in read_table(str(path)).to_pylist()
    ]
    assert len({row["key"] for row in rows}) == len(rows)
    return {row["key"]: (row["lines"], row["documents"]) for row in rows}


def measured(plan: Plan) -> dict[str, tuple[str, list[str]]]:
    """record_id → (text, edits)."""
    found = {}
    for path in sorted(Path(plan.job.measured.url, "health_json").glob("*.text.arrow")):
        texts = read_table(str(path)).to_pylist()
        signals = read_table(str(path).replace(".text.", ".signals."), columns=["edits"]).to_pylist()
        for text, signal in zip(texts, signals, strict=True):
            found[text["record_id"]] = (text["text"], signal["edits"])
    return found


@pytest.fixture(scope="module")
def plan(tmp_path_factory: pytest.TempPathFactory) -> Plan:
    made = make(tmp_path_factory.mktemp("corpus"), measure={"edits": []})
    runners.run(made)
    return made


def test_the_lines_that_are_found_are_those_of_a_counter(plan: Plan) -> None:
    assert len({part for part, _ in raw_rows(plan, source="health_json")}) > 3
    for source in small_corpus.SOURCES:
        expected = find_slowly(raw_rows(plan, source=source), min_count=10, min_chars=10)
        assert repeated(plan, source=source) == {line_hash(line): found for line, found in expected.items()}
    assert set(repeated(plan)) == {line_hash(HEAD), line_hash(FOOT)}


def test_the_lines_are_removed_and_the_edit_is_logged(plan: Plan) -> None:
    gone = {normalise_line(HEAD), normalise_line(FOOT)}
    found = measured(plan)
    for row in pages():
        kept = "".join(line for line in split_lines(row["text"]) if normalise_line(line) not in gone)
        assert found[row["id"]] == (kept, ["repeated_lines"] if kept != row["text"] else [])
    assert "sing" in found["song"][0]


def test_the_bytes_of_removed_lines_are_a_line_of_the_ledger(plan: Plan) -> None:
    summary = json.loads(Path(plan.job.release, "ledger", "summary.json").read_bytes())
    told = {row["source"]: row["bytes"] for row in summary if row["flow"] == "repeated_lines"}
    expected = sum(
        len(line.encode())
        for row in pages()
        for line in split_lines(row["text"])
        if line_hash(line) in repeated(plan)
    )
    assert told == {"health_json": expected, "health_gzip": 0, "health_text": 0}
    assert [row["bytes"] for row in summary if row["flow"] == "edited"] == [0, 0, 0]


def test_an_auditor_sees_the_lines_that_were_removed_most_often(plan: Plan) -> None:
    release = Path(plan.job.release)
    rows = read_table(str(release / "ledger" / "lines" / "health_json.arrow")).to_pylist()
    heads = [
        line for row in pages() for line in split_lines(row["text"]) if line_hash(line) == line_hash(HEAD)
    ]
    expected = [
        {"key": line_hash(HEAD), "lines": 25, "documents": 25, "example": HEAD},
        {"key": line_hash(FOOT), "lines": 24, "documents": 24, "example": FOOT},
    ]
    sizes = [sum(len(line.encode()) for line in heads), 24 * len(FOOT.encode())]
    for row, size in zip(expected, sizes, strict=True):
        row |= {"bytes": size, "source": "health_json"}
    assert sorted(rows, key=lambda row: -row["lines"]) == expected
    assert top_lines(str(release), count=1) == expected[:1]
    assert top_lines(str(release), count=9, source="health_json") == expected
    shown = CliRunner().invoke(cli.main, ["lines", str(release), "-n", "1"])
    assert "25" in shown.output and HEAD in shown.output and FOOT not in shown.output
    with pytest.raises(InputError, match="no lines of health_txt"):
        top_lines(str(release), count=9, source="health_txt")
    with pytest.raises(InputError, match="no manifest"):
        top_lines(str(release.parent), count=9)


def test_the_plan_shows_the_stage_where_lines_are_counted(plan: Plan, tmp_path: Path) -> None:
    config = str(Path(plan.job.output).parent / "corpus.yaml")
    shown = CliRunner().invoke(cli.main, ["plan", config])
    assert shown.exit_code == 0
    assert "count " in shown.output
    without = CliRunner().invoke(cli.main, ["plan", str(small_corpus.write_corpus(tmp_path))])
    assert without.exit_code == 0
    assert "count " not in without.output


def lines_of(plan: Plan) -> Counter[str]:
    return Counter(normalise_line(line) for text, _ in measured(plan).values() for line in split_lines(text))


def test_the_first_occurrence_stays_where_that_is_asked_for(tmp_path: Path) -> None:
    made = make(tmp_path, rule=RULE | {"keep": "first", "min_documents": 1})
    runners.run(made, stages=UP_TO_MEASURE)
    firsts: dict[str, str] = {}
    for _, row in raw_rows(made, source="health_json"):
        for line in split_lines(row["text"]):
            firsts.setdefault(normalise_line(line), row["record_id"])
    left = lines_of(made)
    for line in (HEAD, FOOT):
        name = normalise_line(line)
        assert left[name] == 1
        assert name in normalise_line(measured(made)[firsts[name]][0])
    assert left[normalise_line(REFRAIN)] == 12, "what one document repeats is its refrain"


def test_a_site_is_counted_by_itself(tmp_path: Path) -> None:
    made = make(tmp_path, rule=RULE | {"scope": "site", "min_count": 12})
    runners.run(made, stages=UP_TO_MEASURE)
    sites = {
        row["site"]
        for path in Path(made.job.line_counts.url).rglob("*.sites.arrow")
        for row in read_table(str(path)).to_pylist()
    }
    assert len(sites) == 2
    expected = {finish(line_hash(line) ^ site): (12, 12) for line in (HEAD, FOOT) for site in sites}
    assert repeated(made) == expected
    assert lines_of(made)[normalise_line(HEAD)] == 1, "only the page without a URL keeps its head"
    stricter = make(tmp_path, rule=RULE | {"scope": "site", "min_count": 13})
    runners.run(stricter, stages=UP_TO_MEASURE)
    assert repeated(stricter) == {}
    assert measured(stricter)["page-0"][0].startswith("Home | News")


@pytest.mark.parametrize(
    ("change", "found"),
    [
        ({"min_count": 24, "min_chars": 24}, [HEAD, FOOT]),
        ({"min_count": 25}, [HEAD]),
        ({"min_count": 26}, []),
        ({"min_chars": 25}, [FOOT]),
        ({"min_chars": 26}, []),
        ({"min_share": 25 / 38}, [HEAD]),
        ({"min_share": 24 / 38}, [HEAD, FOOT]),
        ({"min_share": 0.7}, []),
        ({"min_documents": 1}, [HEAD, FOOT]),
    ],
)
def test_limits_are_inclusive(change: Row, found: list[str], tmp_path: Path) -> None:
    made = make(tmp_path, rule=RULE | change)
    runners.run(made, stages=("ingest", "count"))
    assert set(repeated(made)) == {line_hash(line) for line in found}


@pytest.mark.parametrize(("max_share", "kept"), [(0.9, True), (1.0, False)])
def test_a_page_that_was_captured_often_keeps_its_lines(max_share: float, kept: bool, tmp_path: Path) -> None:
    text = "\n".join(itertools.islice(itertools.chain(*small_corpus.PARAGRAPHS.values()), 4))
    rows = [{"id": f"capture-{n}", "lang": "en", "text": text} for n in range(12)]
    changes = {"measure": {"edits": []}, "max_bad_fraction": 1}
    made = make(tmp_path, rule=RULE | {"max_share": max_share}, rows=rows, **changes)
    runners.run(made, stages=UP_TO_MEASURE)
    found = measured(made)
    assert {found[f"capture-{n}"][0] for n in range(12)} == {text if kept else ""}


def test_a_source_can_have_another_rule_or_none(tmp_path: Path) -> None:
    made = make(tmp_path)
    sources = [source.model_dump() for source in made.job.config.sources]
    sources[0]["lines"], sources[1]["lines"] = False, {"min_count": 2, "min_chars": 20}
    made = make(tmp_path, rule=None, sources=sources)
    runners.run(made, stages=("ingest", "count"))
    assert [path.name for path in Path(made.job.lines.url).iterdir()] == ["health_gzip"]
    expected = find_slowly(raw_rows(made, source="health_gzip"), min_count=2, min_chars=20)
    assert repeated(made, source="health_gzip") == {line_hash(line): n for line, n in expected.items()}


def test_ranges_of_keys_change_no_text(plan: Plan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(count, "MAX_PARTITION_ROWS", 8)
    made = make(tmp_path, measure={"edits": []})
    runners.run(made, stages=UP_TO_MEASURE)
    assert len(list(Path(made.job.lines.url, "health_json").glob("*.json"))) > 4
    assert repeated(made) == repeated(plan)
    assert measured(made) == measured(plan)


def test_a_changed_rule_counts_nothing_again(tmp_path: Path) -> None:
    runners.run(make(tmp_path), stages=UP_TO_MEASURE)
    files = [path for layer in ("raw", "line_counts") for path in (tmp_path / "out" / layer).rglob("*.*")]
    before = {path: path.stat().st_mtime_ns for path in files}
    changed = make(tmp_path, rule=RULE | {"min_count": 25})
    with pytest.raises(RunError, match="run the count stage first"):
        runners.run(changed, stages=("measure",))
    runners.run(changed, stages=UP_TO_MEASURE)
    assert {path: path.stat().st_mtime_ns for path in before} == before
    assert lines_of(changed)[normalise_line(FOOT)] == 24


@pytest.mark.parametrize(
    ("texts", "left"),
    [
        (["the same line in every page"] * 40, ""),
        ([""] * 40, ""),
        (["\n\n \n"] * 40, ""),
        (["one line of many\n" * 2_000] * 3, "one line of many\n" * 1_999 + "one line of many"),
    ],
    ids=["all identical", "all empty", "blank", "a refrain"],
)
def test_bad_input(texts: list[str], left: str, tmp_path: Path) -> None:
    rows = [{"id": f"{n}", "lang": "en", "text": text} for n, text in enumerate(texts)]
    made = make(tmp_path, rows=rows, max_bad_fraction=1)
    runners.run(made)
    assert {text for text, _ in measured(made).values()} == {left}
    assert len(measured(made)) == len(texts)
    dropped = read_table(f"{made.job.release}/ledger/health_json.arrow").to_pylist()
    assert len([row for row in dropped if row["stage"] == "decide"]) == len(texts)


def test_a_document_that_a_filter_fails_on_is_not_counted_as_removed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from filters.signals import roots

    measure = roots.measure

    def fail(batch: Any, **how: Any) -> Any:
        if any("says not where" in text for text in batch["text"].to_pylist()):
            raise ValueError("on purpose")
        return measure(batch, **how)

    monkeypatch.setattr(roots, "measure", fail)
    made = make(tmp_path, max_filter_errors=1)
    runners.run(made)  # a ledger that does not balance raises
    tables = [
        read_table(str(path)) for path in Path(made.job.measured.url, "health_json").glob("*.lines.arrow")
    ]
    totals = Counter[int]()
    for table in tables:
        for row in table.to_pylist():
            totals[row["key"]] += row["lines"]
    assert totals == {line_hash(HEAD): 24, line_hash(FOOT): 24}
