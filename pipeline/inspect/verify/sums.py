"""What the files of a release add up to, against what its manifest says."""

from collections import Counter
from collections.abc import Iterator

import numpy as np

from governance.balance import find_failures
from governance.manifest import NAME, Manifest
from pipeline.inspect.verify.ledger import DUPLICATES, name_bin, name_overlap
from pipeline.inspect.verify.result import CountKey, Mismatch, Part, Verification

_CLUSTERS = "clusters of {} documents"


def compare_sums(total: Part, *, manifest: Manifest, answer: Verification) -> None:
    """Compare counts of rows with the manifest's; where a file could not be read, say so instead."""
    for failure in find_failures(manifest.to_ledger()):
        answer.mismatches.append(Mismatch(NAME, "ledger", failure, "both sides equal"))
    actual, expected = Counter(total.counts), _expected(manifest)
    actual.update(dict.fromkeys(total.tails, 1))
    clusters, torn = _clusters(total)
    if manifest.release_class is None:
        actual.update(clusters)
    else:
        torn = []
        answer.leave_out("sizes of clusters", reason="their documents are in the releases of several classes")
    left_out: set[str] = set()
    for path, what in sorted({*actual, *expected}):
        if _depends_on_any(path, files=total.unread):
            left_out.add(path)
        elif actual[path, what] != expected[path, what]:
            counts = (actual[path, what], expected[path, what])
            answer.mismatches.append(Mismatch(path, what, *counts, "counted in the rows, by the manifest"))
    for path in sorted(left_out):
        what = "counts of duplicates" if path == DUPLICATES else f"counts of {path}"
        answer.leave_out(what, reason=f"{', '.join(total.unread[:3])} cannot be read")
    if not total.unread:
        answer.mismatches += torn


def find_repeats(total: Part) -> Iterator[Mismatch]:
    """Published ids that stand twice, with both places."""
    if not total.ids:
        return
    ids = np.concatenate([part for _, part in total.ids])
    ends = np.cumsum([len(part) for _, part in total.ids])
    order = np.lexsort((ids[:, 1], ids[:, 0]))
    for place in np.flatnonzero((ids[order[1:]] == ids[order[:-1]]).all(axis=1)):
        first, second = sorted(int(row) for row in order[place : place + 2])
        paths = [total.ids[int(np.searchsorted(ends, row, side="right"))][0] for row in (first, second)]
        yield Mismatch(paths[1], "doc_id", ids[second].tobytes().hex(), "an id once", f"also in {paths[0]}")


def _expected(manifest: Manifest) -> Counter[CountKey]:
    """The counts that the rows of a release must have, from its manifest."""
    ledger, counts = manifest.to_ledger(), Counter[CountKey]()
    ending = manifest.table_format
    for line in ledger.select("release", "kept"):
        folder = f"data/{line['lang']}/{line['source']}"
        counts[folder, "documents"] += line["documents"] or 0
        counts[folder, "bytes of text"] += line["bytes"]
    for lang, language in manifest.languages.items():
        for status, documents in language.lang_status.items():
            counts[f"data/{lang}", f"documents {status}"] += documents
        for source, share in language.sources.items():
            for license, amount in share.licenses.items():
                folder = f"data/{lang}/{source}"
                counts[folder, f"documents under {license}"] += amount.documents
                counts[folder, f"bytes of text under {license}"] += amount.bytes
    for line in ledger.select("raw", "dropped"):
        path, what = f"ledger/{line['source']}.{ending}", f"ingest, {line['reason']}"
        counts[path, f"{what}: bytes"] += line["bytes"]
        counts[path, f"{what}: documents"] += line["documents"] or 0
        counts[path, f"{what}: unreadable tails"] += line["documents"] is None
    for line in ledger.select("measured", "dropped"):
        what = f"measure, {line['reason']}: documents"
        counts[f"ledger/{line['source']}.{ending}", what] += line["documents"] or 0
    for line in ledger.select("decisions", "dropped"):
        what = f"decide, {line['lang']}, {line['reason']}: documents"
        counts[f"ledger/{line['source']}.{ending}", what] += line["documents"] or 0
    for line in ledger.select("measured", "repeated_lines"):
        counts[f"ledger/lines/{line['source']}.{ending}", "bytes of removed lines"] += line["bytes"]
    counts.update(_expected_duplicates(manifest))
    return counts


def _expected_duplicates(manifest: Manifest) -> Counter[CountKey]:
    duplicates, counts = manifest.duplicates, Counter[CountKey]()
    for size, clusters in duplicates.cluster_sizes.items():
        counts[DUPLICATES, _CLUSTERS.format(size)] += clusters
    for place, documents in enumerate(duplicates.near_similarities):
        counts[DUPLICATES, name_bin(place)] += documents
    counts[DUPLICATES, "near duplicates of unknown similarity"] += duplicates.near_unknown
    counts[DUPLICATES, "near duplicates below the threshold"] += duplicates.near_below
    for overlap in duplicates.overlaps:
        what = name_overlap(overlap.source, overlap.lang, overlap.kept_source, overlap.method)
        counts[DUPLICATES, what] += overlap.documents
    return counts


def _clusters(total: Part) -> tuple[Counter[CountKey], list[Mismatch]]:
    """Clusters by size, each of whose documents is one row; sizes with a row too many or too few."""
    counts, torn = Counter[CountKey](), []
    for size, rows in sorted(total.cluster_rows.items()):
        if size > 1:
            low = 1 << size.bit_length() - 1
            counts[DUPLICATES, _CLUSTERS.format(f"{low}-{2 * low - 1}")] += rows // size
            if rows % size:
                what = f"rows of clusters of {size} documents"
                torn.append(Mismatch(DUPLICATES, what, rows, f"a multiple of {size}"))
    return counts, torn


def _depends_on_any(path: str, *, files: list[str]) -> bool:
    """True when what is counted at path is counted in one of files: duplicates are in all."""
    return any(path == DUPLICATES or file == path or file.startswith(f"{path}/") for file in files)
