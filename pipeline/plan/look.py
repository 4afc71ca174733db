"""A look into the sources before anything runs: first records of a few files against what is said of them.

A problem is what would lose a source as it stands, a warning what a person should see. Both name the
place in the corpus file and what would be right.
"""

import json
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import Any

import sources
from filters.language_id.labels import EQUIVALENT
from governance.cards import SourceCard
from governance.reasons import SKIPPED
from layers.problems import suggest
from layers.storage import InputFile
from pipeline.config.declared import is_targeted, suggest_tag
from pipeline.plan.listing import Sources
from sources.base import SourceSpec
from sources.reading.formats import describe_mistake
from sources.reading.keys import describe_cure, name_id
from sources.reading.language_tags import UNDETERMINED, canonical_tag
from sources.reading.mapping import LISTED_DEPTH
from sources.reading.paths import listed_prefix
from sources.reading.sample import Sample, choose_files, read_sample

_THREADS = 16
_MAX_TRIED = 20
"""Files of a source that are looked at before it is said that none of its records can be read."""


@dataclass
class Look:
    """What was seen."""

    samples: dict[str, list[Sample]] = field(default_factory=dict)
    """By source."""
    problems: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)

    def first_document(self, uid: str) -> dict[str, Any] | None:
        """A source's first document as it is mapped."""
        return next((sample.documents[0] for sample in self.samples.get(uid, ()) if sample.documents), None)


Finding = tuple[bool, str]
"""(whether it is a problem, `key: what is wrong and what would be right`), a key of the source."""


def look_into(listed: Sources, *, targets: Collection[str]) -> Look:
    """Read the first records of the first, a middle and the last file of every source that can be read."""
    look = Look()
    uids = sorted(listed.readable)
    with ThreadPoolExecutor(_THREADS) as pool:
        seen = pool.map(lambda uid: _look_at(uid, listed=listed, targets=targets), uids)
        for uid, (samples, findings) in zip(uids, seen, strict=True):
            look.samples[uid] = samples
            for is_problem, text in findings:
                (look.problems if is_problem else look.warnings).append(f"{listed.places[uid]}.{text}")
    return look


def check_extra(look: Look, *, names: Collection[str]) -> Iterator[str]:
    """A warning for each of measure.extra that no document seen has: its column would be null everywhere."""
    documents = [row for samples in look.samples.values() for sample in samples for row in sample.documents]
    found = sorted({name for row in documents if row["extra"] for name in json.loads(row["extra"])})
    for name in names:
        if documents and name not in found:
            hint = suggest(name, names=found) or "; give it in `fields.extra` of a source"
            yield f"$.measure.extra.{name}: no document among the first ones of any source has it{hint}"


def _look_at(uid: str, *, listed: Sources, targets: Collection[str]) -> tuple[list[Sample], list[Finding]]:
    spec, samples, files = listed.specs[uid], list[Sample](), listed.listings[uid].files
    chosen = choose_files(files)
    others = [] if _may_abort(spec) else choose_files(files, most=_MAX_TRIED)
    for file in [*chosen, *(each for each in others if each not in chosen)]:
        if len(samples) >= len(chosen) and any(sample.documents for sample in samples):
            break  # further files are for a source of which those chosen are all bad
        try:
            sample = read_sample(file, spec=spec)
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or error
            return samples, [(True, f"paths: {file.uri} cannot be read: {reason}")]
        sample.skipped = [row for row in sample.rejected if row["reason"] in SKIPPED]
        sample.rejected = [row for row in sample.rejected if row["reason"] not in SKIPPED]
        if len(samples) < len(chosen) or sample.documents:
            samples.append(sample)
    findings = [*_check_records(samples, spec=spec)]
    if not any(is_problem for is_problem, _ in findings):
        findings += _check_roles(samples, spec=spec)
        findings += _check_ids(samples, spec=spec)
        findings += _check_languages(samples, spec=spec, targets=targets)
        if uid in listed.cards:
            findings += _check_card(samples, spec=spec, card=listed.cards[uid])
    return samples, findings


def _may_abort(spec: SourceSpec) -> bool:
    """Whether reading a file that no child has read before could end this process."""
    return bool(getattr(sources.load(spec.type), "MAY_ABORT", False))


def _check_records(samples: Sequence[Sample], *, spec: SourceSpec) -> Iterator[Finding]:
    """Whether there are documents at all."""
    is_lost = not any(sample.documents for sample in samples)
    bad = [sample for sample in samples if sample.rejected]
    if is_lost and not bad:
        long = [sample for sample in samples if _is_first_too_long(sample)]
        why = f"; the first of {long[0].uri} is longer than {long[0].cut_bytes:,} bytes" if long else ""
        yield False, f"paths: no record was seen in the first files{why}"
    for sample in samples if not is_lost else ():
        if _is_first_too_long(sample):
            yield False, f"paths: the first record of {sample.uri} is longer than {sample.cut_bytes:,} bytes"
    for sample in bad[:1] if is_lost else bad:
        reason, count = Counter(row["reason"] for row in sample.rejected).most_common(1)[0]
        detail = next(row["detail"] for row in sample.rejected if row["reason"] == reason)
        mistake = describe_mistake(sample, spec=spec)
        missing = next((field for field in _mapped(spec) if _is_missing(field[1], sample)), None)
        if sample.documents:
            records = len(sample.rejected) + sample.compared_documents
            share = f"{len(sample.rejected)} of the first {records} records"
            yield False, f"paths: {share} of {sample.uri} cannot be read, {count} as {reason}: {detail}"
        elif mistake is not None:
            yield is_lost, f"paths: {sample.uri} {mistake}"
        elif missing is not None:
            role, name = missing
            yield is_lost, f"fields.{role}: {_name_fields(name, sample)}"
        else:
            key = "fields.text" if reason in ("missing_field", "wrong_type") else "paths"
            yield is_lost, f"{key}: no record of {sample.uri} can be read, {reason}: {detail}"


def _is_first_too_long(sample: Sample) -> bool:
    """Whether what was read of a file is not even one record, of a document or of what is none by design."""
    return sample.cut_bytes is not None and not (sample.documents or sample.rejected or sample.skipped)


def _mapped(spec: SourceSpec) -> list[tuple[str, str]]:
    """(role, field) of each field that is mapped."""
    several = (("id", spec.key_fields), ("lang", spec.tag_fields))
    return [*spec.fields.items(), *((role, name) for role, names in several for name in names)]


def _is_missing(name: str, sample: Sample) -> bool:
    names = {name, listed_prefix(name, depth=LISTED_DEPTH)}
    return bool(sample.fields) and names.isdisjoint(sample.fields)


def _name_fields(name: str, sample: Sample) -> str:
    near = suggest(name, names=sorted(sample.fields))
    if not near.startswith("; did"):
        listed = [f"{each} ({kind})" for each, kind in sample.fields.items()]
        near = f"; there are {', '.join(listed[:20])}{' …' if len(listed) > 20 else ''}"
    return f"{sample.uri} has no field {name!r}{near}"


def _check_roles(samples: Sequence[Sample], *, spec: SourceSpec) -> Iterator[Finding]:
    """Optional fields that no record has: in JSON they may be absent from any, and are null then."""
    having = [sample for sample in samples if sample.documents]
    for role, name in _mapped(spec):
        if role != "text" and having and all(_is_missing(name, sample) for sample in having):
            is_key = role == "id" and spec.key_fields
            lost = "it tells no two records apart" if is_key else f"every {role} is null"
            yield False, f"fields.{role}: {_name_fields(name, having[0])}; {lost}"
    for role, name in spec.extra.items():
        if having and all(_is_missing(name, sample) for sample in having):
            yield False, f"fields.extra.{role}: {_name_fields(name, having[0])}; no document has it"


def _check_ids(samples: Sequence[Sample], *, spec: SourceSpec) -> Iterator[Finding]:
    """Equal ids of records with different texts, which are then told apart by their texts."""
    if name_id(spec) is None:
        return
    texts: dict[str, tuple[str, str]] = {}
    elsewhere: dict[tuple[str, str], list[str]] = {}
    for sample in samples:
        own: dict[str, str] = {}
        repeated = []
        for row in sample.documents:
            key, text = row["record_id"], row["text"]
            if own.setdefault(key, text) != text:
                repeated.append(key)
            elif key in texts and texts[key][1] != text:
                elsewhere.setdefault((texts[key][0], sample.uri), []).append(key)
        texts = {key: (sample.uri, text) for key, text in own.items()} | texts
        if repeated:
            named = f"fields.id: {name_id(spec)} is the same in several records of {sample.uri}"
            yield (
                False,
                f"{named} ({', '.join(dict.fromkeys(repeated[:3]))}), {len(repeated)} of the first "
                f"{len(sample.documents)}, so they will be told apart by their texts; {describe_cure(spec)}",
            )
    for (one, other), keys in sorted(elsewhere.items()):
        yield (
            False,
            f"fields.id: {len(keys)} ids of {one} stand in {other} too, with other texts "
            f"({', '.join(keys[:3])}), so they will be told apart by their texts; {describe_cure(spec)}",
        )


def _check_languages(
    samples: Sequence[Sample], *, spec: SourceSpec, targets: Collection[str]
) -> Iterator[Finding]:
    """What the records themselves declare."""
    if "lang" not in spec.mapped:
        return
    declared = _declared(samples)
    total = declared.total()
    if declared[UNDETERMINED]:
        names = [] if spec.tag_fields else _undetermined_names(samples, spec=spec)
        if names:
            near = suggest_tag(names[0])
            yield (
                declared[UNDETERMINED] == total,
                f"fields.lang: {spec.fields['lang']!r} holds {', '.join(map(repr, names[:3]))}, which is no "
                f"BCP-47 language tag{near}; {declared[UNDETERMINED]} of {total} records are declared und",
            )
    foreign = {tag: n for tag, n in declared.items() if not is_targeted(tag, targets=targets)}
    if foreign:
        listed = ", ".join(f"{tag} ({n} of {total})" for tag, n in sorted(foreign.items()))
        yield False, f"fields.lang: declared is {listed}, which decide.languages does not have"


def _declared(samples: Sequence[Sample]) -> Counter[str]:
    tags = (row["lang_declared"] for sample in samples for row in sample.documents)
    return Counter(tag for tag in tags if tag is not None)


def _undetermined_names(samples: Sequence[Sample], *, spec: SourceSpec) -> list[str]:
    """Values of the language field that are no tag, as the first file with one has them."""
    sample = next(s for s in samples if any(row["lang_declared"] == UNDETERMINED for row in s.documents))
    fields: Mapping[str, str] = {"text": spec.fields["text"], "title": spec.fields["lang"]}
    verbatim = read_sample(InputFile(sample.uri, 0, ""), spec=replace(spec, fields=fields))
    names = dict.fromkeys(row["title"] for row in verbatim.documents if row["title"])
    return [name for name in names if canonical_tag(name) == UNDETERMINED != name.lower()]


def _check_card(samples: Sequence[Sample], *, spec: SourceSpec, card: SourceCard) -> Iterator[Finding]:
    """The languages of the card against those that the corpus file or the records declare."""
    said = {_language(language.tag) for language in card.languages}
    seen = {
        _language(tag): tag for tag in [spec.lang, *_declared(samples)] if tag not in (None, UNDETERMINED)
    }
    unsaid = sorted(tag for language, tag in seen.items() if language not in said)
    if not unsaid or said <= {UNDETERMINED}:
        return
    tags = ", ".join(language.tag for language in card.languages)
    is_problem = len(unsaid) == len(seen) and "lang" in spec.mapped
    yield (
        is_problem,
        f"card: the data declare {', '.join(unsaid)}, the card's languages are {tags}; add what it "
        "lacks, or take the right card",
    )


def _language(tag: str) -> str:
    tag = canonical_tag(tag)
    return EQUIVALENT.get(tag, tag).split("-")[0]
