"""Which documents of a batch rules are about: whole columns are compared, text where a rule is of text."""

import hashlib
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from governance.removals.rules import Rule
from governance.removals.selectors import normal_creator
from governance.removals.span_digests import find_digests
from governance.removals.spans import find_changes
from governance.removals.urls import canonical_column, domains_above, hosts_of, may_be_below, prefixes
from layers.document import DOC_ID_BYTES

TEXT_TYPES = frozenset({"text_sha256", "swhid", "pattern", "span", "span_sha256"})
_COLUMNS = {
    "url": ("url",),
    "url_prefix": ("url",),
    "domain": ("url",),
    "creator": ("author",),
    "doc_id": ("doc_id",),
    "document": ("doc_id", "raw_sha256"),
    "span": ("doc_id", "raw_sha256", "text"),
    "span_sha256": ("doc_id", "raw_sha256", "text"),
    "pattern": ("text",),
    "text_sha256": ("text",),
    "swhid": ("text",),
    "source_uid": (),
}
"""What a rule of each type reads of a document."""
DIGESTS: Mapping[str, Callable[[memoryview], str]] = {
    "text_sha256": lambda text: hashlib.sha256(text).hexdigest(),
    "swhid": lambda text: "swh:1:cnt:" + hashlib.sha1(b"blob %d\0" % len(text) + text).hexdigest(),
}
"""Selectors by a digest of a whole text in UTF-8. A SWHID (ISO/IEC 18670) names the bytes as git does."""
REDACTED_COLUMNS = ("text", "title", "author", "url", "extra", "notices")


@dataclass(frozen=True)
class Hits:
    """m pairs: a row of a batch, and the rule that it is about; in order of rows, then rules."""

    rows: np.ndarray
    rules: np.ndarray

    def __len__(self) -> int:
        return len(self.rows)


class Matcher:
    """Rules, by what they compare."""

    def __init__(self, rules: Sequence[Rule]) -> None:
        self.rules = tuple(rules)
        self._by_type: dict[str, list[int]] = {}
        for place, rule in enumerate(self.rules):
            self._by_type.setdefault(rule.type, []).append(place)

    def __bool__(self) -> bool:
        return bool(self.rules)

    @cached_property
    def columns(self) -> list[str]:
        """Of a document that are compared."""
        names = {name for kind in self._by_type for name in _COLUMNS[kind]}
        if any(rule.languages for rule in self.rules):
            names.add("lang_declared")
        return sorted(names)

    def find(self, batch: pa.RecordBatch | pa.Table, *, source: str) -> Hits:
        """What the rules are about in n documents of a source, of which `columns` are there."""
        pairs = [np.zeros((0, 2), np.int64)]
        if self._by_type.keys() & {"url", "url_prefix", "domain"}:
            urls = canonical_column(batch["url"])
            pairs += [self._find_urls(urls), self._find_prefixes(urls), self._find_domains(urls)]
        pairs += [self._find_creators(batch), self._find_ids(batch), self._find_sources(batch, source=source)]
        if self._by_type.keys() & TEXT_TYPES:
            pairs += [self._find_digests(batch), self._find_patterns(batch), self._find_spans(batch)]
        found = np.unique(np.concatenate(pairs), axis=0)
        found = self._of_languages(found, batch=batch)
        return Hits(found[:, 0], found[:, 1])

    def _values(self, kind: str) -> dict[str, list[int]]:
        values: dict[str, list[int]] = {}
        for place in self._by_type.get(kind, ()):
            values.setdefault(self.rules[place].value, []).append(place)
        return values

    @cached_property
    def _urls(self) -> dict[str, list[int]]:
        return self._values("url")

    @cached_property
    def _prefixes(self) -> dict[str, list[int]]:
        return self._values("url_prefix")

    @cached_property
    def _domains(self) -> dict[str, list[int]]:
        return self._values("domain")

    @cached_property
    def _creators(self) -> dict[str, list[int]]:
        return self._values("creator")

    @cached_property
    def _ids(self) -> tuple[pa.Array, list[list[int]]]:
        """(distinct ids, the rules of each)."""
        values = self._values("doc_id")
        for kind in ("document",):
            for value, places in self._values(kind).items():
                values.setdefault(value, []).extend(places)
        return pa.array([bytes.fromhex(value) for value in values], pa.binary(DOC_ID_BYTES)), [
            *values.values()
        ]

    @cached_property
    def _digests(self) -> dict[str, dict[str, list[int]]]:
        """Kind → digest → rules."""
        return {kind: self._values(kind) for kind in DIGESTS}

    def _find_urls(self, urls: pa.Array) -> np.ndarray:
        return _pairs_of_values(urls, values=self._urls)

    @cached_property
    def _heads(self) -> pa.Array:
        """Of prefixes, the places that they are of: no other URLs are taken apart."""
        heads = {value[: value.index("/", _skip_scheme(value)) + 1] for value in self._prefixes}
        return pa.array(sorted(heads), pa.string())

    def _find_prefixes(self, urls: pa.Array) -> np.ndarray:
        if not self._prefixes:
            return np.zeros((0, 2), np.int64)
        places = pc.replace_substring_regex(urls, r"^((?:[a-z][a-z0-9+.-]*://)?[^/]*/).*$", r"\1")
        rows = pc.indices_nonzero(pc.fill_null(pc.is_in(places, value_set=self._heads), False)).to_numpy()
        pairs = [
            (row, rule)
            for row, url in zip(rows.tolist(), urls.take(pa.array(rows)).to_pylist(), strict=True)
            for prefix in {*prefixes(url)}
            for rule in self._prefixes.get(prefix, ())
        ]
        return np.array(pairs, np.int64).reshape(-1, 2)

    def _find_domains(self, urls: pa.Array) -> np.ndarray:
        if not self._domains:
            return np.zeros((0, 2), np.int64)
        hosts = hosts_of(urls)
        hit = may_be_below(hosts.dictionary, domains=self._domains)
        rules: list[list[int]] = [[]] * len(hosts.dictionary)
        for place in pc.indices_nonzero(hit).to_pylist():
            above = domains_above(hosts.dictionary[place].as_py())
            rules[place] = [rule for domain in above for rule in self._domains.get(domain, ())]
        return _spread(hosts.indices, rules=rules)

    def _find_creators(self, batch: pa.RecordBatch | pa.Table) -> np.ndarray:
        if not self._creators:
            return np.zeros((0, 2), np.int64)
        names = _whole(batch["author"]).dictionary_encode()
        rules: list[list[int]] = [[]] * len(names.dictionary)
        places = pc.indices_nonzero(_may_be_one(names.dictionary, creators=self._creators))
        for place, name in zip(places.to_pylist(), names.dictionary.take(places).to_pylist(), strict=True):
            parts = {normal_creator(part) for part in (name, *name.split(";"))}
            rules[place] = [rule for part in sorted(parts) for rule in self._creators.get(part, ())]
        return _spread(names.indices, rules=rules)

    def _find_ids(self, batch: pa.RecordBatch | pa.Table) -> np.ndarray:
        ids, rules = self._ids
        if not len(ids):
            return np.zeros((0, 2), np.int64)
        places = pc.index_in(_whole(batch["doc_id"]), value_set=ids)
        pairs = _spread(places, rules=rules)
        strict = np.array([bool(rule.raw_sha256) for rule in self.rules])
        if not len(pairs) or not strict[pairs[:, 1]].any():
            return pairs
        return self._of_records(pairs, batch=batch)

    def _of_records(self, pairs: np.ndarray, *, batch: pa.RecordBatch | pa.Table) -> np.ndarray:
        """The pairs whose rule is of any record, or of that of the row."""
        records = _whole(batch["raw_sha256"]).take(pa.array(pairs[:, 0])).to_pylist()
        keep = [
            not self.rules[rule].raw_sha256
            or (record is not None and record.hex() == self.rules[rule].raw_sha256)
            for rule, record in zip(pairs[:, 1].tolist(), records, strict=True)
        ]
        return np.asarray(pairs[np.array(keep, bool)])

    def _find_sources(self, batch: pa.RecordBatch | pa.Table, *, source: str) -> np.ndarray:
        rules = [r for r in self._by_type.get("source_uid", ()) if self.rules[r].value == source]
        rows = np.arange(batch.num_rows)
        return np.concatenate(
            [np.zeros((0, 2), np.int64), *(np.stack([rows, rows * 0 + r], 1) for r in rules)]
        )

    def _find_digests(self, batch: pa.RecordBatch | pa.Table) -> np.ndarray:
        pairs: list[tuple[int, int]] = []
        for kind in DIGESTS:
            values = self._digests[kind]
            digests = text_digests(batch["text"], kind=kind) if values else []
            pairs += [(row, rule) for row, each in enumerate(digests) for rule in values.get(each, ())]
        return np.array(pairs, np.int64).reshape(-1, 2)

    def _find_patterns(self, batch: pa.RecordBatch | pa.Table) -> np.ndarray:
        pairs = [np.zeros((0, 2), np.int64)]
        for rule in self._by_type.get("pattern", ()):
            hit = pc.match_substring_regex(batch["text"], self.rules[rule].value)
            pairs.append(_of_mask(hit, rule=rule))
        return np.concatenate(pairs)

    def _find_spans(self, batch: pa.RecordBatch | pa.Table) -> np.ndarray:
        """Spans of one document are looked for in it alone."""
        pairs = [np.zeros((0, 2), np.int64)]
        single: dict[str, list[int]] = {}
        by_length: dict[int, dict[str, list[int]]] = {}
        for place in (*self._by_type.get("span", ()), *self._by_type.get("span_sha256", ())):
            rule = self.rules[place]
            if rule.doc_id:
                single.setdefault(rule.doc_id, []).append(place)
            elif rule.type == "span_sha256":
                by_length.setdefault(rule.bytes, {}).setdefault(rule.value, []).append(place)
            else:
                pairs.append(_of_mask(pc.match_substring(batch["text"], rule.value), rule=place))
        for length, wanted in by_length.items():
            hits = find_digests(_whole(batch["text"]), length=length, wanted=wanted)
            own = [(row, rule) for row, _, digest in hits for rule in wanted[digest]]
            pairs.append(np.array(own, np.int64).reshape(-1, 2))
        if single:
            ids = pa.array([bytes.fromhex(value) for value in single], pa.binary(DOC_ID_BYTES))
            found = _spread(pc.index_in(_whole(batch["doc_id"]), value_set=ids), rules=[*single.values()])
            found = self._of_records(found, batch=batch) if len(found) else found
            texts = _whole(batch["text"]).take(pa.array(found[:, 0])).to_pylist()
            rules = [self.rules[rule] for rule in found[:, 1]]
            has = [bool(find_changes(text, rules=[own])) for text, own in zip(texts, rules, strict=True)]
            pairs.append(found[np.array(has, bool)])
        return np.concatenate(pairs)

    def _of_languages(self, pairs: np.ndarray, *, batch: pa.RecordBatch | pa.Table) -> np.ndarray:
        limited = np.array([bool(rule.languages) for rule in self.rules], bool)
        if not len(pairs) or not limited[pairs[:, 1]].any():
            return pairs
        langs = _whole(batch["lang_declared"]).take(pa.array(pairs[:, 0])).to_pylist()
        keep = [
            not self.rules[rule].languages or lang in self.rules[rule].languages
            for rule, lang in zip(pairs[:, 1].tolist(), langs, strict=True)
        ]
        return np.asarray(pairs[np.array(keep, bool)])


def _may_be_one(names: pa.Array, *, creators: Collection[str]) -> pa.Array:
    """Whether each of n names may be one of some normal ones: of plain names, whether it is."""
    is_plain = pc.match_substring_regex(names, r"^[!-:<-~]+( [!-:<-~]+)*$")  # ASCII, and no semicolon
    is_one = pc.is_in(pc.ascii_lower(names), value_set=pa.array([*creators], names.type))
    return pc.fill_null(pc.or_(is_one, pc.invert(is_plain)), False)


def text_digests(texts: pa.Array | pa.ChunkedArray, *, kind: str) -> list[str]:
    """n texts as a selector of DIGESTS names them: SHA-256 in hexadecimal, or SWHID of the text as a file."""
    whole = _whole(texts).cast(pa.large_string())
    if not len(whole):
        return []
    offsets = np.frombuffer(whole.buffers()[1], np.int64)[
        whole.offset : whole.offset + len(whole) + 1
    ].tolist()
    data = memoryview(whole.buffers()[2] or b"")
    digest = DIGESTS[kind]
    return [digest(data[start:stop]) for start, stop in pairwise(offsets)]


def _skip_scheme(value: str) -> int:
    return value.find("://") + 3 if "://" in value else 0


def _whole(column: pa.Array | pa.ChunkedArray) -> pa.Array:
    if not isinstance(column, pa.ChunkedArray):
        return column
    return (
        column.chunk(0)
        if column.num_chunks == 1
        else pa.concat_arrays([*column.chunks, pa.array([], column.type)])
    )


def _pairs_of_values(column: pa.Array, *, values: dict[str, list[int]]) -> np.ndarray:
    if not values:
        return np.zeros((0, 2), np.int64)
    places = pc.index_in(column, value_set=pa.array([*values], pa.string()))
    return _spread(places, rules=[*values.values()])


def _spread(places: pa.Array, *, rules: Sequence[Sequence[int]]) -> np.ndarray:
    """n places in a list of rules, null: none → pairs of row and rule."""
    counts = np.array([*map(len, rules), 0], np.int64)
    codes = pc.fill_null(places.cast(pa.int64()), len(rules)).to_numpy(zero_copy_only=False)
    rows = np.flatnonzero(counts[codes])
    pairs = [(row, rule) for row in rows.tolist() for rule in rules[codes[row]]]
    return np.array(pairs, np.int64).reshape(-1, 2)


def _of_mask(mask: pa.Array | pa.ChunkedArray, *, rule: int) -> np.ndarray:
    rows = pc.indices_nonzero(pc.fill_null(_whole(mask), False)).to_numpy().astype(np.int64)
    return np.stack([rows, np.full(len(rows), rule, np.int64)], axis=1)
