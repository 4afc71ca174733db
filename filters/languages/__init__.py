"""One YAML file per language: how it is segmented, its word lists and its rules, each number with origin.

The folder is the registry: `filters/languages/yo.yaml` *is* the language `yo`. Beside these stand files of
one's own, which a corpus file names: those of the process are the ones of the plan that it made or works for
last; `activate` says which.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from filters.rules import PARTS, Rule
from layers import strict_yaml

_FOLDER = Path(__file__).parent

TAGS: tuple[str, ...] = tuple(sorted(path.stem for path in _FOLDER.glob("*.yaml") if path.stem != "und"))
"""The bundled languages as BCP-47 tags, sorted; `tags()` has those of one's own, too."""


MIN_CONTENT: Mapping[str, int] = {
    "character_repetition_ratio": 60,
    "character_repetition_ratio_head": 60,
    "word_repetition_ratio": 30,
    "special_characters_ratio": 30,
    "stop_words_ratio": 60,
    "flagged_words_ratio": 10,
    "mean_word_length": 30,
    "duplicate_line_ratio": 30,
    "duplicated_5_gram_characters_ratio": 30,
    "duplicated_10_gram_characters_ratio": 30,
    "alphabetic_word_ratio": 10,
    "compression_ratio": 30,
    "code_excess": 10,
    "url_ratio": 10,
    "known_trigram_ratio": 70,
    "mixed_word_ratio": 30,
    "list_characters_ratio": 50,
    "short_text_duplicate_line_ratio": 30,
}
"""Signal → words of English whose content a text must have before a rule on it is evaluated: a share of
fewer is chance. A language file says what they are in its own words (`words_per_english_word`)."""


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
    flagged_only_in_roots: tuple[str, ...]
    """Entries of ROOTS' list that count nowhere but in flagged_words_ratio_as_run: words of medicine, law and
    kinship, and Roman numerals."""
    gopher_stop_words: tuple[str, ...]
    """Words of which Gopher's rule counts the distinct ones; the stop words where a file names no others."""
    words_per_english_word: float
    """Words for one word of English in parallel text: how much longer the same content is."""
    rules: tuple[Rule, ...]
    has_quality_thresholds: bool
    """Whether people who read what they remove set at least one limit: those of ROOTS did."""
    notes: str


@dataclass(frozen=True)
class LanguageFile:
    """A language file of one's own: small and picklable, so that workers use what the plan read."""

    tag: str
    text: str

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.text.encode()).hexdigest()


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class _RuleFile(_Strict):
    signal: str
    min: float | None = None
    max: float | None = None
    origin: Literal["roots", "fineweb2", "default", "calibrated", "parallel"]
    min_words: int | None = Field(default=None, ge=0)
    note: str = ""


class _WordsFile(_Strict):
    origin: str
    words: list[str] = []


class _FlaggedFile(_WordsFile):
    only_in_roots: list[str] = []


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
    words_per_english_word: float = Field(default=1.0, gt=0)
    has_quality_thresholds: bool
    notes: str = ""
    rules: list[_RuleFile]
    stop_words: _WordsFile
    flagged_words: _FlaggedFile
    gopher_stop_words: _WordsFile | None = None


_own: dict[str, LanguageFile] = {}


def activate(files: Sequence[LanguageFile]) -> None:
    """Make these files, and no others, the languages of this process beside the bundled ones.

    Raises ValueError for a file that breaks the format, and for a tag that is bundled or given twice.
    """
    global _own
    own = {file.tag: file for file in files}
    for tag, file in own.items():
        if tag in TAGS or sum(other.tag == tag for other in files) > 1:
            raise ValueError(f"{tag}.yaml: {tag} is bundled already, or given twice")
        _parse(file.text, tag=tag)
    _own = own


def active() -> tuple[LanguageFile, ...]:
    """The language files of one's own of this process."""
    return tuple(_own.values())


def tags() -> tuple[str, ...]:
    """All languages with a file: the bundled ones and those of one's own, sorted."""
    return tuple(sorted((*TAGS, *_own)))


def load(tag: str) -> Language:
    """The language of that tag; raises ValueError naming those with a file, or what is wrong in its file."""
    if tag not in TAGS and tag not in _own:
        raise ValueError(
            f"unknown language {tag!r}; known: {', '.join(tags())}; any other needs a file that "
            "`language_files` names (`rhizotron new language` makes one)"
        )
    return _parse(read_text(tag), tag=tag) if tag in _own else _load_bundled(tag)


@cache
def _load_bundled(tag: str) -> Language:
    return parse(read_text(tag), tag=tag)


def read_text(tag: str) -> str:
    """The text of a language's file."""
    return _own[tag].text if tag in _own else (_FOLDER / f"{tag}.yaml").read_text("utf-8")


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
        flagged_only_in_roots=tuple(file.flagged_words.only_in_roots),
        gopher_stop_words=tuple((file.gopher_stop_words or file.stop_words).words),
        words_per_english_word=file.words_per_english_word,
        rules=tuple(_rule(rule, words=file.words_per_english_word) for rule in file.rules),
        has_quality_thresholds=file.has_quality_thresholds,
        notes=file.notes,
    )


_parse = cache(parse)


def _rule(file: _RuleFile, *, words: float) -> Rule:
    """A rule, with the words that it needs: its own, or those of the content that its signal needs."""
    needed = file.min_words
    if needed is None:
        needed = round(MIN_CONTENT.get(file.signal, 0) * words)
    part = PARTS.get(file.signal, "")
    return Rule(file.signal, file.min, file.max, file.origin, file.note, min_words=needed, part=part)


def digest() -> str:
    """SHA-256 over all language files, for fingerprints: changes when any of them does."""
    return _with_own({tag: file.sha256 for tag, file in _own.items()})


def measuring_digest() -> str:
    """The same over what signals need of them: other rules in a file of one's own measure nothing anew."""
    lists = {tag: replace(load(tag), rules=(), notes="", has_quality_thresholds=False) for tag in _own}
    return _with_own({tag: hashlib.sha256(repr(own).encode()).hexdigest() for tag, own in lists.items()})


def _with_own(digests: Mapping[str, str]) -> str:
    lines = "".join(f"{tag} {digest}\n" for tag, digest in sorted(digests.items()))
    return (
        hashlib.sha256(f"{_digest_bundled()}\n{lines}".encode()).hexdigest() if digests else _digest_bundled()
    )


@cache
def _digest_bundled() -> str:
    total = hashlib.sha256()
    for path in sorted(_FOLDER.glob("*.yaml")):
        total.update(f"{path.name} {hashlib.sha256(path.read_bytes()).hexdigest()}\n".encode())
    return total.hexdigest()


DEFAULT: Language = parse((_FOLDER / "und.yaml").read_text("utf-8"), tag="und")
"""The policy for texts of no or of another language: measured, without thresholds."""
