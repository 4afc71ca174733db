"""A second language model's opinion beside the first one's: what it names, and whether they agree.

Optional: a model has to be named. Agreement of several is what others keep text by (arXiv:2602.13139).
"""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pydantic import BaseModel, ConfigDict, Field, field_validator

from filters import language_id
from filters.language_id import hub, identify, label_tables, load_model
from filters.language_id.candidates import names_of
from filters.language_id.labels import EQUIVALENT
from layers import storage
from layers.document import make_field

CONTENT_VERSION = 1
SCHEMA = pa.schema(
    [
        make_field(
            "second_lang",
            pa.string(),
            "BCP-47 language by the second model, which is told of no declaration; und where nothing can be "
            "told.",
        ),
        make_field(
            "second_lang_score",
            pa.float32(),
            "Its mean probability over the segments that voted for second_lang, rounded to 1e-4; null where "
            "it names none.",
        ),
        make_field(
            "second_lang_agrees",
            pa.bool_(),
            "Whether second_lang is the document's language; null: the document is in none of the 46, or in "
            "one that the second model has no reliable label for.",
        ),
    ]
)


class Options(BaseModel):
    """A second opinion on the language, by a model in fastText's file format."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    model: str = Field(
        description="bundled model, path of a fastText file, or `hf://owner/name@commit[/file]` of the "
        "Hugging Face Hub"
    )
    labels: str | None = Field(default=None, description="as in `measure.language_id`")

    @field_validator("model")
    @classmethod
    def _pinned(cls, value: str) -> str:
        return str(hub.parse(value)) if hub.is_hub_id(value) else value


def prepare(options: Options, *, folder: str) -> Options:
    """The options with paths that every process finds, and the model read once.

    Raises FileNotFoundError, HubError, or ValueError saying what is wrong with the file or the labels.
    """
    model, labels = options.model, options.labels
    if model not in language_id.VENDORED and not hub.is_hub_id(model):
        model = str(storage.local_path(storage.join(folder, model)))
    if labels is not None and labels not in label_tables.TABLES:
        labels = str(storage.local_path(storage.join(folder, labels)))
    prepared = options.model_copy(update={"model": model, "labels": labels})
    _needed[prepared] = language_id.check_model(model, labels=labels)
    return prepared


_needed: dict[Options, int] = {}
"""What prepare has found, since a large model takes seconds to read."""


def memory_bytes(options: Options) -> int:
    """Of loading the model, at most, in each worker."""
    if options not in _needed:
        _needed[options] = language_id.check_model(options.model, labels=options.labels)
    return _needed[options]


def digest(options: Options) -> list[object]:
    """SHA-256 of the model and of the table of its labels, and how they are read."""
    labels = language_id.labels_digest(options.model, labels=options.labels)
    return [language_id.model_digest(options.model), labels, language_id.CONTENT_VERSION]


def measure(batch: pa.RecordBatch, *, langs: pa.StringArray, options: Options) -> pa.RecordBatch:
    """What the second model names, and whether that is langs: n documents → n rows of SCHEMA."""
    model = load_model(options.model, labels=options.labels)
    rows = identify(batch.column("text"), declared=pa.nulls(len(batch), pa.string()), model=model)
    nameable = {EQUIVALENT.get(tag, tag) for tag in {*names_of(model.tags)} - model.description.unreliable}
    first, second = _classes(langs), _classes(rows["lang"])
    asked = np.isin(first, sorted(nameable))
    agrees = pa.array(first == second, pa.bool_(), mask=~asked)
    return pa.RecordBatch.from_arrays([rows["lang"], rows["lang_score"], agrees], schema=SCHEMA)


def _classes(tags: pa.StringArray) -> np.ndarray:
    """Tags, languages that are one class as one, empty for none: str [n]."""
    encoded = pc.fill_null(tags, "").dictionary_encode()
    classes = [EQUIVALENT.get(tag, tag) for tag in encoded.dictionary.to_pylist()]
    table: np.ndarray = np.array([*classes, ""], np.str_)
    chosen: np.ndarray = table[encoded.indices.to_numpy(zero_copy_only=False)]
    return chosen
