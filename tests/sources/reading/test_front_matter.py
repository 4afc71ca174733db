"""Front matter of Markdown that would end the process, or take minutes: each is a bad record."""

import pytest

from sources.reading.mapping import BadRecord
from sources.reading.markdown_text import split_front_matter


@pytest.mark.parametrize(
    "yaml",
    [
        "a: " + "[" * 32_000 + "]" * 32_000,
        "a: " + "[" * 60_000,
        "a: " + "{a: " * 13_000 + "}" * 13_000,
        "- " * 32_000,
        "a: !!bool abc",
        "a: !!timestamp abc",
        "a: !!python/object/apply:os.system [id]",
        "a: &a [x]\nb: [*a, *a]",
        "a: 1\na: 2",
    ],
    ids=["deep", "open", "mappings", "lists", "bool", "timestamp", "tag", "alias", "twice"],
)
def test_hostile_front_matter_is_a_bad_record(yaml: str) -> None:
    with pytest.raises(BadRecord) as caught:
        split_front_matter(f"---\n{yaml}\n---\nText\n")
    assert caught.value.reason == "broken_front_matter"


def test_many_fields_and_dates_stay_as_written() -> None:
    fields = "".join(f"k{n}: 2026-02-30\n" for n in range(3_000))
    values, text = split_front_matter(f"---\n{fields}---\nText\n")
    assert (set(values.values()), len(values), text) == ({"2026-02-30"}, 3_000, "Text\n")


@pytest.mark.parametrize(
    "word", ["no", "on", "Yes", "1984", "007", "1_000", "1.10", "12:30:00", "0x1F", "1e3"]
)
def test_what_is_text_by_its_role_stays_as_written(word: str) -> None:
    front = f"title: {word}\nauthors: [{word}, {word}]\n{word}: {word}\ndraft: no\nyear: 1984\n"
    values, _ = split_front_matter(f"---\n{front}---\nText\n", as_written={"title", "authors"})
    assert (values["title"], values["authors"]) == (word, [word, word])
    assert word in values
    assert (values["draft"], values["year"]) == (False, 1984)


def test_what_is_nothing_is_nothing_in_every_role() -> None:
    values, _ = split_front_matter(
        "---\ntitle:\nlang: ~\ndate: null\n---\nText\n", as_written={"title", "lang"}
    )
    assert values == {"title": None, "lang": None, "date": None}
