"""Perturbed copies: the same every time, graded, and still in their language."""

import json
from pathlib import Path
from typing import Any

import pytest
import zstandard

from benchmarks.perturb import build_vocabularies, perturb, read_documents, write_corpus

_SENTENCES = {
    "en": "The river rises in the hills. Nobody knows how old the bridge is! Who built it?",
    "yo": "Ọjọ́ kan ni wọ́n lọ sí ọjà. Àwọn ọmọ náà ń ṣeré ní ìta. Òjò ń rọ̀ gan-an ni.",
    "zh": "河流发源于山中。没有人知道这座桥有多古老。是谁建造了它？春天来了，花儿都开了。",
}


def make_documents(*, per_lang: int) -> list[dict[str, Any]]:
    return [
        {
            "id": f"{lang}/{number}",
            "text": "\n".join([f"{number}", *[sentence] * 5, f"{number * 7}"]),
            "lang": lang,
            "license": "CC0-1.0",
        }
        for number in range(per_lang)
        for lang, sentence in _SENTENCES.items()
    ]


def read_lines(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for path in sorted(folder.iterdir()) for line in path.open(encoding="utf-8")]


def test_same_seed_same_bytes_and_another_seed_other_bytes(tmp_path: Path) -> None:
    documents = make_documents(per_lang=10)
    for name, seed in [("a", 0), ("b", 0), ("c", 1)]:
        write_corpus(documents, tmp_path / name, copies=2, files=2, seed=seed)
    contents = {
        name: b"".join(path.read_bytes() for path in sorted((tmp_path / name).iterdir())) for name in "abc"
    }
    assert contents["a"] == contents["b"] != contents["c"]


def test_counts_are_of_what_was_written(tmp_path: Path) -> None:
    facts = write_corpus(make_documents(per_lang=7), tmp_path, copies=3, files=4, seed=0)
    lines = read_lines(tmp_path)
    assert (facts.documents, facts.files, facts.copies) == (63, 4, 3)
    assert len(lines) == len({line["id"] for line in lines}) == 63
    assert sum(len(line["text"].encode()) for line in lines) == facts.text_bytes
    assert len(list(tmp_path.iterdir())) == 4


def test_fewer_copies_are_a_subset_of_more(tmp_path: Path) -> None:
    documents = make_documents(per_lang=5)
    write_corpus(documents, tmp_path / "two", copies=2, files=1)
    write_corpus(documents, tmp_path / "three", copies=3, files=1)
    two, three = read_lines(tmp_path / "two"), read_lines(tmp_path / "three")
    assert three[: len(two)] == two


def test_copy_zero_is_the_original_under_a_new_id() -> None:
    document = make_documents(per_lang=1)[0]
    vocabularies = build_vocabularies([document])
    assert perturb(document, copy=0, seed=0, vocabularies=vocabularies) == {
        **document,
        "id": "en/0#0",
        "perturbed": 0.0,
    }


def test_copies_keep_language_licence_lines_and_words_of_the_language() -> None:
    documents = make_documents(per_lang=40)
    vocabularies = build_vocabularies(documents)
    for document in documents:
        copy = perturb(document, copy=1, seed=0, vocabularies=vocabularies)
        assert (copy["lang"], copy["license"]) == (document["lang"], document["license"])
        assert copy["text"].count("\n") == document["text"].count("\n")
        vocabulary = vocabularies[document["lang"]]
        known = {*vocabulary.words, *vocabulary.pattern.findall(document["text"])}
        if document["lang"] != "zh":  # pieces of two characters shift when sentences do
            assert set(vocabulary.pattern.findall(copy["text"])) <= known
        assert set(copy["text"]) <= set("".join(known))


def test_words_replaced_are_graded_with_a_small_share_of_near_duplicates() -> None:
    documents = make_documents(per_lang=200)
    vocabularies = build_vocabularies(documents)
    shares = [
        perturb(document, copy=1, seed=0, vocabularies=vocabularies)["perturbed"] for document in documents
    ]
    near = [share for share in shares if share <= 0.05]
    far = [share for share in shares if share > 0.05]
    assert 0.05 <= len(near) / len(shares) <= 0.15
    assert min(near) >= 0.01
    assert min(far) >= 0.30 and max(far) <= 0.60
    assert len(set(far)) > len(far) // 2


def test_a_near_duplicate_differs_in_its_share_of_words() -> None:
    text = " ".join(f"word{number}" for number in range(1000))
    documents = [{"id": str(number), "text": text, "lang": "en"} for number in range(40)]
    vocabularies = build_vocabularies(documents)
    for document in documents:
        copy = perturb(document, copy=1, seed=0, vocabularies=vocabularies)
        if copy["perturbed"] <= 0.05:
            changed = sum(a != b for a, b in zip(text.split(), copy["text"].split(), strict=True))
            assert abs(changed / 1000 - copy["perturbed"]) < 0.03


def test_unspaced_languages_are_cut_into_short_pieces() -> None:
    vocabulary = build_vocabularies(make_documents(per_lang=3))["zh"]
    assert max(map(len, vocabulary.words)) == 2


def test_reading_zst_and_plain_files_and_a_sample_inside_a_larger_one(tmp_path: Path) -> None:
    documents = make_documents(per_lang=30)
    lines = "".join(json.dumps(document, ensure_ascii=False) + "\n" for document in documents)
    (tmp_path / "a.jsonl.zst").write_bytes(zstandard.compress(lines.encode()))
    (tmp_path / "b.jsonl").write_text(lines + '{"id": "empty", "text": ""}\n', encoding="utf-8")
    everything = read_documents(tmp_path)
    assert [document["id"] for document in everything[:2]] == ["a/000000", "a/000001"]
    assert len(everything) == 180
    small, large = (
        {document["id"] for document in read_documents(tmp_path, max_text_bytes=size)}
        for size in (5_000, 20_000)
    )
    assert small < large < {document["id"] for document in everything}


@pytest.mark.parametrize(("copies", "files"), [(0, 1), (1, 0)])
def test_copies_and_files_must_be_positive(tmp_path: Path, copies: int, files: int) -> None:
    with pytest.raises(ValueError, match="at least 1"):
        write_corpus(make_documents(per_lang=1), tmp_path, copies=copies, files=files)


def test_a_folder_without_documents_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=str(tmp_path)):
        read_documents(tmp_path)
