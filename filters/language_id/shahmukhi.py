"""Punjabi of Gurmukhi in Shahmukhi, the Arabic letters of Pakistan: made up for training.

Consonants and long vowels have a letter each, as the tables of Unicode's Gurmukhi block name their sounds;
short vowels and doubled consonants are not written. Words of Arabic keep letters whose sounds Punjabi does
not tell apart: their spelling is that of Urdu lines.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Mapping, Sequence

MIN_LOANWORD = 4
"""Letters: shorter words are mostly Punjabi's own."""


def _pairs(text: str) -> dict[str, str]:
    """`a=b c=d` → a → b, c → d."""
    return dict(pair.split("=") for pair in text.split())


_CONSONANTS = _pairs(
    "ਕ=ک ਗ=گ ਙ=ن ਚ=چ ਜ=ج ਞ=ن ਟ=ٹ ਡ=ڈ ਣ=ن ਤ=ت ਦ=د ਨ=ن ਪ=پ ਬ=ب ਮ=م ਯ=ی ਰ=ر ਲ=ل ਵ=و ੜ=ڑ ਸ=س ਹ=ہ "
    "ਖ=کھ ਘ=گھ ਛ=چھ ਝ=جھ ਠ=ٹھ ਢ=ڈھ ਥ=تھ ਧ=دھ ਫ=پھ ਭ=بھ"
)
_DOTTED = _pairs("ਸ=ش ਖ=خ ਗ=غ ਜ=ز ਫ=ف ਲ=ل")
_SIGNS = _pairs("ਾ=ا ੀ=ی ੂ=و ੇ=ی ੈ=ی ੋ=و ੌ=و")
_FIRST = _pairs("ਅ=ا ਆ=آ ਇ=ا ਈ=ای ਉ=ا ਊ=او ਏ=ای ਐ=ای ਓ=او ਔ=او")
_LATER = _pairs("ਅ=ا ਆ=ا ਇ=ئ ਈ=ئی ਉ=ؤ ਊ=ؤ ਏ=ئی ਐ=ئی ਓ=ؤ ਔ=ؤ")
_WORDS = _pairs("ਕਿ=کہ ਇਹ=ایہہ ਉਹ=اوہ ਅਤੇ=تے ਹੈ=اے")
_FINAL_SIGNS, _FINAL_VOWELS = "ੇੈ", "ਏਐ"
_SHORT_I = "ਿ"
_NASALS = "ਂੰ"
_NUKTA = "਼"
_GURMUKHI = re.compile("[\u0a00-\u0a7f]+")
_SOUND_ALIKE = str.maketrans("صثذضظطحقع", "سسزززتہکا")


def read_loanwords(lines: Sequence[str]) -> dict[str, str]:
    """Lines in Urdu → the most frequent of the words that Punjabi pronounces alike, by its letters."""
    counted = Counter(word for line in lines for word in line.split())
    ranked = sorted(counted, key=lambda word: (counted[word], word))
    return {word.translate(_SOUND_ALIKE): word for word in ranked}


def in_shahmukhi(text: str, *, loanwords: Mapping[str, str]) -> str:
    """A line of Gurmukhi in Arabic letters, other scripts in NFD; loanwords: as read_loanwords gives."""

    def rewrite(match: re.Match[str]) -> str:
        word = _WORDS.get(match[0]) or _rewrite(match[0])
        return loanwords.get(word, word) if len(word) >= MIN_LOANWORD else word

    return _GURMUKHI.sub(rewrite, unicodedata.normalize("NFD", text))


def _rewrite(word: str) -> str:
    parts: list[str] = []
    for place, letter in enumerate(word):
        following = word[place + 1 : place + 2]
        if letter in _NASALS:
            parts.append("ن" if following else "ں")
        elif letter in _FINAL_SIGNS + _FINAL_VOWELS and not following:
            parts.append("ے" if letter in _FINAL_SIGNS or not parts else "ئے")
        elif letter == _SHORT_I and following in _FIRST:
            parts.append("ی")
        elif letter in _FIRST:
            parts.append((_LATER if parts else _FIRST)[letter])
        else:
            dotted = _DOTTED.get(letter) if following == _NUKTA else None
            parts.append(dotted or _CONSONANTS.get(letter) or _SIGNS.get(letter, ""))
    return "".join(parts).replace("ئا", "یا")
