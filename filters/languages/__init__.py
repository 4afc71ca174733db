"""One YAML file per language: how it is segmented, its word lists and its rules, each number with origin.

The folder is the registry: `filters/languages/yo.yaml` *is* the language `yo`.
"""

import hashlib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from filters.rules import Rule
from layers import strict_yaml

_FOLDER = Path(__file__).parent

TAGS: tuple[str, ...] = tuple(sorted(path.stem for path in _FOLDER.glob("*.yaml") if path.stem != "und"))
"""The target languages as BCP-47 tags, sorted."""


@dataclass(frozen=True)
class Language:
    """The policy of one language: what the signals need and the rules that decide."""

    tag: str
    name: str
    iso639_3: str
    scripts: tuple[str, ...]
    """ISO 15924 codes of acceptable scripts; Hani for both forms of Chinese; empty: any."""
    segmentation: str
    """What a word is, stated in every file: what stands between white space ("whitespace"), or each Han or
    Kana character and each run of other letters and digits ("characters")."""
    augment_ngrams: int
    """Word n-grams of this length also count as hits of the lists; 0: single words only."""
    character_ngram: int
    word_ngram: int
    longest_word: int | None
    """Characters of the longest word that the edit long_words keeps (ROOTS); None: any."""
    line_stop_words: float | None
    """Stop words per word that a line of prose exceeds, for the edit references (ROOTS); None: unknown."""
    stop_words: tuple[str, ...]
    stop_words_origin: str
    flagged_words: tuple[str, ...]
    flagged_words_origin: str
    gopher_stop_words: tuple[str, ...]
    """Words of which Gopher's rule counts the distinct ones; the stop words where a file names no others."""
    rules: tuple[Rule, ...]
    has_quality_thresholds: bool
    """Whether at least one limit was derived for this language, rather than being a default."""
    notes: str


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class _RuleFile(_Strict):
    signal: str
    min: float | None = None
    max: float | None = None
    origin: Literal["roots", "fineweb2", "default", "calibrated"]
    note: str = ""


class _WordsFile(_Strict):
    origin: str
    words: list[str] = []


class _LanguageFile(_Strict):
    tag: str
    name: str
    iso639_3: str = Field(pattern="^[a-z]{3}$")
    scripts: list[str]
    segmentation: Literal["whitespace", "characters"]
    augment_ngrams: int = Field(default=0, ge=0)
    character_ngram: int = Field(default=10, gt=0)
    word_ngram: int = Field(default=5, gt=0)
    longest_word: int | None = Field(default=None, gt=0)
    line_stop_words: float | None = Field(default=None, gt=0, lt=1)
    has_quality_thresholds: bool
    notes: str = ""
    rules: list[_RuleFile]
    stop_words: _WordsFile
    flagged_words: _WordsFile
    gopher_stop_words: _WordsFile | None = None


@cache
def load(tag: str) -> Language:
    """The language of that tag; raises ValueError naming the known ones, or what is wrong in its file."""
    if tag not in TAGS:
        raise ValueError(f"unknown language {tag!r}; known: {', '.join(TAGS)}")
    return parse((_FOLDER / f"{tag}.yaml").read_text("utf-8"), tag=tag)


def parse(text: str, *, tag: str) -> Language:
    """A language file's text → the language; raises ValueError where it breaks the format.

    Unknown keys, keys given twice, two rules on one signal and a file named otherwise are errors.
    """
    try:
        file = _LanguageFile.model_validate(strict_yaml.load(text))
    except ValueError as error:
        raise ValueError(f"{tag}.yaml: {error}") from error
    if file.tag != tag:
        raise ValueError(f"{tag}.yaml: tag is {file.tag!r}; it must be the name of the file")
    signals = [rule.signal for rule in file.rules]
    twice = sorted({signal for signal in signals if signals.count(signal) > 1})
    if twice:
        raise ValueError(f"{tag}.yaml: more than one rule on {', '.join(twice)}; give min and max in one")
    return Language(
        tag=file.tag,
        name=file.name,
        iso639_3=file.iso639_3,
        scripts=tuple(file.scripts),
        segmentation=file.segmentation,
        augment_ngrams=file.augment_ngrams,
        character_ngram=file.character_ngram,
        word_ngram=file.word_ngram,
        longest_word=file.longest_word,
        line_stop_words=file.line_stop_words,
        stop_words=tuple(file.stop_words.words),
        stop_words_origin=file.stop_words.origin,
        flagged_words=tuple(file.flagged_words.words),
        flagged_words_origin=file.flagged_words.origin,
        gopher_stop_words=tuple((file.gopher_stop_words or file.stop_words).words),
        rules=tuple(Rule(rule.signal, rule.min, rule.max, rule.origin, rule.note) for rule in file.rules),
        has_quality_thresholds=file.has_quality_thresholds,
        notes=file.notes,
    )


@cache
def digest() -> str:
    """SHA-256 over all language files, for fingerprints: changes when any of them does."""
    total = hashlib.sha256()
    for path in sorted(_FOLDER.glob("*.yaml")):
        total.update(f"{path.name} {hashlib.sha256(path.read_bytes()).hexdigest()}\n".encode())
    return total.hexdigest()


DEFAULT: Language = parse((_FOLDER / "und.yaml").read_text("utf-8"), tag="und")
"""The policy for texts of no or of another language: measured, without thresholds."""
