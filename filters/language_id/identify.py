"""Assign a language to each document: script first, then the model's votes, then what the source declares."""

from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa

from filters.kernels.script import NO_SCRIPT, SCRIPTS, count_scripts, dominant
from filters.kernels.votes import count_votes
from filters.language_id.candidates import find_candidates, names_of
from filters.language_id.declared import Declared
from filters.language_id.labels import MULTIPLE, UNDETERMINED
from filters.language_id.model import Model
from filters.language_id.segments import SegmentOptions, cut, letters_only

STATUSES = ("identified", "declared_unverified", "multilingual", "undetermined")

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
            "identified: by the model; declared_unverified: the source's word, in a language that the model "
            "cannot name or rarely recognises; multilingual: identified, and another language has at least a "
            "fifth of the text; undetermined: too few letters, a score below the language's limit, or text "
            "that the model takes for no language.",
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
            "Share of the read bytes in segments that voted for lang; null where lang_score is.",
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
            "Languages of at least 5 % of the read bytes by the votes of segments, largest share first; und: "
            "segments without a candidate.",
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


@dataclass(frozen=True)
class IdentifyOptions:
    """Limits of identification; every one is part of what the result means."""

    segments: SegmentOptions = field(default_factory=SegmentOptions)
    min_letters: int = 3
    """With fewer letters a document, or a segment of it, is undetermined."""
    min_script_share: float = 0.2
    """A language fits if at least this share of a segment's letters is in its scripts. Not one half: code,
    names and quotations in Latin letters outnumber the Chinese characters of many a Chinese manual."""
    max_symbol_share: float = 0.08
    """A segment with a larger share of SYMBOLS is code or markup and in no language, whatever its words:
    0.02 % of the segments of medical prose in 36 languages, 56 % of those of source files."""
    max_candidates: int = 5
    min_candidate_score: float = 0.01
    min_vote_score: float = 0.1
    """A segment without a candidate of this probability votes for no language."""
    min_listed_share: float = 0.05
    min_second_share: float = 0.2
    """From this share of a second language on a document is multilingual."""
    min_majority_share: float = 0.6
    """A multilingual document in which no language reaches this share is `mul`."""
    override_score: float = 0.95
    """From this score on the model is believed against a declared language that it cannot name;
    docs/language_id.md has the measurement."""


def identify(
    texts: pa.LargeStringArray,
    *,
    declared: pa.StringArray,
    model: Model,
    options: IdentifyOptions | None = None,
) -> pa.RecordBatch:
    """n documents and their declared language codes (or null) → n rows of LANGUAGE.

    Candidates in whose scripts too few letters are written are left out. Below the model's limit for a
    language a document is und, unless its source declares that language. A document declared in a language
    that the model cannot name, or names unreliably, stays declared_unverified if its script fits, unless
    the model gives another language at least override_score. Chinese is zh-Hant where characters that only
    traditional Chinese writes outnumber those of simplified Chinese, zh-Hans otherwise; a tie goes to the
    declared script. Never raises for what is in a text, not even for bytes that are no UTF-8.
    """
    options = options or IdentifyOptions()
    segments = cut(texts, options=options.segments)
    segment_letters, segment_han = count_scripts(segments.lines)
    letters = _per_document(segment_letters, segments.documents)
    han = _per_document(segment_han, segments.documents)
    script = dominant(letters)
    names = names_of(model.tags)
    sources = Declared.read(declared, names=names, unreliable=model.description.unreliable)
    simplified = (han[:, 0] > han[:, 1]) | ((han[:, 0] == han[:, 1]) & ~sources.traditional)
    lines = letters_only(segments.lines) if model.description.reads_letters_only else segments.lines
    total = segment_letters.sum(axis=1)
    coded = segments.symbols > options.max_symbol_share * segments.bytes
    candidates = find_candidates(
        model.predict(lines, min_score=options.min_candidate_score),
        model=model,
        letters=segment_letters,
        needed=np.where(coded, total + 1, np.ceil(total * options.min_script_share)),
        simplified=np.repeat(simplified, np.diff(segments.documents)),
    )
    weights = np.where(total >= options.min_letters, segments.bytes, 0)
    limits = (options.min_vote_score, options.min_listed_share, options.min_candidate_score)
    best, scores, shares, means = count_votes(segments.documents, weights, candidates, len(names), limits)
    means = (*means[:2], np.round(np.minimum(means[2], 1.0), 4))
    verdict = _judge(best, scores, letters=letters, sources=sources, model=model, options=options)
    vocabulary = pa.array([*names, *sources.tags, MULTIPLE, UNDETERMINED], pa.string())
    scripts = pa.array([*SCRIPTS, NO_SCRIPT], pa.string())
    named = verdict.named
    columns = [
        vocabulary.take(pa.array(verdict.lang)),
        pa.array(STATUSES).take(pa.array(verdict.status)),
        pa.array(verdict.score, pa.float32(), mask=~named),
        pa.array(scores[1].astype(np.float32), pa.float32(), mask=~named),
        pa.array(verdict.agrees, pa.bool_(), mask=~(named & sources.given)),
        scripts.take(pa.array(np.where(script < 0, len(SCRIPTS), script))),
        _lists(shares, names=(*names, UNDETERMINED), kind=_SHARE, limit=len(names)),
        _lists(means, names=names, kind=_CANDIDATE, limit=options.max_candidates),
    ]
    return pa.RecordBatch.from_arrays(columns, schema=LANGUAGE)


@dataclass(frozen=True)
class _Verdict:
    """Of n documents."""

    lang: np.ndarray
    """Index into names, declared tags, mul, und: int64 [n]."""
    status: np.ndarray
    """Index into STATUSES."""
    score: np.ndarray
    named: np.ndarray
    """Whether the model identified the language."""
    agrees: np.ndarray


def _judge(
    best: np.ndarray,
    votes: np.ndarray,
    *,
    letters: np.ndarray,
    sources: Declared,
    model: Model,
    options: IdentifyOptions,
) -> _Verdict:
    """The winners of the votes against limits and declarations; votes: score, share, second share [3, n]."""
    names = names_of(model.tags)
    nothing = names.index(UNDETERMINED) if UNDETERMINED in names else len(names)
    best = np.where((best == len(names)) | (best == nothing), -1, best)
    score = np.round(np.minimum(votes[0], 1.0), 4).astype(np.float32)
    agrees = sources.agrees(best)
    limits = np.array([model.description.min_scores.get(name, 0.0) for name in names], np.float32)
    believed = (best >= 0) & (agrees | (score >= limits[best]))
    total = letters.sum(axis=1)
    fits = sources.fitting_letters(letters, scripts=model.description.scripts) >= np.ceil(
        total * options.min_script_share
    )
    unverified = sources.given & ~sources.nameable & fits & (total >= options.min_letters)
    unverified &= ~agrees & ~(score >= np.float32(options.override_score))
    named = believed & ~unverified
    several = named & (votes[2] >= options.min_second_share)
    mixed = several & (votes[1] < options.min_majority_share)
    keeps_tag = unverified | (named & agrees & sources.equivalent)
    count = len(names) + len(sources.tags)
    lang = np.where(named, best, count + 1)
    lang = np.where(keeps_tag, sources.tag + len(names), lang)
    lang = np.where(mixed, count, lang)
    status = np.select([several, named, unverified], [2, 0, 1], 3)
    return _Verdict(lang=lang, status=status, score=score, named=named, agrees=agrees & ~mixed)


def _per_document(counts: np.ndarray, documents: np.ndarray) -> np.ndarray:
    """Sums of the segments' rows: int64 [m, k], [n + 1] → int64 [n, k]."""
    sums = np.zeros((len(documents) - 1, counts.shape[1]), np.int64)
    filled = documents[1:] > documents[:-1]  # reduceat gives an empty range the row that follows it
    if filled.any():
        sums[filled] = np.add.reduceat(counts, documents[:-1][filled], axis=0)
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
