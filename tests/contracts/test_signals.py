"""What every module of filters/signals promises, on documents that break careless code."""

from collections import Counter
from functools import cache, partial
from pathlib import Path
from tempfile import mkdtemp
from typing import Any, Protocol

import pyarrow as pa
import pyarrow.compute as pc
import pytest

from filters import base
from filters.page import range_of
from tests.hard_texts import document_batch, hard_documents
from tests.language_models import train_french

NAMES = base.names("signals")


class Measure(Protocol):
    def __call__(self, batch: pa.RecordBatch, *, langs: pa.StringArray) -> pa.RecordBatch: ...


@cache
def french_models() -> Path:
    """A folder of models for sets that need one."""
    pytest.importorskip("kenlm", reason="the extra `perplexity` is not installed")
    return train_french(Path(mkdtemp()))


def measurer(name: str) -> Measure:
    """The function of a set, given options where it needs some."""
    values: dict[str, Any] = {}
    if name == "perplexity":
        values = {"models": str(french_models()), "languages": ["fr"]}
    if name == "second_language":
        values = {"model": "lid.176"}
    options = base.prepare_options(name, options=base.make_options(name, values=values), folder="/")
    return partial(base.load_signals(name).measure, options=options)


def documents() -> tuple[pa.RecordBatch, pa.StringArray]:
    texts, langs = hard_documents()
    return document_batch(texts), langs


@pytest.mark.parametrize("name", NAMES)
def test_every_document_gives_one_row_of_exactly_the_schema(name: str) -> None:
    batch, langs = documents()
    measured = measurer(name)(batch, langs=langs)
    assert measured.schema.equals(base.load_signals(name).SCHEMA, check_metadata=True)
    assert measured.num_rows == len(batch)
    measured.validate(full=True)


@pytest.mark.parametrize("name", NAMES)
def test_rows_do_not_depend_on_batches(name: str) -> None:
    measure, (batch, langs) = measurer(name), documents()
    whole = measure(batch, langs=langs)
    single = [measure(batch.slice(i, 1), langs=langs.slice(i, 1)) for i in range(len(batch))]
    assert pa.Table.from_batches(single).to_pylist() == whole.to_pylist()


@pytest.mark.parametrize("name", NAMES)
def test_a_slice_measures_like_its_copy(name: str) -> None:
    measure, (batch, langs) = measurer(name), documents()
    part = measure(batch.slice(5, 40), langs=langs.slice(5, 40))
    copy = measure(
        pa.RecordBatch.from_pylist(batch.slice(5, 40).to_pylist(), schema=batch.schema),
        langs=pa.array(langs.slice(5, 40).to_pylist(), pa.string()),
    )
    assert part.equals(copy)


@pytest.mark.parametrize("name", NAMES)
def test_columns_that_ingest_may_add_change_nothing(name: str) -> None:
    measure, (batch, langs) = measurer(name), documents()
    more = batch.append_column("headers", pa.array(["x"] * len(batch)))
    assert measure(more, langs=langs).equals(measure(batch, langs=langs))


@pytest.mark.parametrize("name", NAMES)
def test_an_empty_batch_gives_empty_columns(name: str) -> None:
    measured = measurer(name)(
        document_batch(pa.array([], pa.large_string())), langs=pa.array([], pa.string())
    )
    assert measured.schema.equals(base.load_signals(name).SCHEMA, check_metadata=True)
    assert measured.num_rows == 0


@pytest.mark.parametrize("name", NAMES)
def test_every_column_says_what_it_means(name: str) -> None:
    for field in base.load_signals(name).SCHEMA:
        assert (field.metadata or {}).get(b"meaning"), f"{name}.{field.name} has no metadata 'meaning'"


@pytest.mark.parametrize("name", [name for name in NAMES if base.groups([name])])
def test_a_null_text_is_refused(name: str) -> None:
    schema = pa.schema([("text", pa.large_string())])
    batch = pa.RecordBatch.from_arrays([pa.array(["a", None], pa.large_string())], schema=schema)
    with pytest.raises(ValueError, match="null"):
        measurer(name)(batch, langs=pa.array([None, None], pa.string()))


def test_column_names_are_unique_over_all_sets() -> None:
    columns = Counter(column for name in NAMES for column in base.load_signals(name).SCHEMA.names)
    assert [column for column, sets in columns.items() if sets > 1] == []


@pytest.mark.parametrize("name", NAMES)
def test_content_version_is_a_positive_integer(name: str) -> None:
    assert base.load_signals(name).CONTENT_VERSION >= 1


def test_sets_are_measured_by_default_by_request_or_for_decide() -> None:
    assert base.decide_signals() == ("captures", "source_damage", "wiki_titles")
    assert [name for name in NAMES if base.requires_options(name)] == ["perplexity", "second_language"]
    assert {*base.default_signals(), *base.decide_signals(), "perplexity", "second_language"} == {*NAMES}
    assert len(base.default_signals()) == len(NAMES) - 5


@pytest.mark.parametrize("name", NAMES)
def test_options_are_frozen_and_refuse_what_they_do_not_know(name: str) -> None:
    model = base.options_model(name)
    if model is not None:
        assert (model.model_config.get("frozen"), model.model_config.get("extra")) == (True, "forbid")


def in_range(values: pa.Array, *, words: str) -> bool:
    """Whether all values that are not null lie where the page of the reference says."""
    known = pc.drop_null(values).to_pylist()
    if words == "true or false":
        return {*known} <= {True, False}
    if words == "0 to 1":
        return all(0 <= value <= 1 for value in known)
    if words.endswith(" or more"):
        return all(value >= int(words.split()[0]) for value in known)
    return words == "any" or not pa.types.is_floating(values.type)


@pytest.mark.parametrize("name", NAMES)
def test_no_value_leaves_the_range_that_the_reference_states(name: str) -> None:
    batch, langs = documents()
    measured = measurer(name)(batch, langs=langs)
    wrong = [
        field.name
        for field in measured.schema
        if not in_range(measured.column(field.name), words=range_of(field))
    ]
    assert wrong == []


def test_a_number_per_word_may_be_above_one_and_a_share_may_not() -> None:
    assert not in_range(pa.array([0.5, 1.5]), words="0 to 1")
    assert in_range(pa.array([0.5, 1.5, None]), words="0 or more")
    assert not in_range(pa.array([-1]), words="0 or more")
