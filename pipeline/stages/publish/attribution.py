"""ATTRIBUTION.tsv of the staged release, streamed from its shards."""

from collections.abc import Iterable, Mapping

from governance import attribution
from governance.cards import SourceCard
from governance.manifest import Output
from layers import storage
from layers.entries import Entry
from layers.shards import read_shard
from pipeline.errors import ConfigError
from pipeline.job import Job


def write_attribution(published: Iterable[Entry], *, cards: Mapping[str, SourceCard], job: Job) -> Output:
    """Write the file to the staging folder, rows in the order of the shards; raises ConfigError."""
    place = storage.join(job.staging, attribution.PATH)
    with storage.atomic_path(place) as local, open(local, "wb") as file:
        file.write(attribution.header())
        for record in sorted((entry.files["data"] for entry in published), key=lambda each: each.path):
            for batch in read_shard(job.published.join(record.path), columns=attribution.COLUMNS):
                try:
                    file.write(attribution.write_rows(batch, cards=cards))
                except attribution.NobodyNamed as error:
                    raise ConfigError("the release cannot be attributed", problems=[str(error)]) from error
    sha256, size = storage.digest_file(place)
    return Output(path=attribution.PATH, sha256=sha256, bytes=size)
