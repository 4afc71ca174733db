"""The corpus file that the benchmark writes is one that the pipeline accepts."""

from pathlib import Path

from benchmarks.perturb import write_corpus
from benchmarks.rhizotron_side import SOURCE, stop_words, write_corpus_file
from governance.cards import publication_obstacles, read_card
from pipeline.plan.make import make_plan


def test_the_corpus_file_plans_every_input_file(tmp_path: Path) -> None:
    documents = [{"id": str(n), "text": f"Text number {n}.", "lang": "en"} for n in range(8)]
    write_corpus(documents, tmp_path / "inputs", copies=2, files=3)
    corpus_file = write_corpus_file(tmp_path / "inputs", tmp_path / "run")
    plan = make_plan(str(corpus_file))
    planned = [file.uri for item in plan.units for file in item.files]
    assert planned == [f"part-{n:03d}.jsonl" for n in range(3)]
    assert {item.unit.source for item in plan.units} == {SOURCE}


def test_the_card_does_not_stand_in_the_way_of_a_run(tmp_path: Path) -> None:
    write_corpus_file(tmp_path, tmp_path)
    assert publication_obstacles(read_card(str(tmp_path / "cards"), SOURCE)) == []


def test_stop_words_are_keyed_by_the_labels_of_the_model() -> None:
    words = stop_words()
    assert "the" in words["en"]
    assert words["zh"]
    assert "de" in words["fr"]
    assert "de" not in words  # German is not among the target languages
