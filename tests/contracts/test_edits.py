"""What every module of filters/edits promises, on texts that break careless code."""

import pyarrow as pa
import pytest
from hypothesis import given, settings

from filters import base
from tests.hard_texts import hard_documents
from tests.hard_texts import texts as any_text

NAMES = base.names("edits")


@pytest.mark.parametrize("name", NAMES)
def test_every_document_gives_one_valid_text(name: str) -> None:
    texts, langs = hard_documents()
    edited = base.load_edit(name).edit(texts, langs=langs)
    assert edited.type == pa.large_string()
    assert (len(edited), edited.null_count) == (len(texts), 0)
    edited.validate(full=True)


@pytest.mark.parametrize("name", NAMES)
def test_editing_twice_changes_nothing_more(name: str) -> None:
    edit = base.load_edit(name).edit
    texts, langs = hard_documents()
    once = edit(texts, langs=langs)
    assert edit(once, langs=langs).to_pylist() == once.to_pylist()


@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=200, deadline=None)
@given(text=any_text())
def test_editing_any_text_twice_changes_nothing_more(name: str, text: str) -> None:
    edit = base.load_edit(name).edit
    langs = pa.array([None], pa.string())
    once = edit(pa.array([text], pa.large_string()), langs=langs)
    assert edit(once, langs=langs).to_pylist() == once.to_pylist()


@pytest.mark.parametrize("name", NAMES)
def test_texts_do_not_depend_on_batches(name: str) -> None:
    edit = base.load_edit(name).edit
    texts, langs = hard_documents()
    whole = edit(texts, langs=langs).to_pylist()
    single = [edit(texts.slice(i, 1), langs=langs.slice(i, 1))[0].as_py() for i in range(len(texts))]
    assert single == whole
    assert edit(texts.slice(3, 30), langs=langs.slice(3, 30)).to_pylist() == whole[3:33]


@pytest.mark.parametrize("name", NAMES)
def test_an_empty_batch_stays_empty(name: str) -> None:
    edited = base.load_edit(name).edit(pa.array([], pa.large_string()), langs=pa.array([], pa.string()))
    assert edited.equals(pa.array([], pa.large_string()))


@pytest.mark.parametrize("name", NAMES)
def test_content_version_is_a_positive_integer(name: str) -> None:
    assert base.load_edit(name).CONTENT_VERSION >= 1
