"""What is UTF-8 for the reader of many bytes is so for Python, whatever finds it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sources.reading.charset import decode
from sources.reading.utf8 import _LONG_BYTES, is_utf8

PIECES = st.one_of(
    st.text(max_size=3).map(lambda text: text.encode("utf-8", "surrogatepass")),
    st.binary(max_size=4),
    st.sampled_from([b"\xed\xa0\x80", b"\xc0\x80", b"\xf4\x90\x80\x80", b"\xef\xbf\xbf", b"\xe0\x9f\xbf"]),
)


@given(
    st.lists(PIECES, max_size=6).map(b"".join),
    st.sampled_from([0, _LONG_BYTES - 1, _LONG_BYTES, _LONG_BYTES + 9]),
)
def test_bytes_are_utf8_where_python_decodes_them(data: bytes, before: int) -> None:
    data = b"a" * before + data
    try:
        data.decode()
    except UnicodeDecodeError:
        assert not is_utf8(data)
    else:
        assert is_utf8(data)


@pytest.mark.parametrize(
    ("data", "content_type", "charset"),
    [
        (b"\x1b$B\x46\x7c\x1b(B", "text/plain; charset=iso-2022-jp", "iso2022_jp"),
        (b"~{VPND~}", "text/plain; charset=hz", "hz"),
        (b"~ ~", "text/plain; charset=hz", "utf-8"),
        (b"\0a\0b", "text/plain; charset=utf-16be", "utf-16-be"),
        (b"a" * 5000 + b"\0", "text/plain; charset=utf-16be", "utf-8"),
        (b"\x1b", "text/plain; charset=latin1", "utf-8"),
    ],
)
def test_valid_utf8_is_utf8_unless_another_encoding_has_the_same_bytes(
    data: bytes, content_type: str, charset: str
) -> None:
    assert decode(data, content_type=content_type, is_html=False).charset == charset
