"""Rules of national identifiers that python-stdnum lacks: each says whether letters and digits fit."""

import re
from collections.abc import Callable, Mapping
from types import MappingProxyType

_TAIWAN = "ABCDEFGHJKLMNPQRSTUVXYWZIO"
"""Letters in the order of their codes, from 10 on."""


def _tw_id(code: str) -> bool:
    """National identity number of Taiwan: the letter is a code of two digits; weights 1, 9, 8 … 1, 1."""
    area = 10 + _TAIWAN.index(code[0])
    digits = [area // 10, area % 10, *map(int, code[1:])]
    return (
        sum(digit * weight for digit, weight in zip(digits, (1, 9, 8, 7, 6, 5, 4, 3, 2, 1, 1), strict=True))
        % 10
        == 0
    )


def _hk_id(code: str) -> bool:
    """Identity card of Hong Kong: weights 9 … 1, a missing first letter counts 36, A stands for 10."""
    letters = re.match(r"[A-Z]+", code)
    assert letters is not None  # the rule's form has one or two
    values = [36] * (2 - letters.end()) + [int(character, 36) for character in code]
    return sum(value * weight for value, weight in zip(values, range(9, 0, -1), strict=True)) % 11 == 0


def _gb_nino(code: str) -> bool:
    """National insurance number: prefixes that are never given out."""
    return code[:2] not in ("BG", "GB", "KN", "NK", "NT", "TN", "ZZ")


def _lk_nic(code: str) -> bool:
    """Identity card of Sri Lanka: year, and day of the year, 500 more for women."""
    day = int(code[2:5] if len(code) == 10 else code[4:7]) % 500
    return 1 <= day <= 366 and (len(code) == 10 or code[:2] in ("19", "20"))


def _eg_id(code: str) -> bool:
    """National number of Egypt: century, date of birth, governorate."""
    month, day, governorate = int(code[3:5]), int(code[5:7]), int(code[7:9])
    return 1 <= month <= 12 and 1 <= day <= 31 and (1 <= governorate <= 35 or governorate == 88)


def _vn_cccd(code: str) -> bool:
    """Citizen's number of Vietnam: a province of 001 to 096."""
    return 1 <= int(code[:3]) <= 96


def _digits_only(code: str) -> bool:
    """Nothing to check but that it is no run of one digit."""
    return len(set(code)) > 2


OWN: Mapping[str, Callable[[str], bool]] = MappingProxyType(
    {
        "own.tw_id": _tw_id,
        "own.hk_id": _hk_id,
        "own.gb_nino": _gb_nino,
        "own.lk_nic": _lk_nic,
        "own.eg_id": _eg_id,
        "own.vn_cccd": _vn_cccd,
        "own.digits_only": _digits_only,
    }
)
"""By the name that identifiers.yaml has for it; the code is upper case, without gaps."""
