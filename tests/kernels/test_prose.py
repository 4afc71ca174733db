"""Letters in lines of prose, by bytes, equal a slow count, and the lines are those of the signal."""

import unicodedata

import numpy as np
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from filters.language_id.segments import measure_prose
from tests.kernels.reference_signals import is_prose
from tests.kernels.reference_text import is_ideograph

SENTENCE = "The function gives back the place of a text."
LINES = [
    SENTENCE,
    f"“{SENTENCE}”  ",
    f"  {SENTENCE}",
    f"\u3000{SENTENCE}",
    SENTENCE.replace(".", ":"),
    "x = f(y);",
    "返回一段文本在另一段文本中的位置。",
    "返回一段文本在另。",
    "हिन्दी भाषा में एक वाक्य लिखा जाता है जो लम्बा है।",
    "",
    "”",
    "x" * 30 + ".",
    "x" * 29 + "!",
]


def share(text: str) -> float:
    def letters(line: str) -> int:
        return sum(unicodedata.category(each)[0] in "LM" for each in line) + 2 * sum(map(is_ideograph, line))

    lines = text.split("\n")
    return sum(letters(line) for line in lines if is_prose(line)) / max(sum(map(letters, lines)), 1)


@given(st.lists(st.lists(st.one_of(st.sampled_from(LINES), st.text(max_size=40)), max_size=6), max_size=4))
def test_equal_to_the_reference(texts: list[list[str]]) -> None:
    texts_joined = ["\n".join(lines) for lines in texts]
    array = pa.array(texts_joined, pa.large_string())
    order = list(range(len(texts)))[::-1]
    assert measure_prose(array, rows=np.array(order, np.int64)).tolist() == [
        share(texts_joined[row]) for row in order
    ]
