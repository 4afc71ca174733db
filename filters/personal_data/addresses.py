"""E-mail addresses, users and passwords of URLs, handles and profiles: what stands around an at sign."""

import re
import unicodedata
from collections.abc import Iterator
from functools import cache, lru_cache

from filters.personal_data.spot import Span, Spot
from filters.personal_data.tables import read_data, words_of

_WINDOW = 256
_MAX_LOCAL = 64
"""Characters, of RFC 5321."""
_LOCAL_MARKS = "._%+-'"
"""Of those that RFC 5322 allows: the others are of the text around an address."""
_RESERVED = re.compile(
    r"(^|\.)(example(\.(com|net|org|edu))?|test|invalid|localhost|local|localdomain|internal)\Z"
)
"""RFC 2606 and 6761, and names that resolve nowhere but at home."""


@cache
def _roles() -> frozenset[str]:
    """Local parts that name an office and no person."""
    return frozenset(words_of(read_data("names")["roles"]))


_CREDENTIALS = re.compile(r"[a-zA-Z][a-zA-Z0-9+.-]{1,15}://([^\s/?#@\"'<>]+)\Z")
_PLACEHOLDERS = re.compile(
    r"(?i)^(\W*|user(name)?|login|name|me|you|foo|bar|test|x+|\*+|pass(word|wd)?|pwd|secret|changeme|\$.*|"
    r"[{<\[(%].*[}>\])%]|(your|my)[-_]?(user|name|pass\w*|pwd|secret|key|token)?)\Z"
)


@cache
def _top_level_domains() -> frozenset[str]:
    import tldextract

    extract = tldextract.TLDExtract(suffix_list_urls=(), cache_dir=None)
    return frozenset(suffix.rsplit(".", 1)[-1] for suffix in extract.tlds)


@lru_cache(4096)
def _script(character: str) -> str:
    """Latin for Latin letters and marks upon them, else the first word of the name of the character."""
    if character.isascii():
        return "LATIN"
    name = unicodedata.name(character, "?")
    if name.startswith(("COMBINING", "MODIFIER", "ZERO WIDTH")):
        return "INHERITED"
    return name.split(" ", 1)[0]


def _is_word(character: str) -> bool:
    """Letters, marks and digits of any script: what \\w should be, with vowel signs."""
    return character.isalnum() or (not character.isascii() and unicodedata.category(character)[0] == "M")


def _in_script(character: str, script: str) -> bool:
    if character.isascii():
        return True
    own = _script(character)
    return own in (script, "INHERITED") or (
        script in ("CJK", "HIRAGANA", "KATAKANA") and own in ("CJK", "HIRAGANA", "KATAKANA")
    )


def _local_part(text: str, *, ascii_domain: bool) -> str:
    """The end of a text that is the local part of an address: of one script, with ASCII.

    Where the domain is ASCII, letters of another script before ASCII are the text's.
    """
    at = len(text)
    script = ""
    while at > 0 and len(text) - at < 64:
        character = text[at - 1]
        if character.isascii():
            if not (character.isalnum() or character in _LOCAL_MARKS):
                break
            if character.isalpha() and not script:
                script = "LATIN"
        elif not _is_word(character) and character not in "\u200c\u200d":
            break
        else:
            own = _script(character)
            if ascii_domain and at < len(text) and text[at:].isascii() and own not in ("LATIN", "INHERITED"):
                break
            if not script or script == "INHERITED":
                script = own
            elif not _in_script(character, script):
                break
        at -= 1
    return text[at:].lstrip(_LOCAL_MARKS)


def _domain(text: str) -> str:
    """The name with a known top level that a text begins with, or nothing."""
    at = 0
    script = ""
    while at < len(text) and at < 253:
        character = text[at]
        if character.isascii():
            if not (character.isalnum() or character in ".-"):
                break
        elif not _is_word(character) and character not in "\u200c\u200d":
            break
        elif not script or script == "INHERITED":
            if at and text[at - 1] != "." and text[at - 1].isascii() and "." in text[:at]:
                break  # letters of another script that are glued to an address
            script = _script(character)
        elif not _in_script(character, script):
            break
        at += 1
    labels = text[:at].rstrip(".-").split(".")
    if len(labels) < 2:
        return ""
    for count in range(len(labels), 1, -1):
        name = _with_known_top(labels[:count])
        if name:
            return name
        if not labels[count - 1] or (labels[count - 1].isascii() and not labels[count - 1].isalpha()):
            continue
    return ""


def _with_known_top(labels: list[str]) -> str:
    if any(not label or label[0] == "-" or len(label) > 63 for label in labels):
        return ""
    top = labels[-1]
    tops = _top_level_domains()
    if top.isascii():
        top = top.split("-", 1)[0] if not top.lower().startswith("xn--") else top
        lower = top.lower()
        return ".".join([*labels[:-1], top]) if lower in tops or lower.startswith("xn--") else ""
    while len(top) > 1 and top.lower() not in tops:
        top = top[:-1]
    return ".".join([*labels[:-1], top]) if len(top) > 1 else ""


def find_address(spot: Spot) -> Iterator[Span]:
    """Of an at sign: the e-mail address around it, or user and password of the URL before it."""
    around = bytes(spot.data[spot.start : spot.end])
    sign = spot.start + around.index(b"@")
    if b"://" in bytes(spot.data[max(spot.first, sign - _WINDOW) : sign]):
        yield from _find_credentials(spot.move(sign, sign + 1))
        if _CREDENTIALS.search(spot.read(sign - _WINDOW, sign)):
            return
    is_glued = (spot.start > spot.first and spot.data[spot.start - 1] >= 0x80) or (
        spot.end < spot.last and spot.data[spot.end] >= 0x80
    )
    if is_glued or spot.start == sign or spot.end == sign + 1:
        at = spot.move(sign, sign + 1)
        domain = _domain(at.read(at.end, at.end + _WINDOW))
        local = _local_part(at.read(at.start - _WINDOW, at.start), ascii_domain=domain.isascii())
    else:
        text, _, name = around.decode().partition("@")
        at = spot.move(sign, sign + 1)
        domain = _ascii_domain(name)
        local = text.lstrip(_LOCAL_MARKS)
    if not domain or not local or len(local) > _MAX_LOCAL or ".." in local or local.endswith("."):
        return
    if domain.isascii() and (local.lower() in _roles() or _RESERVED.search(domain.lower())):
        return
    yield at.span(-len(local), 1 + len(domain), kind="email", detector="email")


def _find_credentials(spot: Spot) -> Iterator[Span]:
    match = _CREDENTIALS.search(spot.read(spot.start - _WINDOW, spot.start))
    if match:
        _, colon, password = match[1].partition(":")
        if colon and password and not _PLACEHOLDERS.match(password):
            yield spot.span(-len(match[1]), 0, kind="url_credentials", detector="url_credentials")


@lru_cache(1 << 14)
def _ascii_domain(text: str) -> str:
    """The name with a known top level that a text of ASCII begins with, or nothing."""
    labels = text.rstrip(".-").split(".")
    for count in range(len(labels), 1, -1):
        name = _with_known_top(labels[:count])
        if name:
            return name
    return ""
