"""What little of a spoken Arabic shows in a written sentence does not make it one; many sentences do."""

from itertools import pairwise
from types import SimpleNamespace
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from filters.language_id import identify, load_model
from filters.language_id.candidates import names_of
from filters.language_id.model import Description
from filters.language_id.standards import prefer_standards, standards_of

TAGS = ("ar", "ary", "arz", "en", "fa")
NAMES = names_of(TAGS)
SHARE = 0.125
DESCRIPTION = Description(
    file="x.ftz", close_languages=(("ar", "ary", "arz"), ("en",)), standards={"ar": SHARE}
)


class _Model(SimpleNamespace):
    """The two things that are asked of a model; hashed as one, since tables are made once per model."""

    def __hash__(self) -> int:  # type: ignore[override]
        return id(self)


MODEL: Any = _Model(tags=TAGS, description=DESCRIPTION)
Segment = dict[str, float]


def prefer(documents: list[list[tuple[float, Segment]]]) -> list[list[Segment]]:
    """Documents of (weight, name → score) → the scores of their segments, zeros left out."""
    segments = [segment for document in documents for segment in document]
    ends = np.cumsum([0, *(len(scores) for _, scores in segments)])
    name = np.array([NAMES.index(tag) for _, scores in segments for tag in scores], np.int64)
    score = np.array([value for _, scores in segments for value in scores.values()], np.float64)
    starts = np.cumsum([0, *map(len, documents)])
    weights = np.array([weight for weight, _ in segments], np.float64)
    ends, name, score = prefer_standards((ends, name, score), starts, weights, model=MODEL)
    found = [
        {NAMES[name[place]]: float(score[place]) for place in range(start, stop)}
        for start, stop in pairwise(ends)
    ]
    return [found[start:stop] for start, stop in pairwise(starts)]


def prefer_slowly(document: list[tuple[float, Segment]]) -> list[Segment]:
    family = ("ar", "ary", "arz")
    sums = {tag: sum(weight * scores.get(tag, 0) for weight, scores in document) for tag in family}
    voting = sum(weight > 0 for weight, _ in document)
    if not 0 < sums["ar"] >= min(1, SHARE * voting) * max(sums.values()):
        return [scores for _, scores in document]
    return [
        {tag: value for tag, value in scores.items() if tag not in family}
        | ({"ar": sum(scores.get(tag, 0) for tag in family)} if {*family} & {*scores} else {})
        for _, scores in document
    ]


SEGMENTS = st.tuples(
    st.sampled_from([0.0, 1.0, 3.0]),
    st.dictionaries(st.sampled_from(TAGS), st.sampled_from([0.03125, 0.0625, 0.125, 0.25, 0.5]), max_size=4),
)


@given(st.lists(st.lists(SEGMENTS, max_size=4), max_size=4))
def test_as_the_slow_reference(documents: list[list[tuple[float, Segment]]]) -> None:
    documents = [document for document in documents if document]
    assert prefer(documents) == [prefer_slowly(document) for document in documents]


@pytest.mark.parametrize(("own", "expected"), [(0.0625, {"ar": 0.625, "fa": 0.25}), (0.0624, None)])
def test_from_the_share_on(own: float, expected: Segment | None) -> None:
    """0.125 of 0.5 is 0.0625: with it all of the family's is the standard's, below all stays."""
    segment = {"ar": own, "ary": 0.5, "arz": 0.0625, "fa": 0.25}
    assert prefer([[(1, segment)]]) == [[expected or segment]]


def test_two_segments_need_twice_the_share() -> None:
    segment = {"ar": 0.0625, "ary": 0.5}
    assert prefer([[(1, segment)] * 2]) == [[segment] * 2]
    assert prefer([[(1, segment), (0, segment)]]) == [[{"ar": 0.5625}] * 2]
    assert prefer([[(1, segment), (1, segment | {"ar": 0.1875})]]) == [[{"ar": 0.5625}, {"ar": 0.6875}]]


def test_a_standard_without_a_label_is_none() -> None:
    model: Any = _Model(tags=("ary", "en"), description=DESCRIPTION)
    standard, share = standards_of(model)
    assert (standard.tolist(), share.tolist()) == ([-1, -1], [0, 0])


def named(text: str) -> str:
    rows = identify(
        pa.array([text], pa.large_string()), declared=pa.nulls(1, pa.string()), model=load_model("lid.roots")
    )
    tag: str = rows["lang"][0].as_py()
    return tag


@pytest.mark.parametrize(
    "text",
    [
        "درست اللجنة نتائج التحليل ثم قررت تحسين البنية الاقتصادية للمدينة القديمة.",
        "تعتمد هذه النظرية على تفسير أصل اللغات القديمة في المنطقة.",
        "وصلت السفينة إلى الميناء وعلى متنها أكثر من مئتي مسافر.",
    ],
)
def test_a_written_sentence_is_standard_arabic(text: str) -> None:
    assert named(text) == "ar"


@pytest.mark.parametrize(
    ("text", "lang"),
    [
        ("انا مش عارف ليه الناس دي كلها واقفة هنا من الصبح ومحدش بيقول حاجة خالص", "arz"),
        ("واش غادي تمشي معايا للسوق غدا ولا باقي ما عرفتيش شنو غادي دير", "ary"),
    ],
)
def test_what_is_clearly_spoken_stays(text: str, lang: str) -> None:
    assert named(text) == lang
