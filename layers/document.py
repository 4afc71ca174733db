"""The document schema: the one table shape that every source produces and every stage reads.

Column types are fixed even where a column is all null, and no column is dictionary-encoded:
both would make bytes depend on how rows were batched.
"""

import hashlib

import pyarrow as pa
import pyarrow.compute as pc

SCHEMA_VERSION = 6
"""Bumped when a column of DOCUMENT or of a release changes name, type or meaning."""

DOC_ID_BYTES = 16
RECORD_DIGEST = "sha256:"
"""How the natural key of a record without any begins; the SHA-256 of its bytes follows."""


def make_field(name: str, dtype: pa.DataType, meaning: str, *, nullable: bool = True) -> pa.Field:
    """A column that says what it means: every column that a reader of the data sees has a meaning."""
    return pa.field(name, dtype, nullable=nullable, metadata={"meaning": meaning})


DOCUMENT = pa.schema(
    [
        make_field(
            "doc_id",
            pa.binary(DOC_ID_BYTES),
            "First 128 bits of SHA-256(source uid, natural key); never a row number or a text hash.",
            nullable=False,
        ),
        make_field("text", pa.large_string(), "The document's text, UTF-8.", nullable=False),
        make_field("title", pa.string(), "Title as the source gives it."),
        make_field("author", pa.string(), "Who wrote the text, as the source gives it."),
        make_field("url", pa.string(), "URL as fetched or as the source gives it."),
        make_field("date", pa.string(), "Date of the original as the source gives it, verbatim."),
        make_field(
            "retrieved",
            pa.string(),
            "When the text was taken from where it stood: ISO 8601 date of a capture or dump, or verbatim as "
            "the source gives it; null: not said.",
        ),
        make_field(
            "license",
            pa.string(),
            "SPDX expression; from the document if it has one, else the card's concluded licence.",
            nullable=False,
        ),
        make_field(
            "license_evidence",
            pa.string(),
            "Why we believe the licence: document_metadata or source_card.",
            nullable=False,
        ),
        make_field("lang_declared", pa.string(), "BCP-47 language that the source declares, or null."),
        make_field(
            "record_id",
            pa.string(),
            "Natural key in the source: mapped id; else URL and date; else sha256 of the raw record; "
            "plain files: their path.",
            nullable=False,
        ),
        make_field(
            "container",
            pa.string(),
            "File that held the record, relative to the source's root.",
            nullable=False,
        ),
        make_field(
            "offset",
            pa.int64(),
            "First byte of the record in the (decompressed) container; row number in columnar files.",
            nullable=False,
        ),
        make_field(
            "length",
            pa.int64(),
            "Bytes of the record in the (decompressed) container; UTF-8 bytes of text in columnar files.",
            nullable=False,
        ),
        make_field("raw_sha256", pa.binary(32), "SHA-256 of the raw record's bytes.", nullable=False),
        make_field(
            "notices",
            pa.string(),
            "What was said about the use of the text where it stood, verbatim: a JSON array of objects of "
            "place, name and value (X-Robots-Tag, Content-Usage, tdm-reservation, rel=license, …).",
        ),
        make_field(
            "reservation",
            pa.string(),
            "What was said for machines about training on the text when it was taken: a JSON object of train "
            "(allow, disallow, unknown), protocols that were looked for, checked_at (date of the capture) "
            "and every signal with place, location, line, raw value, effect, date and parser version; null: "
            "there is no URL and no signal, or the policy of the source is not_applicable.",
        ),
        make_field(
            "extra",
            pa.string(),
            "Further fields of the source, named by `fields.extra`: a JSON object in canonical form.",
        ),
    ]
)

REJECTED = pa.schema(
    [
        make_field("container", pa.string(), "File that held the record.", nullable=False),
        make_field(
            "offset", pa.int64(), "First byte (row, in columnar files) of the record.", nullable=False
        ),
        make_field("length", pa.int64(), "Bytes that are lost with it; null where unknown."),
        make_field("record_id", pa.string(), "Natural key, where it could be read."),
        make_field("reason", pa.string(), "snake_case reason, see docs/ledger.md.", nullable=False),
        make_field("detail", pa.string(), "What exactly was wrong, for a person.", nullable=False),
        make_field(
            "records",
            pa.int64(),
            "Records this row stands for; null: unknown (an unreadable tail).",
        ),
    ]
)
"""Records that a source could not turn into a document: a row, not a crash."""


ORIGIN = (
    "record_id",
    "container",
    "offset",
    "length",
    "raw_sha256",
    "license_evidence",
    "lang_declared",
    "retrieved",
    "notices",
    "reservation",
)
"""Columns of DOCUMENT that say where a document is from and what was said there, as releases order them."""


def make_doc_id(source: str, *, record_id: str) -> bytes:
    """Intrinsic identity of a document: 128 bits of SHA-256 over source uid and natural key.

    The uid is length-prefixed, so no two (uid, key) pairs share a preimage.
    """
    uid = source.encode()
    return hashlib.sha256(b"%d:%s:%s" % (len(uid), uid, record_id.encode())).digest()[:DOC_ID_BYTES]


def has_digest_key(keys: pa.StringArray) -> pa.BooleanArray:
    """Whether each of n natural keys, or null, is the digest of its record."""
    return pc.fill_null(pc.starts_with(keys, RECORD_DIGEST), False)


def make_text_id(key_id: bytes, *, exact_hash: bytes | None) -> bytes:
    """Id of a document whose source gives its key to another text too: 128 bits of SHA-256 of both.

    key_id is `make_doc_id` of source and key; exact_hash the text's, None where nothing is left of it.
    """
    return hashlib.sha256(key_id + (exact_hash or bytes(DOC_ID_BYTES))).digest()[:DOC_ID_BYTES]


def make_place_id(source: str, *, container: str, offset: int) -> bytes:
    """Id of a document whose key would tell of personal data: 128 bits of SHA-256 of its place.

    Its key is the digest of its record, and whoever has the masked text could try values in it until that
    digest, or an id that is made from it, came out. A place says nothing of the text.
    """
    uid, name = source.encode(), container.encode()
    place = b"place %d:%s:%d:%s:%d" % (len(uid), uid, len(name), name, offset)
    return hashlib.sha256(place).digest()[:DOC_ID_BYTES]


def conform(batch: pa.RecordBatch, *, schema: pa.Schema) -> pa.RecordBatch:
    """The same rows with exactly the columns of schema, in its order; raises on a missing one."""
    missing = [name for name in schema.names if name not in batch.schema.names]
    if missing:
        raise ValueError(f"batch lacks columns {missing}; it has {batch.schema.names}")
    return pa.RecordBatch.from_arrays([batch.column(name) for name in schema.names], schema=schema)
