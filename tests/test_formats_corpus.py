"""The corpus in every source type, as committed: one run counts each record that was put into it."""

import csv
import json
import re
import unicodedata
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner

from examples.formats.make.__main__ import MADE_FOLDERS, make_files, make_sources
from examples.formats.make.made import Made
from governance.cards import publication_obstacles, read_card
from layers.shards import read_table
from pipeline.cli import main
from pipeline.inspect.explain import explain
from pipeline.inspect.rebuild import rebuild
from pipeline.inspect.verify.release import verify
from pipeline.plan.make import Plan, make_plan

FOLDER = Path(__file__).parents[1] / "examples" / "formats"
CONFIG = FOLDER / "corpus.yaml"
SOURCES = [source["card"] for source in yaml.safe_load(CONFIG.read_text("utf-8"))["sources"]]
MIN_TYPES = 19
MAX_BYTES = 1_000_000

Row = dict[str, Any]


@pytest.fixture(scope="module")
def made() -> dict[str, Made]:
    """uid → what the program makes."""
    return {each.uid: each for each in make_sources()}


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One run, as on the command line."""
    out = tmp_path_factory.mktemp("formats")
    result = CliRunner().invoke(main, ["run", str(CONFIG), "--out", str(out), "--workers", "1"])
    assert result.exit_code == 0, result.output
    return out


@pytest.fixture(scope="module")
def plan(out: Path) -> Plan:
    return make_plan(CONFIG, output=str(out), looks=False)


def read_rows(out: Path, *, pattern: str) -> list[Row]:
    return [row for path in sorted(out.glob(pattern)) for row in read_table(str(path)).to_pylist()]


def words(text: str) -> str:
    """The text whatever its white space; formats keep no line breaks."""
    return " ".join(unicodedata.normalize("NFC", text).split())


def test_what_is_committed_is_what_the_program_writes() -> None:
    committed = {
        str(path.relative_to(FOLDER)): path.read_bytes()
        for folder in MADE_FOLDERS
        for path in sorted((FOLDER / folder).rglob("*"))
        if path.is_file()
    }
    committed |= {
        name: (FOLDER / name).read_bytes() for name in ("corpus.yaml", "CREDITS.tsv", "records.tsv")
    }
    files = make_files()
    assert sorted(committed) == sorted(files)
    assert [name for name in files if files[name] != committed[name]] == []


def test_it_has_many_types_and_languages(made: dict[str, Made]) -> None:
    assert len({each.type for each in made.values()}) >= MIN_TYPES
    assert len({text.lang.split("-")[0] for each in made.values() for text in each.all_texts}) >= 30


def test_the_readme_has_a_row_for_every_source() -> None:
    rows = [line for line in (FOLDER / "README.md").read_text("utf-8").split("\n") if line.startswith("| `")]
    assert sorted(uid for row in rows for uid in re.findall(r"`(formats_\w+)`", row)) == sorted(SOURCES)


def test_it_is_small() -> None:
    assert sum(path.stat().st_size for path in FOLDER.rglob("*") if path.is_file()) <= MAX_BYTES


@pytest.mark.parametrize("uid", SOURCES)
def test_every_card_allows_redistribution_and_every_document_has_its_licence(
    uid: str, made: dict[str, Made]
) -> None:
    card = read_card(str(FOLDER / "cards"), uid)
    assert card.rights.properties.redistribute_text == "yes"
    assert card.rights.attribution_statement
    assert publication_obstacles(card) == []
    assert {text.license for text in made[uid].all_texts} == {card.rights.concluded}
    assert {text.lang.split("-")[0] for text in made[uid].all_texts} == {
        language.tag.split("-")[0] for language in card.languages
    }


def test_every_record_is_a_document_or_a_row_with_its_reason(out: Path) -> None:
    """Exactly the numbers that were put in, source by source."""
    manifest = json.loads((out / "release" / "manifest.json").read_bytes())
    counted: Counter[tuple[str, str]] = Counter()
    for line in manifest["ledger"]:
        if (line["layer"], line["flow"]) == ("raw", "kept"):
            counted[line["source"], "document"] += line["documents"]
    for row in read_rows(out, pattern="release/ledger/*.arrow"):
        if row["stage"] == "ingest":
            counted[row["source"], row["reason"]] += 1
    with open(FOLDER / "records.tsv", encoding="utf-8", newline="") as file:
        expected = {
            (row["source"], row["fate"]): int(row["rows"]) for row in csv.DictReader(file, delimiter="\t")
        }
    assert dict(counted) == expected


def test_every_document_that_was_read_is_published_or_dropped_for_a_reason(
    out: Path, made: dict[str, Made]
) -> None:
    dropped = [row for row in read_rows(out, pattern="release/ledger/*.arrow") if row["stage"] != "ingest"]
    fates = Counter(row["source"] for row in dropped if row["reason"])
    for uid in SOURCES:
        fates[uid] += len(read_rows(out, pattern=f"release/data/*/{uid}/*.arrow"))
    assert fates == {uid: len(each.all_texts) for uid, each in made.items()}


def test_the_release_verifies_and_its_sums_hold(out: Path) -> None:
    answer = verify(str(out / "release"), texts=True)
    assert (answer.mismatches, answer.not_compared) == ([], [])


@pytest.mark.parametrize("uid", SOURCES)
def test_a_source_publishes_the_texts_that_it_was_made_of(uid: str, out: Path, made: dict[str, Made]) -> None:
    published = [words(row["text"]) for row in read_rows(out, pattern=f"release/data/*/{uid}/*.arrow")]
    originals = [words(text.text) for text in made[uid].all_texts]
    assert published
    assert [text[:80] for text in published if text not in originals] == []


@pytest.mark.parametrize("uid", SOURCES)
def test_a_document_is_explained_down_to_its_file(
    uid: str, out: Path, plan: Plan, made: dict[str, Made]
) -> None:
    document = read_rows(out, pattern=f"release/data/*/{uid}/*.arrow")[0]
    (life,) = explain(document["doc_id"], plan=plan)
    (file,) = [
        name
        for name, texts in made[uid].texts.items()
        if words(document["text"]) in {words(text.text) for text in texts}
    ]
    assert life["source"]["uid"] == uid
    assert life["origin"]["file"] == str(FOLDER / "data" / uid / file)
    assert life["decision"]["keep"]


@pytest.mark.parametrize("uid", SOURCES)
def test_documents_of_every_source_type_are_made_again_from_their_place(
    uid: str, out: Path, plan: Plan
) -> None:
    rows = read_rows(out, pattern=f"measured/{uid}/*.text.arrow")
    assert rows
    for row in (rows[0], rows[-1]):
        for made in rebuild(row["doc_id"].hex(), job=plan.job):
            assert [f"{step.name}: {step.told}" for step in made.steps if not step.is_equal] == []
            assert [step.name for step in made.steps][:4] == [
                "source",
                "record",
                "extracted text",
                "other fields",
            ]
