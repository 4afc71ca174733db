"""corpus.yaml → CorpusConfig: strict, every error at once, each with its path and a suggestion."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar

from pydantic import TypeAdapter, ValidationError

from layers import strict_yaml
from layers.plugins import PluginError
from layers.strict_yaml import describe_errors
from pipeline.config.corpus import CorpusConfig
from pipeline.config.languages import load_languages
from pipeline.config.measure import Strict
from pipeline.config.plugins import PluginConfig, load_plugins
from pipeline.errors import ConfigError

_Model = TypeVar("_Model", bound=Strict)


def load_config(path: str | Path) -> CorpusConfig:
    """Read and validate a corpus file; its plugins and language files are those of this process from now on.

    Raises ConfigError that lists every problem: of these first, since the rest may name what they bring.
    """
    raw = _read_mapping(path, model=CorpusConfig)
    try:
        entries = TypeAdapter(list[PluginConfig]).validate_python(raw.get("plugins", []))
    except ValidationError:  # told with the rest, below
        entries = []
    try:
        load_plugins(entries, folder=os.path.abspath(os.path.dirname(str(path))))
    except PluginError as error:
        raise ConfigError(str(path), problems=error.problems) from error
    try:
        names = TypeAdapter(list[str]).validate_python(raw.get("language_files", []))
    except ValidationError:  # told with the rest, below
        names = []
    if problems := load_languages(names, folder=os.path.abspath(os.path.dirname(str(path)))):
        raise ConfigError(str(path), problems=problems)
    return _validate(raw, place=str(path), model=CorpusConfig)


def load_strict(path: str | Path, *, model: type[_Model]) -> _Model:
    """Read a YAML file as a model; raises ConfigError that lists every problem."""
    return _validate(_read_mapping(path, model=model), place=str(path), model=model)


def _read_mapping(path: str | Path, *, model: type[Strict]) -> dict[str, Any]:
    place = str(path)
    try:
        raw = strict_yaml.load(Path(path).read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise ConfigError(place, problems=["there is no such file"]) from error
    except UnicodeDecodeError as error:
        raise ConfigError(place, problems=[f"not UTF-8: {error}"]) from error
    except ValueError as error:
        raise ConfigError(place, problems=[str(error)]) from error
    if not isinstance(raw, dict):
        fields = ", ".join([*model.model_fields][:4])
        raise ConfigError(place, problems=[f"expected a mapping of {fields} …"])
    return raw


def _validate(raw: Mapping[str, Any], *, place: str, model: type[_Model]) -> _Model:
    try:
        return model.model_validate(raw)
    except ValidationError as error:
        raise ConfigError(place, problems=list(describe_errors(error, model=model))) from error
