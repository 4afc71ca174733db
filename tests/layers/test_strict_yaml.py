"""Problems of a YAML file in words: what is allowed, what is near, and never a regular expression."""

from collections.abc import Iterator
from typing import Any, get_args

import pytest
from pydantic import BaseModel, ValidationError

from governance.cards import CardFields
from layers.strict_yaml import describe_errors, has_aliases, load
from pipeline.config.corpus import CorpusConfig
from pipeline.plan.assumptions import Assumptions


def models(model: type[BaseModel]) -> Iterator[type[BaseModel]]:
    yield model
    for field in model.model_fields.values():
        for inner in inner_models(field.annotation):
            yield from models(inner)


def inner_models(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for argument in get_args(annotation):
        yield from inner_models(argument)


def patterns(model: type[BaseModel]) -> Iterator[tuple[str, str]]:
    for name, prop in model.model_json_schema()["properties"].items():
        for schema in (prop, *prop.get("anyOf", [])):
            if "pattern" in schema:
                yield name, schema["pattern"]


PATTERNS = [
    pytest.param(model, name, pattern, id=f"{model.__name__}.{name}")
    for root in (CardFields, CorpusConfig, Assumptions)
    for model in dict.fromkeys(models(root))
    for name, pattern in patterns(model)
]


def problems(model: type[BaseModel], value: Any) -> list[str]:
    with pytest.raises(ValidationError) as caught:
        model.model_validate(value)
    return list(describe_errors(caught.value, model=model))


@pytest.mark.parametrize(("model", "name", "pattern"), PATTERNS)
def test_every_pattern_is_told_in_words(model: type[BaseModel], name: str, pattern: str) -> None:
    (problem,) = [line for line in problems(model, {name: " \n "}) if line.startswith(f"$.{name}: ")]
    assert problem.startswith(f"$.{name}: must be ")
    assert "another way" not in problem
    assert pattern not in problem
    assert "\n" not in problem


def test_what_may_stand_where_something_is_missing_is_listed() -> None:
    told = {line.split(":")[0]: line for line in problems(CardFields, {})}
    assert told["$.synthetic"] == "$.synthetic: required, but missing: a mapping of contains, generators"
    assert told["$.status"].endswith("one of proposed, approved, ingested, suspended, withdrawn")
    fields = "tag, variety_note, locations, declared_by"
    assert told["$.languages"] == f"$.languages: required, but missing: a list of mappings of {fields}"
    assert told["$.homepage"].endswith("`unknown` is an answer where the template says so")


def test_a_value_where_a_mapping_belongs_is_told_with_its_fields() -> None:
    told = problems(CardFields, {"synthetic": "no", "languages": ["en"], "category": "wikki"})
    assert "$.synthetic: must be a mapping of contains, generators (got 'no')" in told
    assert "$.languages[0]: must be a mapping of tag, variety_note, locations, declared_by (got 'en')" in told
    assert "$.category: 'wikki' is not an answer; did you mean 'wiki'?" in told


def bomb(levels: int) -> str:
    """A list of lists, ten of each of the level below: 10 ** levels values."""
    rows = [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, levels)]
    return "\n".join(["a0: &a0 [x, x, x, x, x, x, x, x, x, x]", *rows])


def test_aliases_that_explode_are_refused_and_others_are_taken() -> None:
    assert len(load(bomb(5))["a4"]) == 10
    with pytest.raises(ValueError, match="aliases"):
        load(bomb(9))
    with pytest.raises(ValueError, match="stands inside of what it names"):
        load("a: &a [*a]")
    assert load("a: &a {b: 1}\nc: *a") == {"a": {"b": 1}, "c": {"b": 1}}


def test_tags_that_would_run_something_are_refused() -> None:
    with pytest.raises(ValueError, match="could not determine a constructor"):
        load("a: !!python/object/apply:os.system [id]")


@pytest.mark.parametrize(
    "nested", ["[" * 100_000, "- " * 100_000 + "x", "? " * 100_000, "[" * 101 + "]" * 101]
)
def test_what_is_nested_too_deeply_is_refused(nested: str) -> None:
    with pytest.raises(ValueError, match="in each other"):
        load(nested)
    assert load("[" * 100 + "]" * 100)


@pytest.mark.parametrize(
    ("tagged", "kind"),
    [
        ("!!bool abc", "bool"),
        ("!!timestamp abc", "timestamp"),
        ("!!int abc", "int"),
        ("!!float abc", "float"),
        ("2026-02-30", "timestamp"),
        ("2026-02-20 25:00:00", "timestamp"),
        ("9" * 5_000, "int"),
    ],
)
def test_a_scalar_that_is_not_of_its_type_is_told_with_its_place(tagged: str, kind: str) -> None:
    with pytest.raises(ValueError, match=f"(?s)^not YAML: .* is no {kind}: .*line 2, column 4"):
        load(f"a: 1\nb: {tagged}\n")


def test_merge_keys_are_refused_with_what_to_do() -> None:
    levels = [f"a{n}: &a{n} {{<<: [{', '.join([f'*a{n - 1}'] * 10)}]}}" for n in range(1, 9)]
    with pytest.raises(ValueError, match="write the fields again"):
        load("\n".join(["a0: &a0 {x: 1}", *levels]))


def test_every_repeated_key_is_told_among_many_others() -> None:
    fields = [f"k{n}: 1" for n in range(20_000)]
    assert len(load("\n".join(fields))) == 20_000
    with pytest.raises(ValueError, match=r"repeated key\(s\): k19999, k7\n"):
        load("\n".join([*fields, "k7: 2", "k19999: 2"]))
    with pytest.raises(ValueError, match="unhashable"):
        load("? [a]\n: 1\n")


@pytest.mark.parametrize("nested", ["[" * 60_000, "[" * 101 + "*a" + "]" * 101])
def test_aliases_are_looked_for_no_deeper_than_values_may_stand(nested: str) -> None:
    with pytest.raises(ValueError, match="in each other"):
        has_aliases(f"a: {nested}")
    assert has_aliases("a: &a [1]\nb: " + "[" * 99 + "*a" + "]" * 99)
    assert not has_aliases("a: [1]")


_FALSE = "must be text, and YAML reads no, off and false as False here"


class _Model(BaseModel):
    names: list[str] = []
    by_name: dict[str, str] = {}


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("names: [en, no]", f"$.names[1]: {_FALSE}"),
        ("by_name: {a: on}", "$.by_name.a: must be text, and YAML reads yes, on and true as True here"),
        (
            "by_name: {no: a}",
            f"$.by_name[0].[key]: {_FALSE}",
        ),
        ("names: [1.0]", "$.names[0]: must be text, and YAML reads 1.0 as a number here"),
        ("names: [2026-11-30]", "$.names[0]: must be text, and YAML reads 2026-11-30 as a date here"),
    ],
)
def test_a_word_that_yaml_reads_as_something_else_is_to_be_quoted(text: str, problem: str) -> None:
    with pytest.raises(ValidationError) as caught:
        _Model.model_validate(load(text))
    assert [*describe_errors(caught.value, model=_Model)] == [f"{problem}: write it in quotes"]
