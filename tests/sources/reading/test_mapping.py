"""Values of a source's own fields become roles of a document, or a reason why not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from license_expression import (  # type: ignore[import-untyped]
    ExpressionError,
    ParseError,
    get_spdx_licensing,
)

from sources.base import SourceFields
from sources.reading.keys import join_key
from sources.reading.language_tags import canonical_tag
from sources.reading.license_statements import spdx_expression
from sources.reading.mapping import BadRecord, RecordMapper

PARSER = get_spdx_licensing()
FIELDS = {
    "text": "body",
    "id": "meta.id",
    **{role: role for role in ("url", "title", "author", "date", "retrieved", "lang", "license")},
}


@pytest.mark.parametrize(
    ("tag", "expected"),
    [
        ("eng_Latn", "en"),
        ("yor", "yo"),
        ("arb_Arab", "ar"),
        ("swh", "sw"),
        ("twi_Latn", "tw"),
        ("aka", "ak"),
        ("sr_Cyrl", "sr"),
        ("sr_Latn", "sr-Latn"),
        ("pt-BR", "pt-BR"),
        ("zh", "zh"),
        ("cmn_Hans", "zh-Hans"),
        ("zh-CN", "zh-Hans"),
        ("zh_TW", "zh-Hant"),
        ("zh-HK", "zh-Hant"),
        ("zhs", "zh-Hans"),
        ("zht", "zh-Hant"),
        ("English", "und"),
        ("code", "und"),
        ("n/a", "und"),
        ("zz", "und"),
    ],
)
def test_declared_languages_become_canonical_tags(tag: str, expected: str) -> None:
    assert canonical_tag(tag) == expected


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        ("cc-by-4.0", "CC-BY-4.0"),
        ("CC BY-SA 3.0", "CC-BY-SA-3.0"),
        ("https://creativecommons.org/licenses/by-nc-nd/4.0/deed.fr", "CC-BY-NC-ND-4.0"),
        ("http://creativecommons.org/licenses/by/3.0/us/", "CC-BY-3.0-US"),
        ("https://creativecommons.org/publicdomain/zero/1.0/", "CC0-1.0"),
        ("mit or apache-2.0", "MIT OR Apache-2.0"),
        ("Apache License 2.0", "Apache-2.0"),
        ("gpl-3.0", "GPL-3.0-only"),
        ("CC BY", "NOASSERTION"),
        ("CC-BY-9.9", "NOASSERTION"),
        ("all rights reserved", "NOASSERTION"),
        ("(MIT", "NOASSERTION"),
    ],
)
def test_licences_are_recognised_or_not_asserted(statement: str, expected: str) -> None:
    assert spdx_expression(statement) == expected


@given(
    st.lists(st.sampled_from(["mit", "Apache-2.0", "or", "with", "(", ")", "rights", "gpl-2.0+"]), max_size=6)
)
def test_a_statement_means_what_a_parser_of_its_own_would_say(words: list[str]) -> None:
    text = " ".join(words).lower()
    try:
        expected = PARSER.parse(text, validate=True, strict=True)
    except (ExpressionError, ParseError, IndexError, AssertionError):
        expected = None
    assert spdx_expression(text) == ("NOASSERTION" if expected is None else str(expected))


def test_every_role_is_read() -> None:
    record = {
        "body": "t",
        "meta": {"id": 7},
        "url": "u",
        "title": "T",
        "author": "A",
        "date": 2019,
        "retrieved": "2026-01-31",
        "lang": "fra",
        "license": "MIT",
    }
    assert RecordMapper(FIELDS).map(record) == SourceFields(
        "t",
        "7",
        title="T",
        author="A",
        url="u",
        date="2019",
        retrieved="2026-01-31",
        license="MIT",
        lang="fr",
    )


@pytest.mark.parametrize(
    "record", [{"body": ""}, {"body": "", "url": None, "meta": 3}, {"body": "", "lang": ""}]
)
def test_absent_null_and_empty_optional_fields_are_null_and_an_empty_text_is_a_text(record: object) -> None:
    assert RecordMapper(FIELDS).map(record) == SourceFields("")


@pytest.mark.parametrize(
    ("record", "record_id"),
    [
        ({"lang": "en", "meta": {"id": 7}}, '["en","7"]'),
        ({"lang": "yo", "meta": {"id": 'ẹ"]'}}, '["yo","ẹ\\"]"]'),
        ({"lang": "en", "meta": {"id": ""}}, '["en",null]'),
        ({"meta": {"id": 7}}, '[null,"7"]'),
        ({"lang": "", "meta": 3}, None),
    ],
)
def test_an_id_may_be_several_fields(record: dict[str, object], record_id: str | None) -> None:
    mapper = RecordMapper({"text": "body"}, key_fields=["lang", "meta.id"])
    assert mapper.map(record | {"body": "t"}) == SourceFields("t", record_id)


VALUES = st.lists(st.none() | st.text(st.characters(codec="utf-8")), min_size=2, max_size=3)


@given(VALUES, VALUES)
def test_no_two_lists_of_values_are_one_key(one: list[str | None], other: list[str | None]) -> None:
    nothing = not any(value is not None for value in [*one, *other])
    assert (join_key(one) == join_key(other)) == (one == other or nothing)


def test_a_field_whose_name_has_dots_wins_over_a_path() -> None:
    assert RecordMapper({"text": "a.b"}).map({"a.b": "flat", "a": {"b": "nested"}}) == SourceFields("flat")


@pytest.mark.parametrize(
    ("record", "reason", "record_id"),
    [
        ([1], "wrong_type", None),
        ({"meta": {"id": "k"}}, "missing_field", "k"),
        ({"body": None}, "missing_field", None),
        ({"body": 5, "meta": {"id": 1}}, "wrong_type", "1"),
        ({"body": "t", "meta": {"id": 1.0}}, "wrong_type", None),
        ({"body": "t", "meta": {"id": True}}, "wrong_type", None),
        ({"body": "t", "date": 1.5}, "wrong_type", None),
        ({"body": "t", "url": 5}, "wrong_type", None),
        ({"body": "t", "lang": ["en"]}, "wrong_type", None),
    ],
)
def test_what_cannot_be_mapped_has_a_reason_and_its_key(
    record: object, reason: str, record_id: str | None
) -> None:
    with pytest.raises(BadRecord) as bad:
        RecordMapper(FIELDS).map(record)
    assert (bad.value.reason, bad.value.record_id) == (reason, record_id)


def test_a_mapping_names_text_and_known_roles_only() -> None:
    with pytest.raises(ValueError, match="text is not mapped"):
        RecordMapper({"id": "id"})
    with pytest.raises(ValueError, match="unknown \\['writer'\\]"):
        RecordMapper({"text": "text", "writer": "by"})
