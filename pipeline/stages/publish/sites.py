"""What became of the documents of each site: the registered domain of their URLs, over all sources."""

from collections import Counter

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from filters.hashes.lines import registered_domain
from governance.losses import SiteCounts
from layers.columns import column
from pipeline.job import Job
from pipeline.stages.publish.cut import Indexes

BEHIND_HOST = r"(?s)^([^/]*//[^/?#]*).*$"
"""Of a URL: cut off before hosts are told apart, since many documents have one."""


def count_sites(indexes: Indexes, *, job: Job) -> SiteCounts:
    """Count the documents of each site by their first reason. Memory: a part's URLs, and SiteCounts."""
    sites = SiteCounts()
    for measured, decided in zip(indexes.measured.entries(), indexes.decided.entries(), strict=True):
        urls = column(job.measured.table(measured, "text", columns=["url"]), "url")
        if urls.null_count < len(urls):
            reasons = column(job.decisions.table(decided, "decisions", columns=["reason"]), "reason")
            for (site, reason), documents in sorted(count_pairs(urls, reasons=reasons).items()):
                sites.add(site, reason=reason, documents=documents)
    return sites


def count_pairs(urls: pa.StringArray, *, reasons: pa.StringArray) -> Counter[tuple[str, str]]:
    """n URLs and reasons (null: kept) → documents of each site and reason; URLs without a host: none."""
    hosts = pc.replace_substring_regex(urls, BEHIND_HOST, r"\1").dictionary_encode(null_encoding="encode")
    named = pc.fill_null(reasons, "").dictionary_encode()
    kinds = max(len(named.dictionary), 1)
    pairs, counts = np.unique(
        hosts.indices.to_numpy().astype(np.int64) * kinds + named.indices.to_numpy(), return_counts=True
    )
    sites = [registered_domain(host) if host else None for host in hosts.dictionary.to_pylist()]
    names = named.dictionary.to_pylist()
    found = Counter[tuple[str, str]]()
    for pair, documents in zip(pairs.tolist(), counts.tolist(), strict=True):
        site = sites[pair // kinds]
        if site is not None:
            found[site, names[pair % kinds]] += documents
    return found
