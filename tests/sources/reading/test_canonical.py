"""Further fields and notices have one form, whatever order they came in."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sources.reading.canonical import encode_extra, encode_notices

TEXT = st.text(st.characters(codec="utf-8"))
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | TEXT,
    lambda inner: st.lists(inner) | st.dictionaries(TEXT, inner),
    max_leaves=5,
)


@given(st.dictionaries(TEXT, JSON, max_size=4), st.randoms())
def test_the_order_of_fields_does_not_show_and_nulls_are_left_out(
    fields: dict[str, object], random: object
) -> None:
    shuffled = dict(sorted(fields.items(), key=lambda item: random.random()))  # type: ignore[attr-defined]
    encoded = encode_extra(fields)
    assert encode_extra(shuffled) == encoded
    values = {name: value for name, value in fields.items() if value is not None}
    assert (json.loads(encoded) if encoded else {}) == values


def test_extra_is_sorted_utf8_without_white_space() -> None:
    assert encode_extra({"ẹ": [1, {"b": 1.5, "a": "x y"}], "a": True, "n": None}) == (
        '{"a":true,"ẹ":[1,{"a":"x y","b":1.5}]}'
    )
    assert encode_extra({}) is encode_extra({"n": None}) is encode_notices([]) is None


def test_what_is_no_json_is_an_error() -> None:
    with pytest.raises(ValueError, match="no JSON"):
        encode_extra({"a": {1, 2}})


def test_notices_keep_their_order() -> None:
    notices = [("http", "X-Robots-Tag", "noai"), ("html", "tdm-reservation", "1")]
    assert encode_notices(notices) == (
        '[{"name":"X-Robots-Tag","place":"http","value":"noai"},'
        '{"name":"tdm-reservation","place":"html","value":"1"}]'
    )
