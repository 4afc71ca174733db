"""Which value of a dropped document failed which limit: its signals beside the rules of its language."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from filters.rules import Cut
from layers.columns import column
from layers.document import make_field
from layers.entries import Entry
from pipeline.job import Job
from pipeline.stages.decide.rules import target_rules

_NEAR_DUPLICATE = "near_duplicate"
FAILED = make_field(
    "failed",
    pa.list_(
        pa.struct(
            [
                pa.field("rule", pa.string(), nullable=False),
                pa.field("value", pa.float64()),
                pa.field("limit", pa.float64()),
            ]
        )
    ),
    "Each of `reasons` with the document's value and the limit that it is beyond; both null where the rule "
    "is about no number. Null of records that no rule judged.",
)


def find_failed(
    reasons: pa.ListArray, *, lang: pa.Array, similarity: pa.Array, signals: pa.Table, source: str, job: Job
) -> pa.ListArray:
    """n lists of reasons, with language, similarity and signals of the same n documents → n values of FAILED.

    signals need the columns of `failed_columns`.
    """
    rules = target_rules(set(lang.unique().to_pylist()), job=job, source=source)
    cuts = {(tag, cut.reason): cut for tag, own in rules.items() for rule in own for cut in rule.cuts}
    flat, parents = reasons.flatten(), pc.list_parent_indices(reasons)
    values, limits = np.full(len(flat), np.nan), np.full(len(flat), np.nan)
    pairs = pa.table({"lang": lang.take(parents), "reason": flat})
    for pair in pairs.group_by(["lang", "reason"]).aggregate([]).to_pylist():
        rows = np.flatnonzero(
            pc.and_(pc.equal(pairs["lang"], pair["lang"]), pc.equal(pairs["reason"], pair["reason"]))
        )
        documents = parents.take(pa.array(rows))
        cut = cuts.get((pair["lang"], pair["reason"]))
        if cut is not None:
            values[rows], limits[rows] = _values(cut, signals=signals, rows=documents), cut.limit
        elif pair["reason"] == _NEAR_DUPLICATE:
            values[rows] = _to_floats(similarity.take(documents))
            limits[rows] = np.where(np.isnan(values[rows]), np.nan, job.config.decide.min_similarity)
    numbers = [pa.array(each, mask=np.isnan(each)) for each in (values, limits)]
    structs = pa.StructArray.from_arrays([flat, *numbers], fields=list(FAILED.type.value_type))
    offsets = np.concatenate([[0], np.cumsum(pc.list_value_length(reasons).to_numpy())]).astype(np.int32)
    return pa.ListArray.from_arrays(pa.array(offsets), structs).cast(FAILED.type)


def failed_columns(entry: Entry, *, job: Job) -> list[str]:
    """The signals that the rules of the languages of a measured part are about."""
    langs = [run["lang"] for run in entry.facts["langs"]]
    rules = target_rules(langs, job=job, source=entry.unit.source)
    return sorted({rule.signal for own in rules.values() for rule in own})


def _values(cut: Cut, *, signals: pa.Table, rows: pa.Array) -> np.ndarray:
    return _to_floats(column(signals, cut.signal).take(rows))


def _to_floats(values: pa.Array) -> np.ndarray:
    """float64, NaN where null; truth values are 0 and 1."""
    numbers = values.cast(pa.uint8()) if pa.types.is_boolean(values.type) else values
    return np.asarray(numbers.cast(pa.float64(), safe=False).to_numpy(zero_copy_only=False), np.float64)
