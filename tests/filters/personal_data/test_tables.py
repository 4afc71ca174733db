"""The data files: every language has a territory, every rule a form, and coverage says what is so."""

import random
import re

import pytest
from stdnum import get_cc_module

from filters.languages import TAGS
from filters.personal_data import identifiers, secret_rules, tables
from filters.personal_data.coverage import coverage
from filters.personal_data.kinds import KINDS
from filters.personal_data.tables import labels, read_data, territories_of


def test_every_language_has_territories() -> None:
    assert [tag for tag in TAGS if not territories_of(tag)] == []
    assert territories_of("sw") == ("TZ", "KE", "UG", "CD")
    assert territories_of("pt-BR") == territories_of("pt_br") == ("BR",)
    assert territories_of("zh-hans") == ("CN", "SG")
    assert territories_of("xx") == territories_of(None) == territories_of("") == ()


def test_rules_of_identifiers_and_secrets_compile() -> None:
    assert len({rule.name for rule in identifiers.rules()}) == len(identifiers.rules())
    assert all(rule.territory == rule.name[:2].upper() for rule in identifiers.rules())
    assert get_cc_module("za", "idnr") is not None
    for rule in secret_rules.secret_rules():
        assert all(word == word.lower() for word in rule.keywords) and 0 <= rule.group <= rule.pattern.groups


def test_each_form_of_an_identifier_is_in_the_set_of_all() -> None:
    rows = read_data("identifiers")["rules"]
    assert all(row["digits"] in ("check", "format") and ("alone" in row or "labelled" in row) for row in rows)
    assert 0 in identifiers._forms_set().Match("x 2341 2341 2346 y")


def test_labels_are_words() -> None:
    assert labels("telephone").distance("call tel: ") == 2
    assert labels("telephone").distance("hotels: ") is None
    assert labels("telephone").distance("电话") == 0
    assert labels("negative").distance("orders ") == 1
    assert labels("negative").distance("borders ") is None


def test_coverage_is_known_of_every_kind_and_language() -> None:
    states = {coverage(kind, tag) for kind in KINDS for tag in [*TAGS, None]}
    assert states == {"validated", "unvalidated", "none"}
    assert coverage("email", "sw") == "validated"
    assert coverage("email", "xx") == coverage("telephone", None) == "unvalidated"
    assert [tag for tag in TAGS if coverage("national_id", tag) == "none"] == [
        "bm", "fon", "lg", "ln", "rn", "rw", "sn", "tum",
    ]  # fmt: skip
    with pytest.raises(KeyError):
        coverage("phone", "sw")


def test_placeholders_are_words_in_brackets() -> None:
    assert all(re.fullmatch(r"<[A-Z_]+>", kind.placeholder) for kind in KINDS.values())


@pytest.mark.parametrize("name", tables.LISTS)
def test_the_last_label_is_the_one_that_a_look_around_each_word_finds(name: str) -> None:
    words = tables.words_of(tables.read_data("labels")[name])
    forms = (
        tables._form(word, frame=("(?<![^{}])", "(?![^{}])"), letters=r"\W\d_", whole=name == "negative")
        for word in words
    )
    slow = re.compile("|".join(forms))
    rng = random.Random(name)
    for _ in range(400):
        text = "".join(rng.choice([*words, "x", " ", ":", "1", "é", "s"]) for _ in range(4))
        ends = [match.end() for match in slow.finditer(text)]
        assert tables.labels(name).distance(text) == (len(text) - ends[-1] if ends else None), text
