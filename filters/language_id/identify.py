"""Assign a language to each document: script first, then the model, then what the source declares."""

from dataclasses import dataclass
from functools import cache

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from filters import languages
from filters.kernels.script import NO_SCRIPT, SCRIPTS, count_scripts, dominant
from filters.language_id.labels import CHINESE, UNDETERMINED, canonical_tag
from filters.language_id.model import Model, Predictions
from filters.language_id.sampling import sample

IDENTIFIED = "identified"
DECLARED_UNVERIFIED = "declared_unverified"
UNDETERMINED_STATUS = "undetermined"

_CANDIDATE = pa.struct([pa.field("lang", pa.string()), pa.field("score", pa.float32())])


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
            "cannot name or rarely recognises; undetermined: too few letters, no candidate, or the model "
            "takes it for no language.",
            nullable=False,
        ),
        _column(
            "lang_score",
            pa.float32(),
            "Probability that the model gives lang, rounded to 1e-4; null unless identified.",
        ),
        _column(
            "lang_agrees",
            pa.bool_(),
            "Whether the identified language is the declared one; null unless identified and declared.",
        ),
        _column(
            "script",
            pa.string(),
            "ISO 15924 script of most letters; Zyyy without letters, Zzzz for a script we do not tell apart.",
            nullable=False,
        ),
        _column(
            "lang_candidates",
            pa.list_(_CANDIDATE),
            "The model's candidates whose script fits, best first, with probabilities rounded to 1e-4.",
            nullable=False,
        ),
    ]
)


@dataclass(frozen=True)
class IdentifyOptions:
    """Limits of identification; every one is part of what the result means."""

    max_sample_bytes: int = 2048
    """UTF-8 bytes of a document that the model reads."""
    min_letters: int = 3
    """With fewer letters a document is undetermined."""
    min_script_share: float = 0.2
    """A language fits if at least this share of the letters is in its scripts. Not one half: code, names
    and quotations in Latin letters outnumber the Chinese characters of many a Chinese manual."""
    max_candidates: int = 5
    min_candidate_score: float = 0.01
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

    Candidates in whose scripts too few letters are written are left out. A document declared in a language
    that the model cannot name, or names unreliably, stays declared_unverified if its script fits, unless
    the model gives another language at least override_score. Chinese is zh-Hant where characters that only
    traditional Chinese writes outnumber those of simplified Chinese, zh-Hans otherwise; a tie goes to the
    declared script.
    """
    options = options or IdentifyOptions()
    letters, han = count_scripts(texts)
    script = dominant(letters)
    total = letters.sum(axis=1)
    legible = total >= options.min_letters
    needed = np.ceil(total * options.min_script_share)
    names = _names(model.tags)
    sources = _Declared.read(declared, names=names, unreliable=model.unreliable)
    traditional = han[:, 1] > han[:, 0]
    traditional |= (han[:, 1] == han[:, 0]) & sources.traditional
    lines = sample(texts, max_sample_bytes=options.max_sample_bytes)
    found = model.predict(lines, min_score=options.min_candidate_score)
    doc, name, score = _candidates(
        found, names=names, tags=model.tags, letters=letters, needed=needed, traditional=traditional
    )
    kept = legible[doc]
    doc, name, score = doc[kept], name[kept], score[kept]
    counts = np.bincount(doc, minlength=len(texts))
    first = np.cumsum(counts) - counts
    some = counts > 0
    best = np.full(len(texts), -1)
    best[some] = name[first[some]]
    best_score = np.zeros(len(texts), np.float32)
    best_score[some] = score[first[some]]

    unnameable = sources.given & ~sources.nameable & (sources.fitting_letters(letters) >= needed)
    unverified = legible & unnameable & (best_score < np.float32(options.override_score))
    unverified &= ~sources.agrees(best)
    nothing = names.index(UNDETERMINED) if UNDETERMINED in names else -1
    identified = some & ~unverified & (best != nothing)
    lang = np.where(identified, best, np.where(unverified, sources.tag + len(names), -1))
    vocabulary = pa.array([*names, *sources.tags, UNDETERMINED], pa.string())
    status = np.where(identified, 0, np.where(unverified, 1, 2))
    scripts = pa.array([*SCRIPTS, NO_SCRIPT], pa.string())
    columns = [
        vocabulary.take(pa.array(np.where(lang < 0, len(vocabulary) - 1, lang))),
        pa.array([IDENTIFIED, DECLARED_UNVERIFIED, UNDETERMINED_STATUS]).take(pa.array(status)),
        pa.array(best_score, pa.float32(), mask=~identified),
        pa.array(sources.agrees(best), pa.bool_(), mask=~(identified & sources.given)),
        scripts.take(pa.array(np.where(script < 0, len(SCRIPTS), script))),
        _candidate_lists(doc, name, score, first=first, names=names, limit=options.max_candidates),
    ]
    return pa.RecordBatch.from_arrays(columns, schema=LANGUAGE)


@cache
def _names(tags: tuple[str, ...]) -> tuple[str, ...]:
    """Every tag that the model can end in, sorted, Chinese in both orthographies."""
    both = {"zh-Hans", "zh-Hant"} if CHINESE in tags else set()
    return tuple(sorted((set(tags) - {CHINESE}) | both))


@cache
def _fitting(tag: str) -> np.ndarray:
    """Whether tag is written in each of SCRIPTS: bool, all true for a language that we do not know."""
    if tag == CHINESE:
        return _fitting("zh-Hans")
    known = languages.load(tag).scripts if tag in languages.TAGS else ()
    return np.array([not known or code in known for code in SCRIPTS])


@cache
def _script_kinds(names: tuple[str, ...]) -> tuple[np.ndarray, np.ndarray]:
    """Distinct sets of scripts int64 [kinds, scripts], and which of them each name has int64 [names]."""
    kinds, kind = np.unique([_fitting(name) for name in names], axis=0, return_inverse=True)
    return kinds.astype(np.int64), kind.ravel()


def _candidates(
    found: Predictions,
    *,
    names: tuple[str, ...],
    tags: tuple[str, ...],
    letters: np.ndarray,
    needed: np.ndarray,
    traditional: np.ndarray,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(document, name, score) sorted by document, falling score and name; labels of one name are added."""
    places = {name: place for place, name in enumerate(names)}
    to_name = np.array([places.get(tag, -1) for tag in tags])
    doc = np.repeat(np.arange(len(letters)), np.diff(found.offsets))
    name = to_name[found.labels]
    if CHINESE in tags:
        chinese = name < 0
        name[chinese] = np.where(traditional[doc[chinese]], places["zh-Hant"], places["zh-Hans"])
    kinds, kind = _script_kinds(names)
    kept = (letters @ kinds.T)[doc, kind[name]] >= needed[doc]
    keys, score = doc[kept] * len(names) + name[kept], found.scores[kept].astype(np.float64)
    chinese_tags = {CHINESE, "zh-Hans", "zh-Hant"} & set(tags)
    if len(set(tags)) < len(tags) or (CHINESE in tags and len(chinese_tags) > 1):
        keys, group = np.unique(keys, return_inverse=True)
        score = np.bincount(group, weights=score, minlength=len(keys))
    score = np.round(np.minimum(score, 1.0), 4)
    doc, name = np.divmod(keys, len(names))
    order = np.lexsort((name, -score, doc))
    return doc[order], name[order], score[order].astype(np.float32)


def _candidate_lists(
    doc: np.ndarray,
    name: np.ndarray,
    score: np.ndarray,
    *,
    first: np.ndarray,
    names: tuple[str, ...],
    limit: int,
) -> pa.ListArray:
    kept = np.arange(len(doc)) - first[doc] < limit
    offsets = np.zeros(len(first) + 1, np.int32)
    np.cumsum(np.bincount(doc[kept], minlength=len(first)), out=offsets[1:])
    values = pa.StructArray.from_arrays(
        [pa.array(names, pa.string()).take(pa.array(name[kept])), pa.array(score[kept], pa.float32())],
        fields=list(_CANDIDATE),
    )
    return pa.ListArray.from_arrays(pa.array(offsets), values)


@dataclass(frozen=True)
class _Declared:
    """What the sources declare, per document, resolved once per distinct code."""

    tags: tuple[str, ...]
    tag: np.ndarray
    """Index into tags, 0 where nothing is declared."""
    given: np.ndarray
    nameable: np.ndarray
    traditional: np.ndarray
    name: np.ndarray
    """Index into the model's names; -1 for none, -2 for Chinese of either orthography."""
    chinese: np.ndarray
    """Per name of the model: whether it is Chinese."""

    @classmethod
    def read(
        cls, declared: pa.StringArray, *, names: tuple[str, ...], unreliable: frozenset[str]
    ) -> "_Declared":
        encoded = pc.dictionary_encode(declared)
        codes = np.array([*encoded.dictionary.to_pylist(), ""], object)
        resolved = [canonical_tag(code) if code else None for code in codes]
        index = pc.fill_null(encoded.indices, len(codes) - 1).to_numpy(zero_copy_only=False)
        tags = tuple(tag or UNDETERMINED for tag in resolved)
        places = {name: place for place, name in enumerate(names)}
        places |= {CHINESE: -2} if "zh-Hans" in places else {}
        name = np.array([places.get(tag, -1) for tag in tags])[index]
        return cls(
            tags=tags,
            tag=index,
            given=np.array([tag is not None for tag in resolved])[index],
            nameable=(name != -1) & np.array([tag not in unreliable for tag in tags])[index],
            traditional=np.array([tag == "zh-Hant" for tag in tags])[index],
            name=name,
            chinese=np.array([each.startswith("zh-") for each in names]),
        )

    def fitting_letters(self, letters: np.ndarray) -> np.ndarray:
        """Letters of each document in the scripts of its declared language: int64 [n]."""
        table = np.array([_fitting(tag) for tag in self.tags])
        written: np.ndarray = (letters * table[self.tag]).sum(axis=1)
        return written

    def agrees(self, best: np.ndarray) -> np.ndarray:
        """Whether each best name (-1: none) is the declared one: bool."""
        same: np.ndarray = best == self.name
        same |= (self.name == -2) & self.chinese[best]
        return same & (best >= 0)
