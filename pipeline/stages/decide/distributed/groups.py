"""What the steps of the distributed path read of a group of parts."""

import numpy as np

from pipeline.stages.decide.distributed.clustering import Clustering
from pipeline.stages.decide.documents import Measured, read_measured


def read_group(clustering: Clustering, group: int) -> Measured:
    """What is known of the documents of a group of parts, earlier captures not yet told."""
    parts = clustering.groups[group]
    measured = [clustering.measured[part] for part in parts]
    first = int(clustering.first_locators[parts[0]])
    return read_measured(measured, langs=clustering.langs, first_locator=first, job=clustering.job)


def read_repeated(clustering: Clustering, group: int) -> np.ndarray:
    """Whether each document of a group has the doc_id of an earlier one."""
    rows = clustering.documents(group)
    repeated = np.zeros(rows.stop - rows.start, bool)
    found = clustering.read("links", name="repeated", partition=group)
    if found:
        repeated[found["row"] - rows.start] = True
    return repeated
