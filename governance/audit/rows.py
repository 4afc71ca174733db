"""What the rows of a release say, counted in one pass over its tables, shard by shard."""

import heapq
import json
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import pyarrow as pa
import pyarrow.compute as pc

from governance.audit import samples
from governance.manifest import Manifest, Output
from governance.removals.listed_rows import find_rows
from governance.removals.public_list import PublicList
from layers import shards, storage

LENGTHS = (50, 200, 500, 1_000, 2_000, 5_000, 10_000, 50_000, 100_000, 1_000_000)
"""Code points at which the classes of the lengths of texts end."""
MAX_REPEATED = 30
"""Repeated lines that are named."""
MAX_HOSTS = 1_000_000
"""Hosts that are counted; of twice as many those with fewest documents are forgotten."""
MARKERS = re.compile(
    r"(?i)\b(as an ai language model|as a large language model|i am an ai language model|regenerate response|"
    r"my knowledge cutoff|i cannot fulfill (?:this|that) request)\b"
)
"""Phrases that machines leave in what they write; in English, for other languages nobody listed any."""
_IN_TEXT = ("c2pa",)
_YEAR = re.compile(r"(?<!\d)(1[4-9]\d\d|20\d\d)(?!\d)")
_COLUMNS = ("doc_id", "text", "url", "date", "license", "script", "words", "known_trigram_ratio")
_SIDE = ("doc_id", "reservation", "lang_declared")

Key = tuple[str, str]
"""(language, source)"""


@dataclass
class RowFacts:
    """Counts over all rows of data/ and what stands beside them."""

    documents: int = 0
    words: Counter[Key] = field(default_factory=Counter)
    has_words: bool = False
    scripts: dict[str, Counter[str]] = field(default_factory=dict)
    lengths: Counter[int] = field(default_factory=Counter)
    """Class of LENGTHS → documents."""
    over_megabyte: int = 0
    """Documents of more than 1,000,000 bytes."""
    short: int = 0
    """Documents of fewer than 200 code points."""
    hosts: Counter[str] = field(default_factory=Counter)
    unchecked_hosts: Counter[str] = field(default_factory=Counter)
    """Host → documents of whose site nobody asked for reservations."""
    forgotten: int = 0
    """Documents of hosts beyond those that are counted."""
    years: Counter[str] = field(default_factory=Counter)
    marked: Counter[Key] = field(default_factory=Counter)
    """Documents with a phrase of MARKERS."""
    states: Counter[str] = field(default_factory=Counter)
    """allow, disallow, unknown, or unchecked → documents with a URL."""
    reserved: Counter[str] = field(default_factory=Counter)
    """Source → documents that are published and reserved."""
    has_reservations: bool = False
    quality: dict[str, tuple[float, int]] = field(default_factory=dict)
    """Source → (sum of known_trigram_ratio, documents that have one)."""
    removed_ids: list[str] = field(default_factory=list)
    """Ids of a public list that the release holds."""
    removed_hits: list[str] = field(default_factory=list)
    """Ids of documents that another selector of a public list matches."""
    repeated: list[tuple[str, str, int, int]] = field(default_factory=list)
    """(source, line, times, documents) of repeated lines that were removed, the most frequent first."""
    samples: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    unread: list[str] = field(default_factory=list)
    """Shards that are missing or cannot be read."""

    @property
    def with_host(self) -> int:
        return sum(self.hosts.values()) + self.forgotten


def read_rows(release: str, manifest: Manifest, *, removed: PublicList | None = None) -> RowFacts:
    """Every row of the release, once; a shard that is missing or damaged is named and left out."""
    facts = RowFacts()
    chosen: dict[str, list[samples.Place]] = {}
    for output in data_outputs(manifest):
        lang, source = output.lang or "", output.source or ""
        try:
            table = read_beside(release, output.path, columns=_COLUMNS, side=_SIDE)
        except (OSError, ValueError, KeyError, pa.ArrowException) as error:
            facts.unread.append(f"{output.path} ({type(error).__name__})")
            continue
        count_table(facts, table, key=(lang, source))
        if removed is not None:
            _count_removed(facts, table, storage.join(release, output.path), removed=removed)
        samples.choose(chosen.setdefault(lang, []), table["doc_id"].to_pylist(), path=output.path)
    facts.repeated = _read_repeated(release, manifest)
    facts.samples = {lang: list(samples.read(release, places)) for lang, places in sorted(chosen.items())}
    return facts


def data_outputs(manifest: Manifest) -> list[Output]:
    """The shards of data/ that the manifest lists; none that would lead out of the release."""
    return [
        output
        for output in manifest.outputs
        if output.path.startswith("data/") and ".." not in output.path.split("/") and "://" not in output.path
    ]


def read_beside(release: str, path: str, *, columns: Sequence[str], side: Sequence[str]) -> pa.Table:
    """Columns of a shard of data/, of its signals (Parquet) and of its provenance; those that there are.

    Raises ValueError where rows of two files are not of the same documents.
    """
    table = _select(storage.join(release, path), columns)
    for folder, names in (("signals", columns), ("provenance", side)):
        url = storage.join(release, f"{folder}/{path.removeprefix('data/')}")
        if not storage.exists(url):
            continue
        beside = _select(url, ["doc_id", *(name for name in names if name not in table.column_names)])
        if not beside["doc_id"].equals(table["doc_id"]):
            raise ValueError(f"{url} has other documents than {path}")
        for name in beside.column_names:
            if name != "doc_id":
                table = table.append_column(beside.schema.field(name), beside[name])
    return table


def _select(url: str, names: Sequence[str]) -> pa.Table:
    """The columns of names that a shard has."""
    schema = shards.open_unchecked(url).schema
    present = [name for name in schema.names if name in names]
    return shards.read_table(url, columns=present)


def count_table(facts: RowFacts, table: pa.Table, *, key: Key) -> None:
    """Add the rows of one table to the counts."""
    lang, source = key
    facts.documents += len(table)
    texts = table["text"]
    chars = pc.utf8_length(texts)
    facts.short += _count(pc.less(chars, LENGTHS[1]))
    facts.over_megabyte += _count(pc.greater(pc.binary_length(texts), 1_000_000))
    below = 0
    for place, bound in enumerate(LENGTHS):
        up_to = _count(pc.less(chars, bound))
        facts.lengths[place] += up_to - below
        below = up_to
    facts.lengths[len(LENGTHS)] += len(table) - below
    marked = _count(pc.match_substring_regex(texts, MARKERS.pattern))
    if marked:
        facts.marked[key] += marked
    if "words" in table.column_names:
        facts.has_words = True
        facts.words[key] += pc.sum(table["words"]).as_py() or 0
    if "script" in table.column_names:
        facts.scripts.setdefault(lang, Counter()).update(_values(table["script"]))
    if "known_trigram_ratio" in table.column_names:
        total, counted = facts.quality.get(source, (0.0, 0))
        column = table["known_trigram_ratio"]
        facts.quality[source] = (
            total + (pc.sum(column).as_py() or 0.0),
            counted + len(column) - column.null_count,
        )
    if "date" in table.column_names:
        facts.years.update(_years(table["date"]))
    _count_urls(facts, table, source=source)


def _count(mask: pa.ChunkedArray) -> int:
    return int(pc.sum(mask).as_py() or 0)


def _values(column: pa.ChunkedArray) -> dict[str, int]:
    return {str(each["values"]): each["counts"] for each in pc.value_counts(column).to_pylist()}


def _years(column: pa.ChunkedArray) -> Counter[str]:
    """Year → documents; what has none is counted as an empty one."""
    years: Counter[str] = Counter()
    for each in pc.value_counts(column).to_pylist():
        match = _YEAR.search(each["values"] or "")
        years[match[1] if match else ""] += each["counts"]
    return years


def _count_urls(facts: RowFacts, table: pa.Table, *, source: str) -> None:
    urls = table["url"].to_pylist() if "url" in table.column_names else [None] * len(table)
    has_column = "reservation" in table.column_names
    notes = table["reservation"].to_pylist() if has_column else [None] * len(table)
    facts.has_reservations |= has_column
    for url, note in zip(urls, notes, strict=True):
        state = read_state(note)
        if state == "disallow":
            facts.reserved[source] += 1
        host = host_of(url)
        if not host:
            continue
        facts.states[state] += 1
        facts.hosts[host] += 1
        if not asked_site(note):
            facts.unchecked_hosts[host] += 1
    if len(facts.hosts) > 2 * MAX_HOSTS:
        kept = Counter(
            dict(heapq.nlargest(MAX_HOSTS, facts.hosts.items(), key=lambda each: (each[1], each[0])))
        )
        facts.forgotten += sum(facts.hosts.values()) - sum(kept.values())
        facts.hosts = kept


def read_state(note: str | None) -> str:
    """What a value of the column `reservation` says of training: allow, disallow, unknown; or unchecked."""
    if not note:
        return "unchecked"
    try:
        said = json.loads(note)
    except ValueError:
        return "unknown"
    train = said.get("train") if isinstance(said, dict) else None
    return train if train in ("allow", "disallow") else "unknown"


def asked_site(note: str | None) -> bool:
    """Whether a value of `reservation` names a protocol that a site speaks; C2PA stands in the text."""
    try:
        said = json.loads(note or "null")
    except ValueError:
        return False
    protocols = said.get("protocols") if isinstance(said, dict) else None
    return isinstance(protocols, list) and any(each not in _IN_TEXT for each in protocols)


def host_of(url: str | None) -> str:
    """The host of a web address, empty where it is none."""
    if not url:
        return ""
    try:
        parts = urlsplit(url)
        return (parts.hostname or "") if parts.scheme in ("http", "https") else ""
    except ValueError:
        return ""


def _count_removed(facts: RowFacts, table: pa.Table, url: str, *, removed: PublicList) -> None:
    """Documents that a public list names, and those that its hashed selectors match."""
    facts.removed_ids += [doc_id for doc_id in table["doc_id"].to_pylist() if doc_id in removed.documents]
    if removed.hashes:
        with storage.fetched(url) as file:
            facts.removed_hits += sorted(find_rows(file.path, listed=removed)[0])


def _read_repeated(release: str, manifest: Manifest) -> list[tuple[str, str, int, int]]:
    """Of each table in ledger/lines/ its most frequent lines."""
    found: list[tuple[str, str, int, int]] = []
    for output in manifest.outputs:
        if not output.path.startswith("ledger/lines/") or ".." in output.path.split("/"):
            continue
        table = _select(storage.join(release, output.path), ("source", "example", "lines", "documents"))
        largest = table.take(pc.select_k_unstable(table, MAX_REPEATED, [("lines", "descending")]))
        found += [(r["source"], r["example"][:80], r["lines"], r["documents"]) for r in largest.to_pylist()]
    return sorted(found, key=lambda line: (-line[2], line))[:MAX_REPEATED]
