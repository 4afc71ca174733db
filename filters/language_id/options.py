"""The limits of identification: how much of a document is read, and from which shares and scores on."""

from dataclasses import dataclass, field, replace

from filters.language_id.segments import MIN_BYTES, SegmentOptions

MIXED_SAMPLE = 4
"""Bytes that are read of a document in two languages, as a multiple of those of others."""


@dataclass(frozen=True)
class IdentifyOptions:
    """Limits of identification; every one is part of what the result means."""

    segments: SegmentOptions = field(default_factory=SegmentOptions)
    first_windows: int = 3
    """Windows of a sampled document that are read first: the first, the last, and those between."""
    certain_score: float = 0.95
    """If all of these are in one language with this mean probability, the others are not read."""
    min_doubt_share: float = 0.15
    """From this share of a second language on, more than a window in eight, a sampled document is read anew,
    MIXED_SAMPLE times as much: eight windows leave a share of two thirds anywhere between a half and seven
    eighths. From 0.1 on 6 % more of clean documents would be read in place of 3 %."""
    mixed_windows: int = 64
    """Windows that are read of it, half as wide: the more there are, the less chance is in a share."""
    mixed_min_bytes: int = 32
    """They are cut at line ends from so many bytes on, for translations often stand line by line."""
    min_letters: int = 3
    """With fewer letters a document, or a segment of it, is undetermined."""
    min_script_share: float = 0.2
    """A language fits if at least this share of a segment's letters is in its scripts. Not one half: code,
    names and quotations in Latin letters outnumber the Chinese characters of many a Chinese manual."""
    max_symbol_share: float = 0.08
    """A segment with a larger share of SYMBOLS is code or markup and in no language, whatever its words:
    0.02 % of the segments of medical prose in 36 languages, 56 % of those of source files."""
    max_damaged_share: float = 0.25
    """A segment with a larger share of characters in UTF-8 read as Windows-1252 is in no language. French,
    which has a sixth so, is still French."""
    min_separators: int = 3
    """A segment with so many commas, semicolons or bars, at least min_name_share of its words with a capital
    and no more than max_item_words to an item is a list of names; one with as many digits as letters of Latin
    is a table. Both are in no language: 69 and 34 of 558,548 labelled lines in the 46, and of 20,000 in none
    3,492."""
    min_name_share: float = 0.8
    max_item_words: int = 3
    max_candidates: int = 5
    min_candidate_score: float = 0.01
    min_vote_score: float = 0.1
    """A segment without a candidate of this probability votes for no language."""
    min_own_script_share: float = 0.8
    """A segment with this share of its letters in a script of one language alone is in that language."""
    min_listed_share: float = 0.05
    min_second_share: float = 0.2
    """From this share of a second language on a document is multilingual."""
    min_majority_share: float = 0.58
    """A mixed document in which no language reaches this share of what is in languages is `mul`. A text and
    its translation are half and half, and the longer one has up to 0.565: docs/language_id_measured.md."""
    min_declared_majority_share: float = 0.4
    """The same for the language that the source declares: of two it then is the larger one."""
    min_interspersed_share: float = 0.42
    """The same for the declared language where it is the smaller one of a page with passages left in another
    (filters.language_id.interspersed): beside it no other has min_majority_share."""
    min_declared_share: float = 0.3
    """Of a document most of which is in no language, such as help about program text, the declared language
    needs this share, and has it in prose: see max_declared_code_share."""
    max_declared_code_share: float = 0.2
    """Such a document with more than this, by content, in code, markup, lists or tables is in no language,
    whatever it is declared: 0.5 % of 790 pages of program text are named more, and 42 % of 338 declared
    documents in no language, which are help pages (benchmarks/results/2026-11-30-declared.md)."""
    min_prose_declared_share: float = 0.1
    """Whatever is code, such a document needs this share in the declared language where min_prose_share of
    its letters are in lines of prose: see filters.kernels.text_code."""
    min_prose_share: float = 0.35
    """Of 790 pages of program text in no language 2 have more; benchmarks/results/2026-11-30-decide.md."""
    apart_score: float = 0.95
    """From this mean probability on a second language is another one, however close it is; else segments'
    votes for close languages are counted as one."""
    tie_share: float = 0.25
    """A close language of at least this part of the winner's mean probability makes a close pair, in which a
    declared language is believed."""
    override_score: float = 0.95
    """From this score on the model is believed against a declared language that it cannot name;
    docs/language_id_measured.md has the measurement."""

    @property
    def mixed_segments(self) -> SegmentOptions:
        """How documents are cut in which a second language is found."""
        size = MIXED_SAMPLE * self.segments.max_sample_bytes
        return replace(
            self.segments,
            windows=min(self.mixed_windows, size // MIN_BYTES),
            max_sample_bytes=size,
            min_bytes=min(self.mixed_min_bytes, self.segments.min_bytes),
            cuts_windows=True,
        )
