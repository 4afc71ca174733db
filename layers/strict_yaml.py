"""YAML that people write, read strictly: repeated keys are errors, every problem is told with its path."""

import re
from collections import Counter
from collections.abc import Hashable, Iterator
from datetime import date, datetime
from typing import Annotated, Any, Literal, get_args, get_origin

import yaml
from pydantic import BaseModel, Field, ValidationError

from layers.problems import suggest

# libyaml's parser where it was built, same YAML: 8 times faster on the word lists of languages
_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class UniqueKeyLoader(_Loader):
    """Safe YAML that refuses a repeated key; PyYAML lets the last one win."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        if merged := [key for key, _ in node.value if key.tag == "tag:yaml.org,2002:merge"]:
            raise yaml.constructor.ConstructorError(
                None, None, "merge keys (<<) are not read; write the fields again", merged[0].start_mark
            )
        keys = [self.construct_object(key, deep=True) for key, _ in node.value]
        # what is a list or mapping has no hash, and is refused below
        counts = Counter(key for key in keys if isinstance(key, Hashable))
        repeated = sorted({str(key) for key, count in counts.items() if count > 1})
        if repeated:
            raise yaml.constructor.ConstructorError(
                None, None, f"repeated key(s): {', '.join(repeated)}", node.start_mark
            )
        return dict(super().construct_mapping(node, deep=deep))


def load(text: str, *, loader: type[UniqueKeyLoader] = UniqueKeyLoader) -> Any:
    """The content of a YAML text; raises ValueError with line and column."""
    try:
        _check_depth(text)
        loaded = _construct(text, loader=loader)
    except yaml.YAMLError as error:
        raise ValueError(f"not YAML: {error}") from error
    _measure(loaded, sizes={})
    return loaded


def _construct(text: str, *, loader: type[UniqueKeyLoader]) -> Any:
    """What the text says; raises YAMLError, also for scalars at which PyYAML stumbles with other errors."""
    try:
        return yaml.load(text, Loader=loader)
    except _STUMBLES as error:
        _PlacingLoader.yaml_implicit_resolvers = loader.yaml_implicit_resolvers
        yaml.load(text, Loader=_PlacingLoader)  # only now: a look at each scalar costs time
        raise ValueError(f"not YAML that can be used: {error}") from error


_STUMBLES = (ValueError, KeyError, AttributeError, TypeError, OverflowError)
"""What PyYAML raises where a scalar is not of its type: `2026-02-30`, `!!bool x`, `!!timestamp x`."""


class _PlacingLoader(UniqueKeyLoader):
    """Says where the scalar stands that cannot be what its tag says."""

    def construct_object(self, node: yaml.Node, deep: bool = False) -> Any:
        try:
            return super().construct_object(node, deep=deep)
        except _STUMBLES as error:
            if not isinstance(node, yaml.ScalarNode):
                raise
            kind, value = node.tag.rpartition(":")[2], f"{node.value[:40]!r}"
            raise yaml.constructor.ConstructorError(
                None, None, f"{value} is no {kind}: {error}", node.start_mark
            ) from error


def has_aliases(text: str) -> bool:
    """True where a value stands for another one (`*name`); raises ValueError for what is no YAML, or deep."""
    try:
        return any(isinstance(event, yaml.AliasEvent) for event in _read_events(text))
    except yaml.YAMLError as error:
        raise ValueError(f"not YAML: {error}") from error


_MAX_DEPTH = 100
"""Of lists and mappings in each other; libyaml's composer recurses in C and would end the process."""


def _check_depth(text: str) -> None:
    """Raise ValueError for values that are nested too deeply; events are read only where they may be."""
    opened = text.count("[") + text.count("{")
    indented = max((len(line) - len(line.lstrip(" -?:")) for line in text.split("\n")), default=0)
    if opened + indented <= _MAX_DEPTH:
        return
    for _ in _read_events(text):
        pass


def _read_events(text: str) -> Iterator[yaml.Event]:
    """The events of a text up to the first that is too deep, for which ValueError is raised.

    libyaml takes a time that grows with the square of the depth: 13 s for 60,000 brackets.
    """
    depth = 0
    for event in yaml.parse(text, Loader=_Loader):
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > _MAX_DEPTH:
            raise ValueError(f"not YAML that can be used: more than {_MAX_DEPTH} values in each other")
        yield event


_MAX_VALUES = 1_000_000
"""With aliases written out; the word lists of all languages are fewer than 100,000."""


def _measure(value: Any, *, sizes: dict[int, int | None]) -> int:
    """How many values there are, aliases written out; raises ValueError for too many, and for endless ones.

    sizes are those of the lists and mappings that were measured, None while one is.
    """
    if not isinstance(value, list | dict):
        return 1
    if id(value) in sizes:
        size = sizes[id(value)]
        if size is None:
            raise ValueError("not YAML that can be used: an alias (*name) stands inside of what it names")
        return size
    sizes[id(value)] = None
    inner = value if isinstance(value, list) else [*value.keys(), *value.values()]
    total = 1 + sum(_measure(each, sizes=sizes) for each in inner)
    if total > _MAX_VALUES:
        raise ValueError(f"aliases (*name) make more than {_MAX_VALUES:,} values of it")
    sizes[id(value)] = total
    return total


def matching(pattern: str, *, words: str) -> Any:
    """A pydantic field that must match a pattern; its error says words, `must be …`, not the pattern."""
    _PATTERN_WORDS[pattern] = words
    return Field(pattern=pattern)


_PATTERN_WORDS: dict[str, str] = {}
"""Regular expression → what it asks for."""


def describe_errors(error: ValidationError, *, model: type[BaseModel]) -> Iterator[str]:
    """One line per problem: its path from $, what is wrong, and the nearest known name or what is allowed."""
    for problem in error.errors():
        loc = problem["loc"]
        path = "$" + "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in loc)
        yield f"{path}: {_describe(problem, model=model)}"


def _describe(problem: Any, *, model: type[BaseModel]) -> str:
    loc, kind, value = problem["loc"], problem["type"], problem["input"]
    got = f" (got {value!r})" if isinstance(value, str | int | float | None) else ""
    if kind == "extra_forbidden":
        return f"unknown field{suggest(str(loc[-1]), names=_siblings(model, loc))}"
    if kind == "missing":
        return f"required, but missing{_say_allowed(_annotation(model, loc))}"
    if kind == "literal_error":
        given = str(value)
        return f"{given!r} is not an answer{suggest(given, names=_quoted(problem))}"
    if kind in ("string_type", "invalid_key") and isinstance(value, bool | int | float | date):
        return f"must be text, and YAML reads {_say_read(value)} here: write it in quotes"
    if kind == "model_type":
        return f"must be a mapping{_say_allowed(_annotation(model, loc)).removeprefix(': a mapping')}{got}"
    if kind == "string_pattern_mismatch":
        return f"must be {_PATTERN_WORDS.get(problem['ctx']['pattern'], 'written in another way')}{got}"
    message = problem["msg"].removeprefix("Value error, ").replace("Input should be", "must be")
    return message if repr(value) in message or not isinstance(value, str | None) else message + got


def _say_read(value: bool | float | date) -> str:
    """What a scalar without quotes became; of truth values also from which words: `no` is Norwegian, too."""
    words = {True: "yes, on and true as True", False: "no, off and false as False"}
    return words[value] if isinstance(value, bool) else f"{value} as a {_KINDS[type(value)]}"


_KINDS = {int: "number", float: "number", date: "date", datetime: "time"}


def _quoted(problem: Any) -> list[str]:
    return re.findall(r"'([^']*)'", problem["ctx"]["expected"])


def _say_allowed(annotation: Any) -> str:
    """What may stand where something is missing."""
    inner = next(_models_in(annotation), None)
    if inner is not None and get_origin(annotation) is not list:
        return f": a mapping of {', '.join(inner.model_fields)}"
    if inner is not None:
        return f": a list of mappings of {', '.join(inner.model_fields)}"
    if get_origin(annotation) is Literal:
        return f": one of {', '.join(map(str, get_args(annotation)))}"
    return "; `unknown` is an answer where the template says so"


def _annotation(model: type[BaseModel], loc: tuple[int | str, ...]) -> Any:
    """The type of the field at a place; object where the models do not say."""
    current: Any = model
    for part in loc:
        if isinstance(part, int):
            current = next(iter(get_args(_bare(current))), object)
            continue
        inner = next(_models_in(current), None)
        field = inner.model_fields.get(part) if inner is not None else None
        if field is None:
            return object
        current = field.annotation
    return _bare(current)


def _bare(annotation: Any) -> Any:
    return get_args(annotation)[0] if get_origin(annotation) is Annotated else annotation


def _siblings(model: type[BaseModel], loc: tuple[int | str, ...]) -> list[str]:
    current: type[BaseModel] | None = model
    for part in loc[:-1]:
        if current is not None and isinstance(part, str) and part in current.model_fields:
            current = next(_models_in(current.model_fields[part].annotation), None)
    return list(current.model_fields) if current else []


def _models_in(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for argument in getattr(annotation, "__args__", ()):
        yield from _models_in(argument)
