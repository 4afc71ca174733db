"""What is read of segments: their letters, whether they are code, and what the model says of them."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Protocol, Self

import numpy as np
import pyarrow as pa

from filters.kernels.compiling import text_buffers
from filters.kernels.script import SCRIPTS, count_scripts
from filters.kernels.without_prose import CHARACTERS, DAMAGED, DIGITS, NAMES, SEPARATORS, WORDS
from filters.language_id.candidates import Predictions, predict_segments
from filters.language_id.model import Model
from filters.language_id.segments import Segments, count_signs_of, plain_letters, without_links

TENTHS: Mapping[str, int] = {
    "Hani": 26,
    "Hang": 21,
    "Kana": 20,
    "Ethi": 15,
    "Hebr": 13,
    "Deva": 15,
    "Beng": 16,
    "Guru": 17,
    "Gujr": 16,
    "Orya": 16,
    "Taml": 12,
    "Telu": 17,
    "Knda": 15,
    "Mlym": 13,
    "Sinh": 14,
    "Mymr": 15,
    "Khmr": 12,
    "Tibt": 13,
    "Thai": 11,
    "Laoo": 11,
    "Grek": 8,
    "Cyrl": 9,
    "Armn": 9,
    "Geor": 9,
}
"""Letters of English, in tenths, that say as much as a letter of another script, marks left out: of 61 news
articles and their translations (NTREX). By bytes a third of English is a seventh of a page in Devanagari, by
letters it is nearly a half of one in Chinese. A script that is not named counts as Latin does."""
_TENTHS = np.array([TENTHS.get(script, 10) for script in SCRIPTS], np.int64)


class Limits(Protocol):
    """Those of filters.language_id.options.IdentifyOptions that reading depends on."""

    @property
    def max_symbol_share(self) -> float: ...
    @property
    def max_damaged_share(self) -> float: ...
    @property
    def min_separators(self) -> int: ...
    @property
    def min_name_share(self) -> float: ...
    @property
    def max_item_words(self) -> int: ...
    @property
    def min_script_share(self) -> float: ...
    @property
    def min_candidate_score(self) -> float: ...
    @property
    def min_own_script_share(self) -> float: ...


@dataclass(frozen=True)
class Reading:
    """What is read of m segments, whatever document they are of."""

    content: np.ndarray
    """int64 [m]: tenths of English letters that say as much, see TENTHS."""
    letter_bytes: np.ndarray
    coded: np.ndarray
    """Whether it is code, markup, a list of names, numbers or wrongly decoded text."""
    needed: np.ndarray
    """Letters in the scripts of a language that make it a candidate."""
    total: np.ndarray
    """Letters of all scripts."""
    letters: np.ndarray
    """int64 [m, scripts]"""
    han: np.ndarray
    predictions: Predictions

    def take(self, rows: np.ndarray) -> Self:
        """That of some segments, in the order given."""
        return replace(
            self,
            predictions=self.predictions.take(rows),
            **{name: getattr(self, name)[rows] for name in _ARRAYS},
        )

    def followed_by(self, others: Self) -> Self:
        """This, then others."""
        return replace(
            self,
            predictions=self.predictions.followed_by(others.predictions),
            **{name: np.concatenate([getattr(self, name), getattr(others, name)]) for name in _ARRAYS},
        )


_ARRAYS = ("content", "letter_bytes", "coded", "needed", "total", "letters", "han")


def read_segments(segments: Segments, *, rows: np.ndarray | None, model: Model, options: Limits) -> Reading:
    """What is read of all segments, or of some, in the order given."""
    lines = segments.lines if rows is None else segments.lines.take(pa.array(rows))
    prose, filled, symbols = without_links(lines)
    words = plain_letters(prose)
    letters, han = count_scripts(words)
    total = letters.sum(axis=1)
    content = letters @ _TENTHS
    coded = symbols > options.max_symbol_share * filled
    signs = count_signs_of(prose, min_separators=options.min_separators)
    coded |= _is_no_prose(signs, content=content, options=options)
    needed = np.where(coded, total + 1, np.ceil(total * options.min_script_share))
    predictions = predict_segments(
        words if model.description.reads_letters_only else prose,
        model=model,
        letters=letters,
        total=total,
        needed=needed,
        limits=(options.min_candidate_score, options.min_own_script_share),
    )
    return Reading(
        content=content,
        letter_bytes=np.diff(text_buffers(words)[1]),
        coded=coded,
        needed=needed,
        total=total,
        letters=letters,
        han=han,
        predictions=predictions,
    )


def _is_no_prose(signs: np.ndarray, *, content: np.ndarray, options: Limits) -> np.ndarray:
    """Whether each of m segments is a list of names, mostly numbers or wrongly decoded: bool [m]."""
    damaged = signs[:, DAMAGED] > options.max_damaged_share * signs[:, CHARACTERS]
    numbers = (content > 0) & (10 * signs[:, DIGITS] >= content)
    items = signs[:, SEPARATORS] + 1
    words = signs[:, WORDS]  # counted only where a list or wrong decoding is possible
    listed = (words > 0) & (items > options.min_separators) & (words <= options.max_item_words * items)
    named = signs[:, NAMES] >= options.min_name_share * words
    return damaged | numbers | (listed & named)
