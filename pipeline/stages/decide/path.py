"""Which path clusters so many documents, and what memory it takes."""

from pipeline.config.corpus import CorpusConfig
from pipeline.stages.decide import clusters
from pipeline.stages.decide.comparison import block_units, bytes_per_unit

BYTES_PER_DOCUMENT = 68 + clusters.bytes_per_document(14)
"""Memory of the direct path, 100 bytes; 97 measured. Ids and exact hashes (32), rank (8), place, reasons (8),
language, source, flags (8) and copies of flags; then what `clusters` needs, which is more than what comes
after it: sizes, kept and smallest members (12), for a document with twins 24 bytes of sources while they are
sorted. The block of documents that are compared is counted beside it. A document whose key several texts have
takes 25 more, and how many these are is not known before the run."""


URL_BYTES_PER_DOCUMENT = 90
"""More of it while URLs are compared: hashes, times and validity (25), the latest capture (8), the order of
a sort and sorted copies (56)."""


BYTES_PER_DOCUMENT_OF_TASK = 600
"""Memory of a task per document of its partition, measured with 500,000 (docs/dedup_measured.md)."""


MAX_PARTITIONS = 4096
"""Of the distributed path; beyond it partitions grow. A step's index has a line per partition and group, so
at 10¹⁰ documents it takes 134 MB a file, and a task 1.5 GB."""


def documents_per_partition(config: CorpusConfig, *, documents: int) -> int:
    """Documents of a partition and of a group of parts, of so many in all."""
    return max(config.decide.clustering.documents_per_partition, -(-documents // MAX_PARTITIONS))


def decide_bytes(config: CorpusConfig, *, documents: int) -> int:
    """Memory of decide for so many documents; of the distributed path, that of one task."""
    if is_distributed(config, documents=documents):
        per_task = documents_per_partition(config, documents=documents)
        return min(documents, per_task) * BYTES_PER_DOCUMENT_OF_TASK
    return direct_bytes(config, documents=documents)


def direct_bytes(config: CorpusConfig, *, documents: int) -> int:
    """Memory of the direct path: all documents, and a block of signatures that are compared."""
    per_document = BYTES_PER_DOCUMENT + (URL_BYTES_PER_DOCUMENT if config.decide.url_duplicates else 0)
    if not config.decide.near_duplicates:
        return documents * per_document
    limits = config.decide.to_limits(config.measure.minhash.to_options())
    return documents * per_document + block_units(documents, limits=limits) * bytes_per_unit(limits)


def is_distributed(config: CorpusConfig, *, documents: int) -> bool:
    """Whether so many documents are clustered by this path."""
    clustering, path = config.decide.clustering, config.decide.clustering.path
    return path == "distributed" or (path == "auto" and documents > clustering.max_direct_documents)
