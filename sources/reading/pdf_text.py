"""From the characters of a PDF's text layer to text: ligatures, line ends, and layers that are no text."""

import re
import unicodedata

from sources.reading.mapping import BadRecord

MAX_BROKEN_FRACTION = 0.01
"""Of the characters of a layer: controls, private use, U+FFFD. Fonts without a map to Unicode give them."""
MAX_REVERSED_FRACTION = 0.1
"""Of the Arabic words with a letter that only ends words, those that begin with it: the order is visual."""
MAX_SINGLE_FRACTION = 0.05
"""Of the words in a script of India, those of one letter: words that were cut at their vowel signs."""
SHORT_LINE = 0.75
"""A line that is shorter than this part of the page's longest lines ends its paragraph."""

_PRESENTATION = re.compile("[\ufb00-\ufb4f\ufb50-\ufdcf\ufdf0-\ufdff\ufe70-\ufefc]+")
_HYPHENATED = re.compile("(?:\ufffe|\x02)[ \r\n]*")
"""What PDFium writes for a hyphen that parts a word at a line end."""
PARTED = "\ufffe"
_DATE = re.compile(r"(?:D:)?(\d{4})(\d\d)?(\d\d)?")
_BROKEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ue000-\uf8ff\ufffd\uffff]")
_FINAL_ONLY = "\u0629\u0649"
_INDIC = re.compile("[\u0900-\u0dff]")
_WIDE = re.compile("[\u2e80-\u9fff\uf900-\ufaff\uff00-\uffef]")
_MIN_WORDS = 20


def clean_text(page: str) -> str:
    """Ligatures and other presentation forms as letters, line ends as \\n, no spaces before them.

    U+FFFE stays where a word was parted at a line end.
    """
    page = _HYPHENATED.sub(PARTED, page)
    page = _PRESENTATION.sub(lambda forms: unicodedata.normalize("NFKC", forms[0]), page)
    return "\n".join(line.rstrip() for line in page.splitlines()).strip("\n")


def check_text(text: str) -> None:
    """Raise BadRecord for a layer whose characters are not those that a reader sees."""
    broken = len(_BROKEN.findall(text))
    if broken > MAX_BROKEN_FRACTION * len(text):
        raise _broken(f"{broken} of {len(text)} characters have no meaning")
    words = text.split()
    final = [
        word for word in words if word.strip("\u064b\u060c.")[-1:] in _FINAL_ONLY or word[0] in _FINAL_ONLY
    ]
    reverse = sum(word[0] in _FINAL_ONLY and len(word) > 1 for word in final)
    if len(final) >= _MIN_WORDS and reverse > MAX_REVERSED_FRACTION * len(final):
        raise _broken(f"{reverse} of {len(final)} words begin with a letter that only ends words")
    indic = [word for word in words if _INDIC.search(word)]
    single = sum(len(word) == 1 for word in indic)
    if len(indic) >= _MIN_WORDS and single > MAX_SINGLE_FRACTION * len(indic):
        raise _broken(f"{single} of {len(indic)} words are one letter: words are cut at their vowel signs")


def keep_lines(page: str) -> str:
    """The lines of a page of clean_text; a word that was parted is whole, in the first of its lines."""
    return page.replace(PARTED, "")


def join_lines(page: str) -> str:
    """A line for each paragraph: lines go on in the next one unless they end far before the others.

    Between letters of Chinese and Japanese a line end is nothing, else a space.
    """
    lengths = sorted(len(line) for line in page.replace(PARTED, "\n").split("\n") if line)
    long = lengths[len(lengths) * 9 // 10] if lengths else 0
    joined: list[str] = []
    goes_on = False
    for line in page.split("\n"):
        stripped = line.strip()
        if goes_on and stripped:
            is_wide = _WIDE.match(stripped) and _WIDE.match(joined[-1][-1:])
            joined[-1] += ("" if is_wide else " ") + stripped
        elif stripped:
            joined.append(stripped)
        goes_on = bool(stripped) and len(line.rpartition(PARTED)[2]) >= SHORT_LINE * long
    return keep_lines("\n".join(joined))


def read_date(text: str) -> str | None:
    """ISO 8601 of a date as PDF writes it, to the day; None for what is none."""
    match = _DATE.match(text)
    return None if match is None else "-".join(part for part in match.groups() if part)


def _broken(detail: str) -> BadRecord:
    return BadRecord("broken_text_layer", detail=detail)
