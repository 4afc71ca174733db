"""Files of a source → documents."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal

import apache_beam as beam
import pyarrow as pa
from apache_beam.pvalue import TaggedOutput
from apache_beam.typehints.decorators import no_annotations

from governance.licences import parse_license
from layers.document import DOCUMENT
from layers.problems import list_problems
from layers.shard_writer import rebatch
from layers.shards import text_lengths
from pipeline.beam import coders, metrics
from pipeline.config.declared import source_problems
from pipeline.config.source import SourceConfig
from pipeline.stages.reading import Reading
from pipeline.stages.units import PlannedUnit, cut_units
from pipeline.transforms.validate import validate
from sources.base import SourceSpec
from sources.reading.listing import list_files

coders.register()

_Rejected = TaggedOutput[Literal["rejected"], pa.RecordBatch]


class ReadSource(beam.PTransform):
    """Files of one source → (DOCUMENT batches, REJECTED batches).

    Files are listed and cut into units of about unit_bytes when the pipeline is built; batches
    hold at most 4,096 rows and 4 MiB of text, or one longer document. license is the SPDX
    expression that your card concludes; documents may carry their own in a mapped field.

    Raises ValueError that lists what is wrong with the arguments, and FileNotFoundError, when
    the pipeline is built, naming a path that matches nothing.
    """

    def __init__(
        self,
        uid: str,
        *,
        type: str,
        root: str,
        paths: Sequence[str],
        license: str,
        fields: Mapping[str, str] | None = None,
        lang: str | None = None,
        options: Mapping[str, Any] | None = None,
        unit_bytes: int = 128 << 20,
    ) -> None:
        super().__init__()
        if isinstance(paths, str):
            raise ValueError(f"ReadSource: paths is the string {paths!r}; give a list of globs")
        if not uid:
            raise ValueError("ReadSource: uid is empty; it names the source in every doc_id")
        if unit_bytes < 1:
            raise ValueError(f"ReadSource: unit_bytes is {unit_bytes}; it must be at least 1")
        config = validate(
            "ReadSource",
            SourceConfig,
            card=uid,
            type=type,
            root=root,
            paths=list(paths),
            fields=dict(fields or {}),
            lang=lang,
            options=dict(options or {}),
        )
        problems = source_problems(config, targets=[config.lang or ""])
        if listed := [f"$.{key}: {problem}" for key, problem in problems]:
            raise ValueError(list_problems("ReadSource", listed))
        self._spec = SourceSpec(
            uid=uid,
            type=type,
            root=root,
            license=parse_license(license),
            lang=config.lang,
            fields=config.single_fields,
            key_fields=config.key_fields,
            tag_fields=config.tag_fields,
            extra=config.extra_fields,
            options=config.options,
            unit_bytes=unit_bytes,
        )
        self._paths = config.paths

    def display_data(self) -> dict[str, Any]:
        """The source, for a runner's page."""
        spec = self._spec
        return {
            "source": spec.uid,
            "type": spec.type,
            "root": spec.root,
            "paths": ", ".join(self._paths),
            "license": spec.license,
            "fields": ", ".join(f"{role}={name}" for role, name in sorted(spec.mapped.items())),
            "unit_bytes": spec.unit_bytes,
        }

    # Beam warns at every use that it ignores the annotation of a tuple of PCollections
    @no_annotations  # type: ignore[untyped-decorator]
    def expand(self, pipeline: beam.Pipeline) -> tuple[beam.PCollection, beam.PCollection]:
        files = list_files(self._paths, spec=self._spec).files
        units = cut_units(files, spec=self._spec, limit=None)
        outputs = (
            pipeline
            | "Units" >> beam.Create(units).with_output_types(PlannedUnit)
            | "Spread" >> beam.Reshuffle()
            | "Read" >> beam.ParDo(_Read(self._spec)).with_outputs("rejected", main="documents")
        )
        return outputs.documents, outputs.rejected


class _Read(beam.DoFn):
    def __init__(self, spec: SourceSpec) -> None:
        super().__init__()
        self._spec = spec

    def process(self, planned: PlannedUnit) -> Iterator[pa.RecordBatch | _Rejected]:
        rejected: list[pa.RecordBatch] = []
        reading = Reading(planned, spec=self._spec, write_rejected=rejected.append)
        for batch in rebatch(reading.batches(), schema=DOCUMENT):
            size = int(text_lengths(batch["text"]).sum())
            metrics.count_rows("ReadSource", documents=len(batch), bytes=size)
            yield batch
            yield from _take_rejected(rejected)
        yield from _take_rejected(rejected)


def _take_rejected(rejected: list[pa.RecordBatch]) -> Iterator[_Rejected]:
    for batch in rejected:
        metrics.count_reasons("ReadSource", "rejected", Counter(batch["reason"].to_pylist()))
        yield TaggedOutput("rejected", batch)
    rejected.clear()
