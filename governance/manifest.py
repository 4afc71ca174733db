"""release/manifest.json: what a release is made of, as canonical JSON (RFC 8785). No clocks, no paths.

The same inputs, config, code and environment give the same bytes. The pages of a release are computed from
it, and then listed in it: README.md, which prints the digest of all other files, comes last. Who ran it,
when, where and from which commit is in run.json beside the release (governance.run_record).
"""

import hashlib
from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import Any, Literal, cast

from pydantic import Field, model_validator

from governance.about import About
from governance.amounts import Amount, Closed, add_amounts, merge_licenses
from governance.blocks import Blocks
from governance.canonical import from_canonical, to_canonical
from governance.duplicates import Duplicates
from governance.environment import Environment
from governance.ledger import Ledger, Row, sum_rows
from governance.losses import Loss, SiteLosses
from governance.manifest_versions import read_earlier
from governance.operations import Operation, find_breaks
from governance.reviews import LanguageReview

MANIFEST_VERSION: Literal[3] = 3
NAME = "manifest.json"
README = "README.md"
DIGEST = "manifest_sha256"
SIGNATURE = f"{NAME}.sig"
"""Beside the manifest where somebody signed it; like it, in no list of files."""


class Code(Closed):
    """What made a release; pages of the same manifest are the same where these are."""

    name: str
    version: str
    content_version: int | None = Field(
        description="of everything in a release that is no shard; null before version 2"
    )


class Input(Closed):
    """A file that was read, or a slice of its bytes.

    sha256 is null where a trial did not read all of it, or where it would tell a value that is masked.
    """

    uri: str
    bytes: int = Field(ge=0, description="of the whole file")
    start: int = Field(default=0, ge=0, description="first byte of the digest")
    stop: int | None = Field(
        default=None, ge=0, description="byte behind its last; null: the end of the file"
    )
    sha256: str | None


class SharedKeys(Closed):
    """Keys that a source gives to different texts: its documents have ids of key and text."""

    keys: int = Field(default=0, ge=0)
    documents: int = Field(default=0, ge=0, description="with such a key, published or not")
    examples: list[str] = Field(default=[], description="the first such keys, as the source has them")


class ManifestSource(Closed):
    card_sha256: str
    type: str
    inputs: list[Input]
    documents_read: int
    skipped: dict[str, int] = Field(
        default={},
        description="why a match of the paths was no input, of `layers.listing.REASONS` → how many",
    )
    lost_values: dict[str, int] = Field(
        default={},
        description="role → values that mean nothing (a date of no calendar), or are of another type than "
        "`measure.extra` declares, and became null",
    )
    shared_keys: SharedKeys = SharedKeys()
    licenses: dict[str, Amount] = Field(description="SPDX expression → what the release holds under it")
    card_answers: int
    unknown_fields: list[str] = Field(description="questions of the card that are answered with unknown")
    obstacles: list[str] = Field(description="what the card says against open publication")
    access_tier: str | None = Field(default=None, description="of the card: open, gated or internal")
    reviews: dict[str, str] = Field(
        default={}, description="block of the card → reviewed, unreviewed, or edited after a review"
    )


class Model(Closed):
    name: str
    sha256: str
    license: str
    used_for: str


class Threshold(Closed):
    """Inclusive limits of one signal, and where the numbers come from."""

    signal: str
    min: float | None
    max: float | None
    origin: str
    note: str = ""
    min_words: int = Field(default=0, ge=0, description="a shorter text is not judged by it")

    @property
    def reasons(self) -> tuple[str, ...]:
        """The names of its failures, as the ledger has them."""
        bounds = {"below_min": self.min, "above_max": self.max}
        return tuple(f"{self.signal}_{side}" for side, bound in bounds.items() if bound is not None)


class SourceShare(Amount):
    """What one source gives to one language of the release."""

    licenses: dict[str, Amount]


class ManifestLanguage(Amount):
    """One target language; documents 0 where the release has none."""

    has_quality_thresholds: bool
    sources: dict[str, SourceShare]
    lang_status: dict[str, int] = Field(description="how the language was assigned → documents published")


class Output(Closed):
    """A file of the release; lang and source null where it is about several, rows where it has none."""

    path: str
    sha256: str
    bytes: int = Field(ge=0)
    rows: int | None = Field(default=None, ge=0)
    lang: str | None = None
    source: str | None = None


class Manifest(Blocks):
    """The whole record of a release; raises ValidationError where its own numbers disagree."""

    manifest_version: Literal[3] = MANIFEST_VERSION
    schema_version: int
    name: str
    version: str
    released: str | None = Field(
        default=None,
        description="date of the release: `released` of the corpus file, else of SOURCE_DATE_EPOCH; null: "
        "neither says one, and no clock is asked",
    )
    trial_limit: int | None = Field(
        default=None, description="of a trial: at most so many documents of each source were read"
    )
    code: Code
    environment: Environment | None = Field(
        default=None, description="what was installed; null before version 3"
    )
    config: dict[str, Any] = Field(description="as run")
    config_sha256: str
    sources: dict[str, ManifestSource]
    models: list[Model]
    thresholds: dict[str, list[Threshold]]
    languages: dict[str, ManifestLanguage]
    ledger: list[dict[str, str | int | None]]
    operations: list[Operation] = Field(
        default=[], description="what was done to documents, in order, with sizes before and after"
    )
    duplicates: Duplicates = Duplicates()
    losses: list[Loss] = Field(default=[], description="causes that took more than `max_loss` of the config")
    sites: SiteLosses = Field(default=SiteLosses(), description="sites that `losses` may name")
    reviews: dict[str, LanguageReview] = Field(
        default={}, description="target language → what speakers found in it; without those that nobody read"
    )
    outputs: list[Output] = Field(description="every file of the release but this one")
    merkle_root: str = Field(
        description="SHA-256 of the lines `<sha256>  <path>`, each with a newline, of outputs but README.md, "
        "in order of their bytes"
    )

    @model_validator(mode="after")
    def _check_numbers(self) -> "Manifest":
        problems = list(_disagreements(self))
        if problems:
            raise ValueError("the manifest contradicts itself: " + "; ".join(problems))
        return self

    def to_json(self) -> bytes:
        """Canonical bytes (RFC 8785), nothing behind them; their SHA-256 names the release.

        manifest_sha256 is the digest of everything else in them, for no file can list its own. Raises
        ValueError for an integer of 2^53 or more.
        """
        return _to_json(self.model_dump(mode="json"))

    @classmethod
    def from_json(cls, data: bytes) -> "Manifest":
        """A manifest of this version or an earlier one, in the fields of this one.

        Raises ValueError where the bytes are not those that were written, as far as they say so themselves.
        """
        earlier = read_earlier(data)
        if earlier is not None:
            return cls.model_validate(earlier | {"manifest_version": MANIFEST_VERSION})
        raw = from_canonical(data)
        if not isinstance(raw, dict):
            raise ValueError("it is no JSON object")
        recorded, actual = raw.pop(DIGEST, None), sha256(to_canonical(raw))
        if recorded != actual:
            raise ValueError(f"{DIGEST} is {recorded}, but what it lists has {actual}: it was edited")
        manifest = cls.model_validate(raw)
        # without the fields that were none yet when it was written
        if _to_json(manifest.model_dump(mode="json", exclude_unset=True)) != data:
            raise ValueError("it is not written as it was: its keys, numbers or white space were edited")
        return manifest

    def to_ledger(self) -> Ledger:
        return self._ledger

    @cached_property
    def _ledger(self) -> Ledger:
        return sum_rows(cast("list[Row]", self.ledger))

    @property
    def total(self) -> Amount:
        """Everything that the release publishes."""
        return add_amounts(self.languages.values())

    @property
    def table_format(self) -> str:
        """Ending of the names of all tables: arrow or parquet."""
        publish = self.config.get("publish")
        return str(publish.get("format", "arrow")) if isinstance(publish, Mapping) else "arrow"

    @property
    def about(self) -> About:
        """What people say of the release: `publish.about` of the corpus file."""
        publish = self.config.get("publish")
        written = publish.get("about") if isinstance(publish, Mapping) else None
        return About.model_validate(written or {})

    @property
    def published(self) -> dict[str, ManifestLanguage]:
        """The languages that the release has documents of."""
        return {lang: language for lang, language in self.languages.items() if language.documents}

    @property
    def licenses(self) -> dict[str, Amount]:
        """SPDX expression → what the release holds under it, in order of the expression."""
        return merge_licenses(source.licenses for source in self.sources.values())


def _to_json(fields: Mapping[str, Any]) -> bytes:
    try:
        written = {name: to_canonical(value) for name, value in fields.items()}
    except ValueError:
        to_canonical(fields)  # names the place from the top
        raise
    return _join({**written, DIGEST: to_canonical(sha256(_join(written)))})


def _join(written: Mapping[str, bytes]) -> bytes:
    """The canonical object of ASCII names and canonical values: two that differ in one are written once."""
    members = (to_canonical(name) + b":" + written[name] for name in sorted(written))
    return b"{" + b",".join(members) + b"}"


def config_digest(config: Mapping[str, Any]) -> str:
    """SHA-256 of the config as canonical JSON (RFC 8785)."""
    return sha256(to_canonical(dict(config)))


def merkle_root(outputs: Iterable[Output]) -> str:
    """One digest for all files but README.md: what `sha256sum FILE… | LC_ALL=C sort | sha256sum` prints."""
    contents = [output for output in outputs if output.path != README]
    lines = sorted(f"{output.sha256}  {output.path}\n".encode() for output in contents)
    return sha256(b"".join(lines))


def sha256(data: bytes) -> str:
    """In hexadecimal, as `sha256sum` prints it."""
    return hashlib.sha256(data).hexdigest()


def _disagreements(manifest: Manifest) -> Iterable[str]:
    ledger = manifest.to_ledger()
    if manifest.config_sha256 != config_digest(manifest.config):
        yield "config_sha256 is not the digest of config"
    if manifest.merkle_root != merkle_root(manifest.outputs):
        yield "merkle_root is not the digest of outputs"
    paths = [output.path for output in manifest.outputs]
    if len(set(paths)) < len(paths):
        yield f"outputs: {sorted({path for path in paths if paths.count(path) > 1})} more than once"
    yield from find_breaks(manifest.operations, ledger=ledger)
    for lang, documents in ledger.by("lang", "documents", "release", "kept").items():
        if documents and lang not in manifest.languages:
            yield f"the release holds {documents} documents of {lang!r}, which is not a target language"
    for lang, language in manifest.languages.items():
        data = [o for o in manifest.outputs if o.path.startswith("data/") and o.lang == lang]
        counts = {
            "ledger": ledger.total("documents", "release", "kept", lang=lang),
            "sources": sum(share.documents for share in language.sources.values()),
            "licenses": sum(a.documents for s in language.sources.values() for a in s.licenses.values()),
            "data files": sum(output.rows or 0 for output in data),
        }
        if language.lang_status:
            counts["lang_status"] = sum(language.lang_status.values())
        for where, documents in counts.items():
            if documents != language.documents:
                yield f"{lang}: {language.documents} documents, but {where} count {documents}"
        sizes = {
            "ledger": ledger.by("source", "bytes", "release", "kept", lang=lang),
            "sources": {source: share.bytes for source, share in language.sources.items()},
            "licenses": {uid: add_amounts(s.licenses.values()).bytes for uid, s in language.sources.items()},
        }
        for where, by_source in sizes.items():
            if sum(by_source.values()) != language.bytes:
                yield f"{lang}: {language.bytes} bytes, but {where} count {sum(by_source.values())}"
