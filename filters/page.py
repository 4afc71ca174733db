"""docs/reference/signals.md: every signal with its meaning and range, every edit with what it does."""

import inspect
from collections.abc import Iterator, Mapping

import pyarrow as pa

from filters import base
from filters.language_id import LANGUAGE

HEAD = """# Signals and edits

This page is generated from the schemas of the signals. A *signal* is a number of a document that is
measured and stored beside it. A *rule* compares a signal with a limit; [thresholds.md](thresholds.md) has
the limits of each language. [../signals.md](../signals.md) explains what words, lines and sentences are.
*Null* means that the document has nothing to measure, a text without words for instance; no rule judges a
null. A release describes the same columns in `DATA_DICTIONARY.md`.
"""

LANGUAGE_ID = (
    "What language identification says; it is measured always, and a rule may be about its numbers. "
    "[../language_id.md](../language_id.md) explains it."
)

RANGES: Mapping[str, str] = {
    "gopher_mean_word_length": "0 or more",
    "mean_word_length": "0 or more",
    "hash_to_word_ratio": "0 or more",
    "ellipsis_to_word_ratio": "0 or more",
    "newline_to_word_ratio": "0 or more",
    "top_2_gram_characters_ratio": "0 or more",
    "top_3_gram_characters_ratio": "0 or more",
    "top_4_gram_characters_ratio": "0 or more",
    "compression_ratio": "0 or more",
    "code_excess": "-1 or more",
    "perplexity": "0 or more",
    "capture_time": "any",
    "wiki_namespace": "-2 or more",
}
"""Numbers that are neither a share nor a count, such as those per word or per byte."""


def range_of(field: pa.Field) -> str:
    """Which values a signal can have, in words."""
    if field.name in RANGES:
        return RANGES[field.name]
    if pa.types.is_boolean(field.type):
        return "true or false"
    if pa.types.is_floating(field.type):
        return "0 to 1"
    if pa.types.is_integer(field.type):
        return "0 or more"
    return f"`{field.type}`"


def render() -> str:
    """The page as Markdown."""
    modules = [(name, base.load_signals(name)) for name in base.names("signals")]
    sets = (_describe_columns(name, _first_paragraph(module), module.SCHEMA) for name, module in modules)
    language = _describe_columns("language_id", LANGUAGE_ID, LANGUAGE)
    return HEAD + "".join(line for part in (*sets, language, _describe_edits()) for line in part)


def _describe_columns(name: str, words: str, schema: pa.Schema) -> Iterator[str]:
    yield f"\n## `{name}`\n\n{words}\n\n| signal | meaning | range |\n|---|---|---|\n"
    for field in schema:
        meaning = field.metadata[b"meaning"].decode().replace("|", "\\|")
        yield f"| `{field.name}` | {meaning} | {range_of(field)} |\n"


def _describe_edits() -> Iterator[str]:
    yield (
        "\n## Edits\n\nAn edit changes text before it is measured, and the column `edits` names those that "
        "changed a document. They run in the order in which the corpus file lists them (`measure.edits`, or "
        "`edits` of a source).\n\n| edit | what it does |\n|---|---|\n"
    )
    for name in base.names("edits"):
        yield f"| `{name}` | {_first_paragraph(base.load_edit(name))} |\n"


def _first_paragraph(module: object) -> str:
    paragraph = " ".join((inspect.getdoc(module) or "").split("\n\n")[0].split())
    return paragraph if paragraph.endswith(".") else f"{paragraph}."
