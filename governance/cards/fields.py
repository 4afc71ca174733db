"""The kinds of answer that the fields of a source card take, each with the words of its refusal."""

import re
from datetime import date
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from governance.licences import parse_license
from layers.strict_yaml import matching

_COUNTRIES = """
AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT
BV BW BY BZ CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH
ER ES ET FI FJ FK FM FO FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT
HU ID IE IL IM IN IO IQ IR IS IT JE JM JO JP KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS
LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR MS MT MU MV MW MX MY MZ NA NC NE NF NG NI
NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW PY QA RE RO RS RU RW SA SB SC SD SE SG
SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM TN TO TR TT TV TW TZ UA UG
UM US UY UZ VA VC VE VG VI VN VU WF WS YE YT ZA ZM ZW XK
"""
_REGIONS = """
001 002 003 005 009 011 013 014 015 017 018 019 021 029 030 034 035 039 053 054 057 061 142 143 145
150 151 154 155 202 419
"""
COUNTRIES = frozenset(_COUNTRIES.split())
"""ISO 3166-1 alpha-2, and XK, which stands for Kosovo wherever one is needed."""
REGIONS = frozenset(_REGIONS.split())
"""UN M49: the world, continents and their parts."""

_LETTER = r"[A-Za-z0-9\u0080-\U0010ffff]"  # \w would leave out the vowel signs of Indic scripts
_LABEL = rf"{_LETTER}(?:(?:{_LETTER}|-){{0,61}}{_LETTER})?"
_HOST = re.compile(rf"(?:{_LABEL}\.)+(?!\d+$){_LABEL}\.?")
"""Names of two labels or more, the last no number; letters of any script, as mail and browsers take them."""
_URL = re.compile(
    r"(?P<scheme>[a-z][a-z0-9+.-]*)://(?:[^\s/?#@]*@)?(?P<host>[^\s/?#:]*)(?::\d{1,5})?(?P<rest>[/?#]\S*)?"
)
_IP = re.compile(r"(?:\d{1,3}\.){3}\d{1,3}")
_EMAIL = re.compile(r"[^\s@<>()\[\],;:\"]{1,64}@(?P<host>[^\s@]+)")
_PERIOD = re.compile(r"(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?")


def _check_url(url: str) -> str:
    match = _URL.fullmatch(url)
    if match is None:
        raise ValueError("must be a URL, https://…")
    is_web, host = match["scheme"] in ("http", "https", "ftp"), match["host"]
    if is_web and not (_HOST.fullmatch(host) or _IP.fullmatch(host)):
        raise ValueError(f"must be a URL of a host that others can reach, and {host!r} is none")
    return url


def _check_location(location: str) -> str:
    if location in COUNTRIES or location in REGIONS or location == "unknown":
        return location
    hints = {"UK": "; write GB", "EU": "; write 150 (Europe)", "EN": "; write GB"}
    raise ValueError(
        f"{location!r} is no ISO 3166-1 code (KE) or UN M49 region (002: Africa); or unknown"
        f"{hints.get(location.upper(), '')}"
    )


def _check_partial_date(written: str) -> str:
    match = _PERIOD.fullmatch(written)
    if written == "unknown":
        return written
    if match is None:
        raise ValueError(f"must be YYYY, YYYY-MM, YYYY-MM-DD or unknown (got {written!r})")
    year, month, day = (int(part) if part else 1 for part in match.groups())
    try:
        date(year, month, day)
    except ValueError:
        raise ValueError(f"{written!r} is a date of no calendar") from None
    return written


def _parse_day(written: object) -> date:
    """YYYY-MM-DD only: pydantic would take seconds since 1970, too."""
    if isinstance(written, date):
        return written
    if not isinstance(written, str) or not re.fullmatch(r"\d{4}-\d{2}-\d{2}", written):
        raise ValueError(f"must be a day, YYYY-MM-DD (got {written!r})")
    try:
        return date.fromisoformat(written)
    except ValueError:
        raise ValueError(f"{written!r} is a date of no calendar") from None


def _canonical_language(tag: str) -> str:
    import langcodes  # not at import: workers read no cards

    try:
        canonical = str(langcodes.standardize_tag(tag)) if langcodes.tag_is_valid(tag) else None
    except ValueError:
        canonical = None
    if canonical is None:
        try:
            near = f"; did you mean {str(langcodes.find(tag))!r}?"
        except LookupError:
            near = ""
        raise ValueError(f"{tag!r} is not a BCP-47 language tag{near}")
    if canonical != tag:
        raise ValueError(f"write the canonical tag {canonical!r}")
    return tag


def check_email(address: str) -> str:
    """The address; raises ValueError for what no mail could be sent to."""
    match = _EMAIL.fullmatch(address)
    if match is None or not _HOST.fullmatch(match["host"]):
        raise ValueError(f"{address!r} is no e-mail address (name@host.org, one, without mailto:)")
    return address


def check_web_address(address: str) -> str:
    """The address; raises ValueError for what no browser could open."""
    if not address.startswith(("https://", "http://")):
        raise ValueError(f"{address!r} is no web address (https://…)")
    _check_url(address)
    if _IP.fullmatch(_URL.fullmatch(address)["host"]):  # type: ignore[index]
        raise ValueError(f"{address!r} is the address of a machine; write one with a name")
    return address


Text = Annotated[str, matching(r"\S", words="text that is not blank")]
Url = Annotated[str, AfterValidator(_check_url)]
License = Annotated[str, AfterValidator(parse_license)]
Language = Annotated[str, AfterValidator(_canonical_language)]
Day = Annotated[date, BeforeValidator(_parse_day)]
PartialDate = Annotated[str, AfterValidator(_check_partial_date)]
Location = Annotated[str, AfterValidator(_check_location)]
Sha256 = Annotated[
    str, matching(r"^((sha256:)?[0-9a-f]{64}|unknown)$", words="64 hexadecimal digits, or unknown")
]
YesNoUnknown = Literal["yes", "no", "unknown"]
Range = Annotated[list[Annotated[int, Field(ge=0)]], Field(min_length=2, max_length=2)]
"""[least, most]"""


class Closed(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
