"""Models load once, know their digest, and damaged files are named before the library reads them."""

import hashlib
import struct
from pathlib import Path

import fasttext
import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from filters.kernels import fasttext as fasttext_kernel
from filters.language_id import load_model
from filters.language_id.fasttext_file import read_classifier

LID_176_SHA256 = "8f3472cfe8738a7b6099e8e999c3cbfae0dcd15696aac7d7738a8039db603e83"
FILE = Path(__file__).parents[3] / "filters" / "models" / "lid.176.ftz"
CONTENT = FILE.read_bytes()
LINES = pa.array(["the root grows in the soil", "la racine pousse dans la terre"], pa.large_string())


def train(folder: Path, *, labels: tuple[str, str] = ("eng_Latn", "fra_Latn"), **arguments: object) -> Path:
    """A tiny classifier of two languages, in a file."""
    lines = folder / "train.txt"
    english, french = "the root grows in the soil", "la racine pousse dans la terre"
    lines.write_text(f"__label__{labels[0]} {english}\n__label__{labels[1]} {french}\n" * 20, "utf-8")
    settings = {
        "dim": 8,
        "epoch": 30,
        "lr": 0.5,
        "bucket": 200,
        "minn": 2,
        "maxn": 3,
        "thread": 1,
        "verbose": 0,
    }
    model = fasttext.train_supervised(str(lines), **{**settings, **arguments})
    path = folder / "model.bin"
    model.save_model(str(path))
    return path


def test_the_vendored_file_is_the_published_one() -> None:
    assert hashlib.sha256(FILE.read_bytes()).hexdigest() == LID_176_SHA256
    assert load_model("lid.176").digest == LID_176_SHA256
    card = FILE.parents[2] / "data_cards" / "models" / "lid.176.md"
    assert LID_176_SHA256 in card.read_text("utf-8")


def test_a_model_is_loaded_once() -> None:
    assert load_model("lid.176") is load_model("lid.176")


def test_lid_176_has_a_tag_for_each_of_its_labels() -> None:
    model = load_model("lid.176")
    assert len(model.labels) == len(model.tags) == 176
    assert dict(zip(model.labels, model.tags, strict=True))["__label__als"] == "gsw"


def test_a_model_of_ones_own_is_named_by_its_path(tmp_path: Path) -> None:
    path = train(tmp_path)
    model = load_model(str(path))
    assert model.digest == hashlib.sha256(path.read_bytes()).hexdigest()
    assert sorted(model.tags) == ["en", "fr"]
    predictions = model.predict(pa.array(["the soil", "la terre"], pa.large_string()), min_score=0.5)
    assert predictions.offsets.tolist() == [0, 1, 2]
    assert [model.tags[label] for label in predictions.labels] == ["en", "fr"]
    assert predictions.scores.dtype == np.float32


def test_other_labels_need_a_table(tmp_path: Path) -> None:
    path = train(tmp_path, labels=("anglais", "francais"))
    with pytest.raises(ValueError, match="2 labels of the model have no language in BCP-47"):
        load_model(str(path))
    assert sorted(load_model(str(path), labels={"anglais": "en", "francais": "fr"}).tags) == ["en", "fr"]


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(
        FileNotFoundError, match=r"no language model .*/none.bin: give a file, or one of lid.176"
    ):
        load_model(str(tmp_path / "none.bin"))


@pytest.mark.parametrize("size", [8, 10, 90, 200, 3000, 50_000, 900_000, 938_012])
def test_a_truncated_file_is_named(tmp_path: Path, size: int) -> None:
    path = tmp_path / f"cut{size}.ftz"
    path.write_bytes(FILE.read_bytes()[:size])
    with pytest.raises(ValueError, match=rf"{path} (is damaged|has \d+ bytes, too few)"):
        load_model(str(path))


def test_bytes_too_many_are_damage(tmp_path: Path) -> None:
    path = tmp_path / "long.ftz"
    path.write_bytes(FILE.read_bytes() + b"x")
    with pytest.raises(ValueError, match="is damaged"):
        load_model(str(path))


@settings(max_examples=60, deadline=None)
@given(st.integers(0, len(CONTENT) - 1) | st.integers(0, 300) | st.integers(-30_000, -1), st.integers(1, 255))
def test_one_wrong_byte_is_an_error_or_a_model_that_answers(position: int, change: int) -> None:
    content = bytearray(CONTENT)
    content[position] ^= change
    try:
        classifier, _ = read_classifier(bytes(content))
    except ValueError:
        return
    ends, labels, _ = fasttext_kernel.predict(LINES, classifier=classifier, min_score=0.01)
    assert len(ends) == 3
    assert ((labels >= 0) & (labels < 176)).all()


def test_vectors_that_are_no_numbers_are_damage(tmp_path: Path) -> None:
    path = train(tmp_path)
    content = bytearray(path.read_bytes())
    content[-4:] = struct.pack("<f", float("nan"))
    path.write_bytes(content)
    with pytest.raises(ValueError, match="is damaged: its vectors are not all finite numbers"):
        load_model(str(path))


def test_another_file_is_not_a_model(tmp_path: Path) -> None:
    path = tmp_path / "text.bin"
    path.write_bytes(b"hello world " * 100)
    with pytest.raises(ValueError, match="is not a fastText model: it starts with b'hell'"):
        load_model(str(path))


def test_a_newer_format_is_refused(tmp_path: Path) -> None:
    content = bytearray(FILE.read_bytes())
    struct.pack_into("<i", content, 4, 13)
    path = tmp_path / "new.ftz"
    path.write_bytes(content)
    with pytest.raises(ValueError, match="has fastText format 13; 11 and 12 are known"):
        load_model(str(path))


def test_word_vectors_are_no_classifier(tmp_path: Path) -> None:
    lines = tmp_path / "text.txt"
    lines.write_text("the root grows in the soil\n" * 20, "utf-8")
    path = tmp_path / "vectors.bin"
    fasttext.train_unsupervised(str(lines), dim=4, minCount=1, bucket=100, verbose=0, thread=1).save_model(
        str(path)
    )
    with pytest.raises(ValueError, match="holds word vectors, not a classifier"):
        load_model(str(path))
