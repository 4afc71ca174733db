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
