"""dups --verify: near duplicates of a release compared exactly, against sets of words."""

import itertools
import json
import random
from pathlib import Path

import numpy as np
import pytest
import small_corpus
from click.testing import CliRunner

from layers.shards import read_table
from pipeline.beam import runners
from pipeline.cli import main
from pipeline.errors import RunError
from pipeline.inspect.verify_duplicates import Verification, verify_duplicates
from pipeline.plan.make import Plan, make_plan
from tests.kernels.reference_dedup import words

NGRAM = 5


def varied_texts() -> list[str]:
    """Long English texts, each with four copies in which ever more words are replaced."""
    generator = random.Random(5)
    paragraphs = [text for text in small_corpus.PARAGRAPHS["en"] if len(text) > 300]
    texts = []
    for first, second in itertools.pairwise(paragraphs):
        original = f"{first} {second}".split()
        texts.append(" ".join(original))
        for replaced in (1, 2, 3, 5):
            copy = list(original)
            for place in generator.sample(range(len(copy)), replaced):
                copy[place] = f"word{generator.randrange(10**6)}"
            texts.append(" ".join(copy))
    return texts


@pytest.fixture(scope="module")
def plan(tmp_path_factory: pytest.TempPathFactory) -> Plan:
    rows = [{"id": f"{n}", "lang": "en", "text": text} for n, text in enumerate(varied_texts())]
    changes = {"decide": {"quality": False}, "max_bad_fraction": 1}
    made = make_plan(small_corpus.write_corpus(tmp_path_factory.mktemp("verify"), rows=rows, changes=changes))
    runners.run(made)
    return made


def shingles(text: str) -> set[tuple[str, ...]]:
    pieces = words(text, characters=False)
    return {tuple(pieces[start : start + NGRAM]) for start in range(len(pieces) - NGRAM + 1)}


def similarities_by_hand(plan: Plan) -> dict[bytes, float]:
    """doc_id of every near duplicate → Jaccard similarity of its words with those of what stays."""
    texts, rows = {}, []
    for path in Path(plan.job.decisions.url).rglob("*.decisions.arrow"):
        decided = read_table(str(path)).to_pylist()
        measured = str(path).replace("/decisions/", "/measured/").replace(".decisions.", ".text.")
        for row, text in zip(decided, read_table(measured)["text"].to_pylist(), strict=True):
            texts[row["doc_id"]] = text
            rows.append(row)
    similarities = {}
    for row in rows:
        if row["duplicate_method"] == "minhash":
            one, other = shingles(texts[row["doc_id"]]), shingles(texts[row["kept_doc_id"]])
            similarities[row["doc_id"]] = len(one & other) / len(one | other)
    return similarities


def test_similarities_are_those_of_the_sets_of_words(plan: Plan) -> None:
    expected = similarities_by_hand(plan)
    assert len(expected) > 10
    every = verify_duplicates(plan.job.release, count=1000)
    assert every.exact.tolist() == pytest.approx([expected[doc_id] for doc_id in sorted(expected)])
    assert float(np.abs(every.exact - every.estimated).mean()) < 0.05
    few = verify_duplicates(plan.job.release, count=7)
    assert few.exact.tolist() == every.exact[:7].tolist(), "the sample is the same each time"


@pytest.mark.parametrize(
    ("exact", "below", "interval"),
    [
        ([0.7, 0.71, 0.72, 0.9], 1, (0.0456, 0.6994)),
        ([0.719] * 100, 0, (0.0, 0.037)),
        ([0.7] * 100, 100, (0.963, 1.0)),
        ([], 0, (0.0, 1.0)),
    ],
)
def test_false_positives_and_their_interval(
    exact: list[float], below: int, interval: tuple[float, float]
) -> None:
    verified = Verification(0.71, np.array(exact), np.array(exact))
    assert verified.below == below
    assert verified.interval() == pytest.approx(interval, abs=1e-3)


def test_the_command_prints_json(plan: Plan) -> None:
    shown = CliRunner().invoke(main, ["dups", plan.job.release, "--verify", "5"])
    report = json.loads(shown.output)
    assert report["pairs"] == sum(report["exact_similarities"]) == 5
    assert report["threshold"] == 0.8
    neither = CliRunner().invoke(main, ["dups", plan.job.release])
    assert neither.exit_code == 2 and "--verify N" in neither.output


def test_what_lies_beside_the_release_must_be_there(tmp_path: Path) -> None:
    with pytest.raises(RunError, match="no decision"):
        verify_duplicates(str(tmp_path / "release"), count=1)
