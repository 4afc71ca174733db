"""The ROOTS signals, slowly and obviously: one text, Python strings, no hashes."""

import unicodedata
from collections import Counter
from itertools import pairwise
from math import isqrt

from filters.kernels.letter_variants import ALIKE

JOINERS = "\u200c\u200d"
WHITE_SPACE = "\t\n\v\f\r\x85"


def is_space(character: str) -> bool:
    return character in WHITE_SPACE or unicodedata.category(character)[0] == "Z"


def is_special(character: str) -> bool:
    category = unicodedata.category(character)
    if character in JOINERS:
        return False
    return category[0] in "PSZC" or category in ("Nd", "No") or character in "ℹ\u20e3\ufe0e\ufe0f"


HAN_AND_KANA = (
    "CJK UNIFIED",
    "CJK COMPATIBILITY IDEOGRAPH",
    "HALFWIDTH KATAKANA",
    "HANGZHOU NUMERAL",
    "HENTAIGANA",
    "HIRAGANA",
    "IDEOGRAPHIC",
    "KATAKANA",
    "MASU MARK",
    "VERTICAL IDEOGRAPHIC",
    "VERTICAL KANA",
)


def is_ideograph(character: str) -> bool:
    """Han or Kana letter, by its name."""
    letter = unicodedata.category(character) in ("Lo", "Lm", "Nl")
    return letter and unicodedata.name(character, "").startswith(HAN_AND_KANA)


def lower(text: str) -> str:
    small = [character.lower()[0] for character in text]
    return "".join(chr(ALIKE.get(ord(character), ord(character))) for character in small)


def strip(word: str) -> str:
    while word and (is_special(word[0]) or word[0] in JOINERS):
        word = word[1:]
    while word and (is_special(word[-1]) or word[-1] in JOINERS):
        word = word[:-1]
    return word


def words(text: str, *, segments: bool) -> list[str]:
    """Words stripped of special characters, not yet lower-cased."""
    return [stripped for piece in pieces(text, segments=segments) if (stripped := strip(piece))]


def pieces(text: str, *, segments: bool) -> list[str]:
    """What stands between white space; without spaces, ideographs and runs of anything but punctuation."""
    words = [""]
    for character in text:
        category = unicodedata.category(character)
        if segments:
            separates = category[0] in "PSZC" and character not in JOINERS
            after_ideograph = words[-1] != "" and is_ideograph(words[-1][0])
            starts = is_ideograph(character) or (after_ideograph and category[0] != "M")
        else:
            separates, starts = is_space(character), False
        if separates:
            words.append("")
        elif starts:
            words.append(character)
        else:
            words[-1] += character
    return [piece for piece in words if piece]


def ngrams(units: list[str], n: int) -> Counter[tuple[str, ...]]:
    return Counter(tuple(units[i : i + n]) for i in range(len(units) - n + 1))


def repetition_sums(frequencies: Counter[tuple[str, ...]]) -> tuple[int, int, int, int]:
    """(n-grams, top as run, top paper, top head): sums of the k largest frequencies."""
    ranked = sorted(frequencies.values(), reverse=True)
    once = sum(frequency == 1 for frequency in ranked)
    root = isqrt(len(ranked))
    limits = (min(root, once), root, min(root, len(ranked) - once))
    return (sum(ranked), *(sum(ranked[:k]) for k in limits))  # type: ignore[return-value]


def repeated_occurrences(frequencies: Counter[tuple[str, ...]]) -> int:
    return sum(frequency for frequency in frequencies.values() if frequency > 1)


def list_hits(words: list[str], entries: tuple[str, ...], *, segments: bool, join: int) -> int:
    """Words, and joins of `join` words, that the list holds."""
    lowered = {lower(entry) for entry in entries}
    glue = "" if segments else " "
    joined = [glue.join(words[i : i + join]) for i in range(len(words) - join + 1)] if join > 1 else []
    return sum(word in lowered for word in words + joined)


def distinct_hits(words: list[str], entries: tuple[str, ...], *, segments: bool, join: int) -> int:
    """How many of the entries list_hits finds."""
    return sum(list_hits(words, (entry,), segments=segments, join=join) > 0 for entry in entries)


def further_spaces(text: str) -> int:
    """White space that follows white space."""
    return sum(is_space(a) and is_space(b) for a, b in pairwise(text))


def count_lines(text: str) -> int:
    return text.count("\n") + (text != "" and not text.endswith("\n"))
