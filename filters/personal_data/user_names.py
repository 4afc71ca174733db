"""Names of persons on services: handles behind an at sign, and the names in addresses of profiles."""

import re
from collections.abc import Iterator
from functools import cache

from filters.personal_data.spot import Span, Spot
from filters.personal_data.tables import read_data, words_of

_HANDLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]{2,29}(?:\.[A-Za-z0-9_]{2,20})?")
_BEFORE = re.compile(r"(^|[\s(\[{\"'“”‘’«»<>:;,.!?/|—–\-…*~]|[^\x00-\x7f])\Z")
_CODE = re.compile(r"[${};\\=`]|^\s*(\*|//|#|/\*|@|%|-)|--\w|->|\b(my|our|local|kill|push|foreach) ?\(?\Z")
"""Marks of a line of a program or of a command."""
_MANUAL = re.compile(
    rb"(?:[\s\[(,|])--[a-z][\w-]|\b[a-z_][\w.-]*\([1-8]?\)|\[ ?-[a-zA-Z]\b|\bSYNOPSIS\b|#include"
    rb"|\n\$ ?[a-z]|\[TAB\]"
)
"""What manuals have: options, pages, functions, prompts. Two near a handle make it a word of a program."""
_NEAR_BYTES = 800
_CONSTANT = re.compile(r"[A-Z0-9]+(_[A-Z0-9]+)+\Z")
_HOSTS = {
    "twitter.com": "{name}", "x.com": "{name}", "facebook.com": "{name}", "fb.com": "{name}",
    "instagram.com": "{name}",
    "t.me": "{name}", "telegram.me": "{name}", "vk.com": "{name}", "github.com": "{name}",
    "twitch.tv": "{name}",
    "pinterest.com": "{name}", "soundcloud.com": "{name}", "tiktok.com": "@{name}", "youtube.com": "@{name}",
    "medium.com": "@{name}", "threads.net": "@{name}", "linkedin.com": "in/{name}",
    "reddit.com": "(?:u|user)/{name}",
    "snapchat.com": "add/{name}", "flickr.com": "(?:people|photos)/{name}",
}  # fmt: skip
"""Sites whose addresses of profiles are known, and what stands behind the slash."""
_NAME = r"(?P<name>[A-Za-z0-9_][A-Za-z0-9_.%-]{1,38}[A-Za-z0-9_])"
_PATTERNS = {host: re.compile(form.format(name=_NAME)) for host, form in _HOSTS.items()}
_SITE = re.compile(r"[a-z]+\.[a-z]+\Z")
_BEFORE_SITE = re.compile(r"(?:^|[^\w.-])(?:(?:www|m|mobile|web|[a-z]{2}|[a-z]{2}-[a-z]{2})\.)?\Z")
_WITH_ONE_PART = frozenset({"github.com", "twitch.tv", "soundcloud.com", "pinterest.com", "t.me"})
"""Sites where a longer path is of a thing, not of a person."""


def _is_alphabetic(character: str) -> bool:
    """Whether a letter is of a script that puts spaces between words."""
    return character.isalpha() and character < "\u0e00"


@cache
def _words(name: str) -> frozenset[str]:
    return frozenset(words_of(read_data("names")[name]))


def find_handle(spot: Spot) -> Iterator[Span]:
    """The handle behind an at sign, with the sign."""
    before = spot.before
    if not _BEFORE.search(before[-1:]) or _is_alphabetic(before[-1:]) or before.endswith(("@", "://")):
        return
    text = spot.read(spot.end, spot.end + 56)
    match = _HANDLE.match(text)
    if (
        not match
        or match[0].lower() in _words("words_of_code")
        or (len(match[0]) < 4 and not match[0].isalnum())
    ):
        return
    after = text[match.end() : match.end() + 2]
    if re.match(r"[({\[=<@/\\$:%&+*#]|-[a-z0-9]|['’][a-z]{3}|::|[.][A-Za-z0-9]", after) or (
        after[:1].isalnum() and after[:1].isascii()
    ):
        return
    if (before[-1:] in "[/<\"'|{" and before) or match[0].rpartition(".")[2].lower() in _words("endings"):
        return
    line = before.rsplit("\n", 1)[-1] + text[match.end() :].split("\n", 1)[0]
    if _CODE.search(line) or _CONSTANT.match(match[0]) or _is_in_manual(spot):
        return
    yield spot.span(0, 1 + match.end(), kind="user_name", detector="user_name.handle")


def _is_in_manual(spot: Spot) -> bool:
    """Whether what stands around a handle is of a program or of its manual."""
    near = bytes(
        spot.data[max(spot.first, spot.start - _NEAR_BYTES) : min(spot.last, spot.end + _NEAR_BYTES)]
    )
    marks = _MANUAL.finditer(near)
    return next(marks, None) is not None and next(marks, None) is not None


def find_profile(spot: Spot) -> Iterator[Span]:
    """The name in the address of a profile, of which this is the slash behind the site."""
    tail = spot.read(spot.start - 28, spot.start).lower()
    match = _SITE.search(tail)
    site = match[0] if match else ""
    if site not in _HOSTS or not _BEFORE_SITE.search(tail[-len(site) - 10 : -len(site)]):
        return
    text = spot.read(spot.end, spot.end + 96)
    match = _PATTERNS[site].match(text)
    if (
        match is None
        or match["name"].lower() in _words("pages")
        or (match["name"].isdigit() and site != "facebook.com")
    ):
        return
    after = text[match.end() :]
    if site in _WITH_ONE_PART and re.match(r"/\w", after):
        return
    if re.match(r"\.(php|html?|aspx|js|css)\b", after) or match["name"].endswith((".php", ".html", ".htm")):
        return
    name = match["name"].rstrip(".")
    start = 1 + match.start("name")
    yield spot.span(start, start + len(name), kind="user_name", detector="user_name.profile")
