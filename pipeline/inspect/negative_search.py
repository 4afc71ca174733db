"""The proof of a removal: nothing that was asked for is left in any file of an output."""

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from governance.removals.ledger import Tombstone
from governance.removals.matching import Matcher
from governance.removals.rules import Rule
from layers import storage

_LISTS = re.compile(r"release/([^/]+/)?removals/lists/")
"""The public list, of a release or of each class of it, names what was removed: that is what it is for."""
_ID = re.compile(rb"(?<![0-9a-f])[0-9a-f]{32}(?![0-9a-f])")
_URL = re.compile(rb"https?://[^\s\"'<>\\)\]]+")
_OF_DOCUMENTS = ("url", "url_prefix", "domain", "creator", "text_sha256", "swhid", "pattern", "span")
_CHUNK = 64
"""Values of spans in one regular expression."""


@dataclass(frozen=True)
class Left:
    """Something that a removal left behind."""

    path: str
    what: str

    def __str__(self) -> str:
        return f"{self.path}: {self.what}"


class NegativeSearch:
    """What must not be in an output any more."""

    def __init__(self, *, rules: Sequence[Rule], tombstones: Iterable[Tombstone]) -> None:
        listed = [*tombstones]
        gone = [each for each in listed if not each.spans]
        self._ids = {each.doc_id for each in gone} | {each.key_id for each in gone if not each.raw_sha256}
        self._binary = pa.array([bytes.fromhex(each) for each in sorted(self._ids)], pa.binary(16))
        self._hex = pa.array(sorted(self._ids), pa.string())
        whole = [rule for rule in rules if rule.type in _OF_DOCUMENTS and not rule.languages]
        self._whole = [rule for rule in whole if not rule.redacts or not rule.doc_id]
        self._of_urls = Matcher([rule for rule in self._whole if rule.type in ("url", "url_prefix")])
        self._matchers: dict[frozenset[str], Matcher] = {}
        spans = {rule.value for rule in whole if rule.type == "span" and not rule.doc_id}
        self._spans = [
            "|".join(map(_quote, sorted(spans)[start : start + _CHUNK]))
            for start in range(0, len(spans), _CHUNK)
        ]
        self._span_bytes = [re.compile(re.escape(span.encode())) for span in sorted(spans)]
        self._cut = {id_: each.spans for each in listed if each.spans for id_ in {each.doc_id, each.key_id}}

    def search(self, output: str, *, ledger: str) -> tuple[int, list[Left]]:
        """(files that were looked into, what was left) of everything below an output."""
        skip = ledger[len(output) :].lstrip("/") + "/" if ledger.startswith(output) else None
        paths = [
            path
            for path in storage.list_tree(output)
            if not _LISTS.match(path) and not (skip and path.startswith(skip))
        ]
        with ThreadPoolExecutor(2) as pool:
            found = list(pool.map(lambda path: [*self._look(output, path)], paths))
        return len(paths), [left for each in found for left in each]

    def _look(self, output: str, path: str) -> Iterator[Left]:
        url = storage.join(output, path)
        try:
            if path.endswith((".arrow", ".parquet")):
                yield from self._look_at_shard(url, path=path)
            else:
                yield from self._look_at_bytes(storage.read_bytes(url), path=path)
        except FileNotFoundError:  # gone since it was listed
            return

    def _look_at_shard(self, url: str, *, path: str) -> Iterator[Left]:
        is_remote = storage.is_remote(url)
        opened = storage.open_input(url) if is_remote else pa.memory_map(str(storage.local_path(url)))
        with opened as stream:
            if path.endswith(".parquet"):
                import pyarrow.parquet as pq  # 40 ms that readers of Arrow do not pay

                for batch in pq.ParquetFile(stream).iter_batches():
                    yield from self._look_at_batch(batch, path=path)
                return
            reader = pa.ipc.open_file(stream)
            for number in range(reader.num_record_batches):
                yield from self._look_at_batch(reader.get_batch(number), path=path)

    def _look_at_batch(self, batch: pa.RecordBatch, *, path: str) -> Iterator[Left]:
        matcher = self._match_columns({*batch.schema.names})
        if matcher:
            hits = matcher.find(batch, source="")
            for rule in np.unique(hits.rules).tolist():
                yield Left(
                    path, f"{len(hits.rows[hits.rules == rule])} row(s) match a {matcher.rules[rule].type}"
                )
        for field in batch.schema:
            values = batch[field.name]
            if pa.types.is_fixed_size_binary(field.type) and field.type.byte_width == 16:
                yield from self._left(pc.is_in(values, value_set=self._binary), path=path, name=field.name)
            elif pa.types.is_string(field.type) or pa.types.is_large_string(field.type):
                if field.name.endswith(("doc_id", "key_id")):
                    found = pc.is_in(values.cast(pa.string()), value_set=self._hex)
                    yield from self._left(found, path=path, name=field.name)
                for pattern in self._spans:
                    found = pc.match_substring_regex(values, pattern)
                    yield from self._left(found, path=path, name=field.name)
            elif pa.types.is_binary(field.type) or pa.types.is_large_binary(field.type):
                for value in values:
                    yield from self._look_at_bytes(value.as_buffer().to_pybytes(), path=path)
        yield from self._look_for_cuts(batch, path=path)

    def _match_columns(self, names: Collection[str]) -> Matcher:
        """What matches rows of these columns; made once, for a thousand rules are there for every batch."""
        own = frozenset(names) & {"url", "author", "text"}
        if own not in self._matchers:
            rules = [rule for rule in self._whole if rule.type != "span" and _column_of(rule) in own]
            self._matchers[own] = Matcher(rules)
        return self._matchers[own]

    def _look_for_cuts(self, batch: pa.RecordBatch, *, path: str) -> Iterator[Left]:
        """Spans of one document, in that document."""
        if not self._cut or not {"doc_id", "text"} <= {*batch.schema.names}:
            return
        ids = batch["doc_id"]
        is_hex = pa.types.is_string(ids.type)
        listed = pa.array([*self._cut] if is_hex else [bytes.fromhex(each) for each in self._cut], ids.type)
        for row in pc.indices_nonzero(pc.is_in(ids, value_set=listed)).to_pylist():
            doc_id = ids[row].as_py() if is_hex else ids[row].as_py().hex()
            text = batch["text"][row].as_py()
            if any(span in text for span in self._cut[doc_id]):
                yield Left(path, f"a span of {doc_id}")

    @staticmethod
    def _left(mask: pa.Array, *, path: str, name: str) -> Iterator[Left]:
        count = pc.sum(mask).as_py() or 0
        if count:
            yield Left(path, f"{count} value(s) of {name}")

    def _look_at_bytes(self, data: bytes, *, path: str) -> Iterator[Left]:
        if self._ids:
            found = {match.decode() for match in _ID.findall(data)} & self._ids
            yield from (Left(path, f"the id {each}") for each in sorted(found))
        for pattern in self._span_bytes:
            if pattern.search(data):
                yield Left(path, "a span")
        if self._of_urls:
            urls = [match.decode("utf-8", "replace") for match in _URL.findall(data)]
            hits = self._of_urls.find(pa.table({"url": pa.array(urls, pa.string())}), source="")
            if len(hits):
                yield Left(path, f"{len(hits)} URL(s)")


def _column_of(rule: Rule) -> str:
    if rule.type in ("url", "url_prefix", "domain"):
        return "url"
    return "author" if rule.type == "creator" else "text"


def _quote(value: str) -> str:
    """A text as a regular expression of RE2 that matches it."""
    return re.sub(r"([^\w\s])", r"\\\1", value, flags=re.ASCII) if value.isascii() else re.escape(value)
