"""Human review: a blind sample, strict labels back, cards that say what was found, or that nobody read."""

import csv
import io
import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
import small_corpus
from click.testing import CliRunner, Result

from governance.pages.review_sheet import MAX_CHARS, text_digest
from governance.reviews import LABELS, NOT_SAMPLED, Sample, wilson
from layers.shards import read_table
from pipeline.cli import main
from pipeline.inspect.review_sample import SampleOptions, draw_sample

LANGS = ("ar", "en")
SPAM = "Click here to buy the best watches for less money. "


def rows() -> list[dict[str, Any]]:
    """Paragraphs of two languages, some spam, copies, a formula, and what is declared English and is not."""
    listed = [
        {"id": f"{lang}-{n}", "text": text, "lang": lang}
        for lang in LANGS
        for n, text in enumerate(small_corpus.PARAGRAPHS[lang])
    ]
    listed += [{"id": f"spam{n}", "text": SPAM * (n + 20), "lang": "en"} for n in range(4)]
    listed += [{"id": f"copy{n}", "text": listed[n]["text"], "lang": "ar"} for n in range(3)]
    listed.append({"id": "formula", "text": f"=1+2 {small_corpus.PARAGRAPHS['en'][0]} More.", "lang": "en"})
    listed.append({"id": "long", "text": " ".join(small_corpus.PARAGRAPHS["en"]) + " \x1b[31m", "lang": "en"})
    listed.append({"id": "german", "text": "Dies ist ein deutscher Text von der Straße. " * 4, "lang": "en"})
    return listed


def rhizotron(*arguments: object) -> Result:
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


@dataclass(frozen=True)
class Corpus:
    path: Path

    @property
    def release(self) -> Path:
        return self.path.parent / "out" / "release"

    @property
    def reviews(self) -> Path:
        return self.path.parent / "reviews"

    def write(self, **changes: Any) -> None:
        source = {
            "card": "health_json",
            "type": "jsonl",
            "paths": ["data/rows.jsonl"],
            "fields": {"text": "text", "id": "id", "lang": "lang"},
        }
        small_corpus.write_corpus(
            self.path.parent,
            rows=rows(),
            changes={
                "sources": [source],
                "decide": {"languages": [*LANGS, "fr"]},
                "max_bad_fraction": 0.5,
                **changes,
            },
        )

    def publish(self) -> Mapping[str, Any]:
        result = rhizotron("run", self.path, "--progress", "none")
        assert result.exit_code == 0, result.output
        manifest: dict[str, Any] = json.loads((self.release / "manifest.json").read_bytes())
        return manifest

    def card(self, lang: str) -> str:
        return (self.release / "cards" / f"{lang}.md").read_text("utf-8").partition("## Human review\n")[2]

    def decisions(self) -> dict[str, dict[str, Any]]:
        paths = sorted((self.path.parent / "out" / "decisions").rglob("*.decisions.arrow"))
        return {row["doc_id"].hex(): row for path in paths for row in read_table(str(path)).to_pylist()}


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Corpus:
    corpus = Corpus(tmp_path_factory.mktemp("review") / "corpus.yaml")
    corpus.write()
    corpus.publish()
    return corpus


@pytest.fixture(scope="module")
def sheets(corpus: Corpus) -> Path:
    folder = corpus.path.parent / "sheets"
    result = rhizotron("review", "sample", corpus.path, "--to", folder, "--kept", "6", "--per-reason", "3")
    assert result.exit_code == 0, result.output
    return folder


def read_sheet(path: Path) -> list[dict[str, str]]:
    return [*csv.DictReader(io.StringIO(path.read_text("utf-8-sig"), newline=""))]


def write_sheet(path: Path, listed: list[dict[str, str]], *, delimiter: str = ",") -> Path:
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.DictWriter(file, [*listed[0]], delimiter=delimiter)
        writer.writeheader()
        writer.writerows(listed)
    return path


def read_key(folder: Path) -> Sample:
    return Sample.from_json((folder / "key.json").read_bytes())


def test_a_release_that_nobody_read_says_so(corpus: Corpus) -> None:
    assert corpus.card("en").strip().startswith("No human review was done.")
    assert "## Human review\n\nNo human review was done.\n" in (corpus.release / "README.md").read_text(
        "utf-8"
    )


def test_a_sample_has_kept_and_dropped_documents_of_each_language_and_reason(
    corpus: Corpus, sheets: Path
) -> None:
    sample, decisions = read_key(sheets), corpus.decisions()
    expected = Counter[tuple[str, str]]()
    for row in decisions.values():
        reason = row["reason"] or ""
        lang = row["lang"] if not reason.startswith("language_") else "en"
        if reason not in NOT_SAMPLED and lang in LANGS:
            expected[lang, reason] += 1
    assert {(s.lang, s.reason): s.documents for s in sample.strata} == expected
    drawn = Counter((document.lang, document.reason) for document in sample.documents)
    assert drawn == {key: min(n, 3 if key[1] else 6) for key, n in expected.items()}
    assert ("en", "language_not_targeted") in drawn
    for document in sample.documents:
        assert (decisions[document.doc_id]["reason"] or "") == document.reason


def test_the_sheet_does_not_say_what_the_key_does(sheets: Path) -> None:
    sample = read_key(sheets)
    assert sorted(path.name for path in sheets.iterdir()) == [
        "ar.csv",
        "ar.html",
        "en.csv",
        "en.html",
        "key.json",
    ]
    listed = [row for lang in LANGS for row in read_sheet(sheets / f"{lang}.csv")]
    assert [row["id"] for row in listed] == [document.id for document in sample.documents]
    assert [*listed[0]] == ["id", "lang", "label", "text"]
    assert {row["label"] for row in listed} == {""}
    assert [row["id"] for row in listed if row["lang"] == "en"] == sorted(
        document.id for document in sample.documents if document.lang == "en"
    ), "in order of a hash: kept and dropped are mixed"
    secrets = {document.doc_id for document in sample.documents} | {
        s.reason for s in sample.strata if s.reason
    }
    for path in (*sheets.glob("*.csv"), *sheets.glob("*.html")):
        content = path.read_text("utf-8-sig")
        assert [secret for secret in secrets if secret in content] == []
    texts = [row["text"] for row in listed]
    assert not any(text.startswith(("=", "+", "-", "@")) for text in texts)
    assert "\x1b" not in "".join(texts)
    assert max(map(len, texts)) <= MAX_CHARS + 20
    for document, row in zip(sample.documents, listed, strict=True):
        assert text_digest(row["text"]) == document.text_sha256


class Page(HTMLParser):
    """Texts with their language and direction, choices, and every address that a page names."""

    def __init__(self) -> None:
        super().__init__()
        self.texts: list[tuple[str | None, str | None]] = []
        self.values: set[str | None] = set()
        self.addresses: list[str | None] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        self.addresses += [values[name] for name in ("src", "href", "action") if name in values]
        if tag == "pre":
            self.texts.append((values.get("lang"), values.get("dir")))
        if values.get("type") == "radio":
            self.values.add(values.get("value"))


@pytest.mark.parametrize(("lang", "direction"), [("ar", "rtl"), ("en", "ltr")])
def test_the_page_needs_no_other_file_and_says_language_and_direction(
    lang: str, direction: str, sheets: Path
) -> None:
    page = Page()
    page.feed((sheets / f"{lang}.html").read_text("utf-8"))
    assert page.texts == [(lang, direction)] * len(read_sheet(sheets / f"{lang}.csv"))
    assert page.values == {*LABELS}
    assert page.addresses == []


def test_the_same_seed_draws_the_same_and_another_draws_others(corpus: Corpus, sheets: Path) -> None:
    options = SampleOptions(kept=6, per_reason=3)
    again, _ = draw_sample(str(corpus.release), options=options)
    assert again.to_json() == (sheets / "key.json").read_bytes()
    other, _ = draw_sample(str(corpus.release), options=SampleOptions(kept=6, per_reason=3, seed=2))
    assert {d.doc_id for d in other.documents} != {d.doc_id for d in again.documents}
    more, _ = draw_sample(str(corpus.release), options=SampleOptions(kept=8, per_reason=3))
    assert {d.doc_id for d in again.documents} <= {d.doc_id for d in more.documents}


def test_sheets_are_not_overwritten_and_unknown_languages_are_named(corpus: Corpus, sheets: Path) -> None:
    result = rhizotron("review", "sample", corpus.path, "--to", sheets)
    assert result.exit_code == 2
    assert "key.json" in result.output and "choose another folder by --to" in result.output
    result = rhizotron("review", "sample", corpus.path, "--to", sheets / "more", "--lang", "de")
    assert result.exit_code == 2
    assert "de: no target language" in result.output
    result = rhizotron("review", "sample", corpus.path, "--to", sheets / "more", "--lang", "fr")
    assert result.exit_code == 2
    assert "nothing was drawn" in result.output
    assert not (sheets / "more").exists()


def test_everything_wrong_with_labels_is_told_at_once(corpus: Corpus, sheets: Path, tmp_path: Path) -> None:
    listed = read_sheet(sheets / "en.csv")
    key = sheets / "key.json"
    corpus.write()
    sheet = write_sheet(tmp_path / "en.csv", listed)
    result = rhizotron("review", "import", corpus.path, sheet, "--key", key)
    assert result.exit_code == 2
    assert "has no folder of reviews: add `reviews: reviews`" in result.output
    corpus.write(reviews="reviews")
    result = rhizotron("review", "import", corpus.path, sheet, "--key", key)
    assert (result.exit_code, "no document has a label" in result.output) == (2, True)
    result = rhizotron("review", "import", corpus.path, sheet)
    assert (result.exit_code, f"cannot read the key {tmp_path / 'key.json'}" in result.output) == (2, True)
    wrong = [dict(row) for row in listed]
    wrong[0]["label"] = "naturel"
    wrong[1]["id"] = "0123456789ab"
    wrong[2]["text"] += " Edited."
    wrong.append(dict(wrong[3]))
    result = rhizotron("review", "import", corpus.path, write_sheet(sheet, wrong), "--key", key)
    assert result.exit_code == 2
    rows_of = len(wrong) + 1
    for told in (
        f"{sheet}, row 2: unknown label 'naturel'; did you mean 'natural'",
        f"{sheet}, row 3: '0123456789ab' is no document of the sample",
        f"{sheet}, row 4: the text of {wrong[2]['id']} was edited",
        f"{sheet}, row {rows_of}: {wrong[3]['id']} stands a second time",
    ):
        assert told in result.output
    sheet.write_text("label,text\n", "utf-8")
    result = rhizotron("review", "import", corpus.path, sheet, "--key", key)
    assert f"{sheet} is no sheet: it has no column id" in result.output
    edited = tmp_path / "edited.json"
    edited.write_text(key.read_text("utf-8").replace('"seed": 1', '"seed": 2'), "utf-8")
    result = rhizotron("review", "import", corpus.path, sheets / "en.csv", "--key", edited)
    assert f"{edited} is no key of a sample: it was edited" in result.output
    assert not corpus.reviews.exists()


def labelled(sheets: Path, *, good: set[str]) -> Iterator[dict[str, str]]:
    """The English sheet as a speaker gives it back who calls these ids natural, and leaves one out."""
    reasons = {document.id: document.reason for document in read_key(sheets).documents}
    kept = [row for row in read_sheet(sheets / "en.csv") if not reasons[row["id"]]]
    for row in read_sheet(sheets / "en.csv"):
        label = "Natural" if row["id"] in good else "not language"
        yield {**row, "label": "" if row["id"] == kept[-1]["id"] else label, "my notes": "?"}


def test_labels_come_back_and_stand_on_the_cards_of_the_next_release(
    corpus: Corpus, sheets: Path, tmp_path: Path
) -> None:
    documents = [document for document in read_key(sheets).documents if document.lang == "en"]
    sizes = {s.reason: s.documents for s in read_key(sheets).strata if s.lang == "en"}
    good = {document.id for document in documents if not document.reason}
    good |= {document.id for document in documents if document.reason == "language_not_targeted"}
    corpus.write(reviews="reviews")
    sheet = write_sheet(tmp_path / "en.csv", [*labelled(sheets, good=good)], delimiter=";")
    arguments = ("review", "import", corpus.path, sheet, "--key", sheets / "key.json", "--reader", "en-1")
    result = rhizotron(*arguments)
    assert result.exit_code == 0, result.output
    assert rhizotron(*arguments).exit_code == 0, "the same labels again change nothing"
    (file,) = corpus.reviews.iterdir()
    manifest = corpus.publish()
    review = manifest["reviews"]["en"]
    assert [*manifest["reviews"]] == ["en"]
    assert (review["readers"], review["is_current"], review["disagreed"]) == (1, True, 0)
    assert (review["kept"]["read"], review["kept"]["good"], review["kept"]["share"]) == (5, 5, 1.0)
    assert review["kept"]["low"] == pytest.approx(wilson(1.0, count=5)[0], abs=1e-4)
    read = Counter(document.reason for document in documents if document.reason)
    natural = sizes["language_not_targeted"] / sum(sizes[reason] for reason in read)
    assert review["dropped"]["read"] == read.total()
    assert review["dropped"]["share"] == pytest.approx(natural, abs=1e-4)
    assert review["dropped"]["low"] < natural < review["dropped"]["high"]
    card = corpus.card("en")
    assert "| kept | 5 | 5 | 100.0 % | 56.5 % to 100.0 % |" in card
    assert "| `language_not_targeted` | 1 | 1 | 100.0 % |" in card
    assert corpus.card("ar").strip().startswith("No human review was done.")
    assert "No human review was done of the other 2 target languages." in (
        corpus.release / "README.md"
    ).read_text("utf-8")
    assert rhizotron("verify", corpus.release).exit_code == 0
    other = write_sheet(sheet, [{**row, "label": "boilerplate"} for row in read_sheet(sheets / "en.csv")])
    result = rhizotron(*arguments[:3], other, *arguments[4:])
    assert result.exit_code == 2
    assert f"{file} has other labels of the same reader" in result.output
    corpus.write(reviews="reviews", decide={"languages": [*LANGS], "quality": False})
    corpus.publish()
    assert "are not those of this release" in corpus.card("en")
    file.write_text(file.read_text("utf-8").replace("not_language", "natural"), "utf-8")
    result = rhizotron("plan", corpus.path)
    assert result.exit_code == 2
    assert f"$.reviews: {file} is no imported review: it was edited" in result.output
    file.unlink()
    corpus.reviews.rmdir()
    result = rhizotron("plan", corpus.path)
    assert (result.exit_code, f"$.reviews: there is no folder {corpus.reviews}" in result.output) == (2, True)
