"""Plans of telephone numbers: whether digits are a number of a territory, or of any with its country's code.

A number is offered to the plans of its territories as one set of patterns first: to parse one costs 20 µs.
"""

import re
from functools import cache, lru_cache
from typing import Any

from filters.personal_data.tables import make_set, read_data

_TYPES = (
    "fixed_line", "mobile", "toll_free", "premium_rate", "shared_cost", "personal_number",
    "voip", "pager", "uan", "voicemail"
)  # fmt: skip
_GROUP = re.compile(r"\d+")
_CAPTURE = re.compile(r"\((?!\?)")
"""A part of what is dialled before a number that is not always the same: a carrier."""


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
def find_plan(digits: str, territories: tuple[str, ...]) -> tuple[str, bool, tuple[int, ...]] | None:
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
def has_plan(digits: str, territories: tuple[str, ...]) -> bool:
    """Whether a plan of the territories has a number: its patterns say so, save where prefixes rewrite it."""
    if not territories:
        return False
    fitting = {territories[index] for index in _plans(territories).Match(digits) or ()}
    return bool(fitting) and (not fitting <= _rewriting() or find_plan(digits, territories) is not None)


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
def is_international(digits: str, strict: bool) -> bool:
    """Whether digits with their country's code are a number of its plan, or may be one unless strict."""
    import phonenumbers

    try:
        parsed = phonenumbers.parse("+" + digits, None)
    except phonenumbers.NumberParseException:
        return False
    if phonenumbers.is_valid_number(parsed):
        return True
    return not strict and len(digits) >= 10 and phonenumbers.is_possible_number(parsed)
