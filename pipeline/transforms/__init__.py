"""PTransforms for other people's pipelines: thin, over the functions that the stages use.

    documents, rejected = pipeline | ReadSource(...)
    measured, failed = documents | Measure()
    decided = measured | Deduplicate()

Elements are RecordBatches, which travel as Arrow IPC (see coders), never pickled. What a step
cannot use comes out beside what it can, as rows of REJECTED: nothing is lost without a row.
docs/how-to/beam.md describes each output.
"""

from filters.hashes.minhash import MinHashOptions as MinHashOptions
from filters.language_id import LANGUAGE as LANGUAGE
from filters.language_id import SegmentOptions as SegmentOptions
from layers.document import DOCUMENT as DOCUMENT
from layers.document import REJECTED as REJECTED
from pipeline.stages.decide.verdicts import DUPLICATES as DUPLICATES
from pipeline.transforms.deduplicate import Deduplicate as Deduplicate
from pipeline.transforms.measure import Measure as Measure
from pipeline.transforms.read import ReadSource as ReadSource
