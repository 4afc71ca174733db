"""The language files: complete, well-formed, every number with an origin and none degenerate."""

import re
import unicodedata
from dataclasses import replace

import langcodes
import pyarrow as pa
import pytest

from filters import languages
from filters.rules import evaluate
from tools.derive_lengths import CONTENT

TARGETS = frozenset(
    """
    ar eu bn as gu hi kn ml mr ne or pa ta te ur ca zh-Hans zh-Hant en fr id pt es vi
    tum ki bm ak ts st ny tw tn ln nso fon rn wo lg sn zu ig xh rw yo sw
    """.split()  # noqa: SIM905
)
TUNED_IN_ROOTS = frozenset(
    """
    ar bn ca en es eu fr hi id pt ur vi zh-Hans zh-Hant
    """.split()  # noqa: SIM905
)
COUNTS = {"chars", "words", "text_bytes", "lines", "lorem_ipsum_lines"}
RATIOS = {
    "character_repetition_ratio",
    "character_repetition_ratio_head",
    "word_repetition_ratio",
    "special_characters_ratio",
    "stop_words_ratio",
    "flagged_words_ratio",
    "duplicate_line_ratio",
    "duplicated_5_gram_characters_ratio",
    "duplicated_10_gram_characters_ratio",
    "alphabetic_word_ratio",
    "compression_ratio",
    "code_excess",
    "url_ratio",
    "mojibake_ratio",
    "replacement_character_ratio",
    "control_character_ratio",
    "known_trigram_ratio",
    "mixed_word_ratio",
    "list_characters_ratio",
    "distinct_word_ratio",
    "short_text_duplicate_line_ratio",
}
HAS_LEAST_WORDS = {"distinct_word_ratio"}
"""Null, and not evaluated, where there are too few words."""
SIGNALS = COUNTS | RATIOS | {"mean_word_length"}

MINIMAL = """
tag: xx
name: Example
iso639_3: xxx
scripts: [Latn]
segmentation: whitespace
has_quality_thresholds: false
rules:
  - {signal: words, min: 5, origin: default}
stop_words:
  origin: none
flagged_words:
  origin: none
"""


def limits(tag: str) -> dict[str, tuple[float | None, float | None]]:
    return {rule.signal: (rule.min, rule.max) for rule in languages.load(tag).rules}


def test_the_targets_are_the_46_languages_of_roots() -> None:
    assert list(languages.TAGS) == sorted(TARGETS)
    assert len(languages.TAGS) == 46


@pytest.mark.parametrize("tag", languages.TAGS)
def test_codes_and_script_agree_with_the_language_subtag_registry(tag: str) -> None:
    language = languages.load(tag)
    code = langcodes.Language.get(tag)
    likely = code.maximize().script
    assert language.tag == tag
    assert language.iso639_3 == code.to_alpha3()
    assert language.scripts == ("Hani" if likely in ("Hans", "Hant") else likely,)


@pytest.mark.parametrize("tag", languages.TAGS)
def test_no_limit_is_degenerate(tag: str) -> None:
    for rule in languages.load(tag).rules:
        bounds = [bound for bound in (rule.min, rule.max) if bound is not None]
        assert rule.signal in SIGNALS
        assert rule.origin in {"roots", "fineweb2", "default", "calibrated", "parallel"}
        if rule.signal in RATIOS:
            assert all(0 <= bound <= 1 for bound in bounds)
        if rule.signal in COUNTS:
            assert all(bound == int(bound) for bound in bounds)
        if rule.signal == "mean_word_length":
            assert all(2 <= bound <= 25 for bound in bounds)


@pytest.mark.parametrize("tag", languages.TAGS)
def test_every_limit_can_fire(tag: str) -> None:
    rules = [replace(rule, min_words=0) for rule in languages.load(tag).rules]
    lowest = {rule.signal: [0.0] for rule in rules}
    highest = {rule.signal: [1.0 if rule.signal in RATIOS else 1e9] for rule in rules}
    fired = [
        *evaluate(pa.RecordBatch.from_pydict(lowest), rules=rules).to_pylist()[0],
        *evaluate(pa.RecordBatch.from_pydict(highest), rules=rules).to_pylist()[0],
    ]
    assert sorted(fired) == sorted(reason for rule in rules for reason in rule.reasons)


@pytest.mark.parametrize("tag", languages.TAGS)
def test_a_rule_on_a_list_has_a_list_and_a_list_has_its_origin_and_licence(tag: str) -> None:
    language = languages.load(tag)
    signals = {rule.signal for rule in language.rules}
    assert language.stop_words or "stop_words_ratio" not in signals
    assert language.flagged_words or "flagged_words_ratio" not in signals
    for words, origin in (
        (language.stop_words, language.stop_words_origin),
        (language.flagged_words, language.flagged_words_origin),
    ):
        assert not words or "Apache-2.0" in origin


@pytest.mark.parametrize("tag", languages.TAGS)
def test_words_of_lists_are_lower_case_nfc_unique_and_sorted(tag: str) -> None:
    language = languages.load(tag)
    for words in (language.stop_words, language.flagged_words):
        assert list(words) == sorted(set(words))
        for word in words:
            assert word == unicodedata.normalize("NFC", word) == word.lower() == word.strip()


@pytest.mark.parametrize("tag", languages.TAGS)
def test_words_of_lists_can_be_hit(tag: str) -> None:
    """One word, or as many as the language's augmentation joins; in Chinese one or two characters."""
    language = languages.load(tag)
    for word in (*language.stop_words, *language.flagged_words):
        if language.segmentation == "characters":
            assert word.isascii() or len(word) <= max(language.augment_ngrams, 1)
        else:
            assert len(word.split(" ")) <= max(language.augment_ngrams, 1)
        for end in (word[0], word[-1]):
            assert unicodedata.category(end)[0] not in "PSZC"


@pytest.mark.parametrize("tag", languages.TAGS)
def test_a_language_has_thresholds_of_its_own_where_people_set_them(tag: str) -> None:
    language = languages.load(tag)
    assert language.has_quality_thresholds == any(rule.origin == "roots" for rule in language.rules)


@pytest.mark.parametrize("tag", languages.TAGS)
def test_only_the_languages_tuned_in_roots_have_its_numbers(tag: str) -> None:
    origins = {rule.origin for rule in languages.load(tag).rules}
    assert ("roots" in origins) == (tag in TUNED_IN_ROOTS)


@pytest.mark.parametrize("tag", languages.TAGS)
def test_language_scores_are_limited_by_their_model_and_not_by_language_files(tag: str) -> None:
    assert "lang_score" not in limits(tag)


@pytest.mark.parametrize("tag", languages.TAGS)
def test_the_shortest_text_is_one_amount_of_content_in_every_language_and_none_is_too_long(tag: str) -> None:
    language = languages.load(tag)
    (rule,) = (rule for rule in language.rules if rule.signal == "words")
    assert (rule.min, rule.max, rule.origin) == (
        round(CONTENT * language.words_per_english_word),
        None,
        "parallel",
    )
    assert 0.6 < language.words_per_english_word < 1.7


@pytest.mark.parametrize("tag", languages.TAGS)
def test_a_rule_on_a_share_needs_one_amount_of_content_in_every_language(tag: str) -> None:
    language = languages.load(tag)
    damage = ("mojibake_ratio", "replacement_character_ratio", "control_character_ratio")
    for rule in language.rules:
        content = languages.MIN_CONTENT.get(rule.signal, 0)
        assert rule.min_words == round(content * language.words_per_english_word)
        ratios = (RATIOS | {"mean_word_length"}) - HAS_LEAST_WORDS
        assert (rule.min_words > 0) == (rule.signal in ratios - {*damage})


@pytest.mark.parametrize("tag", languages.TAGS)
def test_entries_of_roots_that_do_not_count_are_its_own(tag: str) -> None:
    language = languages.load(tag)
    assert not {*language.flagged_words} & {*language.flagged_only_in_roots}
    assert list(language.flagged_only_in_roots) == sorted(language.flagged_only_in_roots)
    assert bool(language.flagged_only_in_roots) == bool(language.flagged_words) == (tag in TUNED_IN_ROOTS)
    assert not {"xxx", "anal", "masturbation"} & {*language.flagged_words}


def test_segmentation_differs_only_where_roots_differs() -> None:
    special = {
        tag: (language.segmentation, language.augment_ngrams, language.character_ngram, language.word_ngram)
        for tag in languages.TAGS
        for language in [languages.load(tag)]
    }
    usual = ("whitespace", 0, 10, 5)
    assert {tag: policy for tag, policy in special.items() if policy != usual} == {
        "ur": ("whitespace", 0, 10, 7),
        "vi": ("whitespace", 2, 10, 5),
        "zh-Hans": ("characters", 2, 3, 5),
        "zh-Hant": ("characters", 2, 3, 5),
    }


def test_the_numbers_of_roots_for_lines_of_prose() -> None:
    shares = {tag: languages.load(tag).line_stop_words for tag in languages.TAGS}
    assert {tag: share for tag, share in shares.items() if share is not None} == {
        "ar": 0.07,
        "bn": 0.002,
        "ca": 0.25,
        "en": 0.3,
        "es": 0.4,
        "eu": 0.05,
        "fr": 0.27,
        "hi": 0.01,
        "id": 0.15,
        "pt": 0.2,
        "ur": 0.01,
        "vi": 0.08,
    }


def test_a_number_of_roots_that_was_replaced_is_in_the_note() -> None:
    (rule,) = (rule for rule in languages.load("en").rules if rule.signal == "character_repetition_ratio")
    assert (rule.max, rule.origin) == (0.38, "default")
    assert "before: 0.106 (roots)" in rule.note


@pytest.mark.parametrize("tag", languages.TAGS)
def test_no_list_of_stop_words_is_thin(tag: str) -> None:
    assert len(languages.load(tag).stop_words) >= 30


def test_degenerate_numbers_of_fineweb2_are_refused_and_named() -> None:
    assert "mean_word_length" not in limits("xh")
    assert "3141" in languages.load("xh").notes
    assert limits("te")["mean_word_length"] == (4, None)


def test_other_languages_are_measured_but_not_judged() -> None:
    assert languages.DEFAULT.tag == "und"
    assert languages.DEFAULT.rules == ()
    assert not languages.DEFAULT.has_quality_thresholds
    assert "und" not in languages.TAGS


def test_an_unknown_tag_is_named_with_the_known_ones() -> None:
    with pytest.raises(ValueError, match=r"unknown language 'xx'; known: ak, .*, zu; .*`language_files`"):
        languages.load("xx")
    with pytest.raises(ValueError, match=r"unknown language '\.\./en'"):
        languages.load("../en")


def test_a_language_is_loaded_once() -> None:
    assert languages.load("yo") is languages.load("yo")


def test_the_minimal_file_has_the_usual_segmentation_and_no_lists() -> None:
    language = languages.parse(MINIMAL, tag="xx")
    assert (language.segmentation, language.character_ngram, language.word_ngram) == ("whitespace", 10, 5)
    assert (language.stop_words, language.flagged_words, language.notes) == ((), (), "")


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("name: Example", "name: Example\ncolour: blue", "colour"),
        ("name: Example", "name: Example\nname: Twice", "repeated key(s): name"),
        ("min: 5,", "min: 5, min: 6,", "repeated key(s): min"),
        ("min: 5,", "min: five,", "rules.0.min"),
        ("min: 5,", "", "give min, max or both"),
        ("min: 5,", "min: 5, max: 4,", "min 5.0 is above max 4.0"),
        ("origin: default}", "origin: folklore}", "rules.0.origin"),
        ("origin: default}", "origin: config}", "rules.0.origin"),
        ("origin: default}", "origin: default}\n  - {signal: words, max: 9, origin: roots}", "more than one"),
        ("tag: xx", "tag: yy", "must be the name of the file"),
        ("scripts: [Latn]", "scripts: Latn", "scripts"),
        ("segmentation: whitespace\n", "", "segmentation\n  Field required"),
        ("segmentation: whitespace", "segmentation: syllables", "segmentation"),
        ("has_quality_thresholds: false", "has_quality_thresholds: 1", "has_quality_thresholds"),
        ("stop_words:\n", "stop_words:\n  words: [no]\n", "stop_words.words.0"),
        ("rules:", "rules: [", "xx.yaml: not YAML"),
    ],
)
def test_a_file_that_breaks_the_format_is_refused(old: str, new: str, message: str) -> None:
    text = MINIMAL.replace(old, new, 1)
    assert text != MINIMAL
    with pytest.raises(ValueError, match=re.escape(message)) as error:
        languages.parse(text, tag="xx")
    assert "xx" in str(error.value) or "words" in str(error.value)


def test_the_digest_is_of_the_files() -> None:
    assert re.fullmatch("[0-9a-f]{64}", languages.digest())
