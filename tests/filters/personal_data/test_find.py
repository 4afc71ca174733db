"""Which spans are found: each kind with what it is and what it is not, in the scripts it is written in."""

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from filters.personal_data import internet
from filters.personal_data.find import SPAN, find_spans
from filters.personal_data.kinds import DEFAULT_MASKED, KINDS
from tests.hard_texts import HARD_TEXTS

KEY = (
    "-----BEGIN RSA PRIVATE KEY-----\n"
    + "MIIEpAIBAAKCAQEA0Z3VS5JJcds3xfn\n" * 4
    + "-----END RSA PRIVATE KEY-----"
)


def find(text: str, lang: str | None = None, **options: object) -> list[tuple[str, str]]:
    """(kind, value) of each span."""
    spans = find_spans(pa.array([text], pa.large_string()), languages=[lang], **options)  # type: ignore[arg-type]
    raw = text.encode()
    return [(span["kind"], raw[span["start"] : span["end"]].decode()) for span in spans[0].as_py()]


FOUND = [
    ("email", None, "write to [ann.mwangi+x@site.co.ke], please", "ann.mwangi+x@site.co.ke"),
    ("email", None, "mailto:ann@posta.go.ke?subject=1", "ann@posta.go.ke"),
    ("email", None, "Ann <ANN_2@GMAIL.COM>.", "ANN_2@GMAIL.COM"),
    ("email", "zh-Hans", "请联系zhang.wei@company.cn获取", "zhang.wei@company.cn"),
    ("email", "zh-Hans", "邮箱12345@qq.com。", "12345@qq.com"),
    ("email", "hi", "पता info@पोस्ट.भारत।", "info@पोस्ट.भारत"),
    ("email", "hi", "(अजय@डाटा.भारत)", "अजय@डाटा.भारत"),
    ("email", "es", "José: josé.garcía@correo.es", "josé.garcía@correo.es"),
    ("email", "eu", "ane@enpresa.eus-era", "ane@enpresa.eus"),
    ("ip", None, "from 41.90.64.12:8080, then", "41.90.64.12"),
    ("ip", None, "to “24.80.1.6”", "24.80.1.6"),
    ("ip", "ar", "العنوان ٤١.٩٠.٦٤.١٢ هنا", "٤١.٩٠.٦٤.١٢"),
    ("ip", None, "http://[2c0f:fb50:4002::1]:80/", "2c0f:fb50:4002::1"),
    ("ip", None, "at ::ffff:41.90.64.12.", "::ffff:41.90.64.12"),
    ("telephone", "sw", "piga 0712 345 678 leo", "0712 345 678"),
    ("telephone", None, "(+254 712 345 678)", "+254 712 345 678"),
    ("telephone", None, "00254712345678", "00254712345678"),
    ("telephone", "zu", "+27 (0)11 978 5313", "+27 (0)11 978 5313"),
    ("telephone", "en", "call (201) 555-0123 now", "(201) 555-0123"),
    ("telephone", "hi", "कॉल ०९८७६५४३२१० करें", "०९८७६५४३२१०"),
    ("telephone", "zh-Hans", "电话13812345678转", "13812345678"),
    ("telephone", "ar", "+٩٦٦ ٥٠ ١٢٣ ٤٥٦٧", "+٩٦٦ ٥٠ ١٢٣ ٤٥٦٧"),
    ("telephone", "bm", "߀߂߂߃ ߄߅ ߆߇ ߈߉ +߂߂߃ ߆߅ ߀߁ ߂߃ ߄߅", "+߂߂߃ ߆߅ ߀߁ ߂߃ ߄߅"),
    ("telephone", "fr", "le 06 12 34 56 78.", "06 12 34 56 78"),
    ("telephone", None, "Tel: 250 123 456", "250 123 456"),
    ("iban", None, "IBAN:GB82 WEST 1234 5698 7654 32.", "GB82 WEST 1234 5698 7654 32"),
    ("iban", None, "de89370400440532013000", "de89370400440532013000"),
    ("card", None, "4111-1111-1111-1111 12/27", "4111-1111-1111-1111"),
    ("card", "bn", "৪১১১ ১১১১ ১১১১ ১১১১", "৪১১১ ১১১১ ১১১১ ১১১১"),
    ("card", None, "378282246310005", "378282246310005"),
    ("national_id", "hi", "२३४१ २३४१ २३४६", "२३४१ २३४१ २३४६"),
    ("national_id", "zu", "I-ID 7503305044089.", "7503305044089"),
    ("national_id", "pt", "(390.533.447-05)", "390.533.447-05"),
    ("national_id", "es", "DNI 54362315-K", "54362315-K"),
    ("national_id", "zh-Hans", "身份证360426199101010071。", "360426199101010071"),
    ("national_id", "zh-Hant", "A123456789", "A123456789"),
    ("national_id", "zh-Hant", "A123456(3)", "A123456(3)"),
    ("national_id", "sw", "P051365947M", "P051365947M"),
    ("url_credentials", None, "postgres://bob:s3cr3tpw@db.site.com/x", "bob:s3cr3tpw"),
    ("api_key", None, "AKIAIOSFODNN7ABCDEFG", "AKIAIOSFODNN7ABCDEFG"),
    ("api_key", None, "“password: s3cr3tP4ssw0rdZ”", "s3cr3tP4ssw0rdZ"),
    ("private_key", None, f"a\n{KEY}\nb", KEY),
    ("coordinates", "sw", "(-1.292066, 36.821945)", "-1.292066, 36.821945"),
    ("coordinates", "en", "at 48.858370, 2.294481 today", "48.858370, 2.294481"),
    ("coordinates", "en", "at 48.8583°, 2.2944° today", "48.8583°, 2.2944°"),
    ("coordinates", "it", "da 48.858370, 2.294481 e poi", "48.858370, 2.294481"),
    ("coordinates", "es", "en 48.858370, 2.294481 o cerca", "48.858370, 2.294481"),
    ("coordinates", "en", "at 48.858370 N, 2.294481 E today", "48.858370 N, 2.294481 E"),
    ("coordinates", "hi", "यहाँ ४८.८५८३७०, २.२९४४८१ है", "४८.८५८३७०, २.२९४४८१"),
    ("coordinates", None, "1°17'31\"S 36°49'19\"E.", "1°17'31\"S 36°49'19\"E"),
    ("user_name", None, "Follow @jane_doe.", "@jane_doe"),
    ("user_name", None, "https://twitter.com/jane_doe?s=1", "jane_doe"),
    ("user_name", None, "#love\n#peace (1) from\n@jane_doe and --\nX", "@jane_doe"),
]


@pytest.mark.parametrize(("kind", "lang", "text", "value"), FOUND)
def test_a_value_is_one_span_from_its_first_to_its_last_character(
    kind: str, lang: str | None, text: str, value: str
) -> None:
    assert find(text, lang) == [(kind, value)]


@pytest.mark.parametrize(
    ("lang", "text"),
    [
        (None, "joe@example.com me@host.test root@localhost git@github.com:a/b support@site.co.ke"),
        (None, "a@b @Override"),
        (None, "192.168.1.1 10.0.0.1 192.0.2.44 2001:db8::1 fe80::1 ::1"),
        (None, "::ffff:10.0.0.1 64:ff9b::c0a8:1 2002:c0a8:101::"),
        (None, "00:1b:44:11:3a:b7 12:30:45 ::html::default std::vector"),
        ("en", "section 9.2.1.4, version 41.90.64.12, v1.2.3.4, 999.1.1.1, 1.2.3.4.5"),
        ("en", "2011-12-25 10:30, 25.12.2011, 1999-2004, 2010 2011 2012, 20111225, 1582-10-15"),
        ("en", "ISBN 978-0-306-40615-7, 0-306-40615-2, ISBN 0306406152, doi:10.1371/journal.pone.0012345"),
        ("en", "$1 234 567, 12 345 678 people, 1,234,567.89, order 4512345678, invoice no. 20123456"),
        ("fr", "1 000 000 (200 avant), pp. 1234-1250, 14 14 14 14, v. 12:34-56"),
        ("en", "total 7100 3824 pts/0 169 0.0 0.0, 6e20 7061 6765 2061"),
        (None, "AKIAIOSFODNN7EXAMPLE api_key=YOUR_API_KEY_HERE_123 password: xxxxxxxxxxxx1"),
        (None, "d41d8cd98f00b204e9800998ecf8427e key: /home/ann/pki/vpn2.key"),
        (None, KEY.replace("RSA PRIVATE", "PUBLIC")),
        (None, "GB83 WEST 1234 5698 7654 32, GB82 WEST 1234 5698 7654 321"),
        (None, "4111111111111112, 4111 1111 1111 11111 2"),
        ("hi", "२३४१ २३४१ २३४७"),
        ("zu", "8503305044089"),
        (None, "7503305044089"),
        (None, "0.1234, 0.5678; 1.292, 36.821; 1.29206, 36.82194, 12.34567; 1°17'S 36°49'E"),
        ("fr", "Voir printf(3). Le nom du fichier avec --file et le suffixe\n@chiffres est obligatoire"),
        ("es", "SYNOPSIS\n\nrpost [ nodo ] [ -s | -S archivo ]\n\nSi especifica @nombre en la línea"),
        (None, "the records in @WTMP_FILE_LOC are"),
        (None, "@ab me@ @media (x) @param x $@foo; https://twitter.com/share?x https://github.com/a/b"),
    ],
)  # fmt: skip
def test_what_only_looks_like_one_is_left_alone(lang: str | None, text: str) -> None:
    assert find(text, lang) == []


def test_territory_or_label_decides_what_a_number_is() -> None:
    assert find("0712345678", "sw") == [("telephone", "0712345678")]
    assert find("0712345678", None) == find("0712345678", "xx") == []
    assert find("simu 0712345678", None) == [("telephone", "0712345678")]
    assert find("501964843", "pt") == []
    assert find("NIF 501964843", "pt") == [("national_id", "501964843")]
    assert find("CPF: 39053344705", "sw") == [("national_id", "39053344705")]
    assert find("order 0712345678", "sw") == []


def test_a_region_in_the_tag_is_the_territory() -> None:
    assert find("390.533.447-05", "pt-BR") == [("national_id", "390.533.447-05")]
    assert find("390.533.447-05", "pt-PT") == []


def test_of_two_that_overlap_the_kind_named_first_stays() -> None:
    assert find("https://ann:pa55word1@posta.go.ke") == [("url_credentials", "ann:pa55word1")]
    assert find("CARD 4111 1111 1111 1111", "hi") == [("card", "4111 1111 1111 1111")]


def test_a_key_without_an_end_is_masked_as_far_as_it_goes() -> None:
    whole = KEY.partition("-----END")[0].rstrip()
    assert find(f"{whole}\n\nAnd – then.", None)[0][1].startswith(whole)


def test_kinds_restrict_what_is_looked_for() -> None:
    text = "ann@site.co.ke 0712345678"
    assert find(text, "sw", kinds=["telephone"]) == [("telephone", "0712345678")]
    assert find(text, "sw", kinds=[]) == []
    with pytest.raises(ValueError, match="no kinds of personal data: phone; there are private_key"):
        find(text, "sw", kinds=["phone"])
    with pytest.raises(ValueError, match="1 texts, but 2 languages"):
        find_spans(pa.array([text], pa.large_string()), languages=["sw", "sw"])


def test_slices_and_empty_arrays_have_the_spans_of_their_texts() -> None:
    texts = pa.array(["x", "é ann@site.co.ke", "", "41.90.64.12"], pa.large_string())
    spans = find_spans(texts, languages=[None] * 4)
    assert spans.type == pa.list_(SPAN)
    assert find_spans(texts[1:], languages=[None] * 3).to_pylist() == spans.to_pylist()[1:]
    assert spans.to_pylist()[1] == [{"kind": "email", "start": 3, "end": 17, "detector": "email"}]
    assert find_spans(texts[:0], languages=[]).to_pylist() == []


PIECES = [value for *_, value in FOUND] + [
    "@",
    "+",
    " ",
    "\n",
    "(",
    ")",
    "://",
    "::",
    "é",
    "中",
    "०",
    "0",
    "12 ",
    "°",
    "-----",
]


@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.sampled_from(PIECES) | st.text(max_size=5), max_size=14),
    st.sampled_from([None, "sw", "hi", "fr", "en"]),
)
def test_spans_lie_in_the_text_on_characters_in_order_and_apart(pieces: list[str], lang: str | None) -> None:
    text = "".join(pieces)
    raw = text.encode(errors="replace")
    spans = find_spans(pa.array([raw.decode()], pa.large_string()), languages=[lang]).to_pylist()[0]
    end = 0
    for span in spans:
        assert end <= span["start"] < span["end"] <= len(raw)
        assert raw[span["start"] : span["end"]].decode()  # raises within a character
        assert span["kind"] in KINDS and span["detector"].startswith(span["kind"])
        end = span["end"]


@pytest.mark.parametrize(
    "text",
    [
        "0712345678 " * 70_000,
        "1234567 " * 70_000,
        "12 345.67-8/" * 70_000,
        "1.2.3.4 " * 70_000,
        "1//0" * 70_000,
        "\n".join(f"tel 07{n * 1_237 % 10**8:08}" for n in range(70_000)),
        "password=Zx9kQ4mTv2Lp " * 20_000,
        "a@" * 200_000,
        "a@a.co" * 100_000,
        "@abcd " * 100_000,
        "://" * 200_000 + "a:b@c",
        "-----BEGIN RSA PRIVATE KEY-----" * 20_000,
        "GB82" * 200_000,
        ":" * 500_000 + "1",
        "a1" * 500_000,
        "eyJ" * 300_000,
        "api_key=" * 100_000,
        "1.12345, " * 100_000,
        ("48.123456" + " " * 50) * 20_000,
        "1°" * 200_000,
        "x.com/" * 100_000,
    ],
)
def test_hostile_texts_end(text: str) -> None:
    """Each in less than two seconds on an idle core (benchmarks/results); a quadratic one takes minutes."""
    spans = find_spans(pa.array([text], pa.large_string()), languages=["en"])
    assert len(spans) == 1


def test_hard_texts_are_looked_through() -> None:
    texts = pa.array(list(HARD_TEXTS), pa.large_string())
    together = find_spans(texts, languages=["en"] * len(texts)).to_pylist()
    alone = [find_spans(texts[i : i + 1], languages=["en"]).to_pylist()[0] for i in range(len(texts))]
    assert together == alone


def test_all_kinds_are_masked_where_nobody_decides() -> None:
    assert set(DEFAULT_MASKED) == set(KINDS)
    assert len({kind.placeholder for kind in KINDS.values()}) == len(KINDS)
    assert all(find(kind.placeholder, "en") == [] for kind in KINDS.values())


@pytest.mark.parametrize(
    "before", ["", " ", "7 ", "-", "/", ".", ",", "_", "§", "§ ", "§\u00a0\n", "(", "1_ ", "٣-", "§7 "]
)
def test_what_stands_before_four_numbers_is_judged_alike_with_and_without_words(before: str) -> None:
    expected = internet._VERSION_BEFORE.search(before) is not None
    assert internet._is_version(before, has_words=False) == expected
