"""What is masked beside a text, and what stays there as attribution or a key."""

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from filters.personal_data.fields import FIELD_KINDS, hide_fields, mask_fields
from filters.personal_data.kinds import KINDS

SHOWN = [
    ("title", "Call 0712 345 678 now", "Call <TELEPHONE> now"),
    ("title", "By @jane_doe of the village", "By <USER> of the village"),
    ("author", "Ann Mwangi <ann.mwangi@site.co.ke>", "Ann Mwangi <<EMAIL>>"),
    ("author", "@jane_doe", "@jane_doe"),
    ("author", "Ann Mwangi; J. Otieno", "Ann Mwangi; J. Otieno"),
    ("url", "https://ann:pa55word1@posta.go.ke/a?b#c", "https://posta.go.ke/a?b#c"),
    ("url", "ftp://ann@posta.go.ke/a", "ftp://posta.go.ke/a"),
    ("url", "https://posta.go.ke/@ann/2024", "https://posta.go.ke/@ann/2024"),
    ("url", "https://twitter.com/jane_doe", "https://twitter.com/jane_doe"),
    ("url", "https://posta.go.ke/?to=joe7%40mail.co.za&x=1", "https://posta.go.ke/?to=<EMAIL>&x=1"),
    ("url", "https://posta.go.ke/a%40b", "https://posta.go.ke/a%40b"),
    ("url", "https://posta.go.ke/2024/01/31/0712345678", "https://posta.go.ke/2024/01/31/0712345678"),
    ("record_id", "https://a:b@posta.go.ke/1 2024-01-31", "https://<CREDENTIALS>@posta.go.ke/1 2024-01-31"),
    ("record_id", "0712345678", "0712345678"),
    ("record_id", "joe7@mail.co.za", "<EMAIL>"),
    (
        "extra",
        '{"by":{"mail":["joe7@mail.co.za","é"],"n":1},"no":true}',
        '{"by":{"mail":["<EMAIL>","é"],"n":1},"no":true}',
    ),
    ("extra", '{"card":4111111111111111,"n":12.5}', '{"card":"<CARD>","n":12.5}'),
    ("extra", '{"a":"x\\njoe7@mail.co.za"}', '{"a":"x\\n<EMAIL>"}'),
    ("extra", '{"a":"\\u00e9"}', '{"a":"\\u00e9"}'),
    ("date", "joe7@mail.co.za", "joe7@mail.co.za"),
]


@pytest.mark.parametrize(("name", "value", "shown"), SHOWN)
def test_values_are_masked_and_the_rest_stays(name: str, value: str, shown: str) -> None:
    columns = {name: pa.array([value, None, "plain" if name != "extra" else "{}"], pa.string())}
    masked = mask_fields(columns, languages=["sw"] * 3, kinds=KINDS)
    assert masked.counts == ({name: 1} if value != shown else {})
    assert masked.columns.get(name, columns[name]).to_pylist() == [shown, None, columns[name][2].as_py()]
    assert hide_fields({name: value}, lang="sw") == {name: shown}


@pytest.mark.parametrize("name", FIELD_KINDS)
def test_kinds_that_are_not_masked_stay(name: str) -> None:
    value = '{"a":"joe7@mail.co.za 41.90.64.12"}'
    masked = mask_fields({name: pa.array([value])}, languages=[None], kinds=["ip"])
    expected = {} if name == "record_id" else {name: 1}
    assert masked.counts == expected
    assert "joe7@mail.co.za" in masked.columns.get(name, pa.array([value]))[0].as_py()
    assert mask_fields({name: pa.array([value])}, languages=[None], kinds=[]).counts == {}


@settings(max_examples=100, deadline=None)
@given(
    st.lists(
        st.sampled_from(
            ["joe7@mail.co.za", "https://a:b2345678@c.co/", "%40", "@", "0712345678", "é", " ", "/"]
        )
    ),
    st.sampled_from(sorted(FIELD_KINDS.keys() - {"extra"})),
)
def test_what_is_masked_once_is_masked(pieces: list[str], name: str) -> None:
    columns = {name: pa.array(["".join(pieces)])}
    once = mask_fields(columns, languages=["sw"], kinds=KINDS).columns.get(name, columns[name])
    assert mask_fields({name: once}, languages=["sw"], kinds=KINDS).counts == {}
