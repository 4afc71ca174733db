"""Precise coordinates: pairs of decimal degrees with four digits after the point, degrees to the second."""

import re
from collections.abc import Iterator

from filters.personal_data.spot import Span, Spot

_DECIMAL = r"[-+]?\d{1,3}\.\d{4,12}"
_PAIR = re.compile(
    rf"(?P<lat>(?<![\d.]){_DECIMAL})(?:\s*+(?P<d1>°))?(?:\s*+(?P<ns>[NS](?![a-z])))?\s*+"
    r"(?P<gap>[,;/|]\s*+|(?<=\s)|(?:(?<=\s)|[\"'\s,;&]|%2C)(?:[\"'\s,;&]|%2C){0,3}"
    r"(?:lon|lng|long|longitude|longitud|longitudine|y)\W{1,6}|%2C)"
    rf"(?P<lon>{_DECIMAL})(?!\d)(?:\s*+°)?(?(ns)(?:\s*+(?P<ew>[EWO](?![a-z])))?)",
    re.IGNORECASE,
)
"""It ends with what belongs to the pair: white space behind it does not, nor "e" and "o" that are words.

White space is taken possessively: fifty spaces behind each number would take cubic time.
"""
_LABEL = re.compile(
    r"(?i)(lat|latitude|latitud|latitudine|gps|geo:|coord\w*|location|position|loc|ll=|q=|@|lintang|koordinat\w*|"
    r"tọa độ|toạ độ|vĩ độ|坐标|座標|"
    r"纬度|緯度|إحداثي\S*|निर्देशांक|अक्षांश|স্থানাঙ্ক)\W{0,4}(\S+\s+){0,2}[-+(\[\"']*\Z"
)
_IN_LIST = re.compile(r"\d[,;]\s*[-+]?\Z")
_SECONDS = (
    r"(?P<{0}d>\d{{1,3}})\s*°\s*(?P<{0}m>\d{{1,2}}(?P<{0}f>\.\d{{3,}})?)\s*['′’´]\s*"
    r"(?:(?P<{0}s>\d{{1,2}}(?:[.,]\d+)?)\s*(?:\"|″|”|''|’’|′′)?)?"
)
_DEGREES = re.compile(
    rf"(?:(?P<ns0>[NS])\s*)?{_SECONDS.format('a')}\s*(?P<ns>[NS])?\s*[,;/]?\s*(?:(?P<ew0>[EWO])\s*)?{_SECONDS.format('o')}\s*(?P<ew>[EWO])?"
)


def find_decimals(spot: Spot) -> Iterator[Span]:
    """A pair of latitude and longitude of which this is the first number."""
    if _IN_LIST.search(spot.read(spot.start - 6, spot.start)):
        return
    before = spot.before[-1:]
    sign = before if before in ("-", "+") else ""
    text = sign + spot.value + spot.after
    match = _PAIR.match(text)
    lead = spot.before[: len(spot.before) - len(sign)]
    if not match or re.search(r"[\w.]\Z|\d[,;]\s*\Z", lead, re.ASCII):
        return
    latitude, longitude = abs(float(match["lat"])), abs(float(match["lon"]))
    if latitude > 90 or longitude > 180 or latitude == longitude or (latitude < 1 and longitude < 1):
        return
    if re.match(r"\s*[,;]?\s*[-+]?\d+\.\d{2,}", text[match.end() :]):
        return  # a third number: a list or a table
    lettered = bool(match["ns"] and match["ew"])
    labelled = (
        bool(_LABEL.search(lead[-60:])) or "lon" in match["gap"].lower() or "lng" in match["gap"].lower()
    )
    signed = match["lat"][0] in "-+" or match["lon"][0] in "-+"
    by_comma = match["gap"].strip() in (",", "%2C") and not match["gap"].startswith(" ")
    if lettered or labelled or (by_comma and (signed or match["d1"] or max(latitude, longitude) > 2)):
        yield spot.span(
            -len(sign), match.end() - len(sign), kind="coordinates", detector="coordinates.decimal"
        )


def find_degrees(spot: Spot) -> Iterator[Span]:
    """A pair in degrees, minutes and seconds, of which this is the first sign of a degree."""
    lead = spot.before[-8:]
    text = lead + spot.read(spot.start, spot.start + 80)
    for match in _DEGREES.finditer(text):
        if text.index("°", match.start()) != len(lead):
            continue
        if not (match["ns"] or match["ns0"]) or not (match["ew"] or match["ew0"]):
            return
        if not (match["as"] or match["af"]) or not (match["os"] or match["of"]):
            return
        if int(match["ad"]) > 90 or int(match["od"]) > 180:
            return
        start = match.start() - len(lead)
        end = len(match[0].rstrip(" ,;")) + start
        yield spot.span(start, end, kind="coordinates", detector="coordinates.degrees")
        return
