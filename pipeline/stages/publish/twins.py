"""twins/ of a release: for each document that stays, hashes of what went for it.

The URL of a dropped twin is in no other file, and whoever holds a copy must find the document that stands for
it when the twin is asked for.
"""

from collections.abc import Iterator

import pyarrow as pa
import pyarrow.compute as pc

from governance.removals.apply import SALT_KEY
from governance.removals.public_list import make_salt, selector_hash
from governance.removals.urls import canonical_column
from layers import storage
from layers.columns import column
from layers.document import make_field
from layers.entries import Entry
from layers.index import LayerIndex
from layers.shard_writer import write_shard
from layers.shards import FileRecord
from pipeline.job import Job
from pipeline.stages.publish.cut import Indexes
from pipeline.stages.publish.shard import hex_ids

FOLDER = "twins"
HASH_BYTES = 32
TWINS = pa.schema(
    [
        make_field("doc_id", pa.string(), "The document that stays.", nullable=False),
        make_field("method", pa.string(), "What found the twin that went: key, url, exact_hash or minhash."),
        make_field("similarity", pa.float32(), "Of the twin to it, as kept_similarity in ledger/."),
        make_field(
            "url_hash",
            pa.binary(HASH_BYTES),
            "HMAC-SHA-256 of the twin's canonical URL under the salt of the manifest; null: it has none.",
        ),
        make_field(
            "doc_id_hash",
            pa.binary(HASH_BYTES),
            "HMAC-SHA-256 of the twin's doc_id under the salt of the manifest.",
            nullable=False,
        ),
    ]
)
_DECISIONS = ["doc_id", "keep", "kept_doc_id", "duplicate_method", "kept_similarity"]


def write_twins(source: str, *, indexes: Indexes, job: Job) -> FileRecord:
    """Write twins/<source>: what went of a source, in locator order."""
    path = f"{FOLDER}/{source}.{job.config.publish.format}"
    schema = TWINS.with_metadata({SALT_KEY: make_salt(job.config.name).encode()})
    with storage.atomic_path(storage.join(job.staging, path)) as local:
        return write_shard(local, _rows(source, indexes=indexes, job=job), schema=schema, path=path)


def _rows(source: str, *, indexes: Indexes, job: Job) -> Iterator[pa.RecordBatch]:
    salt = make_salt(job.config.name)
    pairs = (_entries(index, source=source) for index in (indexes.measured, indexes.decided))
    for measured, decided in zip(*pairs, strict=True):
        decisions = job.decisions.table(decided, "decisions", columns=_DECISIONS)
        gone = pc.and_(pc.invert(decisions["keep"]), pc.is_valid(decisions["duplicate_method"]))
        rows = pc.indices_nonzero(pc.and_(gone, pc.is_valid(decisions["kept_doc_id"])).combine_chunks())
        if not len(rows):
            continue
        decisions = decisions.take(rows)
        urls = job.measured.table(measured, "text", columns=["url"])["url"].take(rows)
        yield pa.RecordBatch.from_arrays(
            [
                hex_ids(column(decisions, "kept_doc_id")),
                column(decisions, "duplicate_method"),
                column(decisions, "kept_similarity"),
                _hashes("url", canonical_column(urls), salt=salt),
                _hashes("doc_id", hex_ids(column(decisions, "doc_id")), salt=salt),
            ],
            schema=TWINS.with_metadata({SALT_KEY: salt.encode()}),
        )


def _hashes(kind: str, values: pa.StringArray, *, salt: str) -> pa.FixedSizeBinaryArray:
    distinct = values.dictionary_encode()
    hashed = [
        bytes.fromhex(selector_hash(kind, value, salt=salt)) for value in distinct.dictionary.to_pylist()
    ]
    codes = distinct.indices
    return pa.array(hashed, pa.binary(HASH_BYTES)).take(codes)


def _entries(index: LayerIndex, *, source: str) -> Iterator[Entry]:
    start, stop = index.source_units(source)
    return index.entries(start=start, stop=stop)
