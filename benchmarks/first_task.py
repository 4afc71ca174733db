"""What the first unit of a worker pays once; fresh processes import it, so it imports what a worker does."""

import pyarrow as pa

from filters import base
from filters.hashes import minhash
from layers.document import DOCUMENT
from pipeline.config.measure import LanguageIdConfig
from pipeline.stages.measure.measurer import Measurer


def measure_one() -> None:
    """Measure one short document: kernels are read from their cache, and the model is loaded."""
    values = {"text": ["A short document, and no more."], "lang_declared": ["en"], "doc_id": [bytes(16)]}
    columns = [pa.array(values.get(field.name, [None]), field.type) for field in DOCUMENT]
    measurer = Measurer(
        edits=(),
        signals=base.names("signals"),
        model=LanguageIdConfig().model,
        max_sample_bytes=1536,
        minhash=minhash.MinHashOptions(),
    )
    measurer.measure(pa.RecordBatch.from_arrays(columns, schema=DOCUMENT))
