"""Telephone numbers: an international prefix, a plan of a territory of the language, or a label decides.

A number is offered to the plans of its territories as one set of patterns first: to parse one costs 20 µs.
"""

import re
from collections.abc import Iterator
from functools import cache, lru_cache
from itertools import pairwise
from typing import Any, NamedTuple

from filters.personal_data.spot import Span, Spot
from filters.personal_data.tables import distance_to_label, lists_in, make_set, read_data

MIN_DIGITS, MAX_DIGITS = 7, 15
"""E.164 has at most 15 with the country's code."""
MAX_GROUPS = 7
BEFORE_CHARS = 60
LABEL_CHARS = 40
"""Characters before a number in which a label speaks of it."""
_TYPES = (
    "fixed_line", "mobile", "toll_free", "premium_rate", "shared_cost", "personal_number",
    "voip", "pager", "uan", "voicemail"
)  # fmt: skip
_GROUP = re.compile(r"\d+")
_LETTER = re.compile(r"[^\W\d_]")
_WORD = re.compile(r"\s?([^\W\d_]+)")
_PAIRS = re.compile(r"0\d([-.])\d\d(\1\d\d)+")
_NEVER = re.compile(
    r"(1[0-9]|20)\d\d-\d\d?-\d\d?( \d\d?)?|\d{1,2}([. ])\d{3}\3\d{3}|\d{1,3}[. ]\d{3}"
    r"|(1[0-9]|20)\d\d.{1,3}(1[0-9]|20)\d\d"
)
"""Dates, millions and two years."""
_NEIGHBOUR_AFTER = re.compile(r"\S{0,2}\s+\S*\d")
"""A word with digits behind a number: of a table."""
_CAPTURE = re.compile(r"\((?!\?)")
"""A part of what is dialled before a number that is not always the same: a carrier."""
_POSTCODE = re.compile(r"\d{5}-\d{4}")
_BASIC_DATE = re.compile(r"(1[89]|20)\d\d(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])")
_GAP = re.compile(r"\)[ -]?| \(| ?[-./] ?| |\(|\) ?- ?")
"""What is between two groups of a number."""
_GAPS = re.compile(rf"0((?:{_GAP.pattern})0)*")
"""Of a whole number, each of whose groups is a 0 here."""
_FEW = 4
"""Territories of a language; in more, one of them has almost any number of eight digits."""
_COUNTING = "012345678901234567890"
_INVISIBLE = "\u200e\u200f\u202a\u202b\u202d"
_TABLE_GROUPS = 12
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


class _Number(NamedTuple):
    """Groups of a run of digits that may be one telephone number."""

    digits: str
    groups: tuple[str, ...]
    gaps: str
    """Of all gaps, one after the other."""
    text: str


@cache
def _plans(territories: tuple[str, ...]) -> Any:
    """The set of patterns of the territories' national numbers, in their order."""
    from phonenumbers import PhoneMetadata

    forms = []
    for territory in territories:
        plan = PhoneMetadata.metadata_for_region(territory)
        patterns = [] if plan is None else [_national(getattr(plan, name)) for name in _TYPES]
        joined = "|".join(pattern for pattern in patterns if pattern) or "x"
        prefix = None if plan is None else plan.national_prefix_for_parsing
        forms.append(f"(?:{prefix})?(?:{joined})" if prefix else joined)
    return make_set(forms, is_whole=True)


def _national(description: Any) -> str | None:
    pattern = None if description is None else description.national_number_pattern
    return pattern if pattern and pattern != "NA" else None


@lru_cache(1 << 14)
def _find_plan(digits: str, territories: tuple[str, ...]) -> tuple[str, bool, tuple[int, ...]] | None:
    """(territory, whether mobile, lengths of the groups as written there) of the first plan with a number."""
    if not territories:
        return None
    import phonenumbers

    for index in sorted(_plans(territories).Match(digits) or ()):
        territory = territories[index]
        try:
            parsed = phonenumbers.parse(digits, territory)
        except phonenumbers.NumberParseException:
            continue
        if not phonenumbers.is_valid_number_for_region(parsed, territory):
            continue
        kind = phonenumbers.number_type(parsed)
        written = phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.NATIONAL)
        is_mobile = kind == phonenumbers.PhoneNumberType.MOBILE
        return territory, is_mobile, tuple(len(group) for group in _GROUP.findall(written))
    return None


@lru_cache(1 << 14)
def _has_plan(digits: str, territories: tuple[str, ...]) -> bool:
    """Whether a plan of the territories has a number: its patterns say so, save where prefixes rewrite it."""
    if not territories:
        return False
    fitting = {territories[index] for index in _plans(territories).Match(digits) or ()}
    return bool(fitting) and (not fitting <= _rewriting() or _find_plan(digits, territories) is not None)


@cache
def _rewriting() -> frozenset[str]:
    """Territories where what is dialled before a number changes it, or may be a part of it."""
    from phonenumbers import PhoneMetadata

    territories = (t for each in read_data("territories")["territories"].values() for t in each)
    plans = ((t, PhoneMetadata.metadata_for_region(t)) for t in territories)
    return frozenset(
        t
        for t, plan in plans
        if plan is not None
        and (plan.national_prefix_transform_rule or _CAPTURE.search(plan.national_prefix_for_parsing or ""))
    )


@lru_cache(1 << 12)
def _is_international(digits: str, strict: bool) -> bool:
    """Whether digits with their country's code are a number of its plan, or may be one unless strict."""
    import phonenumbers

    try:
        parsed = phonenumbers.parse("+" + digits, None)
    except phonenumbers.NumberParseException:
        return False
    if phonenumbers.is_valid_number(parsed):
        return True
    return not strict and len(digits) >= 10 and phonenumbers.is_possible_number(parsed)


def find_telephones(spot: Spot) -> Iterator[Span]:
    """Telephone numbers in a run of digits, from the left, those with more digits first."""
    text = spot.value
    if _NEVER.fullmatch(text) and not _is_labelled(spot):
        return
    if text.isdecimal():
        yield from _find_group(spot)
        return
    groups = [match.span() for match in _GROUP.finditer(text)]
    gaps = [text[end:start] for (_, end), (start, _) in pairwise(groups)]
    index = 0
    while index < len(groups):
        behind = None
        if index == 0 or _is_break(gaps[index - 1]):
            behind = _match_from(spot, groups, gaps, index)
        if behind is None:
            index += 1
            continue
        start = groups[index][0]
        lead = spot.lead(start, 2)
        opened = int(lead.endswith("(") and ")" in text[start : groups[behind - 1][1]])
        signed = lead[: len(lead) - opened].endswith("+")
        yield spot.span(
            start - opened - signed, groups[behind - 1][1], kind="telephone", detector="telephone"
        )
        index = behind


def _find_group(spot: Spot) -> Iterator[Span]:
    """The number that a run of digits without gaps is: what `_match_from` says of a single group."""
    digits = spot.value
    if not MIN_DIGITS <= len(digits) <= MAX_DIGITS + 3:
        return
    before, after = spot.before_lower.rstrip(_INVISIBLE), spot.after[:12].lower()
    number = _Number(digits, (digits,), "", digits)
    if _judge(number, before=before, after=after, territories=spot.territories):
        signed = spot.before.endswith("+")
        yield spot.span(-signed, len(digits), kind="telephone", detector="telephone")


def _is_labelled(spot: Spot) -> bool:
    before = spot.before_lower
    return before.endswith("+") or distance_to_label(before, name="telephone", within=LABEL_CHARS) is not None


@lru_cache(1 << 12)
def _is_gap(gap: str) -> bool:
    return _GAP.fullmatch(gap) is not None


def _is_break(gap: str) -> bool:
    """Whether one number may end and another begin."""
    return " " in gap or "/" in gap or "(" in gap


def _match_from(spot: Spot, groups: list[tuple[int, int]], gaps: list[str], index: int) -> int | None:
    """Behind the last group of the longest number that begins with a group, or None."""
    text = spot.value
    start = groups[index][0]
    if (
        len(groups) > _TABLE_GROUPS
        and text[start] != "0"
        and not text[max(0, start - 2) : start].endswith("+")
    ):
        return None
    total = singles = 0
    ends = []
    lead = spot.lead(start, 6)
    second = groups[index + 1][0] if groups[index][1] == start + 1 and index + 1 < len(groups) else start + 1
    is_international = "+" in lead or (text[start] == "0" == text[second : second + 1])
    for behind in range(index + 1, min(len(groups), index + MAX_GROUPS) + 1):
        if behind > index + 1 and not is_international and not _is_gap(gaps[behind - 2]):
            break
        size = groups[behind - 1][1] - groups[behind - 1][0]
        total += size
        singles += size == 1
        if total > MAX_DIGITS + 3 or (singles > 1 and not is_international):
            break
        if total >= MIN_DIGITS and (behind == len(groups) or _is_break(gaps[behind - 1])):
            ends.append(behind)
    for behind in reversed(ends):
        end = groups[behind - 1][1]
        parts = tuple(text[first:last] for first, last in groups[index:behind])
        number = _Number("".join(parts), parts, "".join(gaps[index : behind - 1]), text[start:end])
        if not is_international and not _is_shaped(number, lead):
            continue
        before = spot.lead(start, BEFORE_CHARS).lower() if start else spot.before_lower
        after = spot.follow(end, 12)
        if _judge(
            number, before=before.rstrip(_INVISIBLE), after=after.lower(), territories=spot.territories
        ):
            return behind
    return None


def _judge(number: _Number, *, before: str, after: str, territories: tuple[str, ...]) -> bool:
    digits = number.digits
    if _NO_END.match(after) and not _EXTENSION.match(after):
        return False
    opened = before.removesuffix("(")
    if opened.endswith("+") or (digits.startswith("00") and len(digits) >= 11):
        return _judge_international(number, before=opened)
    if not _is_shaped(number, before):
        return False
    if _DATE.search(number.text) and not _PAIRS.fullmatch(number.text):
        return False
    return _judge_national(number, before=before, after=after, territories=territories)


def _judge_international(number: _Number, *, before: str) -> bool:
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
    return _is_international(digits, not before.endswith("+"))


def _judge_national(number: _Number, *, before: str, after: str, territories: tuple[str, ...]) -> bool:
    digits = number.digits
    if len(digits) > MAX_NATIONAL or digits == digits[0] * len(digits):
        return False
    if before.endswith("wa.me/"):
        return _is_international(digits, False)
    tail = before[-LABEL_CHARS:]
    has_words = _LETTER.search(tail) is not None
    is_marked = has_words and bool(_TEL_BEFORE.search(before[-20:]))
    lists = lists_in(tail) if has_words else []
    is_alone = _may_stand_alone(number, before=before, after=after, territories=territories)
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
    if not _has_plan(digits, territories):
        is_near = strong is not None and strong <= MAX_LABEL_GAP and len(digits) <= 12
        return is_near and (is_marked or not _is_amount(number))
    is_telling = (
        label is not None
        and (len(digits) >= 9 or len(territories) <= _FEW)
        and not _is_beside_numbers(before, after)
        and not _BASIC_DATE.fullmatch(digits)
    )
    return strong is not None or is_telling or (is_alone and _fits_plan(number, before, territories))


def _distance(before: str, *, name: str, lists: list[str]) -> int | None:
    return distance_to_label(before, name=name, within=LABEL_CHARS) if name in lists else None


def _is_amount(number: _Number) -> bool:
    return bool(_YEARS.fullmatch(number.text) or _THOUSANDS.fullmatch(number.text))


def _is_beside_numbers(before: str, after: str) -> bool:
    """Whether a word with digits stands beside a number, with up to two marks between."""
    words = before.rsplit(None, 2)
    if words and not before[-1].isspace():
        words = words[:-1] if len(words[-1]) <= 2 else []
    return any(map(str.isdecimal, words[-1] if words else "")) or bool(_NEIGHBOUR_AFTER.match(after))


def _may_stand_alone(number: _Number, *, before: str, after: str, territories: tuple[str, ...]) -> bool:
    """Whether a number is written so that it is one without a label, if `_fits_plan`."""
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
    if _is_beside_numbers(before, after):
        return False
    if len(groups) == 1:
        return len(digits) >= 9 and bool(territories) and territories[0] in _bare()
    if len(set(groups)) == 1 or (len(digits) < 9 and not is_few):
        return False
    if _THOUSANDS.fullmatch(number.text):
        return len(digits) == 9 and "." not in number.gaps
    return len(groups) > 2 or (number.gaps == " " and smallest >= 4 and not _is_amount(number))


def _fits_plan(number: _Number, before: str, territories: tuple[str, ...]) -> bool:
    """Whether a number that may stand alone is grouped as its plan's are."""
    digits, groups = number.digits, number.groups
    if _is_opened(number, before) or (digits[0] == "0" and len(digits) >= 9):
        return True
    plan = _find_plan(digits, territories)
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


def _is_opened(number: _Number, before: str) -> bool:
    """Whether the first group stands in brackets."""
    return before.endswith("(") and number.gaps.startswith(")")


def _is_shaped(number: _Number, before: str) -> bool:
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
