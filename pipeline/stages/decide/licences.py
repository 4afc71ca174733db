"""Which documents the allow-list of a release refuses: the licence of each, not the card's, is looked at."""

from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from governance.licences import allows
from layers.columns import column
from layers.entries import Entry
from pipeline.job import Job
from pipeline.stages.measure.read import read_columns


def find_refused(entries: Sequence[Entry], *, allowed: Sequence[str], job: Job) -> np.ndarray:
    """bool [n] of the documents of measured parts: their licence is not satisfied by the list.

    Of the file of the text only the column `license` is read.
    """
    tables = [read_columns(entry, file="text", columns=["license"], job=job) for entry in entries]
    encoded = column(pa.concat_tables(tables), "license").dictionary_encode()
    verdicts = [not allows(license, allowed=allowed) for license in encoded.dictionary.to_pylist()]
    refused: np.ndarray = np.array([*verdicts, False], bool)[encoded.indices.to_numpy()]
    return refused
