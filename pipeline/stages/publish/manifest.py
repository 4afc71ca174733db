"""What goes into the manifest of a release, from the entries of its stages."""

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from importlib.metadata import version as installed_version
from itertools import chain
from typing import Any

from filters.language_id import describe, hub, model_digest
from filters.rules import SET_BY_PEOPLE, Rule
from governance.amounts import Amount, merge_licenses
from governance.duplicates import Duplicates
from governance.losses import SiteCounts, find_losses
from governance.make_manifest import make_manifest
from governance.manifest import Code, Input, Manifest, Model, Output, SharedKeys, Threshold
from governance.operations import EditCount
from governance.reviews import choose
from governance.run_facts import LanguageFacts, ReleaseFacts, RunFacts, SourceFacts
from layers import storage
from layers.document import SCHEMA_VERSION
from layers.entries import Entry
from layers.index import LayerIndex
from layers.shards import FileRecord
from pipeline.job import Job
from pipeline.stages.count import removal
from pipeline.stages.decide.rules import rules_for
from pipeline.stages.decide.twins import sum_facts
from pipeline.stages.decide.write import MAX_NAMED_KEYS
from pipeline.stages.measure.measurer import Measurer
from pipeline.stages.publish.blocks import Finished, build_blocks
from pipeline.stages.publish.cut import Indexes
from pipeline.stages.publish.environment import describe_environment
from pipeline.stages.publish.masking import find_telling_inputs

CONTENT_VERSION = 15
"""Of everything in a release that is no shard: manifest, ledger, cards, pages."""


_MAX_KEY_CHARS = 200
"""Of a source's key where it is an example."""


def code_version() -> Code:
    """What makes releases here: only pages that the same code made can be compared with its own."""
    return Code(name="rhizotron", version=installed_version("rhizotron"), content_version=CONTENT_VERSION)


def build_manifest(
    finished: Finished, *, dropped: Sequence[FileRecord], sites: SiteCounts, job: Job
) -> Manifest:
    """The manifest of a release from the entries of its layers and shards, and its cards.

    sites: what became of the documents of each. The manifest lists the shards and the rows of the ledger;
    pages, which are computed from it, are added later.
    """
    max_loss, targets = job.config.max_loss, job.config.decide.languages
    lost_sites, site_losses = sites.find_losses(max_share=max_loss)
    losses = find_losses(finished.balanced, max_share=max_loss, languages=targets)
    return make_manifest(
        finished.balanced,
        run=RunFacts(
            name=job.release_name,
            version=job.config.version,
            schema_version=SCHEMA_VERSION,
            code=code_version(),
            config=released_config(job),
            models=[_language_model(job)],
            released=job.released,
            environment=describe_environment(),
            trial_limit=job.limit,
        ),
        sources=_source_facts(finished, job=job),
        languages=_language_facts(finished, job=job),
        release=ReleaseFacts(
            outputs=_outputs(finished.published, dropped=dropped),
            duplicates=_duplicates(finished.decided.entries(), job=job),
            losses=[*losses, *lost_sites],
            sites=site_losses,
            edits=_edits(finished.measured.entries()),
            edit_order=_edit_order(job),
            blocks=build_blocks(finished, job=job),
        ),
    )


def _source_facts(finished: Finished, *, job: Job) -> dict[str, SourceFacts]:
    raw, measured = finished.raw, finished.measured
    indexes = Indexes(measured, finished.decided)
    telling = find_telling_inputs(indexes, published=finished.published, job=job)
    inputs = _inputs(raw.entries(), telling=telling, job=job)
    lost_values = _lost_values(chain(raw.entries(), measured.entries()))
    shared_keys = _shared_keys(finished.decided, measured=measured)
    return {
        uid: SourceFacts(
            card,
            type=job.specs[uid].type,
            inputs=inputs[uid],
            edits=_edits_of(uid, job=job),
            skipped=job.skipped.get(uid, {}),
            lost_values=lost_values.get(uid, {}),
            shared_keys=shared_keys.get(uid, SharedKeys()),
        )
        for uid, card in finished.source_cards.items()
    }


def _language_facts(finished: Finished, *, job: Job) -> dict[str, LanguageFacts]:
    targets = job.config.decide.languages
    licenses, statuses = _published_facts(finished.published)
    reviews = choose(
        {lang: found for lang, found in job.reviews.items() if lang in targets},
        decisions=finished.decided.key,
    )
    facts = {}
    for lang in targets:
        rules = rules_for(lang, job=job)
        facts[lang] = LanguageFacts(
            thresholds=[_threshold(own) for rule in rules for own in rule.by_origin],
            has_quality_thresholds=any(cut.origin in SET_BY_PEOPLE for rule in rules for cut in rule.cuts),
            licenses={source: mix for (tag, source), mix in licenses.items() if tag == lang},
            lang_status=statuses.get(lang, {}),
            review=reviews.get(lang),
        )
    return facts


def _outputs(published: Sequence[Entry], *, dropped: Sequence[FileRecord]) -> list[Output]:
    """The shards with their sidecars, and the rows of the ledger."""
    shards = [
        Output(**_listed(record), lang=entry.unit.uri, source=entry.unit.source)
        for entry in published
        for record in entry.files.values()
    ]
    return [*shards, *(Output(**_listed(record)) for record in dropped)]


def _listed(record: FileRecord) -> dict[str, Any]:
    return {"path": record.path, "sha256": record.sha256, "bytes": record.bytes, "rows": record.rows}


def _duplicates(entries: Iterable[Entry], *, job: Job) -> Duplicates:
    facts = sum_facts((entry.unit.source, entry.facts["duplicates"]) for entry in entries)
    if job.release_class:
        del facts["cluster_sizes"]  # the documents of a cluster are in several releases
    return Duplicates(near_threshold=job.config.decide.min_similarity, **facts)


def _published_facts(
    entries: Sequence[Entry],
) -> tuple[dict[tuple[str, str], dict[str, Amount]], dict[str, Counter[str]]]:
    """((language, source) → licence → amount, language → language status → documents) of all shards."""
    mixes: dict[tuple[str, str], list[dict[str, Amount]]] = {}
    statuses: dict[str, Counter[str]] = {}
    for entry in entries:
        lang, source = entry.unit.uri, entry.unit.source
        mix = {license: Amount(**amount) for license, amount in entry.facts["licenses"].items()}
        mixes.setdefault((lang, source), []).append(mix)
        statuses.setdefault(lang, Counter()).update(entry.facts["lang_status"])
    return {pair: merge_licenses(listed) for pair, listed in mixes.items()}, statuses


def _lost_values(entries: Iterable[Entry]) -> dict[str, Counter[str]]:
    """Source → role → values that became null while they were read, or are of another type than declared."""
    lost: dict[str, Counter[str]] = {}
    for entry in entries:
        lost.setdefault(entry.unit.source, Counter()).update(entry.facts.get("lost_values", {}))
    return lost


def _shared_keys(decided: LayerIndex, *, measured: LayerIndex) -> dict[str, SharedKeys]:
    """Source → its keys of several texts, the first of them by name."""
    counts: dict[str, Counter[str]] = {}
    named: dict[str, list[str]] = {}
    for entry, whole in zip(decided.entries(), measured.entries(), strict=True):
        shared, uid = entry.facts["shared_keys"], entry.unit.source
        if not shared["documents"]:
            continue
        counts.setdefault(uid, Counter()).update({name: shared[name] for name in ("keys", "documents")})
        names = named.setdefault(uid, [])
        for row in shared["rows"][: MAX_NAMED_KEYS - len(names)]:
            place = measured.layer.row(whole, "text", row, columns=["record_id"])
            names.append(place["record_id"][0].as_py()[:_MAX_KEY_CHARS])
    return {uid: SharedKeys(**count, examples=named[uid]) for uid, count in counts.items()}


def _edits(entries: Iterable[Entry]) -> list[EditCount]:
    """What each edit changed, per source and assigned language."""
    documents, sizes = Counter[tuple[str, str, str]](), Counter[tuple[str, str, str]]()
    for entry in entries:
        for row in entry.facts["edits"]:
            key = (entry.unit.source, row["lang"], row["edit"])
            documents[key] += row["documents"]
            sizes[key] += row["bytes"]
    return [EditCount(*key, documents=n, bytes=sizes[key]) for key, n in sorted(documents.items())]


def _edits_of(source: str, *, job: Job) -> list[str]:
    """The edits of a source in order; repeated lines go first."""
    lines = [removal.EDIT] if job.line_rule(source) else []
    return [*lines, *Measurer.from_job(job, source=source).edits]


def _edit_order(job: Job) -> list[str]:
    """Every edit once: repeated lines, then those of the corpus file, then those of single sources."""
    own = (name for uid in job.specs for name in _edits_of(uid, job=job))
    return [*dict.fromkeys((removal.EDIT, *job.config.measure.edits, *own))]


def _inputs(
    entries: Iterable[Entry], *, telling: Collection[tuple[str, str]], job: Job
) -> dict[str, list[Input]]:
    """Every file that was read, once, lists of paths among them; of one that was read in slices of bytes each
    slice, with its digest.

    Files whose digest would tell what is masked in them have none.
    """
    inputs: dict[str, list[Input]] = {
        uid: [
            Input(uri=each["uri"], bytes=each["bytes"], sha256=each["sha256"])
            for each in job.path_lists.get(uid, ())
        ]
        for uid in job.specs
    }
    for entry in entries:
        is_slice = entry.unit.start > 0
        for file in entry.facts["inputs"]:
            if "sha256" in file or not is_slice:
                digest = {name: file.get(name) for name in ("sha256", "stop")}
                if (entry.unit.source, file["uri"]) in telling:
                    digest["sha256"] = None
                start = file.get("start", 0)
                inputs[entry.unit.source].append(
                    Input(uri=file["uri"], bytes=file["bytes"], start=start, **digest)
                )
    return inputs


def _language_model(job: Job) -> Model:
    model = job.config.measure.language_id.model
    published = hub.parse(model).description if hub.is_hub_id(model) else None
    return Model(
        name=_portable_name(model),
        sha256=model_digest(model),
        license=published.license if published else describe(model).license,
        used_for="language identification",
    )


def _portable_name(model: str) -> str:
    """An id of the Hub as it is, of a path the last part: where it lies is no part of a release."""
    return model if hub.is_hub_id(model) else storage.name_of(model)


def _threshold(rule: Rule) -> Threshold:
    return Threshold(
        signal=rule.signal,
        min=rule.min,
        max=rule.max,
        origin=rule.origin,
        note=rule.note,
        min_words=rule.min_words,
    )


def released_config(job: Job) -> dict[str, object]:
    """The config that the release's bytes depend on: neither where it lies nor who ran it."""
    config = job.config.model_dump(mode="json")
    for name in ("output", "cards", "local", "reviews", "removals"):
        del config[name]
    del config["decide"]["clustering"]
    del config["plugins"]
    if job.plugins:
        config["plugins"] = [
            {"name": storage.name_of(plugin.name), "sha256": plugin.digest} for plugin in job.plugins
        ]
    del config["language_files"]
    if job.languages:
        config["language_files"] = [{"tag": file.tag, "sha256": file.sha256} for file in job.languages]
    language_id = config["measure"]["language_id"]
    language_id["model"] = _portable_name(language_id["model"])
    language_id["labels"] = language_id["labels"] and storage.name_of(language_id["labels"])
    for source in config["sources"]:
        del source["root"]
        if source["card"] in job.path_lists:
            source["path_lists"] = [dict(each) for each in job.path_lists[source["card"]]]
    for each in config["url_lists"]:
        del each["paths"]
        each["sha256"] = job.url_lists[each["name"]].sha256
    return config | {"limit": job.limit}
