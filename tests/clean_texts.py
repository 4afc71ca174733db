"""The clean reference sample: documents of the demo without its dirt, edited as by default."""

from functools import cache

import pyarrow as pa

from filters import base
from filters.calibration import is_held_out
from filters.hashes.exact import exact_hashes
from filters.languages import TAGS
from tests.test_demo_corpus import read_demo, read_dirt


@cache
def clean_rows() -> list[tuple[str, str, str]]:
    """(source, text, language that it declares): about 10,000 documents, all 46 languages."""
    kinds = read_dirt()["kinds"].values()
    dirty = {(file.split("/")[0], key) for files in kinds for file, keys in files.items() for key in keys}
    return [
        (uid, row["text"], row["lang_declared"])
        for uid, documents in read_demo()[0].items()
        for row in documents
        if (uid, row["record_id"]) not in dirty and row["lang_declared"] in TAGS
    ]


@cache
def clean_texts() -> tuple[pa.LargeStringArray, pa.StringArray]:
    """(edited texts, languages) of the clean documents."""
    texts = pa.array([text for _, text, _ in clean_rows()], pa.large_string())
    langs = pa.array([tag for *_, tag in clean_rows()])
    for name in ("unicode_nfc", "control_characters", "whitespace"):
        texts = base.load_edit(name).edit(texts, langs=langs)
    return texts, langs


@cache
def clean_signals() -> pa.Table:
    """lang, source, held_out (no limit was set by the document) and every signal of the clean texts."""
    texts, langs = clean_texts()
    sources = pa.array([source for source, *_ in clean_rows()])
    columns = {"lang": langs, "source": sources, "held_out": pa.array(is_held_out(exact_hashes(texts)))}
    batch = pa.RecordBatch.from_arrays([texts], names=["text"])
    for name in base.default_signals():
        measured = base.load_signals(name).measure(batch, langs=langs, options=None)
        columns |= dict(zip(measured.schema.names, measured.columns, strict=True))
    return pa.table(columns)
