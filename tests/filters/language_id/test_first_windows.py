"""Of sampled documents a few windows are read first, and all of them where these leave a doubt."""

import numpy as np
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from filters.language_id import DEFAULT_MODEL, IdentifyOptions, identify, load_model
from filters.language_id.reading import read_segments
from filters.language_id.segments import SegmentOptions, cut

MODEL = load_model(DEFAULT_MODEL)
FRENCH = (
    "Les habitants du village attendent la pluie depuis le mois de mars, dit le maire de la commune. " * 40
)
ENGLISH = "The people of the village have waited for rain since the end of March, said the mayor. " * 40
HAN = "委员会在北京举行会议讨论了经济问题。議員在臺灣討論經濟。"
ALL = IdentifyOptions(first_windows=8, min_doubt_share=2)
FEW = IdentifyOptions(min_doubt_share=2)
OPTIONS = SegmentOptions()
WHOLE = IdentifyOptions(segments=SegmentOptions(max_sample_bytes=1 << 30, min_bytes=32))


def identified(texts: list[str], options: IdentifyOptions | None = None) -> list[dict[str, object]]:
    column = pa.array(texts, pa.large_string())
    rows = identify(column, declared=pa.nulls(len(texts), pa.string()), model=MODEL, options=options)
    return list(rows.to_pylist())


def test_what_the_first_windows_say_is_said_where_they_agree() -> None:
    (few,), (every,) = identified([FRENCH]), identified([FRENCH], ALL)
    assert (few["lang"], few["lang_status"], few["lang_share"]) == ("fr", "confident", 1.0)
    assert (every["lang"], every["lang_status"], every["lang_share"]) == ("fr", "confident", 1.0)


def test_all_windows_are_read_where_the_first_leave_a_doubt() -> None:
    half = FRENCH[:1600] + ENGLISH[:1600]
    han = HAN * 20 + ENGLISH
    words = FRENCH[:1600] + "xqz vvk jjh " * 200  # in no language
    assert identified([half, han, words], FEW) == identified([half, han, words], ALL)
    assert identified([half])[0]["lang_status"] == "mixed"
    never = IdentifyOptions(certain_score=1.01, min_doubt_share=2)
    assert identified([FRENCH, ENGLISH], never) == identified([FRENCH, ENGLISH], ALL)


def test_more_windows_are_read_of_a_mixed_document() -> None:
    """Paragraphs in turn, two French ones to an English one: a share that eight windows cannot tell."""
    french, english = FRENCH[:384], ENGLISH[:356]
    for count in (4, 9, 40):
        text = f"{french}\n{french}\n{english}\n" * count
        (row,), (every,) = identified([text]), identified([text], WHOLE)
        assert (row["lang"], row["lang_status"]) == ("fr", "mixed")
        assert abs(row["lang_share"] - every["lang_share"]) < 0.07  # type: ignore[operator]
        if len(text) <= 4 * 1536:
            assert row == every


def test_rows_keep_their_order_and_do_not_depend_on_their_neighbours() -> None:
    texts = ["", FRENCH[:1536], ENGLISH + FRENCH, FRENCH, "Bonjour", ENGLISH, FRENCH[:1537], "x" * 2000]
    texts.append((FRENCH[:600] + "\n" + ENGLISH[:600] + "\n") * 9)
    assert identified(texts) == [row for text in texts for row in identified([text])]


@given(st.lists(st.sampled_from([ENGLISH, FRENCH, "x" * 1537]), min_size=1, max_size=4), st.integers(2, 8))
def test_windows_are_the_first_the_last_and_those_between(texts: list[str], count: int) -> None:
    segments = cut(pa.array(texts, pa.large_string()), options=OPTIONS)
    rows, ends = segments.rows_of(np.arange(len(texts)), count=count)
    assert rows.tolist() == [8 * i + 7 * k // (count - 1) for i in range(len(texts)) for k in range(count)]
    assert ends.tolist() == [count * i for i in range(len(texts) + 1)]


def test_all_segments_of_some_documents_are_theirs() -> None:
    texts = [FRENCH, "", "Bonjour", ENGLISH]
    segments = cut(pa.array(texts, pa.large_string()), options=OPTIONS)
    rows, ends = segments.rows_of(np.array([3, 1, 2]))
    assert rows.tolist() == [*range(9, 17), 8]
    assert ends.tolist() == [0, 8, 8, 9]


def test_segments_that_are_read_in_parts_are_as_if_read_at_once() -> None:
    texts = [FRENCH, "", "Bonjour", HAN * 40 + ENGLISH, "x" * 1537, "if (a[0] == {}) { b(); }", "ગુજરાતી ભાષા"]
    segments = cut(pa.array(texts, pa.large_string()), options=OPTIONS)
    every = read_segments(segments, rows=None, model=MODEL, options=ALL)
    order = np.random.default_rng(7).permutation(len(segments.bytes))
    parts = [read_segments(segments, rows=rows, model=MODEL, options=ALL) for rows in (order[:9], order[9:])]
    joined = parts[0].followed_by(parts[1]).take(np.argsort(order))
    for name, expected in vars(every).items():
        if name != "predictions":
            assert np.array_equal(getattr(joined, name), expected), name
    for name, expected in vars(every.predictions).items():
        assert np.array_equal(getattr(joined.predictions, name), expected), name
    assert (every.predictions.sole >= 0).sum() == 1
