"""Do both sides decide alike? Decisions of each run, and how far they agree. Imports no datatrove."""

import json
import struct
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from filters.language_id.labels import LID_176
from layers.document import make_doc_id
from layers.shards import read_table

DUPLICATE_REASONS = frozenset({"exact_duplicate", "near_duplicate", "duplicate_key"})
LANGUAGE_REASONS = frozenset({"language_undetermined", "language_not_targeted"})


@dataclass(frozen=True)
class Decision:
    """What one side decided about one document."""

    lang: str
    reason: str | None
    """Why it was dropped, the first rule that failed; None: kept."""
    cluster: str
    """Name of its duplicate cluster; a document without duplicates is a cluster of its own."""

    @property
    def passes_rules(self) -> bool:
        """Kept, or dropped for nothing but having a twin."""
        return self.reason is None or self.reason in DUPLICATE_REASONS

    @property
    def targeted(self) -> bool:
        return self.reason not in LANGUAGE_REASONS


@dataclass(frozen=True)
class Table:
    """Two yes/no answers to one question about n documents."""

    both: int
    only_first: int
    only_second: int
    neither: int

    @property
    def documents(self) -> int:
        return self.both + self.only_first + self.only_second + self.neither

    @property
    def agreement(self) -> float | None:
        """Share of documents with the same answer; None without documents."""
        return (self.both + self.neither) / self.documents if self.documents else None


@dataclass(frozen=True)
class Agreement:
    """How far two runs over the same documents agree; the first is this pipeline, the second datatrove."""

    documents: int
    same_language: int
    """Documents that both give the same primary language subtag."""
    targeted: int
    """Documents in a target language; the questions below are asked of these alone."""
    kept: Table
    passes_quality: Table
    removed_as_duplicate: Table
    """Of documents that pass the quality rules of both sides."""
    duplicate_pairs: Table
    """Pairs in one cluster; `neither` is not counted."""
    first_reasons: Mapping[str, int]
    second_reasons: Mapping[str, int]


def read_rhizotron(out: Path, *, ids: Iterable[str], source: str) -> dict[str, Decision]:
    """Record id → decision, of a run's decisions/. Raises ValueError when a document has none."""
    rows = {}
    for path in sorted((out / "decisions").rglob("*.arrow")):
        table = read_table(str(path), columns=["doc_id", "key_id", "lang", "reason", "kept_doc_id"])
        for row in table.to_pylist():
            cluster = (row["kept_doc_id"] or row["doc_id"]).hex()
            rows[row["key_id"] or row["doc_id"]] = Decision(row["lang"], row["reason"], cluster)
    decided = {}
    for record_id in ids:
        decision = rows.get(make_doc_id(source, record_id=record_id))
        if decision is None:
            raise ValueError(f"{out}/decisions says nothing about the document {record_id!r}")
        decided[record_id] = decision
    return decided


def read_datatrove(out: Path, *, ids: Iterable[str]) -> dict[str, Decision]:
    """Document id → decision, of a run of datatrove_side.py. Raises ValueError when a document has none."""
    clusters = _read_clusters(out)
    decided = {}
    for row in read_json_lines(out / "kept"):
        name = row["id"]
        decided[name] = Decision(_tag(row["metadata"]["language"]), None, clusters.get(name, name))
    for stage in ("repetition", "quality", "duplicates"):
        for row in read_json_lines(out / "removed" / stage):
            name = row["id"]
            decided[name] = Decision(_tag(row["language"]), row["reason"], clusters.get(name, name))
    missing = [name for name in ids if name not in decided]
    if missing:
        raise ValueError(f"{out} says nothing about {len(missing)} documents, the first is {missing[0]!r}")
    return decided


def compare(first: Mapping[str, Decision], second: Mapping[str, Decision]) -> Agreement:
    """Agreement of this pipeline's decisions (first) with datatrove's (second) on the same ids."""
    ids = sorted(first)
    if set(ids) != set(second):
        raise ValueError(f"the sides saw different documents: {len(first)} and {len(second)}")
    targeted = [name for name in ids if first[name].targeted]
    passing = [name for name in targeted if first[name].passes_rules and second[name].passes_rules]
    return Agreement(
        documents=len(ids),
        same_language=sum(primary(first[name].lang) == primary(second[name].lang) for name in ids),
        targeted=len(targeted),
        kept=_tabulate((first[name].reason is None, second[name].reason is None) for name in targeted),
        passes_quality=_tabulate((first[name].passes_rules, second[name].passes_rules) for name in targeted),
        removed_as_duplicate=_tabulate(
            (first[name].reason is not None, second[name].reason is not None) for name in passing
        ),
        duplicate_pairs=_count_pairs(
            [first[name].cluster for name in passing], [second[name].cluster for name in passing]
        ),
        first_reasons=dict(Counter(first[name].reason or "kept" for name in ids)),
        second_reasons=dict(Counter(second[name].reason or "kept" for name in ids)),
    )


def _tag(label: str) -> str:
    """BCP-47 tag of a label of lid.176, as this pipeline writes it: tl → fil."""
    return LID_176.get(label, label)


def primary(tag: str) -> str:
    """The primary language subtag: zh-Hant and zh_Hant → zh."""
    return tag.replace("_", "-").split("-")[0]


def _tabulate(answers: Iterable[tuple[bool, bool]]) -> Table:
    counts = Counter(answers)
    return Table(counts[True, True], counts[True, False], counts[False, True], counts[False, False])


def _count_pairs(first: Sequence[str], second: Sequence[str]) -> Table:
    """Pairs of documents that one clustering, the other or both put together."""

    def pairs(sizes: Iterable[int]) -> int:
        return sum(size * (size - 1) // 2 for size in sizes)

    both = pairs(Counter(zip(first, second, strict=True)).values())
    return Table(
        both, pairs(Counter(first).values()) - both, pairs(Counter(second).values()) - both, neither=0
    )


def _read_clusters(out: Path) -> dict[str, str]:
    """Document id → cluster, from datatrove's files of (line of the task's file, cluster) pairs."""
    clusters = {}
    for path in sorted((out / "clusters").glob("*.clusters")):
        members = dict(struct.iter_unpack("<2I", path.read_bytes()))
        filtered = out / "filtered" / f"{int(path.stem):05d}.jsonl"
        with filtered.open(encoding="utf-8") as lines:
            for number, line in enumerate(lines):
                if number in members:
                    clusters[json.loads(line)["id"]] = f"cluster {members[number]}"
    return clusters


def read_json_lines(folder: Path) -> Iterator[dict[str, Any]]:
    for path in sorted(folder.glob("*.jsonl")):
        with path.open(encoding="utf-8") as lines:
            for line in lines:
                yield json.loads(line)
