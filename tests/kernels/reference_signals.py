"""The signals beyond ROOTS, slowly and obviously: one text, Python strings, no hashes."""

import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from filters.kernels.text_tables import GOPHER_SYMBOLS, SENTENCE_TERMINALS
from tests.kernels import reference_damage
from tests.kernels.reference_text import is_ideograph, is_space, is_special, lower
from tests.kernels.reference_text import pieces as split_pieces

TERMINALS = {chr(code) for first, last in SENTENCE_TERMINALS for code in range(first, last + 1)}
CLOSERS = set("\"'") | {
    chr(code) for code in range(0x20, 0xFF5F) if unicodedata.category(chr(code)) in ("Pe", "Pf", "Pi")
}
OPERATORS = "{}[]<>=;|&*+\\^~_$@`"
POLICY = ("terms of use", "privacy policy", "cookie policy", "uses cookies", "use of cookies", "use cookies")

Row = dict[str, float | int | None]


def strip(text: str) -> str:
    while text and is_space(text[0]):
        text = text[1:]
    while text and is_space(text[-1]):
        text = text[:-1]
    return text


def share(part: float, whole: float) -> float | None:
    return float(np.float32(part / whole)) if whole else None


def duplicates(items: Sequence[str]) -> tuple[int, int]:
    """(items equal to one before, their characters)."""
    seen: set[str] = set()
    repeated = [item for item in items if item in seen or seen.add(item)]  # type: ignore[func-returns-value]
    return len(repeated), sum(map(len, repeated))


def lines(text: str) -> list[str]:
    """What a newline ends, and what is left."""
    pieces = text.split("\n")
    return pieces[:-1] if pieces[-1] == "" else pieces


def filled_lines(text: str) -> list[str]:
    return [line for line in text.split("\n") if strip(line)]


def gopher_quality(text: str, *, segments: bool, stop_words: Sequence[str], entries: list[str]) -> Row:
    """entries: the stripped, lower-cased words of the text."""
    words = split_pieces(text, segments=segments)
    wordy = [word for word in words if any(character not in GOPHER_SYMBOLS for character in word)]
    all_lines = [strip(line) for line in lines(text)]
    return {
        "gopher_words": len(wordy),
        "gopher_mean_word_length": share(sum(map(len, wordy)), len(wordy)),
        "hash_to_word_ratio": share(text.count("#"), len(words)),
        "ellipsis_to_word_ratio": share(text.count("...") + text.count("…"), len(words)),
        "bullet_line_ratio": share(sum(line.startswith(("•", "-")) for line in all_lines), len(all_lines)),
        "ellipsis_line_ratio": share(sum(line.endswith(("...", "…")) for line in all_lines), len(all_lines)),
        "alphabetic_word_ratio": share(
            sum(any(character.isalpha() for character in word) for word in words), len(words)
        ),
        "gopher_stop_words": len({lower(word) for word in stop_words} & set(entries)) if stop_words else None,
    }


def top_ngram(words: list[str], n: int) -> int:
    """Characters of the most frequent n words, the first of several, times how often."""
    grams = [" ".join(words[i : i + n]) for i in range(len(words) - n + 1)]
    best, times = Counter(grams).most_common(1)[0] if grams else ("", 0)
    return len(best) * times


def duplicated_ngrams(words: list[str], n: int) -> int:
    """Characters of n words in a row that were seen before, each skipped whole."""
    seen: set[tuple[str, ...]] = set()
    total, place = 0, 0
    while place <= len(words) - n:
        gram = tuple(words[place : place + n])
        if gram in seen:
            total += sum(map(len, gram))
            place += n
        else:
            seen.add(gram)
            place += 1
    return total


def gopher_repetition(text: str, *, segments: bool) -> Row:
    words = split_pieces(text, segments=segments)
    split = re.split("\n+", text)
    paragraphs = re.split("\n{2,}", strip(text))
    row: Row = {}
    for name, items in (("line", split), ("paragraph", paragraphs)):
        count, chars = duplicates(items)
        row[f"duplicate_{name}_ratio"] = share(count, len(items) if text else 0)
        row[f"duplicate_{name}_characters_ratio"] = share(chars, len(text))
    for n in range(2, 11):
        name = f"top_{n}_gram" if n <= 4 else f"duplicated_{n}_gram"
        chars = top_ngram(words, n) if n <= 4 else duplicated_ngrams(words, n)
        row[f"{name}_characters_ratio"] = share(chars, len(text) if len(words) >= n else 0)
    return row


def fineweb(text: str, *, segments: bool) -> Row:
    filled = filled_lines(text)
    return {
        "punctuated_line_ratio": share(sum(line[-1] in TERMINALS for line in filled), len(filled)),
        "short_line_ratio": share(sum(len(line) <= 30 for line in filled), len(filled)),
        "fineweb_duplicate_line_characters_ratio": share(
            duplicates(filled)[1], len(text.replace("\n", "")) if filled else 0
        ),
        "newline_to_word_ratio": share(text.count("\n"), len(split_pieces(text, segments=segments))),
    }


def c4(text: str) -> Row:
    filled = [strip(line) for line in filled_lines(text)]
    lowered = [lower(line) for line in filled]
    terminal = [line.endswith((".", "?", "!", '"', "'")) and not line.endswith("...") for line in filled]
    policy = [any(phrase in line for phrase in POLICY) for line in lowered]
    javascript = ["javascript" in line for line in lowered]
    words = [split_pieces(line, segments=False) for line in filled]
    kept = sum(
        good and not bad and not script and len(pieces) >= 3 and max(map(len, pieces)) <= 1000
        for good, bad, script, pieces in zip(terminal, policy, javascript, words, strict=True)
    )
    curly = text.count("{") + text.count("}")
    return {
        "c4_terminal_line_ratio": share(sum(terminal), len(filled)),
        "c4_kept_line_ratio": share(kept, len(filled)),
        "javascript_lines": sum(javascript),
        "policy_lines": sum(policy),
        "lorem_ipsum_lines": sum("lorem ipsum" in line for line in lowered),
        "curly_brackets": curly,
        "curly_brackets_ratio": share(curly, len(text)),
    }


def is_code(line: str) -> bool:
    if is_prose(line):
        return False
    operators = sum(character in OPERATORS for character in line)
    braces = line.count("{") + line.count("}")
    if operators > 0 and (braces * 100 >= len(line) or operators * 8 >= len(line)):
        return True
    body = line.lstrip(" \t")
    indent = line[: len(line) - len(body)]
    if not (indent.startswith("\t") or len(indent) >= 2):
        return False
    called = any(
        mark == "(" and not is_space(before) and not is_special(before) for before, mark in pairwise(body)
    )
    return called or any(character in "[]{}<>=|\\^$@`_" for character in body)


def is_prose(line: str) -> bool:
    """A line that is not indented and ends as a sentence or with a colon, most of it letters."""
    body = line
    while body and (is_space(body[-1]) or (body[-1] in CLOSERS and body[-1] not in TERMINALS)):
        body = body[:-1]
    if not body or is_space(body[0]) or body[-1] not in TERMINALS | {":", "："}:
        return False
    letters = sum(unicodedata.category(character)[0] in "LM" for character in body)
    enough = letters + 2 * sum(map(is_ideograph, body)) >= 30
    return enough and 10 * (letters + sum(map(is_space, body))) >= 7 * len(body)


def sentences(line: str) -> list[str]:
    """The sentences of one line, without white space around them."""
    pieces, start, place = [], 0, 0
    while place < len(line):
        after = place + 1
        if line[place] in TERMINALS:
            while after < len(line) and line[after] in TERMINALS | CLOSERS:
                after += 1
            if after == len(line) or is_space(line[after]) or line[place] not in ".!?":
                pieces.append(line[start:after])
                start = place = after
                continue
        place += 1
    pieces.append(line[start:])
    return [strip(sentence) for sentence in pieces if strip(sentence)]


def composition(text: str) -> Row:
    letters = [character for character in text if character.isalpha()]
    urls = [word for word in split_pieces(text, segments=False) if "://" in word or "www." in word]
    code = [line for line in text.split("\n") if is_code(line)]
    prose = [line for line in text.split("\n") if is_prose(line)]
    return {
        "url_ratio": share(sum(map(len, urls)), len(text)),
        "digit_ratio": share(sum(character.isdecimal() for character in text), len(text)),
        "upper_case_ratio": share(sum(is_upper(character) for character in letters), len(letters)),
        "code_line_ratio": share(len(code), len(filled_lines(text))),
        "code_excess": share(
            sum(len(strip(line)) for line in code) - sum(len(strip(line)) for line in prose),
            sum(len(strip(line)) for line in filled_lines(text)),
        ),
        "sentences": sum(len(sentences(line)) for line in text.split("\n")),
    }


def is_upper(character: str) -> bool:
    return unicodedata.category(character) == "Lu"


def windows_byte(character: str) -> int:
    """The byte that Windows-1252, or else Latin-1, reads as this character; 0: none."""
    for encoding in ("cp1252", "latin-1"):
        try:
            return character.encode(encoding)[0]
        except UnicodeEncodeError:
            continue
    return 0


def mojibake_chars(text: str) -> int:
    """Of sequences whose second character is no white space: clean French writes "été\u00a0»"."""
    total, place = 0, 0
    codes = [windows_byte(character) for character in text]
    while place < len(codes):
        lead = codes[place]
        needed = 1 if 0xC2 <= lead < 0xE0 else 2 if 0xE0 <= lead < 0xF0 else 3 if 0xF0 <= lead <= 0xF4 else 0
        continuation = codes[place + 1 : place + 1 + needed]
        is_sequence = len(continuation) == needed and all(0x80 <= code < 0xC0 for code in continuation)
        if needed and is_sequence and text[place + 1] not in "\x85\xa0":
            total += needed + 1
            place += needed + 1
        else:
            place += 1
    return total


def encoding_damage(text: str) -> Row:
    controls = sum(
        ord(character) < 0x20 or 0x7F <= ord(character) < 0xA0
        for character in text
        if character not in "\t\n\v\f\r\x85"
    )
    return {
        "replacement_character_ratio": share(text.count("\ufffd"), len(text)),
        "control_character_ratio": share(controls, len(text)),
        "mojibake_ratio": share(mojibake_chars(text), len(text)),
    }


def block_size(data: bytes) -> int:
    """Bytes of a greedy LZ4 block: a token, extra length bytes, literals, two bytes of distance per match."""
    table: dict[int, int] = {}
    size, anchor, place, misses = 0, 0, 0, 0

    def extra(length: int) -> int:
        return 0 if length < 15 else (length - 15) // 255 + 1

    while place + 4 <= len(data):
        four = int.from_bytes(data[place : place + 4], "little")
        slot = (four * 2654435761 % (1 << 32)) >> 20
        candidate = table.get(slot)
        table[slot] = place
        if (
            candidate is None
            or place - candidate > 65535
            or data[candidate : candidate + 4] != data[place : place + 4]
        ):
            place += 1 + misses // 64
            misses += 1
            continue
        length = 4
        while place + length < len(data) and data[candidate + length] == data[place + length]:
            length += 1
        size += 3 + place - anchor + extra(place - anchor) + extra(length - 4)
        place += length
        anchor = place
        misses = 0
    return size + 1 + len(data) - anchor + extra(len(data) - anchor)


def compression(text: str) -> Row:
    data = text.encode()
    if len(data) > 2048:
        starts = [window * (len(data) - 512) // 3 for window in range(4)]
        data = b"".join(data[start : start + 512] for start in starts)
    return {"compression_ratio": share(block_size(data), len(data))}


def markup(text: str) -> Row:
    return {"html_ratio": share(reference_damage.count_damage(text)["markup_chars"], len(text))}
