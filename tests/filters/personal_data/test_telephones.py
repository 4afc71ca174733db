"""What decides about a telephone number before its plan is asked rejects only what no plan would save."""

import random
import re
from itertools import pairwise, product

import phonenumbers
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from filters.personal_data import telephone_numbers as judging
from filters.personal_data import telephone_plans as plans
from filters.personal_data.tables import read_data
from filters.personal_data.telephone_numbers import Number

TERRITORIES = sorted({t for each in read_data("territories")["territories"].values() for t in each})
KINDS = (phonenumbers.PhoneNumberType.MOBILE, phonenumbers.PhoneNumberType.FIXED_LINE, None)


def near_numbers(territory: str, *, count: int) -> list[str]:
    """Numbers that begin as one of a territory does, with and without what is dialled before it."""
    rng = random.Random(territory)
    dialled = phonenumbers.PhoneMetadata.metadata_for_region(territory).national_prefix or ""  # type: ignore[union-attr]
    numbers = []
    for _ in range(count):
        kind = rng.choice(KINDS)
        example = phonenumbers.example_number_for_type(territory, kind) if kind is not None else None
        digits = (
            str(example.national_number)
            if example
            else "".join(rng.choices("0123456789", k=rng.randrange(7, 13)))
        )
        kept = rng.randrange(len(digits) + 1)
        prefix = rng.choice(["", "0", "00", dialled, "1", "9"])
        numbers.append(prefix + digits[:kept] + "".join(rng.choices("0123456789", k=len(digits) - kept)))
    return [number for number in numbers if 7 <= len(number) <= judging.MAX_NATIONAL]


@pytest.mark.parametrize("territory", TERRITORIES)
def test_the_patterns_of_a_plan_say_what_the_validator_says(territory: str) -> None:
    for number in near_numbers(territory, count=60):
        expected = plans.find_plan.__wrapped__(number, (territory,)) is not None
        assert plans.has_plan.__wrapped__(number, (territory,)) == expected, number


def stands_alone(
    number: Number,
    *,
    plan: tuple[str, bool, tuple[int, ...]],
    before: str,
    after: str,
    territories: tuple[str, ...],
) -> bool:
    """The rule in one piece, of a number that a plan has."""
    territory, is_mobile, lengths = plan
    digits, groups = number.digits, number.groups
    if before.endswith("(") and number.gaps.startswith(")"):
        return True
    if (len(set(digits)) < 4 and len(digits) > 9) or (len(groups) == 1 and digits in "012345678901234567890"):
        return False
    written = tuple(map(len, groups))
    is_few = len(territories) <= 4
    if digits[0] == "0":
        is_long = len(digits) >= 9 or (len(groups) > 1 and written == lengths and is_few)
        return (
            is_long
            and (len(groups) == 1 or min(written) >= 2)
            and not judging._POSTCODE.fullmatch(number.text)
        )
    if judging.is_beside_numbers(before, after):
        return False
    if len(groups) == 1:
        return is_mobile and territory == territories[0] and territory in judging._bare() and len(digits) >= 9
    if sum(lengths) != len(digits):
        lengths = (lengths[0] - 1, *lengths[1:])
    if written != lengths or len(set(groups)) == 1 or (len(digits) < 9 and not is_few):
        return False
    if judging._THOUSANDS.fullmatch(number.text):
        return is_mobile and len(digits) == 9 and "." not in number.gaps
    return len(groups) > 2 or (number.gaps == " " and min(written) >= 4 and not judging._is_amount(number))


SETS = [
    ("KE",),
    ("IN",),
    ("FR", "BE", "CH"),
    ("ES", "MX", "CO", "AR", "PE", "VE"),
    ("CN", "SG"),
    ("BR", "PT"),
    ("GB", "US"),
]


@settings(max_examples=400, deadline=None)
@given(
    territories=st.sampled_from(SETS),
    pick=st.integers(0, 10_000),
    cuts=st.lists(st.integers(1, 11), max_size=4, unique=True),
    gap=st.sampled_from([" ", "-", ".", ") ", "/"]),
    around=st.sampled_from(list(product(["", "x ", "(", "12 ", "+"], ["", " y", " 7", ")"]))),
)
def test_a_number_stands_alone_as_the_rule_in_one_piece_says(
    territories: tuple[str, ...], pick: int, cuts: list[int], gap: str, around: tuple[str, str]
) -> None:
    numbers = near_numbers(territories[pick % len(territories)], count=40)
    digits = numbers[pick % len(numbers)]
    plan = plans.find_plan(digits, territories)
    if plan is None:
        return
    lengths = plan[2] if pick % 2 else ()
    ends = [sum(lengths[: n + 1]) for n in range(len(lengths))] if lengths else sorted(cuts)
    ends = [0, *(end for end in ends if 0 < end < len(digits)), len(digits)]
    groups = tuple(digits[a:b] for a, b in pairwise(ends))
    number = Number(digits, groups, gap * (len(groups) - 1), gap.join(groups))
    before, after = around
    expected = stands_alone(number, plan=plan, before=before, after=after, territories=territories)
    may = judging.may_stand_alone(number, before=before, after=after, territories=territories)
    assert (may and judging.fits_plan(number, before, territories)) == expected


@settings(max_examples=300, deadline=None)
@given(st.text(alphabet="1٣a(. \n\u00a0中", max_size=12))
def test_a_word_with_digits_before_a_number_is_beside_it(before: str) -> None:
    expected = re.search(r"\d\S*\s+\S{0,2}\Z", before) is not None
    assert judging.is_beside_numbers(before, "") == expected
