"""What the steps of the distributed path read of a group of parts."""

from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from layers.columns import Halves
from pipeline.stages.decide.distributed.clustering import Clustering
from pipeline.stages.decide.documents import Measured, read_measured
from pipeline.stages.decide.duplicates import join_documents
from pipeline.stages.decide.keys import rows_of_keys
from pipeline.stages.decide.verdicts import Documents
from pipeline.stages.measure.read import read_bands, read_signature_rows

_NONE = np.zeros(0, np.int64)


def read_group(clustering: Clustering, group: int) -> Measured:
    """What is decided by of the documents of a group of parts, earlier captures not yet told.

    Documents whose key another text has too, in whatever group, have ids of both: known once links are.
    """
    measured = read_keyed_group(clustering, group)
    documents = measured.documents
    told = clustering.rows("links", name="shared", partition=group)
    if not told:
        return measured
    first = clustering.documents(group).start
    rows = rows_of_keys(documents.doc_id, rows=told["row"] - first)
    is_first = np.isin(rows, told["row"][told["is_first"].astype(bool)] - first)
    return replace(measured, documents=documents.identify_by_text(rows, is_first=is_first))


def read_keyed_group(clustering: Clustering, group: int) -> Measured:
    """The same with the ids that measure gave: of source and key."""
    parts = clustering.parts(group)
    clustering.job.measured.check(parts, files=("signals", "bands"))
    first = clustering.first_locator(group)
    return read_measured(parts, langs=clustering.langs, first_locator=first, job=clustering.job)


def join_group(clustering: Clustering, group: int, *, documents: Documents) -> np.ndarray:
    """First document of what the bands and hashes of a group alone join: n documents → integers [n]."""
    config = clustering.job.config
    bands = config.measure.minhash.bands if config.decide.near_duplicates else 0
    read = read_bands(clustering.parts(group), bands=bands, job=clustering.job)
    return join_documents(read, documents=documents)


def first_of_each(values: Halves, *, scope: np.ndarray | None, valid: np.ndarray | None) -> np.ndarray:
    """Rows of the first valid document of each value and scope: n documents → ascending integers."""
    n = len(values[0])
    rows = np.arange(n) if valid is None else np.flatnonzero(valid)
    keys = [values[1][rows], values[0][rows]] + ([] if scope is None else [scope[rows]])
    order = np.lexsort(keys)
    fresh = np.ones(len(rows), bool)
    if len(rows):
        fresh[1:] = np.any([key[order][1:] != key[order][:-1] for key in keys], axis=0)
    return np.sort(rows[order[fresh]])


@dataclass(frozen=True)
class GroupClusters:
    """The clusters of several documents that a group has members of, and those members in order."""

    rows: np.ndarray
    """Places in the group of the documents that are in a cluster of several."""
    cluster: np.ndarray
    """Of each, the number of its cluster: of its first document."""


def read_clusters(clustering: Clustering, group: int) -> GroupClusters:
    """Which documents of a group are in clusters of several, and in which."""
    numbers = clustering.documents(group)
    n = numbers.stop - numbers.start
    joined = clustering.rows("keys", name="joined", partition=group)
    root = np.arange(n)
    if joined:
        root[joined["row"]] = joined["root"]
    centre = numbers.start + np.arange(n)
    labelled = np.zeros(n, bool)
    labels = clustering.rows("labels", name="labels", partition=group)
    if labels:
        centre[labels["row"] - numbers.start] = labels["cluster"]
        labelled[labels["row"] - numbers.start] = True
    several = labelled[root] | (np.bincount(root, minlength=n)[root] > 1)
    rows = np.flatnonzero(several)
    return GroupClusters(rows, centre[root[rows]])


def read_packed(clustering: Clustering, group: int, *, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(packed minima, whether there are any) of ascending places of documents of a group."""
    parts = clustering.parts(group)
    bounds = np.cumsum([0, *(entry.files["signals"].rows for entry in parts)]).tolist()
    places = [slice(start, stop) for start, stop in pairwise(bounds)]
    return read_signature_rows(parts, parts=places, rows=rows, job=clustering.job)


def read_repeated(clustering: Clustering, group: int) -> np.ndarray:
    """Whether each document of a group has key and text of an earlier one."""
    numbers = clustering.documents(group)
    repeated = np.zeros(numbers.stop - numbers.start, bool)
    own = clustering.rows("keys", name="repeated", partition=group)
    elsewhere = clustering.rows("links", name="repeated", partition=group)
    repeated[own.get("row", _NONE)] = True
    repeated[elsewhere.get("row", numbers.start + _NONE) - numbers.start] = True
    return repeated
