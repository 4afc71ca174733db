"""Rows of a table that the hashed selectors of a public list are about."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from governance.removals.copied_tables import hex_ids, open_table
from governance.removals.matching import DIGESTS, text_digests
from governance.removals.public_list import PublicList, selector_hash
from governance.removals.selectors import normal_creator
from governance.removals.urls import canonical_column, domains_above, prefixes, split_canonical

_MAX_CANDIDATES = 1 << 16


def find_rows(path: Path, *, listed: PublicList) -> tuple[set[str], list[np.ndarray]]:
    """(ids of rows that hashed selectors hit, the rows of each batch)."""
    kinds = {*listed.hashes.values()}
    ids: set[str] = set()
    rows = []
    with open_table(path) as reader:
        names = {*reader.schema.names}
        for batch in reader.batches() if kinds else ():
            mask = np.zeros(len(batch), bool)
            for name, values in _candidates(batch, kinds=kinds, names=names):
                mask |= _hit(values, hashes=listed.hashes, salt=listed.salt, kind=name)
            rows.append(np.flatnonzero(mask))
            if mask.any() and "doc_id" in names:
                ids |= {*hex_ids(batch["doc_id"]).filter(pa.array(mask)).to_pylist()}
    return ids, rows


def _candidates(
    batch: pa.RecordBatch, *, kinds: set[str], names: set[str]
) -> Iterator[tuple[str, list[list[tuple[str, str]]] | tuple[pa.Array, list[list[tuple[str, str]]]]]]:
    """(what is compared, rows as dictionary codes and what each distinct value may be selected by)."""
    if "url" in names and kinds & {"url", "url_prefix", "domain"}:
        urls = canonical_column(batch["url"]).dictionary_encode()
        yield "url", (urls.indices, [_of_url(url, kinds=kinds) for url in urls.dictionary.to_pylist()])
    for kind, name, normal in (
        ("creator", "author", normal_creator),
        ("source_uid", "source", str),
        ("doc_id", "doc_id", str),
    ):
        if kind in kinds and name in names:
            column = hex_ids(batch[name]) if name == "doc_id" else batch[name]
            values = column.cast(pa.string()).dictionary_encode()
            options = [[(kind, normal(value))] if value else [] for value in values.dictionary.to_pylist()]
            yield name, (values.indices, options)
    for kind in DIGESTS.keys() & kinds if "text" in names else ():
        digests = pa.array(text_digests(batch["text"], kind=kind), pa.string()).dictionary_encode()
        yield "text", (digests.indices, [[(kind, each)] for each in digests.dictionary.to_pylist()])


def _of_url(url: str | None, *, kinds: set[str]) -> list[tuple[str, str]]:
    if url is None:
        return []
    found = [("url", url)] if "url" in kinds else []
    if "url_prefix" in kinds:
        found += [("url_prefix", prefix) for prefix in {*prefixes(url)}]
    if "domain" in kinds:
        found += [("domain", domain) for domain in domains_above(split_canonical(url)[0])]
    return found


def _hit(values: Any, *, hashes: Mapping[str, str], salt: str, kind: str) -> np.ndarray:
    """Rows one of whose candidates the list has."""
    indices, options = values
    memo: dict[tuple[str, str], bool] = {}
    hit = np.zeros(len(options) + 1, bool)
    for place, candidates in enumerate(options):
        for candidate in candidates:
            if candidate not in memo:
                if len(memo) > _MAX_CANDIDATES:
                    memo.clear()
                memo[candidate] = hashes.get(selector_hash(*candidate, salt=salt)) == candidate[0]
            if memo[candidate]:
                hit[place] = True
                break
    codes = pc.fill_null(indices.cast(pa.int64()), len(options)).to_numpy(zero_copy_only=False)
    return np.asarray(hit[codes])
