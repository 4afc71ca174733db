"""What is hidden of a text that is shown as an example."""

import re
from collections.abc import Iterator

_HIDDEN = "▇"
_DOMAIN = re.compile(r"@[\w-]+(?:\.[\w-]+)+")
_LOCAL_CHARACTER = re.compile(r"[\w.+-]")
_OTHERS = re.compile(r"https?://\S+|www\.\S+|\+?\d[\d\s().\-/]{5,}\d|\d{5,}")


def redact(text: str) -> str:
    """A text in which e-mail addresses, URLs and long numbers are replaced by ▇, in linear time."""
    pieces, end = [], 0
    for start, stop in _find_private(text):
        pieces += [text[end:start], _HIDDEN]
        end = stop
    return "".join([*pieces, text[end:]])


def _find_private(text: str) -> Iterator[tuple[int, int]]:
    """Places from left to right; of two that begin together the address."""
    addresses = _find_addresses(text)
    address, other = next(addresses, None), _OTHERS.search(text)
    position = 0
    while address or other:
        start = None if address is None else max(address[0], position)
        if address and start is not None and (other is None or start <= other.start()):
            yield start, address[1]
            position = address[1]
        elif other is not None:
            yield other.span()
            position = other.end()
        # an address of which more than the local part's beginning is gone is none any more
        while address and address[2] <= position:
            address = next(addresses, None)
        if other and other.start() < position:
            other = _OTHERS.search(text, position)


def _find_addresses(text: str) -> Iterator[tuple[int, int, int]]:
    """Start, end and place of the @ of each e-mail address.

    From the @ to the left: a pattern that begins with the local part is tried at each character of a long
    word, to the word's end each time.
    """
    least = 0
    for domain in _DOMAIN.finditer(text):
        at = start = domain.start()
        while start > least and _LOCAL_CHARACTER.match(text, start - 1):
            start -= 1
        if start < at:
            yield start, domain.end(), at
        least = at
