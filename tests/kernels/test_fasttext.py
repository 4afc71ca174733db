"""Labels and probabilities equal those of the fastText library, on every kind of classifier it writes."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import fasttext as library
import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from filters.kernels import fasttext, fasttext_words
from filters.language_id.fasttext_file import read_classifier

LID_176 = Path(__file__).parents[2] / "filters" / "models" / "lid.176.ftz"
UDHR = [
    line.split("\t")
    for line in (Path(__file__).parents[1] / "data" / "lid" / "udhr_article_1.tsv")
    .read_text("utf-8")
    .splitlines()
]
LINES = [text for _, text in UDHR]
HARD = [
    "",
    " ",
    "a",
    "</s>",
    "</s> words after the end of line",
    "words </s> and after it",
    "__label__en",
    "__label__en is skipped",
    "__label__of_no_language is skipped too",
    "__label_ is a word",
    "x" * 5000,
    "漢" * 3000,
    "🏽\u200d\u0301\ue000",
    "a\tb\vc\fd\re",
    " leading, doubled  and trailing ",
    "\u00a0\u2028\u3000 are no separators",
    "the " * 1000,
]

KINDS: dict[str, dict[str, object]] = {
    "hierarchical_softmax": {"loss": "hs"},
    "softmax": {"loss": "softmax"},
    "negative_sampling": {"loss": "ns"},
    "one_vs_all": {"loss": "ova"},
    "words_only": {"loss": "softmax", "maxn": 0, "minn": 0},
    "single_characters": {"loss": "hs", "minn": 1, "maxn": 1},
    "word_bigrams": {"loss": "softmax", "wordNgrams": 2},
    "word_trigrams_only": {"loss": "hs", "wordNgrams": 3, "maxn": 0, "minn": 0},
    "sixteen_columns": {"loss": "softmax", "dim": 16},
    "thirty_three_columns": {"loss": "softmax", "dim": 33},
    "few_labels": {"loss": "softmax", "languages": 2},
    "buckets_a_power_of_two": {"loss": "softmax", "bucket": 1024, "minn": 1, "maxn": 6, "wordNgrams": 2},
}
QUANTISED: dict[str, dict[str, object]] = {
    "plain": {},
    "norms": {"qnorm": True},
    "outputs": {"qnorm": True, "qout": True},
    "pruned": {"cutoff": 600},
    "pruned_with_norms": {"cutoff": 600, "qnorm": True, "dsub": 4},
}


SIGMOID_STEP = 16 / 512 / 4
"""Largest step between neighbours in the library's table of the logistic function."""


def assert_equal(path: Path, lines: Sequence[str], *, min_score: float, step: float = 0) -> None:
    """The kernel and the library give each line the same candidates; one in 100 may differ by step."""
    differences = []
    classifier, labels = read_classifier(path.read_bytes())
    array = pa.array(lines, pa.large_string())
    ends, predicted, scores = fasttext.predict(array, classifier=classifier, min_score=min_score)
    expected = library.load_model(str(path)).predict(list(lines), k=-1, threshold=min_score)
    assert len(ends) == len(lines) + 1
    for i, line in enumerate(lines):
        ours = dict(
            zip(
                [labels[k] for k in predicted[ends[i] : ends[i + 1]]],
                scores[ends[i] : ends[i + 1]],
                strict=True,
            )
        )
        theirs = dict(zip(expected[0][i], expected[1][i], strict=True))
        for label in ours.keys() | theirs.keys():
            # One that is just below the limit here may be just above it there.
            our_score, their_score = (
                float(candidates.get(label, min_score)) for candidates in (ours, theirs)
            )
            assert our_score == pytest.approx(their_score, abs=max(step, 1e-4)), (line[:80], label)
            differences.append(abs(our_score - their_score))
        assert list(ours.values()) == sorted(ours.values(), reverse=True)
    assert np.mean(np.array(differences) > 1e-4) <= (0.01 if step else 0)


@pytest.fixture(scope="module")
def training(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("training") / "lines.txt"
    path.write_text("".join(f"__label__{code} {text}\n" for code, text in UDHR), "utf-8")
    return path


def train(training: Path, *, languages: int = 260, **arguments: object) -> "library.FastText._FastText":
    lines = training.read_text("utf-8").splitlines(keepends=True)[:languages]
    part = training.with_name(f"{languages}.txt")
    part.write_text("".join(lines), "utf-8")
    defaults = {
        "dim": 10,
        "epoch": 8,
        "lr": 0.8,
        "bucket": 1009,
        "minn": 2,
        "maxn": 4,
        "thread": 1,
        "verbose": 0,
    }
    return library.train_supervised(str(part), **{**defaults, **arguments})


@pytest.mark.parametrize("kind", KINDS)
def test_equal_to_the_library(kind: str, training: Path, tmp_path: Path) -> None:
    path = tmp_path / "model.bin"
    train(training, **KINDS[kind]).save_model(str(path))  # type: ignore[arg-type]
    # Logistic outputs are read from a table of 512 steps: the last bit of a sum can decide for the next one.
    step = SIGMOID_STEP if KINDS[kind]["loss"] in ("ns", "ova") else 0
    assert_equal(path, [*HARD, *LINES[::9]], min_score=0.001, step=step)


def test_format_11_has_no_character_ngrams(training: Path, tmp_path: Path) -> None:
    path = tmp_path / "model.bin"
    train(training, loss="softmax").save_model(str(path))
    content = bytearray(path.read_bytes())
    content[4] = 11
    path.write_bytes(content)
    assert_equal(path, [*HARD, *LINES[::9]], min_score=0.001)


@pytest.mark.parametrize("kind", QUANTISED)
def test_equal_to_the_library_when_quantised(kind: str, training: Path, tmp_path: Path) -> None:
    model = train(training, loss="hs")
    model.quantize(**{"dsub": 3, "verbose": 0, **QUANTISED[kind]})
    path = tmp_path / "model.ftz"
    model.save_model(str(path))
    assert_equal(path, [*HARD, *LINES[::9]], min_score=0.001)


def test_lid_176_is_equal_to_the_library_on_532_translations() -> None:
    assert_equal(LID_176, [*HARD, *LINES], min_score=0.001)


_LIBRARY = library.load_model(str(LID_176))
_CLASSIFIER, _LABELS = read_classifier(LID_176.read_bytes())


@settings(max_examples=150)
@given(st.text(st.characters(codec="utf-8", exclude_characters="\n\0"), max_size=80))
def test_lid_176_is_equal_to_the_library_on_any_line(line: str) -> None:
    # NUL separates words in one of the library's two tokenisers and not in the other.
    _, predicted, scores = fasttext.predict(
        pa.array([line], pa.large_string()), classifier=_CLASSIFIER, min_score=0.02
    )
    labels, expected = _LIBRARY.predict([line], k=-1, threshold=0.02)
    ours = dict(zip([_LABELS[k] for k in predicted], scores, strict=True))
    theirs = dict(zip(labels[0], expected[0], strict=True))
    for label in ours.keys() | theirs.keys():
        assert ours.get(label, 0.02) == pytest.approx(theirs.get(label, 0.02), abs=1e-4)


def test_candidates_do_not_depend_on_batches_or_slices() -> None:
    lines = pa.array([*HARD, *LINES[:40]], pa.large_string())
    ends, labels, scores = fasttext.predict(lines, classifier=_CLASSIFIER, min_score=0.01)
    for start in range(0, len(lines), 3):
        part = fasttext.predict(lines.slice(start, 3), classifier=_CLASSIFIER, min_score=0.01)
        first, last = ends[start], ends[min(start + 3, len(lines))]
        assert np.array_equal(part[0], ends[start : start + 4] - first)
        assert np.array_equal(part[1], labels[first:last])
        assert np.array_equal(part[2], scores[first:last])


def test_lines_of_a_group_share_their_probability_among_its_labels(training: Path, tmp_path: Path) -> None:
    path = tmp_path / "model.bin"
    train(training, loss="softmax").save_model(str(path))
    classifier, labels = read_classifier(path.read_bytes())
    chosen = [np.arange(0, 40), np.arange(7, 8), np.arange(20, len(labels)), np.arange(0)]
    groups = fasttext.group_labels(classifier, groups=chosen)
    lines = pa.array([*HARD, *LINES[:40]], pa.large_string())
    group = np.arange(len(lines)) * 7 % 4
    every = fasttext.predict(lines, classifier=classifier, min_score=0.0)
    ends, predicted, scores = fasttext.predict(
        lines, classifier=classifier, min_score=0.01, group=group, groups=groups
    )
    for i in range(len(lines)):
        likely = dict(
            zip(*(column[every[0][i] : every[0][i + 1]].tolist() for column in every[1:]), strict=True)
        )
        kept = {label: score for label, score in likely.items() if label in chosen[group[i]]}
        expected = {label: score / sum(kept.values()) for label, score in kept.items()}
        ours = dict(zip(predicted[ends[i] : ends[i + 1]], scores[ends[i] : ends[i + 1]], strict=True))
        assert set(ours) <= set(expected)
        for label, score in expected.items():
            # The library adds 1e-5 to each probability, which counts where there are hundreds of labels.
            assert ours.get(label, 0.01) == pytest.approx(max(score, 0.01), abs=3e-3), (i, label)


@pytest.mark.parametrize("dim", [30, 64])
def test_rounded_rows_are_summed_as_the_numbers_that_they_mean(
    dim: int, training: Path, tmp_path: Path
) -> None:
    path = tmp_path / "model.bin"
    train(training, loss="softmax", dim=dim, bucket=1024, wordNgrams=2).save_model(str(path))
    exact, _ = read_classifier(path.read_bytes())
    rounded, _ = read_classifier(path.read_bytes(), rounded=True)
    assert rounded.inputs.dtype == np.int8
    meant = rounded.inputs.astype(np.float32) * np.float32(rounded.input_scale)
    assert np.abs(meant - exact.inputs).max() <= rounded.input_scale * 0.501
    lines = pa.array(
        [*HARD, "y" * 300, "né" * 9000, "a " * 900, *LINES[::3]], pa.large_string()
    )  # words of many rows
    slow = replace(rounded, inputs=meant, input_scale=1.0)
    ours, expected = (fasttext.predict(lines, classifier=each, min_score=0.01) for each in (rounded, slow))
    assert np.array_equal(ours[0], expected[0])
    assert np.array_equal(ours[1], expected[1])
    np.testing.assert_allclose(ours[2], expected[2], atol=2e-5)


def test_no_lines_have_no_candidates() -> None:
    ends, labels, scores = fasttext.predict(
        pa.array([], pa.large_string()), classifier=_CLASSIFIER, min_score=0.01
    )
    assert (ends.tolist(), len(labels), len(scores)) == ([0], 0, 0)


def test_many_candidates_fit() -> None:
    lines = pa.array(LINES[:5], pa.large_string())
    ends, labels, scores = fasttext.predict(lines, classifier=_CLASSIFIER, min_score=0.0)
    assert np.diff(ends).max() > 100
    for i in range(5):
        assert len(set(labels[ends[i] : ends[i + 1]])) == ends[i + 1] - ends[i]
        assert scores[ends[i] : ends[i + 1]].sum() == pytest.approx(1, abs=0.02)


def test_a_line_break_is_a_space() -> None:
    spaced, broken = (pa.array([text], pa.large_string()) for text in ("one two three", "one\ntwo\0three"))
    first, second = (
        fasttext.predict(each, classifier=_CLASSIFIER, min_score=0.01) for each in (spaced, broken)
    )
    assert all(np.array_equal(a, b) for a, b in zip(first, second, strict=True))


def test_hash_sign_extends_bytes_as_published_models_do() -> None:
    # FNV-1a of an ASCII byte is the usual one; of a byte from 128 on it is not.
    values = np.frombuffer("aé".encode(), np.uint8)
    assert fasttext_words.hash_bytes(values, 0, 1) == 0xE40C292C

    def step(h: int, byte: int) -> int:
        return ((h ^ ((byte - 256 if byte > 127 else byte) & 0xFFFFFFFF)) * 16777619) & 0xFFFFFFFF

    assert fasttext_words.hash_bytes(values, 1, 3) == step(step(2166136261, 0xC3), 0xA9)
