"""The recipe of stop words: frequent in every source, cut as signals cut, never the topic of one source."""

import unicodedata
from collections import Counter
from collections.abc import Mapping, Sequence

PASSAGE_WORDS = 100
"""Sentences of one source are joined, and long documents cut, to passages of so many words."""
MIN_PASSAGES = 15
"""Sources with fewer passages in a language do not count."""
MAX_PASSAGES = 400
"""Passages of one source, evenly spaced: a large source does not hide a small one."""
MIN_SHARE = 0.15
"""Share of passages that hold the word, mean over sources …"""
MIN_SOURCE_SHARE = 0.05
"""… and the least in any source: what only one source writes often is its topic."""
MIN_WORDS, MIN_FEW_SHARE, MIN_FEW_SOURCE_SHARE = 30, 0.06, 0.02
"""Languages that write particles as endings have few such words: so many are taken, down to these shares."""
MAX_WORDS = 60


def words_of(text: str) -> list[str]:
    """Words as the signals cut them: between white space, stripped of special characters, lower case, NFC."""
    return [word for piece in unicodedata.normalize("NFC", text).lower().split() if (word := _strip(piece))]


def _strip(word: str) -> str:
    start, stop = 0, len(word)
    while start < stop and _is_special(word[start]):
        start += 1
    while stop > start and _is_special(word[stop - 1]):
        stop -= 1
    return word[start:stop]


def _is_special(character: str) -> bool:
    category = unicodedata.category(character)
    return category[0] in "PSZC" or category in ("Nd", "No")


def passages_of(texts: Sequence[str]) -> list[frozenset[str]]:
    """Texts in order → the distinct words of passages of PASSAGE_WORDS words, evenly spaced."""
    words = [word for text in texts for word in words_of(text)]
    starts = range(0, len(words) - PASSAGE_WORDS + 1, PASSAGE_WORDS)
    step = max(len(starts) // MAX_PASSAGES, 1)
    return [frozenset(words[start : start + PASSAGE_WORDS]) for start in list(starts)[::step]]


def derive_stop_words(by_source: Mapping[str, Sequence[str]]) -> list[str]:
    """Source → texts of one language; → its stop words, most frequent first.

    Empty where no source has MIN_PASSAGES.
    """
    shares = []
    for texts in by_source.values():
        passages = passages_of(texts)
        if len(passages) >= MIN_PASSAGES:
            counts = Counter(word for passage in passages for word in passage)
            shares.append({word: count / len(passages) for word, count in counts.items()})
    if not shares:
        return []
    found = {
        word: (sum(each.get(word, 0.0) for each in shares) / len(shares), least)
        for word in set.union(*(set(each) for each in shares))
        if (least := min(each.get(word, 0.0) for each in shares)) >= MIN_FEW_SOURCE_SHARE
    }
    ordered = sorted(found.items(), key=lambda item: (-item[1][0], item[0]))
    enough = [word for word, (share, least) in ordered if share >= MIN_SHARE and least >= MIN_SOURCE_SHARE]
    few = [word for word, (share, _) in ordered if share >= MIN_FEW_SHARE and word not in enough]
    return [*enough, *few[: max(MIN_WORDS - len(enough), 0)]][:MAX_WORDS]
