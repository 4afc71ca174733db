"""Whether groups of digits are a telephone number: their shape, what stands beside them, and their plan."""

import re
from functools import cache
from typing import NamedTuple

from filters.personal_data.tables import distance_to_label, lists_in, read_data
from filters.personal_data.telephone_plans import find_plan, has_plan, is_international

MIN_DIGITS, MAX_DIGITS = 7, 15
"""E.164 has at most 15 with the country's code."""
LABEL_CHARS = 40
"""Characters before a number in which a label speaks of it."""
_LETTER = re.compile(r"[^\W\d_]")
_WORD = re.compile(r"\s?([^\W\d_]+)")
_PAIRS = re.compile(r"0\d([-.])\d\d(\1\d\d)+")
_NEIGHBOUR_AFTER = re.compile(r"\S{0,2}\s+\S*\d")
"""A word with digits behind a number: of a table."""
_POSTCODE = re.compile(r"\d{5}-\d{4}")
_BASIC_DATE = re.compile(r"(1[89]|20)\d\d(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])")
GAP = re.compile(r"\)[ -]?| \(| ?[-./] ?| |\(|\) ?- ?")
"""What is between two groups of a number."""
_GAPS = re.compile(rf"0((?:{GAP.pattern})0)*")
"""Of a whole number, each of whose groups is a 0 here."""
_FEW = 4
"""Territories of a language; in more, one of them has almost any number of eight digits."""
_COUNTING = "012345678901234567890"
MAX_NATIONAL = 13
MAX_LABEL_GAP = 20
"""Characters between a label and a number that is of no known plan."""
_DAY, _MONTH, _YEAR = r"(?:0?[1-9]|[12]\d|3[01])", r"(?:0?[1-9]|1[0-2])", r"(?:1[89]|20)\d\d"
_DATE = re.compile(
    rf"(?<!\d)(?:{_DAY}\. {_MONTH}\. {_YEAR}|{_DAY}([-./]){_MONTH}\1{_YEAR}|{_YEAR}([-./]){_MONTH}\2{_DAY}"
    rf"|{_MONTH}/{_DAY}/{_YEAR})(?!\d)"
)
_THOUSANDS = re.compile(r"\d{1,3}([ .])\d{3}(\1\d{3})*")
_YEARS = re.compile(r"(1[0-9]|20)\d\d( ?[-/ ] ?(1[0-9]|20)\d\d)+")
_MONEY_BEFORE = re.compile(r"([$€£¥₦₹₵₨₫₱₩৳]|(?<![a-z])(r\$?|n|k|rs\.?|ksh\.?|sh\.?))\s?\Z")
_MONEY_AFTER = re.compile(r"\s?([$€£¥₦₹₵₨₫₱₩৳%‰°]|/=|/-)")
_NO_START = re.compile(r"([a-z0-9_/=#%&$\\~^*@]|[a-z0-9][-.,:]|[0-9][,:]|[-_]{2,}|\.)\Z")
_NO_END = re.compile(r"[a-z0-9_=\\~^%@]|[-.,:][a-z0-9]|/(?!\d\d?(?!\d))[a-z0-9]", re.ASCII)
_TEL_BEFORE = re.compile(
    r"((?<![a-z])(?:(?:tel|tél|telf|sms|callto|phone|mobile|mob|fax|whatsapp|cell|ph)[:=./]?|[tpm]:)|wa\.me/)\s?\(?\+?\Z"
)
_EXTENSION = re.compile(r"(?i)\s?(ext?|x|extn|poste)\b")


class Number(NamedTuple):
    """Groups of a run of digits that may be one telephone number."""

    digits: str
    groups: tuple[str, ...]
    gaps: str
    """Of all gaps, one after the other."""
    text: str


def judge(number: Number, *, before: str, after: str, territories: tuple[str, ...]) -> bool:
    digits = number.digits
    if _NO_END.match(after) and not _EXTENSION.match(after):
        return False
    opened = before.removesuffix("(")
    if opened.endswith("+") or (digits.startswith("00") and len(digits) >= 11):
        return _judge_international(number, before=opened)
    if not is_shaped(number, before):
        return False
    if _DATE.search(number.text) and not _PAIRS.fullmatch(number.text):
        return False
    return _judge_national(number, before=before, after=after, territories=territories)


def _judge_international(number: Number, *, before: str) -> bool:
    digits = number.digits
    lead = before.removesuffix("+").removesuffix("(")
    if before.endswith("+"):
        if re.search(r"[0-9a-z]\Z", lead, re.ASCII) and not _TEL_BEFORE.search(lead[-20:]):
            return False
    else:
        digits = digits[2:]
        if _NO_START.search(lead[-4:]) and not _TEL_BEFORE.search(lead[-20:]):
            return False
    if len(number.groups) > 1 and re.search(r"\(0\)", number.text):
        digits = (
            digits.replace("0", "", 1)
            if not number.groups[0].endswith("0")
            else "".join(group for group in number.groups if group != "0")
        )
    if not 8 <= len(digits) <= MAX_DIGITS:
        return False
    return is_international(digits, not before.endswith("+"))


def _judge_national(number: Number, *, before: str, after: str, territories: tuple[str, ...]) -> bool:
    digits = number.digits
    if len(digits) > MAX_NATIONAL or digits == digits[0] * len(digits):
        return False
    if before.endswith("wa.me/"):
        return is_international(digits, False)
    tail = before[-LABEL_CHARS:]
    has_words = _LETTER.search(tail) is not None
    is_marked = has_words and bool(_TEL_BEFORE.search(before[-20:]))
    lists = lists_in(tail) if has_words else []
    is_alone = may_stand_alone(number, before=before, after=after, territories=territories)
    if not (is_alone or is_marked or lists):
        return False
    if not is_marked and (_NO_START.search(before[-4:]) or _MONEY_BEFORE.search(before[-6:])):
        return False
    word = _WORD.match(after)
    if _MONEY_AFTER.match(after) or (word and word[1] in _currency_words()):
        return False
    strong = 0 if is_marked else _distance(before, name="telephone", lists=lists)
    label = _distance(before, name="number", lists=lists) if strong is None else strong
    negative = _distance(before, name="negative", lists=lists)
    if negative is not None and (label is None or negative <= label):
        return False
    if label is None and not is_alone:
        return False
    if not has_plan(digits, territories):
        is_near = strong is not None and strong <= MAX_LABEL_GAP and len(digits) <= 12
        return is_near and (is_marked or not _is_amount(number))
    is_telling = (
        label is not None
        and (len(digits) >= 9 or len(territories) <= _FEW)
        and not is_beside_numbers(before, after)
        and not _BASIC_DATE.fullmatch(digits)
    )
    return strong is not None or is_telling or (is_alone and fits_plan(number, before, territories))


def _distance(before: str, *, name: str, lists: list[str]) -> int | None:
    return distance_to_label(before, name=name, within=LABEL_CHARS) if name in lists else None


def _is_amount(number: Number) -> bool:
    return bool(_YEARS.fullmatch(number.text) or _THOUSANDS.fullmatch(number.text))


def is_beside_numbers(before: str, after: str) -> bool:
    """Whether a word with digits stands beside a number, with up to two marks between."""
    words = before.rsplit(None, 2)
    if words and not before[-1].isspace():
        words = words[:-1] if len(words[-1]) <= 2 else []
    return any(map(str.isdecimal, words[-1] if words else "")) or bool(_NEIGHBOUR_AFTER.match(after))


def may_stand_alone(number: Number, *, before: str, after: str, territories: tuple[str, ...]) -> bool:
    """Whether a number is written so that it is one without a label, if `fits_plan`."""
    digits, groups = number.digits, number.groups
    if _is_opened(number, before):
        return True
    if (len(set(digits)) < 4 and len(digits) > 9) or (len(groups) == 1 and digits in _COUNTING):
        return False
    is_few = len(territories) <= _FEW
    smallest = min(map(len, groups))
    if digits[0] == "0":
        is_long = len(digits) >= 9 or (len(groups) > 1 and is_few)
        return is_long and (len(groups) == 1 or smallest >= 2) and not _POSTCODE.fullmatch(number.text)
    if is_beside_numbers(before, after):
        return False
    if len(groups) == 1:
        return len(digits) >= 9 and bool(territories) and territories[0] in _bare()
    if len(set(groups)) == 1 or (len(digits) < 9 and not is_few):
        return False
    if _THOUSANDS.fullmatch(number.text):
        return len(digits) == 9 and "." not in number.gaps
    return len(groups) > 2 or (number.gaps == " " and smallest >= 4 and not _is_amount(number))


def fits_plan(number: Number, before: str, territories: tuple[str, ...]) -> bool:
    """Whether a number that may stand alone is grouped as its plan's are."""
    digits, groups = number.digits, number.groups
    if _is_opened(number, before) or (digits[0] == "0" and len(digits) >= 9):
        return True
    plan = find_plan(digits, territories)
    if plan is None:
        return False
    territory, is_mobile, lengths = plan
    written = tuple(map(len, groups))
    if digits[0] == "0":
        return written == lengths
    if len(groups) == 1:
        return is_mobile and territory == territories[0]
    if sum(lengths) != len(digits):
        lengths = (lengths[0] - 1, *lengths[1:])  # without the prefix that this number does not have
    return written == lengths and (is_mobile or not _THOUSANDS.fullmatch(number.text))


def _is_opened(number: Number, before: str) -> bool:
    """Whether the first group stands in brackets."""
    return before.endswith("(") and number.gaps.startswith(")")


def is_shaped(number: Number, before: str) -> bool:
    """Whether groups are such as numbers are written in: no versions, sections, years or tables."""
    opened = before.endswith("(") and ")" in number.gaps
    if number.gaps.count("(") + opened != number.gaps.count(")"):
        return False
    if len(number.groups) == 1:
        return True
    single = sum(len(group) == 1 for group in number.groups)
    if single > 1 or (single and len(number.groups[0]) > 1):
        return False
    if not _GAPS.fullmatch(re.sub(r"\d+", "0", number.text)):
        return False
    if _YEARS.fullmatch(number.text) or ".." in number.gaps or number.gaps.count("/") > 1:
        return False
    return max(map(len, number.groups)) >= 2 and ("." not in number.gaps or len(number.groups) >= 3)


@cache
def _bare() -> frozenset[str]:
    return frozenset(read_data("territories")["bare"])


@cache
def _currency_words() -> frozenset[str]:
    return frozenset(
        word.strip() for line in read_data("labels")["currency_words"] for word in line.split(",")
    )
