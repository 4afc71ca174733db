"""Keys, tokens and passwords: rules of secrets near long words, and blocks of private keys."""

import re
from collections.abc import Iterator

from filters.personal_data.secret_rules import find_rules
from filters.personal_data.spot import Span, Spot

_BEFORE_CHARS = 72
_MAX_TOKEN_BYTES = 8192
_NAME_CHARS = 16
"""Before what a pattern matches; a name may begin there."""
_MAX_BLOCK_BYTES = 1 << 15
"""A private key of 16,384 bits has 13,000."""
_BLOCK_HEAD = re.compile(rb"(?i)-----BEGIN[A-Z0-9 _-]{0,100}?PRIVATE KEY(?: BLOCK)?-----")
_OTHER_FOOT = re.compile(rb"KEY(?: BLOCK)?-----")
_MIN_BODY = 32
"""Letters and digits; fewer are a placeholder."""
_BODY = re.compile(rb"(?:[A-Za-z0-9+/=\s\\:,.\"'-]|\\[nr])*")
_PUTTY_LINES = re.compile(r"Private-Lines: \d{1,4}\r?\n\Z")
_BASE64_LINES = re.compile(rb"[A-Za-z0-9+/=]+(?:\r?\n[A-Za-z0-9+/=]+(?=\r?\n|\Z))*")
_MAX_MANIFEST_BYTES = 2048
_ENTRY = re.compile(r"\n[ \t]+[\w.-]+:[ \t]*[\"']?\Z")
_BASE64 = re.compile(r"[A-Za-z0-9+/]{10,}={0,2}")
_NEXT_DOCUMENT = re.compile(r"(?m)^---")
_SECTION = re.compile(r"(?m)^(\w+):")
_IS_SECRET = re.compile(r"(?m)^kind:[ \t]*[\"']?Secret\b")


def find_secrets(spot: Spot) -> Iterator[Span]:
    """Secrets in a long word, by its form or by what stands before it."""
    lead = spot.before[-_BEFORE_CHARS:]
    text = lead + spot.read(spot.start, min(spot.end, spot.start + _MAX_TOKEN_BYTES)) + spot.after
    if _PUTTY_LINES.search(lead):
        yield _find_putty_lines(spot)
        return
    for rule in find_rules(text, word=spot.value):
        for match in rule.pattern.finditer(text):
            start, end = match.span(rule.group)
            name = text[max(0, match.start() - _NAME_CHARS) : start]
            if end <= len(lead) or not rule.accepts(text[start:end], before=name):
                continue
            if end == len(text) - len(spot.after) and spot.end - spot.start > _MAX_TOKEN_BYTES:
                end = len(lead) + spot.end - spot.start  # the whole word: no half of a secret stays
            detector = f"api_key.{rule.name}"
            yield spot.span(start - len(lead), end - len(lead), kind="api_key", detector=detector)
            return
    if _ENTRY.search(lead) and _BASE64.fullmatch(spot.value) and _is_in_kubernetes_secret(spot):
        yield spot.span(0, len(spot.value), kind="api_key", detector="api_key.kubernetes-secret")


def _is_in_kubernetes_secret(spot: Spot) -> bool:
    """Whether a value is of `data` in a document of YAML that is a Secret."""
    before = _NEXT_DOCUMENT.split(spot.read(spot.start - _MAX_MANIFEST_BYTES, spot.start))[-1]
    sections = _SECTION.findall(before)
    if not sections or sections[-1] not in ("data", "stringData"):
        return False
    behind = _NEXT_DOCUMENT.split(spot.read(spot.end, spot.end + _MAX_MANIFEST_BYTES))[0]
    return bool(_IS_SECRET.search(before) or _IS_SECRET.search(behind))


def _find_putty_lines(spot: Spot) -> Span:
    """The private lines of a key of PuTTY: base64, as far as it goes."""
    raw = bytes(spot.data[spot.start : min(spot.last, spot.start + _MAX_BLOCK_BYTES)])
    match = _BASE64_LINES.match(raw)
    end = match.end() if match else spot.end - spot.start
    start = spot.start - spot.first
    return Span(start, start + end, "private_key", "private_key.putty")


def find_key_block(spot: Spot) -> Iterator[Span]:
    """A block of a private key, its head and foot included; without a foot, as far as its body goes."""
    limit = min(spot.last, spot.start + _MAX_BLOCK_BYTES)
    raw = bytes(spot.data[spot.start : limit])
    head = _BLOCK_HEAD.match(raw)
    if head is None:
        return
    foot = raw.find(b"-----END ", head.end())
    other = raw.find(b"-----BEGIN ", head.end(), foot if foot >= 0 else len(raw))
    if foot >= 0 and other < 0:
        behind = raw.find(b"-----", foot + 9, foot + 80)
        end = behind + 5 if behind >= 0 else foot + 9
        body = raw[head.end() : foot]
    elif last := _OTHER_FOOT.search(raw, head.end(), other if other >= 0 else len(raw)):
        end = last.end()
        body = raw[head.end() : last.start()]
    else:
        match = _BODY.match(raw, head.end(), other if other >= 0 else len(raw))
        end = match.end() if match else head.end()
        body = raw[head.end() : end]
        end = head.end() + len(body.rstrip(b" \n\r\t-"))
    if len(re.sub(rb"[^A-Za-z0-9+/]", b"", body)) < _MIN_BODY:
        return
    start = spot.start - spot.first
    yield Span(start, start + end, "private_key", "private_key.pem")
