"""What is hidden of a text that is shown as an example."""

import re

_PRIVATE = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+|https?://\S+|www\.\S+|\+?\d[\d\s().\-/]{5,}\d|\d{5,}")


def redact(text: str) -> str:
    """A text in which e-mail addresses, URLs and long numbers are replaced by ▇."""
    return _PRIVATE.sub("▇", text)
