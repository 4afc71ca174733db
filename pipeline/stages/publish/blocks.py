"""The blocks of a manifest that parts of governance fill, from the entries of the layers and shards."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from governance.blocks import Blocks
from governance.cards import SourceCard
from governance.ledger import Ledger
from layers.entries import Entry
from layers.index import LayerIndex
from pipeline.job import Job
from pipeline.stages.removals import count_removals


@dataclass(frozen=True)
class Finished:
    """What is there once every shard is: layers, entries of the shards, balanced ledger, source cards."""

    raw: LayerIndex
    measured: LayerIndex
    decided: LayerIndex
    published: Sequence[Entry]
    balanced: Ledger
    source_cards: Mapping[str, SourceCard]


def build_blocks(finished: Finished, *, job: Job) -> Blocks:
    """One line per block; null where nothing of its kind was done."""
    return Blocks(removals=count_removals(finished.raw.entries(), job=job))
