"""Other ways in which people write a line: without its marks, in Latin letters, around words of English.

Made up for training, from real lines, so that a model has seen them. Everything is drawn from a seeded
generator.
"""

import random
import re
import unicodedata
from collections.abc import Sequence
from functools import cache

_PLAIN = str.maketrans("ɔɛŋɖđɓɗƙƴıəǝɩʋƒɣɨʉøłæœßðþɲ", "oendDbdkyieeivfgiuolaosdtn".lower())


def without_marks(text: str) -> str:
    """Latin letters as on a keyboard that has no others; other scripts as they are."""
    out: list[str] = []
    for character in unicodedata.normalize("NFD", text.translate(_PLAIN)):
        mark = "\u0300" <= character <= "\u036f"
        if not (mark and out and (out[-1] < "\u0250" or "\u1e00" <= out[-1] < "\u1f00")):
            out.append(character)
    return unicodedata.normalize("NFC", "".join(out))


# Blocks of the Indic scripts have the same letter in the same place (after ISCII), 128 code points each.
_INDIC = range(0x900, 0xD80)
_VIRAMA = 0x4D
_VOWEL_NAMES = "a aa i ii u uu ri li e e e ai o o o au"
_SIGN_NAMES = "aa i ii u uu ri ri e e e ai o o o au"
_CONSONANT_NAMES = "k kh g gh n ch chh j jh n t th d dh n t th d dh n n p ph b bh m y r r l l zh v sh sh s h"
_VOWELS = dict(zip(range(0x05, 0x15), _VOWEL_NAMES.split(), strict=True))
_SIGNS = dict(zip(range(0x3E, 0x4D), _SIGN_NAMES.split(), strict=True))
_CONSONANTS = dict(zip(range(0x15, 0x3A), _CONSONANT_NAMES.split(), strict=True))
_OTHER = {0x01: "n", 0x02: "n", 0x03: "h", 0x58: "q", 0x59: "kh", 0x5A: "g", 0x5B: "z", 0x5C: "d", 0x5D: "dh",
          0x5E: "f", 0x5F: "y", 0x70: "r", 0x71: "v"}  # fmt: skip
_LETTERS = _CONSONANTS | _VOWELS | _OTHER
KEEPS_FINAL_A = range(0xB80, 0xD80)
"""Dravidian languages speak the vowel that ends a word; the others do not write it in Latin letters."""


_SILENT = re.compile("(?<=[aeiou][b-df-hj-np-tv-z])a(?=[b-df-hj-np-tv-z][aeiou])")


def in_latin(text: str, *, rng: random.Random) -> str:
    """A line of an Indic script as chats write it: one of two spellings of long vowels a line, no marks."""
    long_vowels = rng.random() < 0.4
    words = []
    for word in text.split():
        parts: list[str] = []
        inherent = False
        for character in word:
            point = ord(character)
            place = (point - 0x900) % 0x80 if point in _INDIC else -1
            if place in _SIGNS or place == _VIRAMA:
                parts.append(_SIGNS.get(place, ""))
                inherent = False
                continue
            if inherent:
                parts.append("a")
            inherent = place in _CONSONANTS
            plain = _LETTERS.get(place)
            if plain is None and point < 0x80:
                plain = character
            parts.append(plain or "")
        if inherent and (ord(word[-1]) in KEEPS_FINAL_A or len(word) == 1):
            parts.append("a")
        latin = "".join(parts)
        if ord(word[-1]) not in KEEPS_FINAL_A:
            latin = _SILENT.sub("", latin)
        if not long_vowels:
            latin = latin.replace("aa", "a").replace("ii", "i").replace("uu", "u")
        words.append(latin)
    return " ".join(" ".join(words).split())


_INITIALS = tuple("b p m f d t n l g k h j q x zh ch sh r z c s".split())  # noqa: SIM905
_FINALS = {
    "b": "a o ai ei ao an en ang eng i ie iao ian in ing u",
    "d": "a e ai ei ao ou an ang eng ong i ie iao iu ian ing u uo ui uan un",
    "g": "a e ai ei ao ou an en ang eng ong u ua uo uai ui uan un uang",
    "j": "i ia ie iao iu ian in iang ing iong u ue uan un",
    "zh": "a e i ai ao ou an en ang eng ong u ua uo ui uan un uang",
}
_LIKE_FINALS = ("b p m f", "d t n l", "g k h", "j q x", "zh ch sh r z c s")
_SAME_FINALS = {initial: group.split()[0] for group in _LIKE_FINALS for initial in group.split()}
_ALONE = """a ai an ang ao e en er o ou yi ya yan yang yao ye yin ying yong you yu yuan yue yun wa wai wan
wang wei wen wo wu""".split()  # noqa: SIM905
_COMMON = """
de5 shi4 yi1 bu4 le5 zai4 ren2 you3 wo3 ta1 zhe4 ge5 men5 zhong1 lai2 shang4 da4 wei4 he2 guo2 di4 dao4
shuo1 hui4 yao4 jiu4 chu1 ye3 ni3 dui4 sheng1 neng2 er2 zi5 na4 xia4 guo4 hou4 zuo4 xue2 jia1 hao3 qu4
xiang3 kan4 tian1 nian2 dou1 xin1 kai1 ji3 li3 jian4 ming2 xing2 fang1 jing1 mei2 hen3 duo1 shen2 me5
qian2 bei3 jin1 wan3 zao3 peng2 you3 lao3 shi1 gong1 si1 dian4 hua4 che1 fan4 chi1 he1 shui3 ma5 ba5 ne5
jiao4 dong4 xi1 nan2 dong1 hai2 gei3 gen1 rang4 bei4 ba3 yin1 suo3 yi3 dan4 shi4 ru2 guo3 zhi1 dao4 xie4
qing3 wen4 zai4 jian4 ming2 zi4
""".split()  # noqa: SIM905
_TONES = {"1": "\u0304", "2": "\u0301", "3": "\u030c", "4": "\u0300", "5": ""}


@cache
def _syllables() -> tuple[str, ...]:
    finals = {initial: _FINALS[_SAME_FINALS[initial]].split() for initial in _INITIALS}
    joined = (initial + final for initial in _INITIALS for final in finals[initial])
    return (*joined, *_ALONE)


def _toned(syllable: str, tone: str) -> str:
    """The tone above a or e, the o of ou, else the last vowel."""
    place = next((syllable.find(v) for v in ("a", "e", "ou") if v in syllable), -1)
    if place < 0:
        place = max(syllable.rfind(v) for v in "iouü")
    return syllable[: place + 1] + _TONES[tone] + syllable[place + 1 :]


def make_pinyin(*, count: int, seed: int) -> list[str]:
    """count lines of Chinese syllables in Latin letters, with tones, without them, or joined to words."""
    rng = random.Random(seed)
    lines = []
    for _ in range(count):
        marked = rng.random() < 0.6
        joined = rng.random() < 0.6
        words: list[str] = []
        for _ in range(rng.randint(3, 24)):
            chosen = (
                rng.choice(_COMMON) if rng.random() < 0.6 else rng.choice(_syllables()) + rng.choice("1234")
            )
            syllable = _toned(chosen[:-1], chosen[-1]) if marked else chosen[:-1]
            if joined and words and rng.random() < 0.5:
                words[-1] += syllable
            else:
                words.append(syllable)
        lines.append(unicodedata.normalize("NFC", " ".join(words)))
    return lines


def with_phrase(text: str, *, phrases: Sequence[str], rng: random.Random) -> str:
    """A line with one to three words of one of the phrases somewhere in it; a line of few words as it is."""
    words = text.split(" ")
    if len(words) < 8:
        return text
    phrase = rng.choice(phrases).split(" ")
    start = rng.randrange(len(phrase))
    place = rng.randint(0, len(words))
    return " ".join([*words[:place], *phrase[start : start + rng.randint(1, 3)], *words[place:]])
