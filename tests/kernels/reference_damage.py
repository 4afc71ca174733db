"""Counts of damage, slow and obvious: one character after the other, with regular expressions."""

import re
import unicodedata

from filters.kernels.damage import CAPITALS_PER_PLACE, MIN_CAPITALS
from filters.kernels.frames import FOOT_LINES, HEAD_LINES
from filters.kernels.markup import TAG_NAMES
from filters.kernels.text_tables import SENTENCE_TERMINALS

ENTITY = re.compile(r"&(?:[A-Za-z][A-Za-z0-9]+|#[0-9]+|#[Xx][0-9A-Fa-f]+);")
TAG = re.compile(
    rf"(?i)</?(?:{'|'.join(TAG_NAMES.split())})(?:[ \t-\r/][^<>]*)?>|<!d[^<>]*>|<!--(?:(?!-->|<!)[\s\S])*-->"
)
CARRIER = re.compile(
    "\ufeff[\ufe00-\ufe0f\U000e0100-\U000e01ef]+|[\ufe00-\ufe0f\U000e0100-\U000e01ef]{2,}"
    "|[\U000e0000-\U000e007f]+"
)
FORM = re.compile("[\ufb00-\ufb06\ufb50-\ufbb1\ufbd3-\ufd3d\ufd50-\ufdc7\ufe70-\ufefc]")
SCRIPTS = re.compile(r"[a-z\u0400-\u0fff\u3000-\U000fffff]")
"""What ends a run of capitals: small letters, and scripts without capitals."""


def windows_1252(byte: int) -> set[str]:
    return {bytes([byte]).decode(name, "ignore") for name in ("cp1252", "latin-1")} - {""}


LEADS = {
    char: (byte >= 0xE0) + (byte >= 0xF0) + 1 for byte in range(0xC2, 0xF5) for char in windows_1252(byte)
}
CONTINUATIONS = {char for byte in range(0x80, 0xC0) for char in windows_1252(byte)}
TERMINALS = {chr(code) for first, last in SENTENCE_TERMINALS for code in range(first, last + 1)}
CLOSERS = {chr(c) for c in range(0x20, 0xFF5F) if unicodedata.category(chr(c)) in ("Pe", "Pf", "Pi")} | {
    '"',
    "'",
}


def mojibake(text: str, place: int) -> str:
    """The sequence whose lead is at place, or nothing."""
    needed = LEADS.get(text[place], 0)
    sequence = text[place : place + 1 + needed]
    if not needed or len(sequence) <= needed or not {*sequence[1:]} <= CONTINUATIONS:
        return ""
    capitals = needed == 1 and re.fullmatch("[A-Z]", text[max(place - 1, 0) : place])
    return "" if sequence[1] in "\x85\xa0" or capitals else sequence


def is_frame(line: str) -> bool:
    return len(line) <= 40 and line[-1] not in TERMINALS | CLOSERS | {*",:;،؛，：；、"}


def frame_lines(text: str) -> int:
    lines = [line.strip("".join(map(chr, range(33)))) for line in text.split("\n")]
    lines = [line for line in lines if line]
    total = 0
    for ordered, spared in ((lines, HEAD_LINES), (lines[::-1], FOOT_LINES)):
        count = 0
        for line in ordered[:12]:
            if not is_frame(line):
                break
            count += 1
        total += max(count - spared, 0)
    return total


def count_damage(text: str) -> dict[str, int]:
    """What filters.signals.source_damage counts of one text, and characters of markup, and carriers."""
    counts = dict.fromkeys(
        ["mojibake", "replacements", "entities", "tags", "hyphens", "ligatures", "markup_chars", "carriers"],
        0,
    )
    counts |= {"frame_lines": frame_lines(text), "capitals": 0}
    place, run_stop = 0, 0
    while place < len(text):
        char = text[place]
        step = 1
        if "A" <= char <= "Z" and place >= run_stop:
            end = SCRIPTS.search(text, place)
            run_stop = end.start() if end else len(text)
            capitals = len(re.findall("[A-Z]", text[place:run_stop]))
            counts["capitals"] += capitals // CAPITALS_PER_PLACE if capitals >= MIN_CAPITALS else 0
        elif char == "\n":
            before, after = text[:place].rstrip(" \t\r"), text[place + 1 :].lstrip(" \t")
            counts["hyphens"] += bool(
                re.search("[A-Za-z\x80-\U0010ffff][-\u00ad¬\u2010]$", before)
                and re.match("[a-z\u00c0-\u1fff\u3000-\U0010ffff]", after)
            )
        elif char in "&<":
            found = (TAG if char == "<" else ENTITY).match(text, place)
            if found and (char == "<" or len(found[0]) <= 33):
                counts["tags" if char == "<" else "entities"] += 1
                step = len(found[0])
                counts["markup_chars"] += step
        elif sequence := mojibake(text, place):
            counts["mojibake"] += 1
            step = len(sequence)
        elif found := CARRIER.match(text, place):
            is_flag = found[0][0] >= "\U000e0000" and text[:place].endswith("\U0001f3f4")
            counts["carriers"] += not is_flag
            step = len(found[0])
        else:
            counts["replacements"] += char == "\ufffd"
            counts["ligatures"] += bool(FORM.match(char))
        place += step
    return counts
