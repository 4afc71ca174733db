"""Problems of a YAML file in words: what is allowed, what is near, and never a regular expression."""

from collections.abc import Iterator
from typing import Any, get_args

import pytest
from pydantic import BaseModel, ValidationError

from governance.cards import CardFields
from layers.strict_yaml import describe_errors
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
    assert told["$.synthetic"] == "$.synthetic: required, but missing: one of no, some, all, unknown"
    assert told["$.pii"] == "$.pii: required, but missing: a mapping of has_pii, justification"
    assert told["$.languages"] == "$.languages: required, but missing: a list of mappings of tag, note"
    assert told["$.homepage"].endswith("`unknown` is an answer where the template says so")


def test_a_value_where_a_mapping_belongs_is_told_with_its_fields() -> None:
    told = problems(CardFields, {"pii": "no", "languages": ["en"], "category": "wikki"})
    assert "$.pii: must be a mapping of has_pii, justification (got 'no')" in told
    assert "$.languages[0]: must be a mapping of tag, note (got 'en')" in told
    assert "$.category: 'wikki' is not an answer; did you mean 'wiki'?" in told
