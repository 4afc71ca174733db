"""The lines that every identifier is asked, chosen the same way every time."""

import hashlib
import json
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from filters.language_id import canonical_tag


@dataclass(frozen=True)
class Lines:
    """n labelled lines."""

    texts: list[str]
    tags: list[str]
    """BCP-47, by canonical_tag."""
    sources: list[str]
    skipped: dict[str, int]
    """Label of the file that names no language → lines left out because of it."""

    def digest(self) -> str:
        """SHA-256 of the texts in order."""
        return hashlib.sha256(json.dumps(self.texts, ensure_ascii=False).encode()).hexdigest()

    def rows(self, sources: Collection[str]) -> list[int]:
        """Where the lines of some sources are."""
        return [row for row, source in enumerate(self.sources) if source in sources]


def read_lines(path: Path, *, sources: Collection[str], max_lines: int) -> Lines:
    """At most max_lines evenly spaced lines of each language of each of sources, in the file's order.

    The file is Parquet with the columns lang, source and text. Line breaks within a text become spaces,
    because some identifiers refuse them. Raises ValueError when a source has no lines.
    """
    table = pq.read_table(path, columns=["lang", "source", "text"])
    table = table.set_column(1, "source", table["source"].cast(pa.string()))
    table = table.filter(pc.is_in(table["source"], pa.array(sorted(sources), pa.string())))
    found = set(table["source"].unique().to_pylist())
    if missing := sorted(set(sources) - found):
        raise ValueError(f"{path} has no lines of the source {', '.join(missing)}")
    langs = table["lang"].cast(pa.string()).to_pylist()
    tags = [canonical_tag(lang) for lang in langs]
    skipped = Counter(lang for lang, tag in zip(langs, tags, strict=True) if tag is None)
    groups: dict[tuple[str, str], list[int]] = {}
    for row, (tag, source) in enumerate(zip(tags, table["source"].to_pylist(), strict=True)):
        if tag is not None:
            groups.setdefault((source, tag), []).append(row)
    kept = np.array(sorted(row for rows in groups.values() for row in _space_evenly(rows, max_lines)))
    chosen = table.take(pa.array(kept, pa.int64()))
    return Lines(
        texts=[" ".join(text.splitlines()) for text in chosen["text"].to_pylist()],
        tags=[tag for row in kept if (tag := tags[row]) is not None],
        sources=chosen["source"].to_pylist(),
        skipped=dict(skipped),
    )


def _space_evenly(rows: list[int], count: int) -> list[int]:
    places = np.linspace(0, len(rows) - 1, min(count, len(rows))).astype(int)
    return [rows[place] for place in places]
