"""The encoding of a page: mark, label, declaration, then what its bytes are."""

import codecs

import pytest

from sources.reading.html.charset import decode_html
from sources.reading.mapping import BadRecord

FRENCH = "<p>Où les élèves préfèrent-ils être, à l’école ou à la forêt ?</p>"
RUSSIAN = "<p>Все счастливые семьи похожи друг на друга, каждая несчастливая семья несчастлива.</p>"


@pytest.mark.parametrize(
    ("body", "label", "text", "encoding"),
    [
        (FRENCH.encode(), None, FRENCH, "utf-8"),
        (codecs.BOM_UTF8 + b'<meta charset="iso-8859-1">' + FRENCH.encode(), "latin1", None, "utf-8"),
        (codecs.BOM_UTF16_BE + FRENCH.encode("utf-16-be"), "utf-8", FRENCH, "utf-16-be"),
        (codecs.BOM_UTF16_LE + FRENCH.encode("utf-16-le"), None, FRENCH, "utf-16-le"),
        (FRENCH.encode("cp1252"), "ISO-8859-1", FRENCH, "cp1252"),
        (b"<META CHARSET=windows-1251>" + RUSSIAN.encode("cp1251"), None, None, "cp1251"),
        (
            b'<meta http-equiv="Content-Type" content="text/html; charset=koi8-r">'
            + RUSSIAN.encode("koi8-r"),
            "no-such-name",
            None,
            "koi8-r",
        ),
        (b'<?xml version="1.0" encoding="windows-1251"?>' + RUSSIAN.encode("cp1251"), None, None, "cp1251"),
        ("<p>知识共享：㐀</p>".encode("gb18030"), "gb2312", "<p>知识共享：㐀</p>", "gb18030"),
        (b'<meta charset="utf-16">' + FRENCH.encode(), None, None, "utf-8"),
        (b'<meta charset="iso-8859-1">' + FRENCH.encode(), "windows-1252", None, "utf-8"),
        (RUSSIAN.encode("cp1251") * 9, "utf-8", RUSSIAN * 9, "cp1251"),
        (b'<meta charset="utf-8">' + RUSSIAN.encode("cp1251") * 9, "windows-1251", None, "cp1251"),
    ],
)
def test_what_is_nearest_to_the_bytes_wins(
    body: bytes, label: str | None, text: str | None, encoding: str
) -> None:
    decoded = decode_html(body, label=label)
    assert (decoded.encoding, decoded.replaced) == (encoding, 0)
    assert decoded.text.endswith(text or (RUSSIAN if "Все" in decoded.text else FRENCH))


def test_a_broken_byte_among_others_does_not_change_the_encoding() -> None:
    decoded = decode_html(FRENCH.encode() + b"\xff" + b"plain " * 20)
    assert (decoded.encoding, decoded.replaced) == ("utf-8", 1)
    assert decoded.text == f"{FRENCH}\N{REPLACEMENT CHARACTER}{'plain ' * 20}"


def test_bytes_that_mean_nothing_are_refused() -> None:
    with pytest.raises(BadRecord) as bad:
        decode_html(codecs.BOM_UTF8 + bytes(range(128, 256)) * 3)
    assert bad.value.reason == "invalid_encoding"


def test_an_empty_page_is_empty() -> None:
    assert decode_html(b"").text == ""
