"""The transforms in a Beam pipeline of one's own: two sources in, one Parquet file per language out.

    python examples/beam_pipeline.py my-output

Options after the folder go to Beam, for example --runner=FlinkRunner.
"""

import argparse
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, BinaryIO

import apache_beam as beam
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from apache_beam.io import fileio
from apache_beam.options.pipeline_options import PipelineOptions
from apache_beam.pvalue import AsIter

from governance.cards import read_card
from pipeline.transforms import Deduplicate, Measure, ReadSource

ROOT = Path(__file__).parents[1]
DATA = str(ROOT / "examples" / "demo" / "data")
CARDS = str(ROOT / "data_cards" / "sources")
LOCATOR = ["key_id", "container", "offset"]
SOURCES: dict[str, dict[str, Any]] = {
    "tico19": {
        "type": "jsonl",
        "paths": ["tico19/*.jsonl.zst"],
        "fields": {"id": "id", "text": "text", "lang": "lang", "url": "url", "license": "license"},
    },
    "african_storybook": {
        "type": "jsonl",
        "paths": ["african_storybook/*.jsonl.gz"],
        "fields": {"id": "identifier", "text": "body", "lang": "language", "title": "name"},
    },
}


def build(pipeline: beam.Pipeline, *, output: str) -> None:
    """Read, measure, deduplicate, keep, write; what could not be used is written too."""
    read = [
        pipeline | f"Read {uid}" >> ReadSource(uid, root=DATA, license=concluded(uid), **arguments)
        for uid, arguments in SOURCES.items()
    ]
    documents = [documents for documents, _ in read] | "All documents" >> beam.Flatten()
    measured, failed = documents | Measure()
    decisions = measured | Deduplicate()
    # decisions are small and go to every worker; the text does not meet them in a shuffle
    kept = measured | "Keep" >> beam.ParDo(Keep(), decisions=AsIter(decisions))
    kept | "Write languages" >> write(output, name="languages", by="lang")
    unused = [*(rejected for _, rejected in read), failed] | "All unused" >> beam.Flatten()
    unused | "Write unused" >> write(output, name="unused", by=None)


def concluded(uid: str) -> str:
    """The licence that a person concluded on the source's card."""
    return read_card(CARDS, uid).rights.concluded


class Keep(beam.DoFn):
    """Measured batches → the rows that stay, one batch per language."""

    def process(self, batch: pa.RecordBatch, decisions: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        decided = pa.Table.from_batches(decisions).select([*LOCATOR, "doc_id", "keep"])
        columns = [batch["doc_id"], batch["container"], batch["offset"], pa.array(range(len(batch)))]
        places = pa.table(columns, names=[*LOCATOR, "row"])
        found = places.join(decided, keys=LOCATOR).sort_by("row")
        # a text that shares its key with another one has an id of its own
        place = batch.schema.get_field_index("doc_id")
        rows = pa.Table.from_batches([batch]).set_column(place, batch.schema.field(place), found["doc_id"])
        rows = rows.filter(found["keep"].combine_chunks())
        for lang in sorted(set(rows["lang"].to_pylist())):
            of_lang = rows.filter(pc.field("lang") == lang)
            yield from of_lang.combine_chunks().to_batches()


class ParquetSink(fileio.FileSink):
    """Batches of one schema → one Parquet file."""

    def open(self, file: BinaryIO) -> None:
        self._file = file
        self._writer: pq.ParquetWriter | None = None

    def write(self, batch: pa.RecordBatch) -> None:
        if self._writer is None:
            self._writer = pq.ParquetWriter(self._file, batch.schema, compression="zstd")
        self._writer.write_batch(batch)

    def flush(self) -> None:
        if self._writer is not None:
            self._writer.close()


def write(output: str, *, name: str, by: str | None) -> fileio.WriteToFiles:
    """A file per value of the column `by` (and worker), below output/name/."""
    return fileio.WriteToFiles(
        path=f"{output}/{name}",
        destination=lambda batch: "all" if by is None else batch[by][0].as_py(),
        sink=lambda _: ParquetSink(),
        file_naming=fileio.destination_prefix_naming(".parquet"),
        max_writers_per_bundle=100,  # more languages than there are: nothing is shuffled to be written
    )


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("output", help="folder or URL that Beam can write to")
    own, beam_arguments = parser.parse_known_args(arguments)
    with beam.Pipeline(options=PipelineOptions(beam_arguments)) as pipeline:
        build(pipeline, output=own.output)


if __name__ == "__main__":
    main()
