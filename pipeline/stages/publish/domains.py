"""Registered domains of the URLs of published documents, counted from the staged shards."""

from collections.abc import Iterable

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from filters.hashes.lines import registered_domain
from governance.domains import PATH, DomainCounts
from governance.manifest import Output, sha256
from layers import storage
from layers.entries import Entry
from layers.shards import read_table
from pipeline.job import Job
from pipeline.stages.publish.sites import BEHIND_HOST


def count_domains(published: Iterable[Entry], *, job: Job) -> DomainCounts:
    """Documents and bytes of each domain. Memory: URLs and sizes of a shard, and all domains."""
    counts = DomainCounts()
    sizes_in = "data" if job.config.publish.format == "arrow" else "signals"
    for entry in published:
        urls = _column(entry, "url", kind="data", job=job)
        if urls.null_count == len(urls):
            continue
        sizes = _column(entry, "text_bytes", kind=sizes_in, job=job).to_numpy()
        add_urls(counts, urls, sizes=sizes, source=entry.unit.source)
    return counts


def add_urls(counts: DomainCounts, urls: pa.Array, *, sizes: np.ndarray, source: str) -> None:
    """Count n documents of a source by their URLs and the n sizes of their texts in bytes."""
    hosts = pc.replace_substring_regex(urls, BEHIND_HOST, r"\1").dictionary_encode()
    codes = pc.fill_null(hosts.indices, len(hosts.dictionary)).to_numpy()
    documents = np.bincount(codes, minlength=len(hosts.dictionary))
    totals = np.zeros(len(documents), dtype=np.int64)
    np.add.at(totals, codes, sizes)
    for code, host in enumerate(hosts.dictionary.to_pylist()):
        domain = registered_domain(host)
        if domain is not None:
            counts.add(domain, source=source, documents=int(documents[code]), size=int(totals[code]))


def write_domains(counts: DomainCounts, *, job: Job) -> Output:
    """Write top_domains.csv to the staging folder."""
    data = counts.to_csv()
    storage.write_bytes(storage.join(job.staging, PATH), data)
    return Output(path=PATH, sha256=sha256(data), bytes=len(data))


def _column(entry: Entry, name: str, *, kind: str, job: Job) -> pa.Array:
    url = job.published.join(entry.files[kind].path)
    return read_table(url, columns=[name])[name].combine_chunks()
