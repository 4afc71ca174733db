"""Texts that break careless text code, and strategies that make more of them."""

from typing import Any

import pyarrow as pa
from hypothesis import strategies as st

from layers.document import DOCUMENT

HARD_TEXTS: dict[str, str] = {
    "empty": "",
    "one space": " ",
    "only white space": " \t\n\r\n\u00a0\u3000 \n",
    "one character": "a",
    "one digit": "7",
    "one word": "word",
    "no spaces": "abcdefghij" * 300,
    "only digits": "0123456789 2026 12 ٣٤ 12 12",
    "mixed scripts": "Hello мир עולם 世界 हिन्दी ትግርኛ العربية hello мир",
    "what a decoder leaves of an unpaired surrogate": "a\ufffd\ufffd\ufffdb",
    "mojibake": "\u00c3\u00a9t\u00c3\u00a9 \u00e2\u20ac\u2122 \u00e0\u00a4\u2022 \u00c3",
    "only combining marks": "\u0301\u0323\u0308",
    "decomposed": "e\u0301 o\u0323\u0302 \u1112\u1161\u11ab",
    "marks out of order": "a\u0301\u0323 \u1e69 q\u0307\u0323",
    "emoji ZWJ sequences": "👩‍👩‍👧 ok 🏳️‍🌈 1️⃣ 👍🏽",
    "Arabic digits": "عام ٢٠٢٦ و ۱۴۰۵، نعم؟",
    "Chinese": "天地玄黄，宇宙洪荒。我们用Python3写了2个程序。",
    "Japanese": "ひらがなとカタカナ、漢字。",
    "Devanagari with ZWJ": "क्‍ष की र्‍य कि हिन्दी में १२३।",
    "Persian with ZWNJ": "می‌خواهم کتاب‌ها را بخوانم",
    "Malayalam and Sinhala with ZWJ": "അവന്‍ ക്‍ഷ ശ്രീ‌രാമൻ ක්‍ෂ ශ්‍රී",
    "Thai, Khmer and Lao without spaces": "ภาษาไทยไม่มีช่องว่าง ភាសាខ្មែរ។ ພາສາລາວ",
    "Tibetan": "བོད་ཀྱི་སྐད་ཡིག། །",
    "Ethiopic": "ሰላም፡ዓለም። ደህና፣ ነህ፧ ፩፪፫",
    "one letter of each script": " ".join("aбαאعहকਕકକதతಕമකกກཀမᏣგጀអ我あカㄅ한ᠠ"),
    "Tamil and Bengali": "தமிழ் மொழி பேசுகிறோம் কোন বাংলা ভাষা",
    "Yoruba": "Ọjọ́ ọ̀la ẹ́ kú àárọ̀",
    "2,000 words": " ".join(f"word{i % 700}" for i in range(2000)),
    "one character × 100,000": "x" * 100_000,
    "replacement characters": "�� � a�b",
    "four-byte code points": "𝒜𝒷 𠀀𠀁 𐌰𐌱 \U0010ffff \U000e0041",
    "right-to-left marks": "\u200fשלום\u200e abc \u202bdef\u202c \u2067x\u2069",
    "byte order mark and controls": "\ufeffa\x00b\x07c\x7f\x85d\x9fe\x1b[0m",
    "line ends": "a\r\nb\rc\vd\fe\u2028f\u2029g\n\n\n\nh \t\n i\n",
    "very long line": "lorem ipsum dolor sit amet " * 4000,
    "only punctuation": "... --- !!! 。。。",
    "repeated lines": "Home | About | Contact\n" * 50,
    "one code point of every width at the end": "aé€𐍈",
}

LANGS: tuple[str | None, ...] = (
    None,
    "en",
    "zh-Hans",
    "zh-Hant",
    "vi",
    "ur",
    "ar",
    "hi",
    "yo",
    "tum",
    "xx",
    "",
)


HARD_COLUMNS: dict[str, tuple[Any, ...]] = {
    "title": (
        None,
        "",
        "User:Ann",
        "Mode\u0300le:Foo",
        "Help: ten recipes",
        "User interface",
        "::",
        "x" * 3000,
    ),
    "url": (None, "", "http://exämple.org:80/%zz?b=1&a=2#c", "http://[broken", "mailto:a@b.org", "/a/../b"),
    "date": (
        None,
        "",
        "2024-02-30",
        "19700101000010",
        "1970-01-01T01:00:00+01:00",
        "yesterday",
        "0001-01-01",
    ),
}
"""Columns of documents that break careless code."""


def document_batch(texts: pa.LargeStringArray) -> pa.RecordBatch:
    """n texts → a batch of n documents, whose other columns are hard too, each in turn."""
    filled = {"offset": (0,), "length": (1,), "doc_id": (bytes(16),), "raw_sha256": (bytes(32),)}
    columns = []
    for field in DOCUMENT:
        values = HARD_COLUMNS.get(field.name) or filled.get(field.name) or ("x",)
        given = [values[row % len(values)] for row in range(len(texts))]
        columns.append(texts if field.name == "text" else pa.array(given, field.type))
    return pa.RecordBatch.from_arrays(columns, schema=DOCUMENT)


def hard_documents() -> tuple[pa.LargeStringArray, pa.StringArray]:
    """Every hard text in every language of LANGS: n texts, n languages."""
    rows = [
        (text, lang) for lang in LANGS for text in HARD_TEXTS.values() if len(text) < 5000 or lang == "en"
    ]
    texts, langs = zip(*rows, strict=True)
    return pa.array(texts, pa.large_string()), pa.array(langs, pa.string())


def texts(*, max_size: int = 60) -> st.SearchStrategy[str]:
    """Short texts, dense in repeats, spaces, marks, controls and scripts that kernels treat apart."""
    dense = (
        "aAbİı1٣१.,-'ʼ \n\r\t\u00a0\u0085\u2028\u3000\ufffc\ufeff\u200c\u200d"
        "\ufe0f\u0301\u0323\u0307e9éẹṩ"
        "我们的カな\u3099々가ᄒ\u1161ᆫ한ােোক\u094dஎ😀👍🏽\x00\x1f\x7f\x9f"
    )
    characters = st.one_of(
        st.sampled_from(dense), st.characters(exclude_categories=["Cs"]), st.sampled_from("ab ")
    )
    return st.text(characters, max_size=max_size)
