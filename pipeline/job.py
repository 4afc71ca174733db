"""What every task of a run needs to know: small, picklable, the same for all units."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from filters.languages import LanguageFile
from filters.profiles import SPARED_BY_LINE_RULE
from governance.removals.planned import PlannedRemovals
from governance.reservations.terms import Terms
from governance.reviews import LanguageReview
from governance.run_record import record_name
from layers import storage
from layers.layer import Layer
from layers.plugins import Plugin
from layers.stages import LAYERS, STAGES, Stage
from pipeline.config.corpus import CorpusConfig
from pipeline.config.lines import LineRule
from pipeline.config.source import SourceConfig
from pipeline.config.url_lists import PlannedList
from sources.base import SourceSpec

RELEASE_KEY = "release.key"
NEXT_RELEASE_KEY = "release.key.next"
CLASS_KEYS = "release.keys"
"""Folder of the keys of classes, where each has a release of its own."""


PLAN = "plan.json"
"""Below an output: the units that the last run planned."""


@dataclass(frozen=True)
class Job:
    """A validated corpus file with its cards read and its paths resolved."""

    config: CorpusConfig
    output: str
    """Folder or URL of the layers, absolute."""
    cards: str
    """Folder or URL of the source cards, absolute."""
    specs: Mapping[str, SourceSpec]
    card_digests: Mapping[str, str]
    limit: int | None = None
    """Trial run: at most so many documents per source."""
    signal_options: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """Options of sets of signals, with paths that every process finds."""
    plugins: tuple[Plugin, ...] = ()
    """Code of the corpus file's own, which every process imports before a task."""
    languages: tuple[LanguageFile, ...] = ()
    """Language files of the corpus file's own, which every process uses beside the bundled ones."""
    reviews: Mapping[str, Sequence[LanguageReview]] = field(default_factory=dict)
    """Language → what speakers found in it, in one or more sets of decisions."""
    skipped: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    """Source → why a match of its paths is no input → how many."""
    path_lists: Mapping[str, Sequence[Mapping[str, Any]]] = field(default_factory=dict)
    """Source → uri, bytes, sha256 and files of the lists that name some of its files."""
    url_lists: Mapping[str, PlannedList] = field(default_factory=dict)
    """The lists of blocked URLs, by name, in the order of the corpus file."""
    released: str | None = None
    """Date of the release, ISO 8601: the corpus file's, else of SOURCE_DATE_EPOCH; None: neither says one."""
    removals: PlannedRemovals | None = None
    """The private ledger of removals; None: it is empty."""
    reservations: Mapping[str, Terms] = field(default_factory=dict)
    """Source → what it makes of reservations."""
    tiers: Mapping[str, str] = field(default_factory=dict)
    """Source → access tier of its card."""
    release_class: str = ""
    """The class whose release is made, where each has one of its own; empty: all of them."""
    driver: str = ""
    """Token of the driver that a job on a cluster works for, as its lock has it; empty: for whoever asks."""

    @property
    def title(self) -> str:
        """Name and version, and how much a trial read."""
        trial = "" if self.limit is None else f" (trial: at most {self.limit:,} documents per source)"
        return f"{self.config.name} {self.config.version}{trial}"

    def place(self, name: str) -> str:
        """URL of something below the output."""
        return storage.join(self.output, name)

    def of_class(self, name: str, *, sources: Collection[str] | None = None) -> "Job":
        """The job of one class's release, with its sources alone; None: with all. No name: this job."""
        own = {*self.specs} if sources is None else {*sources}
        return replace(
            self,
            release_class=name,
            specs={uid: spec for uid, spec in self.specs.items() if uid in own},
            card_digests={uid: digest for uid, digest in self.card_digests.items() if uid in own},
            reservations={uid: terms for uid, terms in self.reservations.items() if uid in own},
            skipped={uid: counts for uid, counts in self.skipped.items() if uid in own},
        )

    @property
    def gated(self) -> tuple[str, ...]:
        """Sources that are gated on request, of any corpus, in order."""
        return () if self.removals is None else self.removals.gated

    @property
    def is_split(self) -> bool:
        """True where each class of documents has a release of its own."""
        return self.config.publish.split == "class"

    @property
    def release_name(self) -> str:
        """Name of the corpus, and of the class where its release is one of several."""
        return "-".join(filter(None, (self.config.name, self.release_class)))

    def _of_release(self, name: str) -> str:
        """URL of something that every release below the output has one of."""
        return storage.join(self.place(name), self.release_class) if self.release_class else self.place(name)

    @property
    def release_lock(self) -> str:
        """Held while a release is put in place: a cluster may run a task again beside one that it lost."""
        return self.place(".release.lock")

    def source(self, uid: str) -> SourceConfig:
        """What the corpus file says about a source; raises KeyError where it names none."""
        return {source.card: source for source in self.config.sources}[uid]

    def url_lists_of(self, source: str) -> tuple[PlannedList, ...]:
        """The lists that hold for a source."""
        config = self.source(source)
        return tuple(each for name, each in self.url_lists.items() if config.is_blocked_by(name))

    def line_rule(self, source: str) -> LineRule | None:
        """The rule for repeated lines of a source; None: no line is counted or removed."""
        config = self.source(source)
        general = None if config.profile in SPARED_BY_LINE_RULE else self.config.lines
        return (general if config.lines is None else config.lines) or None

    @property
    def counts_lines(self) -> bool:
        """True when the count stage has anything to do."""
        return any(self.line_rule(source) for source in self.specs)

    @property
    def stages(self) -> tuple[Stage, ...]:
        """The stages that have anything to do."""
        return tuple(stage for stage in STAGES if not stage.wanted or getattr(self, stage.wanted))

    def has_stage(self, name: str) -> bool:
        """True when a stage has anything to do."""
        return any(stage.name == name for stage in self.stages)

    def layer(self, name: str) -> Layer:
        """A layer of the table of stages; raises KeyError for a name that is none."""
        files = LAYERS[name].files
        return Layer(self.place(name), files_url=self.place(files) if files else "")

    @property
    def raw(self) -> Layer:
        return self.layer("raw")

    @property
    def line_counts(self) -> Layer:
        return self.layer("line_counts")

    @property
    def lines(self) -> Layer:
        return self.layer("lines")

    @property
    def measured(self) -> Layer:
        return self.layer("measured")

    @property
    def decisions(self) -> Layer:
        return self.layer("decisions")

    @property
    def clusters(self) -> Layer:
        """What the distributed path of decide leaves between its steps; nothing once it is done."""
        return self.layer("clusters")

    @property
    def published(self) -> Layer:
        """Entries of the release's shards; the shards themselves are staged."""
        return replace(self.layer("published"), files_url=self.staging)

    @property
    def classes(self) -> Layer:
        """What is kept of each class, where each has a release of its own."""
        return self.layer("classes")

    @property
    def indexes(self) -> Layer:
        """The entries of each layer, gathered at its barrier."""
        return Layer(self.place("index"))

    @property
    def staging(self) -> str:
        return self._of_release(LAYERS["published"].files)

    @property
    def release(self) -> str:
        return self._of_release("release")

    @property
    def plan_url(self) -> str:
        return self.place(PLAN)

    @property
    def corpus_url(self) -> str:
        """Which corpus file the layers are of: who asks about a document names the output alone."""
        return self.place("corpus.json")

    @property
    def shards_url(self) -> str:
        return self.place("shards.json")

    @property
    def classes_url(self) -> str:
        """Class → its sources, of the last plan of shards."""
        return self.place("classes.json")

    @property
    def release_key_url(self) -> str:
        """What the release was made from, and what its files were when it was put in place."""
        return self._key_url(RELEASE_KEY)

    @property
    def next_key_url(self) -> str:
        """The key of the release that is being put in place."""
        return self._key_url(NEXT_RELEASE_KEY)

    def _key_url(self, name: str) -> str:
        return self.place(storage.join(CLASS_KEYS, self.release_class, name) if self.release_class else name)

    @property
    def run_record_url(self) -> str:
        """Who made the release, when, where and from which commit: beside it, and no part of it."""
        return self.place(record_name(self.release_class))

    @property
    def failures(self) -> str:
        return self.place("failures")

    @property
    def progress(self) -> str:
        """How far running tasks are; nothing once a run has ended."""
        return self.place("progress")
