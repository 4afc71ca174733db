"""`rhizotron new language`: clean documents of a language outside the 46 → its language file."""

import hashlib
import posixpath
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import langcodes
import pyarrow as pa
import pyarrow.compute as pc

import sources
from filters import languages
from filters.language_id import DEFAULT_MODEL, load_model
from filters.language_id.candidates import names_of
from filters.languages import Language, LanguageFile
from filters.languages.limits import MIN_DOCUMENTS, derive_rules, halves, loss
from filters.languages.render import render
from filters.languages.stop_words import MIN_PASSAGES, PASSAGE_WORDS, derive_stop_words, words_of
from layers import storage
from layers.entries import Unit
from layers.shards import text_lengths
from pipeline.config.languages import tag_problem
from pipeline.config.measure import MeasureConfig
from pipeline.errors import InputError
from pipeline.stages.measure.batch import measure_batches
from pipeline.stages.measure.measurer import Measurer
from sources.base import RecordLog, SourceSpec

MAX_TEXT_BYTES = 64 << 20
"""Read of each file: more says little about words of 15 % of passages and limits for 1 % of documents."""
NOT_SPACED = frozenset({"Hani", "Kana", "Thai", "Laoo", "Khmr", "Mymr", "Tibt"})
"""Scripts in which white space does not end words."""
MIN_SCRIPT_SHARE = 0.05
"""Of the documents, for a script that the language is written in."""
MIN_OWN_SHARE = 0.5
"""Of the documents, that are identified as the language: of fewer, the tag is wrong or the text is."""


@dataclass(frozen=True)
class NewLanguage:
    """A language from clean documents, and what its limits remove of those that did not set them."""

    language: Language
    text: str
    """Of its file."""
    documents: int
    """That are in the language."""
    held_out: pa.RecordBatch
    """Signals of the documents that set no limit."""
    is_named: bool
    """Whether the bundled model can name the language."""
    others: Mapping[str, int]
    """Language → documents that were identified as it, and left out."""
    rejected: Mapping[str, int]
    """Why a record became no document → records."""
    is_cut: bool
    """Whether a file was read up to MAX_TEXT_BYTES only."""

    @property
    def lost(self) -> float:
        """Share of the documents held out that fail any rule."""
        return loss(self.held_out, rules=self.language.rules)


@dataclass
class _Clean:
    """Documents of files, as they are read."""

    batches: dict[str, list[pa.RecordBatch]] = field(default_factory=dict)
    digests: dict[str, str] = field(default_factory=dict)
    rejected: Counter[str] = field(default_factory=Counter)
    is_cut: bool = False

    def read(self, path: str, *, text_field: str, tag: str) -> None:
        kind = "parquet" if path.endswith(".parquet") else "jsonl"
        folder, name = posixpath.split(path)
        spec = SourceSpec("clean", kind, folder or ".", "NOASSERTION", lang=tag, fields={"text": text_field})
        unit = Unit("clean", name)
        log = RecordLog(unit)
        batches = self.batches[path] = []
        digest, size = hashlib.sha256(), 0
        try:
            for batch in sources.load(kind).read(unit, spec=spec, log=log):
                batches.append(batch)
                for raw in batch["raw_sha256"].to_pylist():
                    digest.update(raw)
                size += int(text_lengths(batch["text"]).sum())
                if size >= MAX_TEXT_BYTES:
                    self.is_cut = True
                    break
        except OSError as error:
            raise InputError(f"cannot read {path}: {error.strerror or error}") from error
        self.rejected.update(row["reason"] for row in log.rejected)
        self.digests[path] = digest.hexdigest()

    def texts(self) -> dict[str, list[str]]:
        return {
            path: [text for batch in batches for text in batch["text"].to_pylist()]
            for path, batches in self.batches.items()
        }


def derive_language(tag: str, *, paths: Sequence[str], text_field: str = "text") -> NewLanguage:
    """A language's file from files of clean documents: JSON lines, or Parquet where a name ends in .parquet.

    Each file is a source of its own. Raises InputError for a tag that cannot have a file, and for text that
    is too little, in another language, or in a script in which white space does not end words.
    """
    if problem := tag_problem(tag):
        raise InputError(problem)
    clean = _Clean()
    for path in dict.fromkeys(paths):
        clean.read(path, text_field=text_field, tag=tag)
    texts = clean.texts()
    stop_words = derive_stop_words(texts)
    draft = _make_language(tag, stop_words=stop_words, clean=clean)
    signals = _measure([batch for batches in clean.batches.values() for batch in batches], language=draft)
    own = signals.filter(pc.equal(signals["lang"], tag))
    others = Counter(lang for lang in signals["lang"].to_pylist() if lang != tag)
    _check_language(own, tag=tag, others=others)
    first, second = halves(own)
    if not stop_words or len(first) < MIN_DOCUMENTS:
        raise InputError(_describe_amount(first, tag=tag, texts=texts, clean=clean))
    rules = derive_rules(first)
    text = render(replace(draft, scripts=_scripts(own), rules=rules, has_quality_thresholds=True))
    return NewLanguage(
        languages.parse(text, tag=tag),
        text,
        documents=len(own),
        held_out=second,
        is_named=tag in names_of(load_model(DEFAULT_MODEL).tags),
        others=others,
        rejected=clean.rejected,
        is_cut=clean.is_cut,
    )


def _make_language(tag: str, *, stop_words: Sequence[str], clean: _Clean) -> Language:
    """The language without rules and scripts."""
    places = ", ".join(
        f"{storage.name_of(path)} (records' sha256 {clean.digests[path][:16]})" for path in clean.batches
    )
    name = langcodes.Language.get(tag)
    return replace(
        languages.DEFAULT,
        tag=tag,
        name=name.display_name(),
        iso639_3=name.to_alpha3(),
        stop_words=tuple(sorted(stop_words)),
        stop_words_origin=f"`rhizotron new language` from clean documents of {places}; the recipe is in "
        "docs/stop_words.md.",
        gopher_stop_words=tuple(sorted(stop_words)),
        flagged_words_origin="No list was derived.",
        notes="The limits of origin default are those that most bundled languages have. No flagged words.",
    )


def _measure(batches: Sequence[pa.RecordBatch], *, language: Language) -> pa.RecordBatch:
    """Signals of all documents, with the lists of the language; raises InputError where a filter raises."""
    config = MeasureConfig()
    measurer = Measurer(
        edits=tuple(config.edits),
        signals=config.sets,
        model=config.language_id.model,
        max_sample_bytes=config.language_id.max_sample_bytes,
        minhash=config.minhash.to_options(),
    )
    errors: list[dict[str, object]] = []
    before = languages.active()
    languages.activate([LanguageFile(language.tag, render(language))])
    try:
        measured = measure_batches(iter(batches), measurer=measurer, errors=errors, lost=[])
        signals = [rows for _, rows, _ in measured]
    finally:
        languages.activate(before)
    if errors:
        raise InputError(f"a document cannot be measured: {errors[0]['reason']}: {errors[0]['detail']}")
    table = pa.Table.from_batches(signals, schema=measurer.signals_schema).combine_chunks()
    return pa.RecordBatch.from_arrays(
        [column.combine_chunks() for column in table.columns], schema=table.schema
    )


def _check_language(own: pa.RecordBatch, *, tag: str, others: Counter[str]) -> None:
    """Raise InputError where most documents are in another language, or words cannot be told."""
    total = len(own) + others.total()
    if len(own) < MIN_OWN_SHARE * total:
        listed = ", ".join(f"{lang} {n:,}" for lang, n in others.most_common(3))
        raise InputError(
            f"{len(own):,} of {total:,} documents are identified as {tag}, others as {listed}: "
            "give clean documents of the language, and its tag"
        )
    not_spaced = NOT_SPACED.intersection(_scripts(own))
    if not_spaced:
        raise InputError(
            f"{tag} is written in {', '.join(sorted(not_spaced))}, in which white space does not end words: "
            "stop words and limits per word cannot be derived; write its file by hand, as "
            "filters/languages/zh-Hans.yaml"
        )


def _scripts(own: pa.RecordBatch) -> tuple[str, ...]:
    counts = Counter(own["script"].to_pylist())
    enough = max(MIN_SCRIPT_SHARE * len(own), 1)
    return tuple(
        sorted(script for script, n in counts.items() if n >= enough and script not in ("Zyyy", "Zzzz"))
    )


def _describe_amount(
    first: pa.RecordBatch, *, tag: str, texts: Mapping[str, Sequence[str]], clean: _Clean
) -> str:
    words = {path: sum(len(words_of(text)) for text in each) for path, each in texts.items()}
    has = "; ".join(f"{path}: {len(texts[path]):,} documents, {n:,} words" for path, n in words.items())
    lost = clean.rejected.total()
    return (
        f"too little text in {tag}: {has}{f'; {lost:,} records cannot be read' if lost else ''}. Needed are "
        f"{MIN_PASSAGES * PASSAGE_WORDS:,} words of one file for stop words, and for limits {MIN_DOCUMENTS} "
        f"documents in the half that sets them, about {2 * MIN_DOCUMENTS} in all; that half has "
        f"{len(first):,}. Documents may be paragraphs"
    )
