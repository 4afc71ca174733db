"""The id of a record without a key does not tell what repeated lines were removed, nor that they were."""

import numpy as np
import pyarrow as pa
import pytest

from filters import base
from filters.hashes.minhash import MinHashOptions
from filters.language_id import DEFAULT_MODEL, SegmentOptions
from layers.document import DOCUMENT, make_doc_id, make_place_id
from pipeline.config.measure import MeasureConfig
from pipeline.stages.measure.measurer import Measurer
from sources.base import natural_key, sha256

SOURCE, CONTAINER = "letters", "letters.jsonl"
BODY = "The council met on Monday and spoke about the new road to the market.\n"
ADDRESS = "Write to line.owner@mail.co.za for a copy.\n"


def measure(*, line: str, is_removed: bool, key: str | None = None) -> str:
    """doc_id of a record of BODY and a line, which was removed as a repeated one or not."""
    record = (BODY + line).encode()
    digest = sha256(record)
    record_id = natural_key(key, url=None, date=None, raw_sha256=digest)
    row = {name: None for name in DOCUMENT.names} | {
        "doc_id": make_doc_id(SOURCE, record_id=record_id),
        "license": "CC0-1.0",
        "license_evidence": "source_card",
        "record_id": record_id,
        "raw_sha256": digest,
        "container": CONTAINER,
        "offset": 0,
        "length": len(record),
    }
    whole, rest = (
        pa.RecordBatch.from_pylist([row | {"text": text}], schema=DOCUMENT) for text in (BODY + line, BODY)
    )
    measurer = Measurer(
        edits=tuple(MeasureConfig().edits),
        personal_data=MeasureConfig().kinds,
        signals=base.default_signals(),
        model=DEFAULT_MODEL,
        max_sample_bytes=SegmentOptions().max_sample_bytes,
        minhash=MinHashOptions(),
        source=SOURCE,
    )
    if is_removed:
        edited, _, _ = measurer.measure(rest, cut_rows=np.array([0]), whole=whole)
    else:
        edited, _, _ = measurer.measure(whole)
    assert (line[:8] in edited["text"][0].as_py()) is not is_removed
    return edited["doc_id"][0].as_py().hex()


@pytest.mark.parametrize("is_removed", [False, True])
def test_a_line_with_an_address_gives_the_id_of_the_place(is_removed: bool) -> None:
    place_id = make_place_id(SOURCE, container=CONTAINER, offset=0).hex()
    assert measure(line=ADDRESS, is_removed=is_removed) == place_id


@pytest.mark.parametrize("is_removed", [False, True])
@pytest.mark.parametrize("key", [None, "letter-1"])
def test_other_lines_and_records_with_keys_leave_the_id(key: str | None, is_removed: bool) -> None:
    line = "Home | News | Contact us\n" if key is None else ADDRESS
    expected = make_doc_id(SOURCE, record_id=key or f"sha256:{sha256((BODY + line).encode()).hex()}").hex()
    assert measure(line=line, is_removed=is_removed, key=key) == expected
