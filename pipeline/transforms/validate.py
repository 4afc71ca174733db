"""Arguments of transforms, checked by the models of the corpus file when a pipeline is built."""

from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from layers.problems import list_problems
from layers.strict_yaml import describe_errors

_Model = TypeVar("_Model", bound=BaseModel)


def validate(transform: str, model: type[_Model], **values: Any) -> _Model:
    """The values as a model; raises ValueError that lists what is wrong with the arguments."""
    try:
        return model.model_validate(values)
    except ValidationError as error:
        problems = list(describe_errors(error, model=model))
        raise ValueError(list_problems(transform, problems)) from error
