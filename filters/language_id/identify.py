"""Assign a language to each document: script first, then the model's votes, then what the source declares."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from filters.kernels.compiling import text_buffers
from filters.kernels.script import NO_SCRIPT, SCRIPTS, dominant
from filters.kernels.votes import count_votes, sum_segments
from filters.language_id.candidates import families_of, name_candidates, names_of, place_of_nothing
from filters.language_id.declared import Declared
from filters.language_id.interspersed import SegmentVotes
from filters.language_id.labels import MULTIPLE, UNDETERMINED
from filters.language_id.model import Model
from filters.language_id.options import IdentifyOptions
from filters.language_id.reading import Reading, read_segments
from filters.language_id.segments import cut, measure_prose
from filters.language_id.standards import prefer_standards
from filters.language_id.verdict import STATUSES, Evidence, judge

_CANDIDATE = pa.struct([pa.field("lang", pa.string()), pa.field("score", pa.float32())])
_SHARE = pa.struct([pa.field("lang", pa.string()), pa.field("share", pa.float32())])


def _column(name: str, dtype: pa.DataType, meaning: str, *, nullable: bool = True) -> pa.Field:
    return pa.field(name, dtype, nullable=nullable, metadata={"meaning": meaning})


LANGUAGE = pa.schema(
    [
        _column(
            "lang",
            pa.string(),
            "BCP-47 language assigned to the document; und where nothing can be told.",
            nullable=False,
        ),
        _column(
            "lang_status",
            pa.string(),
            "confident: identified by the model; close_pair: identified, and a close language is nearly as "
            "likely; mixed: identified, and another language has at least a fifth of the text, or text in no "
            "language more than the language, which is the declared one; "
            "declared_unverified: the source's word, in a language that the model cannot name or rarely "
            "recognises; short: too few letters for the score; noise: code, markup or other text in no "
            "language; undetermined: no letters, or a score below the language's limit.",
            nullable=False,
        ),
        _column(
            "lang_score",
            pa.float32(),
            "Mean probability of lang over the segments that voted for it, rounded to 1e-4; null unless "
            "the model identified it.",
        ),
        _column(
            "lang_share",
            pa.float32(),
            "Share of the read text, by content, in segments that voted for lang or a close language; null "
            "where lang_score is.",
        ),
        _column(
            "lang_agrees",
            pa.bool_(),
            "Whether the identified language is the declared one; null unless identified and declared.",
        ),
        _column(
            "script",
            pa.string(),
            "ISO 15924 script of most letters read; Zyyy without letters, Zzzz for a script we do not tell "
            "apart.",
            nullable=False,
        ),
        _column(
            "lang_segments",
            pa.list_(_SHARE),
            "Languages of at least 5 % of the read text, by content, by the votes of segments, largest share "
            "first; und: segments in no language.",
            nullable=False,
        ),
        _column(
            "lang_candidates",
            pa.list_(_CANDIDATE),
            "The model's candidates whose script fits, by mean probability over the segments, best first, "
            "rounded to 1e-4.",
            nullable=False,
        ),
    ]
)


def identify(
    texts: pa.LargeStringArray,
    *,
    declared: pa.StringArray,
    model: Model,
    options: IdentifyOptions | None = None,
) -> pa.RecordBatch:
    """n documents and their declared language codes (or null) → n rows of LANGUAGE.

    Links, handles, hashtags and markup are not read. Candidates in whose scripts too few letters are
    written are left out; a segment in the script of one language alone is in it. Below the model's limit
    for a language, or for a text so short, a document is und, unless its source declares that language. A
    declared language wins a tie with a close one, and needs less of the text, beside other languages, where
    it is the largest or they are passages left in another, and beside text in none. A document declared in
    a language that the model cannot name, or names unreliably, stays declared_unverified if its script
    fits, unless the model gives another language at least override_score. Chinese is zh-Hant where
    characters that only traditional Chinese writes outnumber those of simplified Chinese, zh-Hans
    otherwise; a tie goes to the declared script.

    Never raises for what is in a text, not even for bytes that are no UTF-8.

    Of a document that is sampled, first_windows are read first, the others only if these leave a doubt, and
    mixed_windows if all of them find a second language.
    """
    options = options or IdentifyOptions()
    sampled = np.diff(text_buffers(texts)[1]) > options.segments.max_sample_bytes
    rows, second = _read_few(texts, np.flatnonzero(sampled), declared=declared, model=model, options=options)
    doubtful = sampled & (second >= options.min_doubt_share)
    if not doubtful.any():
        return rows
    chosen = pa.array(doubtful)
    segments = cut(texts.filter(chosen), options=options.mixed_segments)
    reading = read_segments(segments, rows=None, model=model, options=options)
    again, _ = _name(
        reading,
        segments.documents,
        of=(texts, np.flatnonzero(doubtful)),
        declared=declared.filter(chosen),
        model=model,
        options=options,
    )
    return _join(rows.filter(pa.array(~doubtful)), again, where=doubtful)


def _read_few(
    texts: pa.LargeStringArray,
    sampled: np.ndarray,
    *,
    declared: pa.StringArray,
    model: Model,
    options: IdentifyOptions,
) -> tuple[pa.RecordBatch, np.ndarray]:
    """identify, without mixed_windows, and the shares of second languages.

    sampled: places of the documents of which windows are read.
    """
    segments = cut(texts, options=options.segments)
    if len(sampled) == 0 or options.first_windows >= options.segments.windows:
        reading = read_segments(segments, rows=None, model=model, options=options)
        of = texts, np.arange(len(texts))
        return _name(reading, segments.documents, of=of, declared=declared, model=model, options=options)
    rows, ends = segments.rows_of(sampled, count=options.first_windows)
    reading = read_segments(segments, rows=rows, model=model, options=options)
    first, _ = _name(
        reading,
        ends,
        of=(texts, sampled),
        declared=declared.take(pa.array(sampled)),
        model=model,
        options=options,
    )
    clear = pc.and_(pc.equal(first["lang_status"], "confident"), pc.equal(first["lang_share"], 1))
    clear = pc.and_(clear, pc.greater_equal(first["lang_score"], np.float32(options.certain_score)))
    clear = pc.fill_null(clear, False).to_numpy(zero_copy_only=False)
    decided = np.zeros(len(texts), np.bool_)
    decided[sampled[clear]] = True
    others = np.flatnonzero(~decided)
    places = np.full(len(segments.bytes), -1)
    places[rows] = np.arange(len(rows))
    rows, ends = segments.rows_of(others)
    unread = rows[places[rows] < 0]
    places[unread] = len(reading.total) + np.arange(len(unread))
    reading = reading.followed_by(read_segments(segments, rows=unread, model=model, options=options))
    rest, shares = _name(
        reading.take(places[rows]),
        ends,
        of=(texts, others),
        declared=declared.take(pa.array(others)),
        model=model,
        options=options,
    )
    second = np.zeros(len(texts))
    second[others] = shares
    return _join(rest, first.filter(pa.array(clear)), where=decided), second


def _join(rows: pa.RecordBatch, others: pa.RecordBatch, *, where: np.ndarray) -> pa.RecordBatch:
    """Rows of two batches in the order of their documents: others where it says so, bool [n]."""
    order = np.empty(len(where), np.int64)
    order[~where], order[where] = np.arange(len(rows)), len(rows) + np.arange(len(others))
    return pa.Table.from_batches([rows, others]).combine_chunks().take(pa.array(order)).to_batches()[0]


def _name(
    reading: Reading,
    documents: np.ndarray,
    *,
    of: tuple[pa.LargeStringArray, np.ndarray],
    declared: pa.StringArray,
    model: Model,
    options: IdentifyOptions,
) -> tuple[pa.RecordBatch, np.ndarray]:
    """identify, of documents whose segments are all read, and the shares of second languages float64 [n].

    Those of document i are [documents[i], documents[i + 1]). of: texts, and which of them each document is.
    """
    texts, rows = of
    whole = np.diff(text_buffers(texts)[1])[rows] <= options.mixed_segments.max_sample_bytes
    letters = _per_document(reading.letters, documents)
    han = _per_document(reading.han, documents)
    names = names_of(model.tags)
    sources = Declared.read(declared, names=names, unreliable=model.description.unreliable)
    simplified = (han[:, 0] > han[:, 1]) | ((han[:, 0] == han[:, 1]) & ~sources.traditional)
    candidates = name_candidates(
        reading.predictions,
        model=model,
        letters=reading.letters,
        needed=reading.needed,
        simplified=np.repeat(simplified, np.diff(documents)),
    )
    weights = np.where(reading.total >= options.min_letters, reading.content, 0)
    candidates = prefer_standards(candidates, documents, weights, model=model)
    nothing = place_of_nothing(names)
    limits = (options.min_vote_score, options.min_listed_share, options.min_candidate_score)
    apart = (options.min_second_share, options.apart_score)
    best, outvoted, votes, shares, means, cast = count_votes(
        documents, weights, candidates, families_of(model), nothing, (*limits, *apart)
    )
    means = (*means[:2], np.round(np.minimum(means[2], 1.0), 4))
    evidence = Evidence(
        outvoted=outvoted,
        letters=letters,
        letter_bytes=_per_document(reading.letter_bytes[:, None], documents)[:, 0],
        coded_share=_per_document(np.stack([weights * reading.coded, weights], axis=1), documents),
        means=means,
        segments=SegmentVotes(documents, weights, *cast, whole=whole),
        prose_share=lambda chosen: measure_prose(texts, rows=rows[chosen]),
    )
    verdict = judge(best, votes, evidence=evidence, sources=sources, model=model, options=options)
    script = dominant(letters)
    vocabulary = pa.array([*names, *sources.tags, MULTIPLE, UNDETERMINED], pa.string())
    scripts = pa.array([*SCRIPTS, NO_SCRIPT], pa.string())
    named = verdict.named
    columns = [
        vocabulary.take(pa.array(verdict.lang)),
        pa.array(STATUSES).take(pa.array(verdict.status)),
        pa.array(verdict.score, pa.float32(), mask=~named),
        pa.array(verdict.share.astype(np.float32), pa.float32(), mask=~named),
        pa.array(verdict.agrees, pa.bool_(), mask=~(named & sources.given)),
        scripts.take(pa.array(np.where(script < 0, len(SCRIPTS), script))),
        _lists(shares, names=(*names, UNDETERMINED), kind=_SHARE, limit=len(names)),
        _lists(means, names=names, kind=_CANDIDATE, limit=options.max_candidates),
    ]
    return pa.RecordBatch.from_arrays(columns, schema=LANGUAGE), np.where(outvoted < 0, votes[2], votes[1])


def _per_document(counts: np.ndarray, documents: np.ndarray) -> np.ndarray:
    """Sums of the segments' rows: int64 [m, k], [n + 1] → int64 [n, k]."""
    sums = np.empty((len(documents) - 1, counts.shape[1]), np.int64)
    sum_segments(counts, documents, sums)
    return sums


def _lists(
    columns: tuple[np.ndarray, np.ndarray, np.ndarray],
    *,
    names: tuple[str, ...],
    kind: pa.DataType,
    limit: int,
) -> pa.ListArray:
    """(ends [n + 1], name, value) → n lists of at most limit (name, value)."""
    ends, name, value = columns
    counts = np.diff(ends)
    kept = np.arange(len(name)) - np.repeat(ends[:-1], counts) < limit
    offsets = np.zeros(len(ends), np.int32)
    np.cumsum(np.minimum(counts, limit), out=offsets[1:])
    tags = pa.array(names, pa.string()).take(pa.array(name[kept]))
    values = pa.array(value[kept], pa.float32())
    return pa.ListArray.from_arrays(
        pa.array(offsets), pa.StructArray.from_arrays([tags, values], fields=list(kind))
    )
