"""Slow, obvious references of the duplicate kernels, in plain Python over str and int."""

import re
import string
import unicodedata

from filters.kernels.letter_variants import ALIKE

MASK = 2**64 - 1
WHITE_SPACE = {*"\t\n\v\f\r \x85\xa0\u1680\u2028\u2029\u202f\u205f\u3000", *map(chr, range(0x2000, 0x200C))}
"""White_Space and U+200B."""


def finish(value: int) -> int:
    """MurmurHash3's 64-bit finaliser."""
    value = (value ^ value >> 33) * 0xFF51AFD7ED558CCD & MASK
    value = (value ^ value >> 33) * 0xC4CEB9FE1A85EC53 & MASK
    return value ^ value >> 33


def murmur3_reference(data: bytes, *, seed: int = 0) -> tuple[int, int]:
    """MurmurHash3 x64 128 after Appleby's MurmurHash3.cpp, in Python's integers."""

    def rotate(value: int, bits: int) -> int:
        return (value << bits | value >> (64 - bits)) & MASK

    c1, c2 = 0x87C37B91114253D5, 0x4CF5AD432745937F
    h1 = h2 = seed
    for start in range(0, len(data), 16):
        block = data[start : start + 16]
        k1, k2 = (int.from_bytes(half, "little") for half in (block[:8], block[8:]))
        h1 ^= rotate(k1 * c1 & MASK, 31) * c2 & MASK
        h2_mixed = h2 ^ (rotate(k2 * c2 & MASK, 33) * c1 & MASK)
        if len(block) < 16:
            h2 = h2_mixed
            break
        h1 = ((rotate(h1, 27) + h2) * 5 + 0x52DCE729) & MASK
        h2 = ((rotate(h2_mixed, 31) + h1) * 5 + 0x38495AB5) & MASK
    h1, h2 = h1 ^ len(data), h2 ^ len(data)
    h1 = (h1 + h2) & MASK
    h2 = (h2 + h1) & MASK
    h1, h2 = finish(h1), finish(h2)
    h1 = (h1 + h2) & MASK
    return h1, (h2 + h1) & MASK


def lower(character: str) -> str:
    """Simple lower case."""
    return "i" if character == "İ" else character.lower()


SEQUENCES = str.maketrans({"\u0640": "", "\u0329": "\u0323", "\u02bc": "'"})
FORMS = re.compile(
    "[\ufb00-\ufb06\ufb50-\ufbb1\ufbd3-\ufd3d\ufd50-\ufdc7\ufe70-\ufefc"
    "\u2f00-\u2fd5\uff10-\uff19\uff21-\uff3a\uff41-\uff5a\U0001d400-\U0001d7ff]"
)
JOINED = {"ണ്": "ൺ", "ന്": "ൻ", "ര്": "ർ", "ല്": "ൽ", "ള്": "ൾ", "ക്": "ൿ", "ত্": "ৎ"}


def fold(text: str) -> str:
    """One way of writing letters that take several characters; in NFC where that changes anything."""
    written = FORMS.sub(lambda found: unicodedata.normalize("NFKC", found[0]).replace(" ", ""), text)
    written = written.translate(SEQUENCES)
    for sequence, letter in JOINED.items():
        written = written.replace(f"{sequence}\u200d", letter)
    return text if written == text else unicodedata.normalize("NFC", written)


def unify(character: str) -> str:
    """Simple lower case, one for all letters that look alike."""
    small = lower(character)
    return chr(ALIKE.get(ord(small), ord(small)))


def is_number(character: str) -> bool:
    return character != "" and unicodedata.category(character).startswith("N")


def is_sign(text: str, at: int) -> bool:
    """Whether the mark at a place counts."""
    mark, before, after = text[at], text[at - 1 : at] if at else "", text[at + 1 : at + 2]
    category = unicodedata.category(before)[0] if before else ""
    if mark in ".,:/'’٫٬-‐‑‒–−%‰٪#" and is_number(before) and (is_number(after) or mark in "%‰٪#"):
        return True
    if mark == "#":
        return is_number(after) or category == "L"
    if mark in "-‐‑‒–−":
        return is_number(after) and (category == "" or category not in "LMN")
    return mark == "." and is_number(after) and (before == "" or before in WHITE_SPACE)


def whitespace_case(text: str, *, signs: bool = True) -> str:
    """The normalisation of exact hashes."""
    text = fold(text)
    kept = []
    for at, character in enumerate(text):
        if signs and (character == "−" or is_sign(text, at)):
            kept.append("-" if character in "‐‑‒–−" else unify(character))
        elif (
            character not in WHITE_SPACE
            and not unicodedata.category(character).startswith("P")
            and not is_format(character)
        ):
            kept.append(unify(character))
    return "".join(kept)


def whitespace_case_numbers(text: str) -> str:
    """The same without the digits and numerals of any script, and without signs."""
    kept = whitespace_case(text, signs=False)
    return "".join(c for c in kept if not unicodedata.category(c).startswith("N"))


def roots(text: str) -> str:
    """What the authors of ROOTS hashed."""
    return re.sub(rf"\s|\d|[{re.escape(string.punctuation)}]", "", text)


def is_han_or_kana(character: str) -> bool:
    name = unicodedata.name(character, "")
    return unicodedata.category(character)[0] in "LN" and name.startswith(
        (
            "CJK ",
            "HIRAGANA",
            "KATAKANA",
            "HALFWIDTH KATAKANA",
            "HENTAIGANA",
            "IDEOGRAPHIC",
            "HANGZHOU",
            "VERTICAL ",
        )
    )


def words(text: str, *, characters: bool) -> list[str]:
    """Words of the shingles: runs of letters, marks and numbers; with characters each Han or kana alone."""
    pieces: list[str] = []
    open_word, minus, last = False, False, ""
    for character in fold(text):
        category = unicodedata.category(character)
        if category == "Cf" and character not in WHITE_SPACE:
            minus = False
            continue
        if category[0] not in "LMN":
            if open_word and ((character == "#" and last == "L") or (character == "%" and last == "N")):
                pieces[-1] += character
            minus = not open_word and character in "-‐‑‒–−"
            open_word = False
            continue
        after_ideograph = open_word and is_han_or_kana(pieces[-1].removeprefix("-")[0])
        splits = characters and (is_han_or_kana(character) or (after_ideograph and category[0] != "M"))
        if open_word and not splits:
            pieces[-1] += unify(character)
        else:
            pieces.append(("-" if minus and category[0] == "N" else "") + unify(character))
        open_word, minus, last = True, False, category[0]
    return pieces


def fmix64(value: int) -> int:
    value = (value ^ value >> 33) * 0xFF51AFD7ED558CCD & MASK
    value = (value ^ value >> 33) * 0xC4CEB9FE1A85EC53 & MASK
    return value ^ value >> 33


def fnv1a(word: str) -> int:
    """FNV-1a over code points; for ASCII the published function over bytes."""
    value = 0xCBF29CE484222325
    for character in word:
        value = (value ^ ord(character)) * 0x100000001B3 & MASK
    return value


def shingle_hashes(text: str, *, characters: bool, ngram: int) -> list[int]:
    """32-bit hashes of all shingles, in order."""
    mixed = [fmix64(fnv1a(word)) for word in words(text, characters=characters)]
    length = min(ngram, len(mixed))
    hashes = []
    for start in range(len(mixed) - length + 1 if mixed else 0):
        total = 0
        for value in mixed[start : start + length]:
            total = (total * 0x9E3779B97F4A7C15 + value) & MASK
        hashes.append(fmix64(total) >> 32)
    return hashes


def normalise_line(line: str) -> str:
    """The normalisation of repeated lines: simple lower case, white space collapsed, no format characters."""
    kept = "".join(
        " " if c in WHITE_SPACE else lower(c) for c in line if c in WHITE_SPACE or not is_format(c)
    )
    return " ".join(part for part in kept.split(" ") if part)


def is_format(character: str) -> bool:
    return unicodedata.category(character) == "Cf"


def split_lines(text: str) -> list[str]:
    """Lines with their ends: LF, CR or CR LF."""
    return re.findall(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+", text)


def line_hash(line: str) -> int:
    """FNV-1a over code points of a normalised line, finalised as in MurmurHash3."""
    state = 0xCBF29CE484222325
    for character in normalise_line(line):
        state = (state ^ ord(character)) * 0x100000001B3 & MASK
    return finish(state)
