"""A damaged model file, or one that is no model, is one ValueError naming it; never a crash or a guess."""

import hashlib
import os
import struct
import tempfile
import tracemalloc
from collections.abc import Iterator
from pathlib import Path

import fasttext
import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from filters.kernels import fasttext as fasttext_kernel
from filters.language_id import check_model, load_model, model_digest
from filters.language_id.fasttext_file import read_classifier

DATA = Path(__file__).parents[2] / "data" / "lid"
KINDS: dict[str, tuple[dict[str, object], dict[str, object] | None]] = {
    "softmax": ({"loss": "softmax"}, None),
    "hierarchical softmax": ({"loss": "hs"}, None),
    "words only": ({"loss": "softmax", "minn": 0, "maxn": 0}, None),
    "quantised softmax": ({"loss": "softmax"}, {}),
    "quantised hierarchical softmax": ({"loss": "hs"}, {"qnorm": True, "dsub": 3}),
    "quantised outputs": ({"loss": "hs"}, {"qnorm": True, "qout": True}),
    "pruned": ({"loss": "hs"}, {"cutoff": 300, "qnorm": True}),
}
LINES = pa.array(["all human beings are born free", "根 在 土", ""], pa.large_string())


def languages(kind: str) -> int:
    return 260 if kind == "quantised outputs" else 40  # the library quantises no fewer than 256 rows


class Models(dict[str, bytes]):
    """Content of a small model file of each kind."""

    def __repr__(self) -> str:
        return "models"  # not a megabyte in each message


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Models:
    folder = tmp_path_factory.mktemp("models")
    texts = [line.split("\t")[1] for line in (DATA / "udhr_article_1.tsv").read_text("utf-8").splitlines()]
    labels = (DATA / "labels" / "glotlid_v3.txt").read_text("utf-8").split()
    files = Models()
    for kind, (training, quantising) in KINDS.items():
        some = list(zip(labels, texts, strict=False))[: languages(kind)]
        lines = "".join(f"__label__{label} {text}\n" for label, text in some)
        (folder / "lines.txt").write_text(lines, "utf-8")
        arguments = {
            "dim": 10,
            "epoch": 2,
            "minCount": 3,
            "bucket": 509,
            "minn": 2,
            "maxn": 3,
            "thread": 1,
            "verbose": 0,
        }
        model = fasttext.train_supervised(str(folder / "lines.txt"), **{**arguments, **training})
        if quantising is not None:
            model.quantize(verbose=0, **quantising)
        model.save_model(str(folder / "model"))
        files[kind] = (folder / "model").read_bytes()
    return files


class Walk:
    """Sections and length fields of a file, found as the format is documented, apart from our reader."""

    def __init__(self, content: bytes) -> None:
        self.content, self.at = content, 0
        self.ends: list[int] = []
        self.lengths: dict[str, tuple[int, str]] = {}
        """Name of a field that says how much there is of something → its place and layout."""

    def take(self, layout: str, *names: str) -> tuple[int, ...]:
        values = struct.unpack_from("<" + layout, self.content, self.at)
        place = self.at
        for letter, name in zip(layout, names, strict=False):
            if name:
                self.lengths[name] = (place, "<" + letter)
            place += struct.calcsize("<" + letter)
        self.skip(struct.calcsize("<" + layout))
        return values

    def skip(self, size: int) -> None:
        self.at += size
        self.ends.append(self.at)

    def walk(self) -> "Walk":
        self.take("ii")
        self.lengths["dim"] = (8, "<i")
        self.lengths["buckets"] = (8 + 8 * 4, "<i")
        self.take("12i")
        self.take("d")
        size, _, _, _, pruned = self.take("iiiqq", "size", "words", "labels", "", "pruned")
        entries = len(self.ends)
        for _ in range(size):
            self.at = self.content.index(b"\0", self.at) + 1
            self.take("qb")
        del self.ends[entries + 10 : -10]  # the first and the last words and labels stand for all
        if pruned > 0:
            self.skip(8 * pruned)
        (quantised,) = self.take("B", "quantised")
        self.matrix("inputs", quantised=bool(quantised))
        (outputs_quantised,) = self.take("B", "outputs quantised")
        self.matrix("outputs", quantised=bool(quantised and outputs_quantised))
        assert self.at == len(self.content)
        return self

    def matrix(self, name: str, *, quantised: bool) -> None:
        with_norms = quantised and self.take("B", f"{name} norms")[0]
        rows, columns = self.take("qq", f"{name} rows", f"{name} columns")
        if not quantised:
            self.skip(4 * rows * columns)
            return
        (codes,) = self.take("i", f"{name} codes")
        self.skip(codes)
        self.quantiser(name)
        if with_norms:
            self.skip(rows)
            self.quantiser(f"{name} norm")

    def quantiser(self, name: str) -> None:
        names = [f"{name} quantiser {part}" for part in ("columns", "parts", "width", "last width")]
        columns, *_ = self.take("iiii", *names)
        self.skip(4 * 256 * columns)


def describe_damage(content: bytes) -> str:
    """What the reader says of damaged content; fails where it finds nothing to say."""
    with pytest.raises(
        ValueError, match=r"^(is damaged|has \d+ bytes, too few|is not a fastText model)"
    ) as raised:
        read_classifier(content)
    assert type(raised.value) is ValueError
    return str(raised.value)


def all_boundaries(content: bytes) -> Iterator[int]:
    yield from (0, 1, 4)
    for end in Walk(content).walk().ends:
        yield from (end - 1, end)


@pytest.mark.parametrize("kind", KINDS)
def test_a_file_cut_at_the_end_of_any_section_is_damaged(kind: str, models: Models) -> None:
    content = models[kind]
    ends = sorted({end for end in all_boundaries(content) if end < len(content)})
    assert len(ends) > 50
    for end in ends:
        describe_damage(content[:end])
    describe_damage(content + b"\0")
    read_classifier(content)


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=60)
@given(data=st.data())
def test_a_file_cut_anywhere_is_damaged(kind: str, models: Models, data: st.DataObject) -> None:
    content = models[kind]
    describe_damage(content[: data.draw(st.integers(0, len(content) - 1))])


def lengths(kind: str, content: bytes) -> dict[str, tuple[int, str]]:
    fields = Walk(content).walk().lengths
    # On these nothing else in the file depends: other numbers may be right, or make no difference.
    free = {"pruned": {"buckets"}, "words only": {"buckets", "pruned"}}.get(kind, set())
    free |= {name for name in fields if name.endswith("norm quantiser width")}
    return {name: field for name, field in fields.items() if name not in free}


def change(content: bytes, place: int, layout: str, value: int) -> bytes:
    changed = bytearray(content)
    struct.pack_into(layout, changed, place, value)
    return bytes(changed)


def bounds(layout: str) -> tuple[int, int]:
    bits = 8 * struct.calcsize(layout)
    return (0, 255) if layout == "<B" else (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1)


@pytest.mark.parametrize("kind", KINDS)
def test_any_wrong_length_is_damage(kind: str, models: Models) -> None:
    content = models[kind]
    for name, (place, layout) in lengths(kind, content).items():
        (right,) = struct.unpack_from(layout, content, place)
        low, high = bounds(layout)
        for value in {low, -1, 0, 1, 2, right - 1, right + 1, 2 * right, 2**20, 2**31 - 1, high} - {right}:
            if low <= value <= high:
                assert describe_damage(change(content, place, layout, value)), (name, value)


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=60)
@given(data=st.data())
def test_a_wrong_length_is_damage_and_costs_no_memory(kind: str, models: Models, data: st.DataObject) -> None:
    content = models[kind]
    place, layout = data.draw(st.sampled_from(sorted(lengths(kind, content).values())))
    (right,) = struct.unpack_from(layout, content, place)
    low, high = bounds(layout)
    value = data.draw(st.integers(low, high) | st.integers(max(low, right - 300), min(high, right + 300)))
    if value == right:
        return
    tracemalloc.start()
    try:
        describe_damage(change(content, place, layout, value))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 4 << 20  # the files have up to 75 kB


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=100)
@given(data=st.data())
def test_any_wrong_byte_is_damage_or_a_model_of_the_same_shape(
    kind: str, models: Models, data: st.DataObject
) -> None:
    content = bytearray(models[kind])
    position = data.draw(st.integers(0, len(content) - 1) | st.integers(0, 150))
    content[position] ^= data.draw(st.integers(1, 255))
    try:
        classifier, labels = read_classifier(bytes(content))
    except ValueError as error:
        assert type(error) is ValueError
        return
    assert len(labels) == languages(kind)
    assert languages(kind) in classifier.outputs.shape
    ends, predicted, scores = fasttext_kernel.predict(LINES, classifier=classifier, min_score=0.001)
    assert len(ends) == len(LINES) + 1
    assert ((predicted >= 0) & (predicted < languages(kind))).all()
    assert not np.isnan(scores).any()


def test_a_label_that_is_not_utf8_is_damage(models: Models) -> None:
    content = models["softmax"].replace(b"__label__", b"__label\xff_", 1)
    assert "is not UTF-8" in describe_damage(content)


def test_a_word_without_an_end_is_damage(models: Models) -> None:
    content = models["softmax"]
    start = 8 + 48 + 8 + 28
    endless = content[:start] + b"x" * 70_000 + content[start:]
    assert describe_damage(endless) == f"is damaged: the word at byte {start} has no end"
    longest = content[:start] + b"x" * (65_536 - content[start:].index(0)) + content[start:]
    read_classifier(longest)


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"", "is empty: copy or download it again"),
        (b"\n", "has 1 bytes, too few for a fastText model"),
        (b"hello world", "is not a fastText model: it starts with b'hell'"),
        (
            b"version https://git-lfs.github.com/spec/v1\noid sha256:0e2bc6d0d304\nsize 1233956788\n",
            "is a Git LFS pointer, not the model: fetch the model with `git lfs pull`",
        ),
        (b"<!DOCTYPE html>\n<html><body>404</body></html>", "is a web page, not the model"),
        (b"\xef\xbb\xbf\r\n <HTML><head>", "is a web page, not the model"),
        (b'<?xml version="1.0"?><Error><Code>AccessDenied</Code></Error>', "is a web page, not the model"),
        (b"\x1f\x8b\x08\x00", "is compressed with gzip: unpack it"),
        (b"PK\x03\x04\x14\x00", "is a zip archive: unpack it"),
        (b"\x28\xb5\x2f\xfd\x04", "is compressed with zstd: unpack it"),
    ],
)
def test_a_file_that_is_no_model_is_named_for_what_it_is(
    tmp_path: Path, content: bytes, problem: str
) -> None:
    path = tmp_path / "model.bin"
    path.write_bytes(content)
    for load in (load_model, check_model):
        with pytest.raises(ValueError) as raised:
            load(str(path))
        assert str(raised.value).startswith(f"{path} {problem}")


def test_a_folder_is_no_model(tmp_path: Path) -> None:
    for load in (load_model, check_model, model_digest):
        with pytest.raises(ValueError) as raised:
            load(str(tmp_path))
        assert str(raised.value) == f"{tmp_path} is a folder, not a language model: give a file in it"


def test_a_file_that_may_not_be_read_says_so(tmp_path: Path) -> None:
    path = tmp_path / "model.bin"
    path.write_bytes(b"anything")
    path.chmod(0)
    for folder in (tmp_path, *tmp_path.parents):
        if folder.owner() == tmp_path.owner() and folder.is_relative_to(tempfile.gettempdir()):
            folder.chmod(folder.stat().st_mode | 0o055)
    root = os.geteuid() == 0
    if root:  # who may read everything: be nobody for a moment
        os.seteuid(65534)
    try:
        for load in (load_model, check_model, model_digest):
            with pytest.raises(PermissionError) as raised:
                load(str(path))
            assert str(raised.value) == f"{path} cannot be read by this user: change its permissions"
    finally:
        if root:
            os.seteuid(0)


def test_a_check_finds_what_loading_would_and_keeps_nothing(tmp_path: Path, models: Models) -> None:
    path = tmp_path / "model.bin"
    path.write_bytes(models["softmax"][:-1])
    with pytest.raises(ValueError, match=rf"^{path} is damaged: it has \d+ bytes and needs \d+ or more$"):
        check_model(str(path))
    path.write_bytes(models["softmax"])
    check_model(str(path))
    path.write_bytes(models["quantised softmax"])
    assert load_model(str(path)).digest == hashlib.sha256(models["quantised softmax"]).hexdigest()
