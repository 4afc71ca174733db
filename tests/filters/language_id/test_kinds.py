"""Kinds of text on which identification has failed: marks, no spaces, close languages, noise, short text."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from filters import languages
from filters.language_id import DEFAULT_MODEL, identify, load_model
from filters.language_id.families import Family, FamilyIndex, read_families, train_families, write_families
from filters.language_id.labels import UNDETERMINED
from filters.language_id.model import Description, Model

MODEL = load_model(DEFAULT_MODEL)
FRENCH = "Les habitants du village attendent la pluie depuis le mois de mars, dit le maire de la commune."
ENGLISH = "The people of the village have waited for rain since the end of March"
RUNDI = "Abanyagihugu bo muri ico gisagara bariko bararindira imvura kuva mu kwezi kwa gatatu."
ARABIC = "ينتظر سكان القرية المطر منذ شهر مارس كما قال رئيس البلدية في اجتماع يوم الاثنين"
CHINESE = "村里的人从三月起就在等待下雨,市长在会议上这样说。"


def outcome(text: str, declared: str | None = None) -> tuple[str, str]:
    rows = identify(
        pa.array([text], pa.large_string()), declared=pa.array([declared], pa.string()), model=MODEL
    )
    (row,) = rows.to_pylist()
    return row["lang"], row["lang_status"]


@pytest.mark.parametrize(
    ("text", "lang"),
    [
        ("يَنْتَظِرُ سُكَّانُ الْقَرْيَةِ الْمَطَرَ مُنْذُ شَهْرِ مَارِسَ كَمَا قَالَ الرَّئِيسُ", "ar"),
        ("ينتظر ســكان القــرية المــطر منذ شهر مارس كما قال رئيس البلدية في اجتماع", "ar"),
        ("村里的人从三月起就在等待下雨,Hans Müller 市长在会议上这样说。", "zh-Hans"),
        (f"{FRENCH} https://www.example.org/a/b?c=d #pluie @mairie", "fr"),
        (f'<p class="lead"><a href="/x">{FRENCH}</a></p>', "fr"),
        ("".join(chr(ord(c) + 0xFEE0) if c > " " else c for c in ENGLISH), "en"),
        ("Dan lang cho mua tu thang ba den nay, ong chu tich xa noi nhu vay trong cuoc hop", "vi"),
        ("நன்றி", "ta"),
    ],
)
def test_what_is_around_and_above_the_letters_does_not_change_the_language(text: str, lang: str) -> None:
    assert outcome(text)[0] == lang


@pytest.mark.parametrize(
    "text",
    [
        "https://www.example.com/wp-content/uploads/2021/03/image-1024x768.jpg",
        "SELECT name, age FROM users WHERE id = 42 ORDER BY created_at DESC;",
        "asdf jkl; qwerty uiop zxcvbnm asdf hjkl",
        "\u064e\u064f\u0650\u0651\u0652",
        "\u202e\u202d\u2066\u2069" * 20,
        "",
    ],
)
def test_what_is_no_language_has_none(text: str) -> None:
    assert outcome(text)[0] == UNDETERMINED


VIETNAMESE = (
    "Người dân trong làng đã chờ mưa từ tháng ba đến nay, ông chủ tịch xã nói như vậy trong cuộc họp."
)


@pytest.mark.parametrize(
    "text",
    [
        VIETNAMESE.encode().decode("latin-1"),
        "L’été passé, des élèves préféraient répéter".encode().decode("cp1252"),
        "गाँव के लोग मार्च से बारिश का इंतज़ार कर रहे हैं".encode().decode("cp1252", "ignore"),
        "Amina Bello, Chidi Eze, Nomsa Dube, Tendai Moyo, Kwame Mensah, Fatou Diop",
        "Lagos; Kano; Ibadan; Port Harcourt; Benin City; Maiduguri",
        "Exod 20:1-17; Lev 19:18; Isa 40:31; Rom 8:28; Phil 4:13",
    ],
)
def test_lists_numbers_and_wrongly_decoded_text_are_noise(text: str) -> None:
    assert outcome(text) == (UNDETERMINED, "noise")


@pytest.mark.parametrize(
    ("text", "lang"),
    [
        (FRENCH.encode().decode("latin-1"), "fr"),  # two letters of it are damaged
        ("Amina Bello, Chidi Eze, Nomsa Dube na Tendai Moyo walikwenda sokoni asubuhi kununua matunda", "sw"),
        ("Soma Kutoka 20:1-17 na Warumi 8:28 kabla ya ibada ya asubuhi", "sw"),
    ],
)
def test_sentences_with_names_numbers_or_a_damaged_letter_are_in_their_language(text: str, lang: str) -> None:
    assert outcome(text) == (lang, "confident")


@pytest.mark.parametrize(
    ("text", "lang"),
    [
        ("tā zuótiān zài túshūguǎn kàn shū, wǎnshang huí jiā chīfàn", "zh-Latn"),
        ("ta zuotian zai tushuguan kan shu wanshang hui jia chi fan", "zh-Latn"),
        ("ta1 zuo2tian1 zai4 tu2shu1guan3 kan4 shu1, wan3shang5 hui2 jia1 chi1 fan4", "zh-Latn"),
        (VIETNAMESE, "vi"),
        ("منڈا سکول نوں جاندا اے تے کڑی گھر وچ کم کردی اے، اوہناں دے ماپے کھیتاں وچ نیں", "pnb"),
        ("لڑکا اسکول جاتا ہے اور لڑکی گھر میں کام کرتی ہے، ان کے والدین کھیتوں میں ہیں", "ur"),
    ],
)
def test_a_language_in_the_letters_of_another_is_not_taken_for_it(text: str, lang: str) -> None:
    assert outcome(text) == (lang, "confident")


@pytest.mark.parametrize(
    ("text", "lang"),
    [
        ("Saya hendak membeli sayur dan ikan di pasar esok pagi bersama ibu saya.", "ms"),
        ("Polis berkata kereta itu dipandu terlalu laju di lebuh raya ketika hujan lebat.", "ms"),
        ("Polisi mengatakan mobil itu dikendarai terlalu cepat di jalan tol saat hujan deras.", "id"),
        ("Warga desa menunggu hujan sejak bulan Maret, kata kepala desa dalam rapat hari Senin.", "id"),
        ("A xente do lugar quere que o concello arranxe a ponte antes do inverno.", "gl"),
        ("La xente del llugar quier que'l conceyu igüe la ponte enantes del iviernu.", "ast"),
        ("La gente del lugar quiere que el ayuntamiento arregle el puente antes del invierno.", "es"),
    ],
)
def test_neighbours_are_told_both_ways(text: str, lang: str) -> None:
    assert outcome(text) == (lang, "confident")


def test_a_word_is_too_short_unless_its_source_says_what_it_is() -> None:
    assert outcome("Bonjour") == ("und", "short")
    assert outcome("Bonjour à tous et à toutes", "fr")[0] == "fr"


def test_megabytes_without_a_space_and_scripts_in_turn_have_an_answer() -> None:
    assert outcome(CHINESE.replace(",", "") * 140_000)[0] == "zh-Hans"
    assert outcome("aбγא" * 5_000)[0] not in languages.TAGS


WORDS = (
    "дом σπίτι տուն სახლი בית بيت ቤት बात বাড়ি ਘਰ ઘર ଘର வீடு "
    "ఇల్లు ಮನೆ വീട് ගෙදර บ้าน ເຮືອນ အိမ် ផ្ទះ 집 いえ 家 ߓߏ߲ ⴰⵅⵅⴰⵎ"
)


def test_a_line_with_a_word_of_each_other_script_is_in_the_language_of_most() -> None:
    for text, lang in ((FRENCH, "fr"), (ARABIC, "ar"), (CHINESE, "zh-Hans")):
        assert outcome(f"{text} {WORDS}")[0] in (lang, UNDETERMINED)
        assert outcome(f"{text * 5} {WORDS} {text * 5}")[0] == lang
    assert outcome(WORDS)[0] not in languages.TAGS


def test_bad_bytes_and_everything_else_leave_neighbours_as_they_are() -> None:
    raw = [FRENCH.encode(), b"\xff\xfe" * 50, ARABIC.encode(), CHINESE.encode(), RUNDI.encode()]
    offsets = np.cumsum([0, *map(len, raw)]).astype(np.int64)
    texts = pa.LargeStringArray.from_buffers(len(raw), pa.py_buffer(offsets), pa.py_buffer(b"".join(raw)))
    rows = identify(texts, declared=pa.nulls(len(raw), pa.string()), model=MODEL)
    assert rows["lang"].to_pylist() == ["fr", "und", "ar", "zh-Hans", "rn"]


PAIRS = [("aa", "bada bada"), ("bb", "bodo bodo"), ("aa", "bada ba"), ("bb", "bodo bo")] * 20


def test_a_family_shares_its_probability_out_and_leaves_others_alone(tmp_path: Path) -> None:
    families = train_families({"aa bb": PAIRS}, slots=256, epochs=3, rate=0.3)
    content = write_families(families)
    assert write_families(read_families(content)) == content
    index = FamilyIndex(read_families(content), labels=["cc", "bb", "aa"])
    candidates = (
        np.array([0, 3, 5, 7], np.int64),
        np.array([1, 2, 0, 0, 1, 1, 0], np.int32),
        np.array([0.5, 0.3, 0.2, 0.6, 0.4, 0.7, 0.3], np.float32),
    )
    lines = pa.array(["bada"] * 3, pa.large_string())
    ends, labels, scores = index.refine(candidates, lines=lines, min_score=0.01)
    assert (ends.tolist()[1], labels[0]) == (3, 2)  # the family's word is heard
    assert scores[:3].sum() == pytest.approx(1)
    # the best is of no family, or has no rival in its own
    assert labels[ends[1] :].tolist() == [0, 1, 1, 0]
    assert scores[ends[1] :].tolist() == candidates[2][3:].tolist()


def test_families_of_another_model_or_damaged_ones_are_refused() -> None:
    family = Family(("aa", "bb"), np.zeros((4, 2), np.int8), 1.0)
    with pytest.raises(ValueError, match="is of another model, which has bb"):
        FamilyIndex([family], labels=["aa"])
    with pytest.raises(ValueError, match="is damaged"):
        read_families(write_families([family])[:-30])
    with pytest.raises(ValueError, match=r"aa bb has weights \(3, 2\)"):
        read_families(write_families([Family(("aa", "bb"), np.zeros((3, 2), np.int8), 1.0)]))


def named_with(text: str, *, short: dict[int, float], own: dict[str, dict[int, float]]) -> tuple[str, str]:
    path = Path(__file__).parents[3] / "filters" / "models" / MODEL.description.file
    description = Description(
        file=path.name, reads_letters_only=True, short_scores=short, own_short_scores=own
    )
    model = Model(path.read_bytes(), name="limits", path=path, labels=None, description=description)
    rows = identify(pa.array([text], pa.large_string()), declared=pa.nulls(1, pa.string()), model=model)
    return rows["lang"][0].as_py(), rows["lang_status"][0].as_py()


def test_a_text_of_a_size_has_the_least_score_of_its_language_or_that_of_all_others() -> None:
    text = "La pluie est tombée sur le village."
    size = len("la pluie est tombée sur le village".encode())
    french, short = ("fr", "confident"), ("und", "short")
    assert named_with(text, short={size: 1.01}, own={"fr": {size: 0.3}}) == french
    assert named_with(text, short={size: 0.3}, own={"fr": {size: 1.01}}) == short
    assert named_with(text, short={size: 0.3}, own={"en": {size: 1.01}}) == french
    assert named_with(text, short={size - 1: 1.01}, own={"fr": {size - 1: 1.01}}) == french
    assert named_with(text, short={8: 0.3, size: 1.01}, own={"fr": {8: 0.3}}) == short
