"""Perplexity under a model that is trained here: equal to a score by the book."""

import hashlib
import json
import shutil
from pathlib import Path

import arpa
import pyarrow as pa
import pytest
import small_corpus

from filters.signals.perplexity import Options, digest, normalise, prepare
from filters.signals.perplexity import measure as measure_batch
from layers.shards import read_table
from pipeline.beam import runners
from pipeline.plan.make import make_plan
from tests.hard_texts import document_batch
from tests.language_models import FRENCH, train_french

pytest.importorskip("kenlm", reason="the extra `perplexity` is not installed")
sentencepiece = pytest.importorskip("sentencepiece", reason="the extra `perplexity` is not installed")

TEXTS = FRENCH


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return train_french(tmp_path_factory.mktemp("models of language"))


def options(folder: Path, **changes: object) -> Options:
    return Options.model_validate({"models": str(folder), "languages": ["fr"], **changes})


def by_the_book(text: str, *, folder: Path, variant: str = "lines") -> float:
    model = {tuple(gram): tuple(value) for gram, value in json.loads((folder / "model.json").read_text())}
    pieces = sentencepiece.SentencePieceProcessor(model_file=str(folder / "fr.sp.model"))
    encoded = [pieces.encode(line, out_type=str) for line in normalise(text, variant=variant)]
    length = sum(len(line) + 1 for line in encoded)
    return float(10 ** (-sum(arpa.score(model, line) for line in encoded) / length))


def measure(texts: list[str], *, langs: list[str | None], chosen: Options) -> list[float | None]:
    batch = document_batch(pa.array(texts, pa.large_string()))
    found = measure_batch(batch, langs=pa.array(langs, pa.string()), options=chosen)
    values: list[float | None] = found["perplexity"].to_pylist()
    return values


@pytest.mark.parametrize("variant", ["lines", "roots"])
def test_it_is_that_of_the_model_by_the_book(folder: Path, variant: str) -> None:
    texts = [*TEXTS, "\n".join(TEXTS[:3]), "xyzzy 42", "Un\ndeux\n\ntrois"]
    found = measure(texts, langs=["fr"] * len(texts), chosen=options(folder, variant=variant))
    assert found == pytest.approx(
        [by_the_book(text, folder=folder, variant=variant) for text in texts], rel=1e-4, abs=0.06
    )


def test_words_in_another_order_are_less_expected(folder: Path) -> None:
    text = TEXTS[0]
    shuffled = " ".join(sorted(text.split(), key=lambda word: hashlib.sha256(word.encode()).digest()))
    plain, other = measure([text, shuffled], langs=["fr", "fr"], chosen=options(folder))
    assert plain is not None and other is not None
    assert other > 2 * plain


def test_there_is_none_without_a_model_or_a_text(folder: Path) -> None:
    texts = ["Bonjour", "Hello", "Hello", "", " \n\t ", "\u0007"]
    langs = ["fr", "en", None, "fr", "fr", "fr"]
    assert [value is None for value in measure(texts, langs=langs, chosen=options(folder))] == [
        False,
        True,
        True,
        True,
        True,
        True,
    ]


def test_the_newline_defect_of_roots_is_a_variant_of_its_name() -> None:
    assert normalise("Un\ndeux") == ["un", "deux"]
    assert normalise("Un\ndeux", variant="roots") == ["undeux"]


def test_texts_are_normalised_as_the_models_were_trained() -> None:
    assert normalise("  « L’An 2024 », dit-il…\x07\n\n１２３ ４。") == ['" l\'an 0000 ", dit-il...', "000 0."]


def test_a_missing_or_damaged_model_is_named(folder: Path, tmp_path: Path) -> None:
    prepare(options(folder), folder="")
    with pytest.raises(FileNotFoundError, match=r"sw\.arpa\.bin"):
        prepare(options(folder, languages=["sw"]), folder="")
    for broken, other in (("fr.sp.model", "fr.arpa.bin"), ("fr.arpa.bin", "fr.sp.model")):
        bad = tmp_path / broken.replace(".", "_")
        bad.mkdir()
        (bad / broken).write_bytes(b"not a model")
        (bad / other).write_bytes((folder / other).read_bytes())
        with pytest.raises(ValueError, match=broken):
            prepare(options(bad), folder="")


def test_models_of_a_relative_folder_are_beside_the_corpus_file(folder: Path) -> None:
    relative = options(folder).model_copy(update={"models": folder.name})
    assert prepare(relative, folder=str(folder.parent)) == options(folder)


def test_the_digest_is_of_both_files_and_of_the_definition(folder: Path) -> None:
    names = ("fr.arpa.bin", "fr.sp.model")
    files = {"fr": [hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in names]}
    assert digest(options(folder)) == {"files": files, "variant": "lines"}
    assert digest(options(folder, variant="roots")) == {"files": files, "variant": "roots"}


def test_a_corpus_with_models_has_the_column_and_may_limit_it(folder: Path, tmp_path: Path) -> None:
    """Old corpus files say `measure.perplexity` and name the other signals, or none."""
    measure = {"perplexity": {"models": "models", "languages": ["fr"]}}
    limits = {"all": {"perplexity": {"max": 1e9}}}
    changes = {"measure": measure, "decide": {"thresholds": limits, "quality": False}}
    corpus = small_corpus.write_corpus(tmp_path, changes=changes)
    shutil.copytree(folder, tmp_path / "models")
    runners.run(make_plan(corpus))
    tables = [read_table(str(path)) for path in sorted((tmp_path / "out").glob("release/data/*/*/*.arrow"))]
    rows = [row for table in tables for row in table.to_pylist()]
    assert {row["lang"] for row in rows if row["perplexity"] is not None} == {"fr"}
    assert all(row["perplexity"] is not None for row in rows if row["lang"] == "fr")
