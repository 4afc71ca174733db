"""What a manifest is made from besides its ledger, in groups by who knows it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from governance.amounts import Amount
from governance.blocks import Blocks
from governance.cards import SourceCard
from governance.duplicates import Duplicates
from governance.environment import Environment
from governance.losses import Loss, SiteLosses
from governance.manifest import Code, Input, Model, Output, SharedKeys, Threshold
from governance.operations import EditCount
from governance.reviews import LanguageReview


@dataclass(frozen=True)
class RunFacts:
    """Of the run: what the corpus file and the code say."""

    name: str
    version: str
    schema_version: int
    code: Code
    config: Mapping[str, Any]
    models: Sequence[Model]
    released: str | None = None
    environment: Environment | None = None
    trial_limit: int | None = None


@dataclass(frozen=True)
class SourceFacts:
    """Of one source: its card, its edits in order, and what ingest and measure noted."""

    card: SourceCard
    type: str
    inputs: Sequence[Input]
    edits: Sequence[str] = ()
    skipped: Mapping[str, int] = field(default_factory=dict)
    lost_values: Mapping[str, int] = field(default_factory=dict)
    shared_keys: SharedKeys = field(default_factory=SharedKeys)


@dataclass(frozen=True)
class LanguageFacts:
    """Of one target language: its rules and what became of its documents.

    licenses: source uid → licence → what is published; lang_status: how the language was assigned →
    documents that are published.
    """

    thresholds: Sequence[Threshold]
    has_quality_thresholds: bool
    licenses: Mapping[str, Mapping[str, Amount]]
    lang_status: Mapping[str, int]
    review: LanguageReview | None = None


@dataclass(frozen=True)
class ReleaseFacts:
    """Of the release as a whole: its files, what decide found, and the blocks of governance."""

    outputs: Sequence[Output]
    duplicates: Duplicates = field(default_factory=Duplicates)
    losses: Sequence[Loss] = ()
    edits: Sequence[EditCount] = ()
    edit_order: Sequence[str] = ()
    sites: SiteLosses = field(default_factory=SiteLosses)
    blocks: Blocks = field(default_factory=Blocks)
