"""How random a text is."""

import math
from collections import Counter


def entropy(text: str) -> float:
    """Shannon's, of the characters of a text: bits a character."""
    return -sum(count / len(text) * math.log2(count / len(text)) for count in Counter(text).values())
