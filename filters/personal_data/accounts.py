"""International bank account numbers and payment cards: valid by their own check digits."""

import re
from collections.abc import Iterator
from functools import cache, lru_cache

from filters.personal_data.spot import Span, Spot

_MAX_IBAN_CHARS = 34
_MIN_IBAN_DIGITS = 8
"""Of accounts whose form is in no registry."""
_UNREGISTERED = {
    "AO": 25, "BF": 28, "BJ": 28, "CF": 27, "CG": 27, "CI": 28, "CM": 27, "CV": 25, "DZ": 26, "GA": 27,
    "GQ": 27, "GW": 25, "HN": 28, "IR": 26,
    "KM": 27, "MA": 28, "MG": 27, "ML": 28, "MZ": 25, "NE": 28, "NI": 28,
    "SN": 28, "TD": 27, "TG": 28,
}  # fmt: skip
"""Lengths that banks use in countries which are not in the registry of SWIFT."""
_ISSUERS = re.compile(
    r"4\d{12}(\d{3}){0,2}|(5[1-5]\d{4}|222[1-9]\d\d|22[3-9]\d{3}|2[3-6]\d{4}|27[01]\d{3}|2720\d\d)\d{10}|3[47]\d{13}"
    r"|3(0[0-5]|095|[689]\d)\d{11}|(6011|64[4-9]\d|65\d\d|62\d\d)\d{12,15}|35(2[89]|[3-8]\d)\d{12,15}"
    r"|(5018|5020|5038|5893|6304|6759|676[1-3])\d{12,15}|(506099|5061\d\d|6500[0-2]\d)\d{10}(\d{2,3})?"
    r"|220[0-4]\d{12,15}|(60|8[12]|50[89])\d{14}|(60|81|82|508\d?)\d{12,14}"
)
"""Visa, Mastercard, American Express, Diners, Discover and UnionPay, JCB, Maestro, Verve, Mir, RuPay."""
_CARD_TEXT = re.compile(r"\d{12,19}|\d{4}([ -])\d{4}(\1\d{4}){1,2}(\1?\d{1,4})?|\d{4}([ -])\d{6}\4\d{4,5}")
_GROUP = re.compile(r"\d+")


@cache
def _lengths() -> dict[str, int]:
    """Characters of an account by country."""
    from stdnum import numdb

    lengths = dict(_UNREGISTERED)
    for country in (f"{a}{b}" for a in "ABCDEFGHIJKLMNOPQRSTUVWXYZ" for b in "ABCDEFGHIJKLMNOPQRSTUVWXYZ"):
        info = numdb.get("iban").info(f"{country}00")[0][1]
        if "bban" in info:
            lengths[country] = 4 + sum(int(part) for part in re.findall(r"\d+", info["bban"]))
    return lengths


def find_iban(spot: Spot) -> Iterator[Span]:
    """The account number that begins with two letters, as long as its country has it."""
    from stdnum import iban
    from stdnum.iso7064 import mod_97_10

    text = spot.read(spot.start, spot.start + 4 * 2 * _MAX_IBAN_CHARS)
    length = _lengths().get(text[:2].upper())
    if length is None:
        return
    characters: list[str] = []
    at = 0
    while at < len(text) and len(characters) < length:
        character = text[at]
        if character.isascii() and character.isalnum():
            characters.append(character.upper())
        elif character not in " -" or text[at - 1] in " -":
            return
        at += 1
    if len(characters) < length or (text[at : at + 1].isascii() and text[at : at + 1].isalnum()):
        return
    code = "".join(characters)
    if not code[2:4].isdigit():
        return
    if code[:2] in _UNREGISTERED:
        is_right = sum(map(str.isdigit, code)) >= _MIN_IBAN_DIGITS and mod_97_10.is_valid(code[4:] + code[:4])
    else:
        is_right = iban.is_valid(code, check_country=False)
    if is_right:
        yield spot.span(0, at, kind="iban", detector="iban")


@lru_cache(1 << 12)
def _is_card(digits: str) -> bool:
    if not _ISSUERS.fullmatch(digits) or len(set(digits)) < 2:
        return False
    doubled = [int(digit) for digit in reversed(digits)]
    total = sum(doubled[::2]) + sum(2 * digit - 9 * (digit > 4) for digit in doubled[1::2])
    return total % 10 == 0


def find_cards(spot: Spot) -> Iterator[Span]:
    """Numbers of cards in a run of digits: in one group, or in the groups that are embossed."""
    text = spot.value
    if len(text) < 12:
        return
    groups = [(match.start(), match.end()) for match in _GROUP.finditer(text)]
    index = 0
    while index < len(groups):
        start = groups[index][0]
        size = groups[index][1] - start
        behind = index + 1
        if size >= 12 or size == 4:
            for behind in range(min(len(groups), index + 5), index, -1):
                end = groups[behind - 1][1]
                if 12 <= end - start <= 23 and _card_at(spot, start, end):
                    yield spot.span(start, end, kind="card", detector="card")
                    break
            else:
                behind = index + 1
        index = behind


def _card_at(spot: Spot, start: int, end: int) -> bool:
    text = spot.value[start:end]
    if not _CARD_TEXT.fullmatch(text) or not _is_card(re.sub(r"\D", "", text)):
        return False
    before, after = spot.lead(start, 2), spot.follow(end, 2)
    return not re.search(r"[A-Za-z0-9_/+]\Z|[.,]\Z(?<=\d.)", before) and not re.match(
        r"[A-Za-z0-9_]|[.,-]\d", after
    )
