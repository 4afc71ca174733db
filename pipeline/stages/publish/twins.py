"""twins/ of a release: for each document that stays, hashes of what went for it.

The URL of a dropped twin is in no other file, and whoever holds a copy must find the document that stands for
it when the twin is asked for.
"""

from collections.abc import Iterator, Mapping

import pyarrow as pa
import pyarrow.compute as pc

from governance.removals.apply import SALT_KEY
from governance.removals.public_list import make_salt, selector_hash
from governance.removals.urls import canonical_column
from layers import storage
from layers.columns import column, hex_ids
from layers.document import make_field
from layers.shard_writer import write_shard
from layers.shards import FileRecord
from pipeline.job import Job
from pipeline.stages.publish.cut import Indexes
from pipeline.stages.publish.dropped import read_dropped_places
from pipeline.stages.publish.masking import replace_ids

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
_DECISIONS = ["keep", "kept_doc_id", "kept_source", "duplicate_method", "kept_similarity"]


def write_all_twins(indexes: Indexes, *, place_ids: Mapping[str, str], job: Job) -> list[FileRecord]:
    """Write twins/<source> of each source: what went of it, in locator order.

    In the job of a class, of every source what went for documents of the sources of the class. place_ids: of
    `read_place_ids`.
    """
    sources = [source.card for source in job.config.sources] if job.release_class else job.specs
    return [_write_twins(uid, indexes=indexes, place_ids=place_ids, job=job) for uid in sorted(sources)]


def _write_twins(source: str, *, indexes: Indexes, place_ids: Mapping[str, str], job: Job) -> FileRecord:
    path = f"{FOLDER}/{source}.{job.config.publish.format}"
    schema = TWINS.with_metadata({SALT_KEY: make_salt(job.config.name).encode()})
    rows = _rows(source, indexes=indexes, place_ids=place_ids, job=job)
    with storage.atomic_path(storage.join(job.staging, path)) as local:
        return write_shard(local, rows, schema=schema, path=path)


def _rows(
    source: str, *, indexes: Indexes, place_ids: Mapping[str, str], job: Job
) -> Iterator[pa.RecordBatch]:
    """Ids are those of the ledger: one that is of a masked text would tell it to whoever tries."""
    salt = make_salt(job.config.name)
    for measured, decided in indexes.source_entries(source):
        decisions = job.decisions.table(decided, "decisions", columns=_DECISIONS)
        dropped = pc.invert(decisions["keep"])
        decisions = decisions.filter(dropped)
        has_twin = pc.and_(pc.is_valid(decisions["duplicate_method"]), pc.is_valid(decisions["kept_doc_id"]))
        if job.release_class:
            own = pa.array(sorted(job.specs), pa.string())
            has_twin = pc.and_(has_twin, pc.is_in(decisions["kept_source"], value_set=own))
        rows = pc.indices_nonzero(has_twin.combine_chunks())  # of no chunk, it ends the process
        if not len(rows):
            continue
        decisions = decisions.take(rows)
        urls = job.measured.table(measured, "text", columns=["url"])["url"].filter(dropped).take(rows)
        ids = read_dropped_places(decided, measured=measured, job=job)["doc_id"].take(rows)
        yield pa.RecordBatch.from_arrays(
            [
                replace_ids(hex_ids(column(decisions, "kept_doc_id")), place_ids),
                column(decisions, "duplicate_method"),
                column(decisions, "kept_similarity"),
                _hashes("url", canonical_column(urls), salt=salt),
                _hashes("doc_id", ids, salt=salt),
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
