"""YAML front matter of Markdown, read as text: only null is special, repeated keys are errors."""

from typing import Any

import yaml

from layers import strict_yaml

_NULL_TAG = "tag:yaml.org,2002:null"


class _TextLoader(strict_yaml.UniqueKeyLoader):
    """Safe YAML whose plain scalars are strings: `no` is a word (or Norwegian), `1.10` keeps its zero."""


_TextLoader.yaml_implicit_resolvers = {
    first: kept
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
    if (kept := [resolver for resolver in resolvers if resolver[0] == _NULL_TAG])
}


def split(text: str) -> tuple[str, str]:
    """(front matter, body) of a Markdown file that starts with a `---` block; raises ValueError."""
    lines = text.split("\n")
    marks = [index for index, line in enumerate(lines) if line.rstrip() == "---"]
    if len(marks) < 2 or marks[0] != 0:
        raise ValueError("the file must start with a line `---`, YAML fields, and a line `---`")
    return "\n".join(lines[1 : marks[1]]) + "\n", "\n".join(lines[marks[1] + 1 :]).strip("\n")


def load_typed(front: str) -> Any:
    """The front matter as YAML 1.1 reads it, with its booleans, numbers and dates; raises ValueError."""
    return strict_yaml.load(front)


def load(front: str) -> dict[str, Any]:
    """The fields of a front matter, scalars as strings or None; raises ValueError with line and column."""
    if strict_yaml.has_aliases(front):
        raise ValueError("aliases (*name) have no place in a front matter; write the value again")
    fields = strict_yaml.load(front, loader=_TextLoader)
    if not isinstance(fields, dict) or not all(isinstance(key, str) for key in fields):
        raise ValueError("the front matter must be a mapping of field names to values")
    return fields
