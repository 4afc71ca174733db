"""Tables from a model's labels to BCP-47 tags: only the labels that are not, or not as codes, to be read.

`tables/<name>.tsv` *is* the table `name`: lines of label, tab, tag; lines that start with # are comments.
A label that is not in the table is read as a language code (labels.canonical_tag).
"""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from filters.language_id import hub
from filters.language_id.labels import UNDETERMINED, canonical_tag, label_tag, map_labels

_FOLDER = Path(__file__).parent / "tables"
_PREFIX = "__label__"

TABLES: tuple[str, ...] = tuple(sorted(path.stem for path in _FOLDER.glob("*.tsv")))
"""Names of the tables that come with the project."""


@dataclass(frozen=True)
class LabelTable:
    """Labels whose tag their code does not say, for one or several models."""

    name: str
    """As messages call it: the name of a bundled table, or a path."""
    tags: Mapping[str, str]
    """Label without `__label__` → BCP-47 tag."""
    shared: bool
    """Whether it is for several models, so that a label of the table need not be one of the model."""

    @property
    def digest(self) -> str:
        """SHA-256 of the rows, whatever their order and the comments."""
        rows = "".join(f"{label}\t{tag}\n" for label, tag in sorted(self.tags.items()))
        return hashlib.sha256(rows.encode()).hexdigest()

    def map(self, labels: Iterable[str]) -> tuple[str, ...]:
        """Labels of a model → their tags, in order.

        Raises ValueError naming the labels that have no tag, or that are in the table and not in the model.
        """
        names = [label.removeprefix(_PREFIX) for label in labels]
        tags = [self.tags.get(name) or label_tag(name) for name in names]
        unknown = [name for name, tag in zip(names, tags, strict=True) if tag is None]
        if unknown:
            raise ValueError(
                f"{self.name}: {len(unknown)} labels of the model are neither in the table nor language "
                f"codes: {', '.join(unknown[:10])}; add a line of label, tab and tag for each"
            )
        unused = sorted(set(self.tags) - set(names))
        if unused and not self.shared:
            raise ValueError(
                f"{self.name}: {len(unused)} labels of the table are none of the model: "
                f"{', '.join(unused[:10])}; correct or remove them"
            )
        return tuple(tag for tag in tags if tag is not None)


def tag_labels(labels: Iterable[str], *, table: LabelTable | Mapping[str, str] | None) -> tuple[str, ...]:
    """Tag of each model label, by a LabelTable, by a complete mapping, or as a code; raises ValueError."""
    return table.map(labels) if isinstance(table, LabelTable) else map_labels(labels, table=table)


def find_table(model: str, *, labels: str | None) -> LabelTable | None:
    """The table of that name or path; without one, that of the Hub repository, if we know it.

    Raises FileNotFoundError, or ValueError that lists what is wrong with the table.
    """
    if labels is None:
        description = hub.parse(model).description if hub.is_hub_id(model) else None
        return None if description is None else _bundled(description.labels)
    return _bundled(labels) if labels in TABLES else _read(labels)


@cache
def _bundled(name: str) -> LabelTable:
    path = _FOLDER / f"{name}.tsv"
    return LabelTable(name, parse(path.read_text("utf-8"), place=str(path), may_be_empty=True), shared=True)


@cache
def _read(path: str) -> LabelTable:
    if not Path(path).is_file():
        raise FileNotFoundError(
            f"no label table {path}: give a file of label, tab, tag, or {', '.join(TABLES)}"
        )
    try:
        text = Path(path).read_text("utf-8")
    except UnicodeDecodeError as error:
        raise ValueError(f"{path} is no label table: not UTF-8 at byte {error.start}") from error
    return LabelTable(path, parse(text, place=path), shared=False)


def parse(text: str, *, place: str, may_be_empty: bool = False) -> dict[str, str]:
    """Lines of label, tab, tag → label without `__label__` to tag; raises ValueError that names lines."""
    tags: dict[str, str] = {}
    problems: list[str] = []
    for number, line in enumerate(text.removeprefix("\ufeff").split("\n"), 1):
        if not line.strip() or line.startswith("#"):
            continue
        fields = [field.strip() for field in line.split("\t")]
        if len(fields) != 2 or "" in fields:
            problems.append(f"line {number} is not a label, a tab and a tag: {line.strip()[:80]!r}")
            continue
        label, tag = fields[0].removeprefix(_PREFIX), fields[1]
        problem = f"has {label} a second time" if label in tags else _check(label, tag)
        if problem is not None:
            problems.append(f"line {number} {problem}")
        tags[label] = tag
    if not (tags or problems or may_be_empty):
        problems.append("it has no line of a label, a tab and a tag")
    if problems:
        more = f" and {len(problems) - 5} more" if len(problems) > 5 else ""
        raise ValueError(f"{place} is no label table: {'; '.join(problems[:5])}{more}")
    return tags


def _check(label: str, tag: str) -> str | None:
    if tag == UNDETERMINED:
        return None
    canonical = canonical_tag(tag)
    if canonical is None:
        return f"maps {label} to {tag}, which names no language in BCP-47; text in none is {UNDETERMINED}"
    return None if canonical == tag else f"maps {label} to {tag}: write {canonical}"
