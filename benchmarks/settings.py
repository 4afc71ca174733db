"""What each side of the comparison does, told beside every result: less work must not pass for speed."""

from collections.abc import Mapping
from typing import Any

_WITHOUT_GOPHER = (
    "**This pipeline has no Gopher signals here**: its rules are those of ROOTS, and datatrove computes "
    "more n-gram statistics per document (2- to 10-grams of words) than it does. The ratio is that of two "
    "pipelines with a repetition filter each, not of the same formulas; and the rows on quality compare "
    "two rule sets."
)

_ROWS = (
    ("input", "plain JSON-lines files; the fields text, id, url, license", "the same files, all fields"),
    (
        "language",
        "lid.176.ftz on at most {max_sample_bytes:,} evenly spaced bytes of a document, scripts checked",
        "lid.176.ftz on the whole document, scores of all labels (`LanguageFilter`, `label_only`)",
    ),
    (
        "words of the rules",
        "runs of non-space; in Chinese each Han or kana character",
        "mode *one*: spaCy's neutral `xx`; mode *by language*: datatrove's table by `language_Script`, spaCy "
        "`xx` in place of Stanza and botok, which download models",
    ),
    (
        "signals",
        "signal sets {sets}, every signal of every document, stored: {signals}",
        "Gopher repetition and quality with datatrove's defaults, in this order; nothing more once a rule "
        "fails, nothing stored",
    ),
    (
        "rules",
        "per language, from this pipeline's language files",
        "the same for all languages; at least 2 distinct stop words of this pipeline's lists, no such rule "
        "where a language has no list",
    ),
    (
        "MinHash",
        "14 bands × 8 rows, 5-grams of lower-cased runs of letters, marks and numbers; 32-bit hashes; all "
        "documents",
        "14 buckets × 8 hashes, 5-grams of the tokenizer's words after lower-casing, without punctuation and "
        "diacritics, digits as one; 64-bit xxhash; only what passed the rules",
    ),
    (
        "removal",
        "exact and near duplicates within a language; of each cluster, the longest document that passes all "
        "rules stays",
        "near duplicates in all documents; of each cluster, its root stays",
    ),
    (
        "output",
        "raw text, measured text and release as zstd Arrow, each with a SHA-256; signals, bands, decisions, "
        "provenance, ledger, cards",
        "filtered text and deduplicated text as plain JSON lines, signatures, ids and reasons of what was "
        "removed",
    ),
)


def render_settings(rhizotron: Mapping[str, Any]) -> str:
    """Markdown table of both sides; rhizotron has sets, signals and max_sample_bytes of the run."""
    known = {
        "sets": ", ".join(rhizotron["sets"]),
        "signals": ", ".join(rhizotron["signals"]),
        "max_sample_bytes": rhizotron["max_sample_bytes"],
    }
    rows = [f"| {what} | {ours.format(**known)} | {theirs} |" for what, ours, theirs in _ROWS]
    table = "\n".join(["| | Rhizotron | datatrove |", "|---|---|---|", *rows])
    return (
        table
        if any(name.startswith("gopher") for name in rhizotron["sets"])
        else f"{table}\n\n{_WITHOUT_GOPHER}"
    )
