"""Perplexity under a model that is trained here: equal to a score by the book."""

import hashlib
import json
from pathlib import Path

import arpa
import pyarrow as pa
import pytest
import small_corpus

from filters.perplexity import PerplexityOptions, check, digests, normalise, perplexities

pytest.importorskip("kenlm", reason="the extra `perplexity` is not installed")
sentencepiece = pytest.importorskip("sentencepiece", reason="the extra `perplexity` is not installed")

TEXTS = small_corpus.PARAGRAPHS["fr"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """`fr.sp.model` and `fr.arpa.bin` of two thirds of the French paragraphs."""
    folder = tmp_path_factory.mktemp("models of language")
    sentences = [line for text in TEXTS[: len(TEXTS) * 2 // 3] for line in normalise(text)]
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(sentences), model_prefix=str(folder / "fr.sp"), vocab_size=300, minloglevel=2
    )
    pieces = sentencepiece.SentencePieceProcessor(model_file=str(folder / "fr.sp.model"))
    model = arpa.train([pieces.encode(line, out_type=str) for line in sentences])
    arpa.write(model, folder / "fr.arpa.bin")  # KenLM tells the format by its content
    (folder / "model.json").write_text(json.dumps([[gram, value] for gram, value in model.items()]))
    return folder


def options(folder: Path, **changes: object) -> PerplexityOptions:
    return PerplexityOptions(**{"models": str(folder), "languages": ("fr",), **changes})  # type: ignore[arg-type]


def by_the_book(text: str, *, folder: Path, variant: str = "lines") -> float:
    model = {tuple(gram): tuple(value) for gram, value in json.loads((folder / "model.json").read_text())}
    pieces = sentencepiece.SentencePieceProcessor(model_file=str(folder / "fr.sp.model"))
    encoded = [pieces.encode(line, out_type=str) for line in normalise(text, variant=variant)]
    length = sum(len(line) + 1 for line in encoded)
    return float(10 ** (-sum(arpa.score(model, line) for line in encoded) / length))


def measure(texts: list[str], *, langs: list[str | None], chosen: PerplexityOptions) -> list[float | None]:
    found: list[float | None] = perplexities(
        pa.array(texts, pa.large_string()), langs=pa.array(langs, pa.string()), options=chosen
    ).to_pylist()
    return found


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
    check(options(folder))
    with pytest.raises(FileNotFoundError, match=r"sw\.arpa\.bin"):
        check(options(folder, languages=("sw",)))
    for broken, other in (("fr.sp.model", "fr.arpa.bin"), ("fr.arpa.bin", "fr.sp.model")):
        bad = tmp_path / broken.replace(".", "_")
        bad.mkdir()
        (bad / broken).write_bytes(b"not a model")
        (bad / other).write_bytes((folder / other).read_bytes())
        with pytest.raises(ValueError, match=broken):
            check(options(bad))


def test_digests_are_of_both_files(folder: Path) -> None:
    names = ("fr.arpa.bin", "fr.sp.model")
    assert digests(options(folder)) == {
        "fr": [hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in names]
    }
