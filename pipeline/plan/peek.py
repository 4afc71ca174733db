"""A look into one source: its first documents as they are mapped, what was dropped, what seems wrong."""

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from layers import storage
from layers.http_ranges import LOOK, at_most
from layers.problems import suggest
from pipeline.config.read import load_config
from pipeline.errors import InputError
from pipeline.plan.listing import Sources, describe_skipped, list_sources
from pipeline.plan.look import Look, look_into
from pipeline.plan.trial import place_output
from pipeline.stages.url_lists import Blocker, plan_list
from sources.reading.html.slim import is_compiled
from sources.reading.listing import Asking
from sources.reading.sample import Sample


@dataclass(frozen=True)
class Peek:
    """What was seen of a source, in a few of its files."""

    uid: str
    listed: Sources
    look: Look

    @property
    def samples(self) -> list[Sample]:
        return self.look.samples.get(self.uid, [])

    @property
    def documents(self) -> Iterator[tuple[Sample, dict[str, Any]]]:
        """DOCUMENT rows, each with the sample that it stands in."""
        return ((sample, row) for sample in self.samples for row in sample.documents)

    @property
    def rejected(self) -> list[dict[str, Any]]:
        """REJECTED rows, of what is bad and of what is no document by design."""
        return [row for sample in self.samples for row in (*sample.rejected, *sample.skipped)]

    @property
    def remarks(self) -> list[str]:
        """What looks wrong, worst first."""
        return [
            *self.listed.problems,
            *self.look.problems,
            *self.look.warnings,
            *describe_skipped(self.listed),
        ]


def peek_into(config_path: str | Path, *, uid: str, notify: Callable[[str], None]) -> Peek:
    """Read the first records of a few files of one source; raises ConfigError, or InputError for its name.

    notify is told beforehand of what takes long.
    """
    config = load_config(config_path)
    uids = [source.card for source in config.sources]
    if uid not in uids:
        near = suggest(uid, names=uids)
        raise InputError(f"{config_path} has no source {uid!r}{near or '; there are ' + ', '.join(uids)}")
    base = os.path.abspath(os.path.dirname(str(config_path)))
    index = uids.index(uid)
    outputs = [place_output(config.output, base=base)]
    with at_most(LOOK):
        listed = list_sources(config, base=base, outputs=outputs, only=index, asking=Asking(max_files=0))
        spec = listed.specs.get(uid)
        if spec is not None and spec.options.get("extractor") == "fast" and not is_compiled():
            notify("what `fast` needs is compiled, once on this machine and version: some ten seconds more")
        look = look_into(listed, targets=config.decide.languages)
    try:
        lists = [
            plan_list(each, urls=[storage.join(base, path) for path in each.paths])
            for each in config.url_lists
            if config.sources[index].is_blocked_by(each.name)
        ]
        blocker = Blocker(lists)
    except (OSError, ValueError) as error:
        look.problems.append(f"$.url_lists: {error}")
    else:
        for sample in look.samples.get(uid, ()):
            _put_blocked_aside(sample, blocker=blocker)
    return Peek(uid, listed, look)


def _put_blocked_aside(sample: Sample, *, blocker: Blocker) -> None:
    """Make the documents that a list blocks what a run makes of them: rows with a reason."""
    refused = blocker.find(pa.array([row["url"] for row in sample.documents], pa.string()))
    for place, refusal in sorted(refused.items()):
        row = {name: sample.documents[place][name] for name in ("container", "offset", "length", "record_id")}
        sample.skipped.append({**row, "reason": refusal.reason, "detail": refusal.detail, "records": 1})
    sample.documents = [row for place, row in enumerate(sample.documents) if place not in refused]
