"""What every module of filters/signals promises, on texts that break careless code."""

from collections import Counter

import pyarrow as pa
import pytest

from filters import base
from tests.hard_texts import hard_documents

NAMES = base.names("signals")


@pytest.mark.parametrize("name", NAMES)
def test_every_document_gives_one_row_of_exactly_the_schema(name: str) -> None:
    signals = base.load_signals(name)
    texts, langs = hard_documents()
    measured = signals.measure(texts, langs=langs)
    assert measured.schema.equals(signals.SCHEMA, check_metadata=True)
    assert measured.num_rows == len(texts)
    measured.validate(full=True)


@pytest.mark.parametrize("name", NAMES)
def test_rows_do_not_depend_on_batches(name: str) -> None:
    signals = base.load_signals(name)
    texts, langs = hard_documents()
    whole = signals.measure(texts, langs=langs)
    single = [signals.measure(texts.slice(i, 1), langs=langs.slice(i, 1)) for i in range(len(texts))]
    assert pa.Table.from_batches(single).to_pylist() == whole.to_pylist()


@pytest.mark.parametrize("name", NAMES)
def test_a_slice_measures_like_its_copy(name: str) -> None:
    signals = base.load_signals(name)
    texts, langs = hard_documents()
    part = signals.measure(texts.slice(5, 40), langs=langs.slice(5, 40))
    copy = signals.measure(
        pa.array(texts.slice(5, 40).to_pylist(), pa.large_string()),
        langs=pa.array(langs.slice(5, 40).to_pylist(), pa.string()),
    )
    assert part.equals(copy)


@pytest.mark.parametrize("name", NAMES)
def test_an_empty_batch_gives_empty_columns(name: str) -> None:
    signals = base.load_signals(name)
    measured = signals.measure(pa.array([], pa.large_string()), langs=pa.array([], pa.string()))
    assert measured.schema.equals(signals.SCHEMA, check_metadata=True)
    assert measured.num_rows == 0


@pytest.mark.parametrize("name", NAMES)
def test_every_column_says_what_it_means(name: str) -> None:
    for field in base.load_signals(name).SCHEMA:
        assert (field.metadata or {}).get(b"meaning"), f"{name}.{field.name} has no metadata 'meaning'"


@pytest.mark.parametrize("name", NAMES)
def test_a_null_text_is_refused(name: str) -> None:
    texts = pa.array(["a", None], pa.large_string())
    with pytest.raises(ValueError, match="null"):
        base.load_signals(name).measure(texts, langs=pa.array([None, None], pa.string()))


def test_column_names_are_unique_over_all_sets() -> None:
    columns = Counter(column for name in NAMES for column in base.load_signals(name).SCHEMA.names)
    assert [column for column, sets in columns.items() if sets > 1] == []


@pytest.mark.parametrize("name", NAMES)
def test_content_version_is_a_positive_integer(name: str) -> None:
    assert base.load_signals(name).CONTENT_VERSION >= 1
