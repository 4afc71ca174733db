"""No source is published that its card, its reviews or the licences of its documents speak against."""

import csv
import json
from pathlib import Path
from typing import Any

import pytest
import small_corpus
import yaml
from click.testing import CliRunner, Result

from governance.cards import BLOCKS
from layers.shards import read_table
from pipeline.beam import runners
from pipeline.cli import main
from pipeline.errors import RunError
from pipeline.inspect.verify.release import verify
from pipeline.plan.make import make_plan

LICENSES = ("CC-BY-4.0", "CC0-1.0 OR GPL-2.0-only", "NOASSERTION", "CC-BY-NC-4.0")


def rhizotron(*arguments: object) -> Result:
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


def edit(folder: Path, *pairs: tuple[str, str], uid: str = "health_text") -> None:
    path = folder / "cards" / f"{uid}.md"
    text = path.read_text(encoding="utf-8")
    for old, new in pairs:
        assert old in text
        text = text.replace(old, new)
    path.write_text(text, encoding="utf-8")


def change(folder: Path, **publish: Any) -> Path:
    path = folder / "corpus.yaml"
    config = yaml.safe_load(path.read_text(encoding="utf-8"))
    config["publish"] = publish
    path.write_text(yaml.safe_dump(config, sort_keys=False), encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("pair", "expected"),
    [
        (("access_tier: open", "access_tier: internal"), "health_text: access_tier is internal: change "),
        (
            ("redistribute_text: yes", "redistribute_text: no"),
            "health_text: rights.properties.redistribute_text is no: change ",
        ),
        (
            ("status: ingested", "status: withdrawn\nstatus_reason: the custodian asked"),
            "health_text: status is withdrawn: the custodian asked: change ",
        ),
        (
            ("concluded: CC0-1.0", "concluded: NOASSERTION"),
            "health_text: rights.concluded is NOASSERTION for the whole source, yet access is open: change ",
        ),
    ],
)
def test_what_no_review_helps_is_refused_before_anything_is_read(
    pair: tuple[str, str], expected: str, tmp_path: Path
) -> None:
    small_corpus.write_corpus(tmp_path)
    edit(tmp_path, pair)
    corpus = change(tmp_path, allow_unreviewed=True)
    for command in ("run", "publish"):
        refused = rhizotron(command, corpus, "--progress", "none")
        assert (refused.exit_code, expected in refused.output) == (2, True), refused.output
    assert not (tmp_path / "out").exists()
    planned = rhizotron("plan", corpus)
    assert (planned.exit_code, f"warning: not to be published: {expected}" in planned.stderr) == (0, True)


def test_an_unreviewed_source_is_refused_with_the_command_that_mends_it(tmp_path: Path) -> None:
    corpus = small_corpus.write_corpus(tmp_path)
    edit(tmp_path, ("location: unknown", "location: US"))
    refused = rhizotron("run", corpus, "--progress", "none")
    place = tmp_path / "cards" / "health_text.md"
    assert refused.exit_code == 2
    assert refused.stderr.splitlines()[-1].strip() == (
        "health_text: custodian was changed after the tests reviewed it on 2026-11-23. "
        "When you have read them: "
        f'rhizotron card review {place} --block custodian --by "YOUR NAME". '
        "To publish without: `publish: {allow_unreviewed: [health_text]}` in the corpus file"
    )
    assert not (tmp_path / "out").exists()
    with pytest.raises(RunError, match="custodian was changed after"):
        runners.run(make_plan(corpus))  # what goes around the command meets the gate at the end
    assert not (tmp_path / "out" / "release").exists()

    assert rhizotron("run", corpus, "--limit", 3, "--progress", "none").exit_code == 0
    assert rhizotron("card", "review", place, "--block", "custodian", "--by", "A").exit_code == 0
    done = rhizotron("run", corpus, "--progress", "none")
    assert done.exit_code == 0, done.output
    sources = json.loads((tmp_path / "out" / "release" / "manifest.json").read_bytes())["sources"]
    gates = ("custodian", "rights", "pii")
    reviewed = {block: "reviewed" if block in gates else "unreviewed" for block in BLOCKS}
    assert sources["health_text"]["reviews"] == reviewed
    assert sources["health_text"]["access_tier"] == "open"
    readme = (tmp_path / "out" / "release" / "README.md").read_text(encoding="utf-8")
    assert "nobody reviewed" not in readme


def read_release(release: Path, *, source: str = "*") -> list[dict[str, Any]]:
    """Its rows, in the order of its shards."""
    shards = sorted(release.glob(f"data/*/{source}/*"))
    return [row for path in shards for row in read_table(str(path)).to_pylist()]


@pytest.fixture(scope="module")
def released(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A release with four licences, of which the list allows two, and one source that nobody reviewed."""
    folder = tmp_path_factory.mktemp("licences")
    rows = [
        {
            "license": LICENSES[n % 4],
            "title": f"Tab\tand\nline {n}",
            "author": None if n % 2 else f"Author {n}",
        }
        | row
        for n, row in enumerate(small_corpus.records())
    ]
    fields = {name: name for name in ("id", "text", "lang", "url", "license", "title", "author")}
    small_corpus.write_corpus(folder, rows=rows)
    corpus = change(
        folder, licenses=["cc-by-4.0", "CC0-1.0"], allow_unreviewed=["health_json"], target_bytes=20_000
    )
    config = yaml.safe_load(corpus.read_text(encoding="utf-8"))
    config["sources"][0]["fields"] = fields
    corpus.write_text(yaml.safe_dump(config, sort_keys=False), encoding="utf-8")
    statement = ("  confidence: high\n", "  confidence: high\n  attribution_statement: All of TICO-19\n")
    edit(folder, statement, ("scope: whole_source", "scope: per_document"), uid="health_json")
    done = rhizotron("run", corpus, "--progress", "none")
    assert done.exit_code == 0, done.output
    return folder / "out" / "release"


def test_a_document_passes_by_its_own_licence_and_the_others_are_counted(released: Path) -> None:
    kept = [
        row
        for path in sorted(released.glob("data/*/health_json/*"))
        for row in read_table(str(path)).to_pylist()
    ]
    assert {row["license"] for row in kept} == {"CC-BY-4.0", "CC0-1.0 OR GPL-2.0-only"}
    ledger = read_table(str(released / "ledger" / "health_json.arrow")).to_pylist()
    refused = [row for row in ledger if "license_not_allowed" in row["reasons"]]
    assert {row["reason"] for row in refused} == {"license_not_allowed"}, "governance is first in the order"
    assert any(len(row["reasons"]) > 1 for row in refused), "and the other reasons are told, too"
    assert not any(row["kept_doc_id"] is None and row["reason"] == "exact_duplicate" for row in ledger)
    summary = json.loads((released / "ledger" / "summary.json").read_bytes())
    counted = sum(row["documents"] for row in summary if row["reason"] == "license_not_allowed")
    assert counted == len(refused) > 0
    assert verify(str(released)).mismatches == []


def test_whom_to_name_stands_in_one_row_per_document_whose_licence_asks(released: Path) -> None:
    kept = read_release(released)
    expected = [
        [
            row["doc_id"],
            row["author"] or "All of TICO-19",
            row["title"].replace("\t", "\\t").replace("\n", "\\n"),
            row["source"],
            row["license"],
            row["url"] or "",
        ]
        for row in kept
        if row["license"] == "CC-BY-4.0"
    ]
    with open(released / "ATTRIBUTION.tsv", encoding="utf-8", newline="") as file:
        header, *rows = csv.reader(file, delimiter="\t", quoting=csv.QUOTE_NONE)
    assert header == ["doc_id", "author", "title", "source", "license", "url"]
    assert rows == expected
    assert len({row[1] for row in rows}) > 1
    manifest = json.loads((released / "manifest.json").read_bytes())
    (listed,) = [output for output in manifest["outputs"] if output["path"] == "ATTRIBUTION.tsv"]
    assert listed["bytes"] == (released / "ATTRIBUTION.tsv").stat().st_size
    readme = (released / "README.md").read_text(encoding="utf-8")
    assert f"each of the {len(rows)} documents whose licence asks for it: [ATTRIBUTION.tsv]" in readme


def test_a_release_without_a_review_says_so_wherever_the_source_is(released: Path) -> None:
    pages = [released / "README.md", *sorted((released / "cards").glob("*.md"))]
    says = {page.name: "- `health_json`: rights\n" in page.read_text(encoding="utf-8") for page in pages}
    has = {path.parent.parent.name for path in released.glob("data/*/health_json/*")}
    assert says == {page.name: page.stem in {"README", *has} for page in pages}


def test_what_nobody_licensed_or_nobody_is_named_for_is_no_open_release(tmp_path: Path) -> None:
    rows = [
        {"license": license} | row
        for license, row in zip(("NOASSERTION", "CC-BY-4.0"), small_corpus.records()[3:5], strict=True)
    ]
    fields = {name: name for name in ("id", "text", "lang", "license")}
    small_corpus.write_corpus(tmp_path, rows=rows)
    source = {"card": "health_json", "type": "jsonl", "paths": ["data/rows.jsonl"], "fields": fields}

    def run(**publish: Any) -> Result:
        corpus = change(tmp_path, allow_unreviewed=True, **publish)
        config = yaml.safe_load(corpus.read_text(encoding="utf-8")) | {
            "sources": [source],
            "max_bad_fraction": 0.9,
        }
        corpus.write_text(yaml.safe_dump(config, sort_keys=False), encoding="utf-8")
        return rhizotron("run", corpus, "--progress", "none")

    refused = run()
    assert refused.exit_code == 2
    assert (
        "health_json: 1 document(s) are NOASSERTION, yet access is open: list the licences" in refused.output
    )
    unnamed = run(licenses=["CC-BY-4.0"])
    assert unnamed.exit_code == 2
    assert (
        "is CC-BY-4.0, which asks for attribution, and neither it nor the card names anybody"
        in unnamed.output
    )
    edit(
        tmp_path,
        ("  confidence: high\n", "  confidence: high\n  attribution_statement: TICO-19\n"),
        uid="health_json",
    )
    named = run(licenses=["CC-BY-4.0", "NOASSERTION"])
    assert named.exit_code == 0, named.output
    edit(tmp_path, ("access_tier: open", "access_tier: gated"), uid="health_json")
    gated = run()
    assert gated.exit_code == 0, gated.output
