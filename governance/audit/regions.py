"""UN M49: which countries lie in which region, as far as cards name regions."""

from functools import cache

_PARTS = {
    "015": "DZ EG LY MA SD TN EH",
    "011": "BJ BF CV CI GM GH GN GW LR ML MR NE NG SH SN SL TG",
    "017": "AO CM CF TD CG CD GQ GA ST",
    "014": "IO BI KM DJ ER ET TF KE MG MW MU YT MZ RE RW SC SO SS UG TZ ZM ZW",
    "018": "BW SZ LS NA ZA",
    "021": "BM CA GL PM US",
    "013": "BZ CR SV GT HN MX NI PA",
    "029": "AI AG AW BS BB BQ VG KY CU CW DM DO GD GP HT JM MQ MS PR BL KN LC MF VC SX TT TC VI",
    "005": "AR BO BV BR CL CO EC FK GF GY PY PE GS SR UY VE",
    "143": "KZ KG TJ TM UZ",
    "030": "CN HK JP KP KR MO MN TW",
    "035": "BN KH ID LA MY MM PH SG TH TL VN",
    "034": "AF BD BT IN IR MV NP PK LK",
    "145": "AM AZ BH CY GE IQ IL JO KW LB OM PS QA SA SY TR AE YE",
    "151": "BG BY CZ HU MD PL RO RU SK UA",
    "154": "AX DK EE FO FI GG IS IE IM JE LV LT NO SE SJ GB",
    "039": "AL AD BA HR GI GR VA IT MT ME MK PT SM RS SI ES XK",
    "155": "AT BE FR DE LI LU MC NL CH",
    "053": "AU CX CC HM NF NZ",
    "054": "FJ NC PG SB VU",
    "057": "FM GU KI MH MP NR PW UM",
    "061": "AS CK NU PF PN TK TO TV WF WS",
}
_WHOLES = {
    "202": "011 017 014 018",
    "002": "015 202",
    "419": "013 029 005",
    "003": "021 013 029",
    "019": "021 419",
    "142": "143 030 035 034 145",
    "150": "151 154 039 155",
    "009": "053 054 057 061",
    "001": "002 019 142 150 009",
}


@cache
def countries(location: str) -> frozenset[str]:
    """The countries of a country or region; none for what is not known."""
    if location in _WHOLES:
        return frozenset().union(*(countries(part) for part in _WHOLES[location].split()))
    if location in _PARTS:
        return frozenset(_PARTS[location].split())
    return frozenset({location}) if len(location) == 2 and location.isupper() else frozenset()
