"""dups: a cluster beside its kept document, differences marked."""

from pathlib import Path

import pytest
import small_corpus
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from layers.document import make_doc_id
from pipeline.beam import runners
from pipeline.cli import main
from pipeline.errors import RunError
from pipeline.inspect.duplicates import find_cluster, mark_differences
from pipeline.plan.make import Plan, make_plan


@pytest.fixture(scope="module")
def plan(tmp_path_factory: pytest.TempPathFactory) -> Plan:
    changes = {"decide": {"quality": False}}
    made = make_plan(small_corpus.write_corpus(tmp_path_factory.mktemp("dups"), changes=changes))
    runners.run(made)
    return made


def identify(key: str, *, source: str = "health_json") -> str:
    return make_doc_id(source, record_id=key).hex()


def test_a_cluster_is_found_from_any_member_and_the_kept_one_is_first(plan: Plan) -> None:
    pair = [identify("en-1"), identify("nearly")]
    clusters = [find_cluster(plan.job.release, doc_id=doc_id) for doc_id in pair]
    assert clusters[0] == clusters[1]
    assert sorted(member.doc_id for member in clusters[0]) == sorted(pair)
    kept, dropped = clusters[0]
    assert (kept.is_kept, dropped.is_kept) == (True, False)
    assert {kept.text, dropped.text} >= {small_corpus.PARAGRAPHS["en"][1]}
    assert dropped.decision["duplicate_method"] == "minhash"
    assert 0.5 < dropped.decision["kept_similarity"] <= 1


def test_what_is_unique_is_a_cluster_of_one(plan: Plan) -> None:
    (only,) = find_cluster(plan.job.release + "/", doc_id=identify("es-3"))
    assert (only.doc_id, only.is_kept) == (identify("es-3"), True)


def test_twins_across_sources_are_named(plan: Plan) -> None:
    members = find_cluster(plan.job.release, doc_id=identify("fr-7"))
    assert [member.source for member in members] == ["health_json", "health_gzip"], "priority 1 does not stay"
    assert members[1].decision["kept_source"] == "health_json"


@pytest.mark.parametrize(
    ("release", "doc_id", "message"),
    [
        ("release", "00" * 16, "no document '0000"),
        ("release", "fr-70", "32 hexadecimal digits, or the first of them"),
        ("elsewhere/release", "00" * 16, "beside a release"),
    ],
)
def test_errors_say_what_is_missing(plan: Plan, release: str, doc_id: str, message: str) -> None:
    with pytest.raises(RunError, match=message):
        find_cluster(str(Path(plan.job.output) / release), doc_id=doc_id)


def test_the_command_shows_both_texts_and_brackets_what_differs(plan: Plan) -> None:
    shown = CliRunner().invoke(main, ["dups", plan.job.release, "--doc", identify("nearly")])
    assert shown.exit_code == 0, shown.output
    assert "2 document(s) in the cluster" in shown.output
    assert "[indeed]" in shown.output
    assert "found by minhash" in shown.output.replace("\n", " ")


WORDS = st.lists(st.sampled_from(["a", "b", "ß", "水", ".", " ", "\n"]), max_size=20).map("".join)


@given(WORDS, WORDS)
def test_marked_pieces_are_the_texts_and_unmarked_ones_are_common(one: str, other: str) -> None:
    left, right = mark_differences(one, other)
    assert "".join(piece for piece, _ in left) == one
    assert "".join(piece for piece, _ in right) == other
    common = ["".join(piece for piece, differs in side if not differs) for side in (left, right)]
    assert common[0] == common[1]
    if one == other:
        assert not any(differs for _, differs in [*left, *right])


def test_only_the_changed_word_is_marked() -> None:
    left, right = mark_differences("the quick fox", "the slow fox")
    assert left == [("the ", False), ("quick", True), (" fox", False)]
    assert right == [("the ", False), ("slow", True), (" fox", False)]
