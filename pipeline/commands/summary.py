"""What a run prints at its end, in 80 columns: warnings, then languages, sources and reasons."""

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from governance.ledger import DUPLICATE_REASONS, Ledger, sum_rows
from governance.licences import conflicts
from governance.losses import MIN_DOCUMENTS, Loss
from governance.reasons import NO_FAULTS
from governance.visible import visible_line
from layers import storage
from layers.entries import Entry
from pipeline.job import Job
from pipeline.plan.make import Plan
from pipeline.stages.publish.classes import class_jobs
from pipeline.terminal.numbers import format_bytes
from pipeline.terminal.tables import (
    MAX_COLUMNS,
    Table,
    make_console,
    make_narrow_table,
    print_table,
    print_text,
)
from sources.reading.keys import describe_cure

MAX_NULL_SHARE = 0.1
"""Of a mapped field, inclusive, before it is warned about."""


@dataclass(frozen=True)
class _Amounts:
    """A row of a table."""

    name: str
    read: int
    kept: int
    duplicates: int
    reasons: Counter[str]
    bytes_kept: int

    @property
    def lost(self) -> int:
        return self.read - self.kept


def print_release(plan: Plan) -> None:
    """Warnings, the languages that occur, the sources, and where the release is."""
    job = plan.job
    urls = [each.release for each in class_jobs(job)]
    manifests = [json.loads(storage.read_bytes(storage.join(url, "manifest.json"))) for url in urls]
    raw = job.raw.entries()
    ledger = count_tails(_join_ledgers(manifests), raw=raw)
    sources = [*_sources(ledger)]
    languages = [*_with_unread(_languages(ledger, targets=job.config.decide.languages), sources=sources)]
    console = make_console(columns=MAX_COLUMNS)
    warnings = [
        warning
        for manifest in manifests
        for warning in list_warnings(
            count_tails(sum_rows(manifest["ledger"]), raw=raw), job=job, raw=raw, manifest=manifest
        )
    ]
    for warning in dict.fromkeys(warnings):  # a source may be in the releases of several classes
        print_text(f"warning: {visible_line(warning)}", console=console)
    for table in (
        _make_table("language", rows=languages),
        _make_table("source", rows=sources),
        _make_reason_table(ledger),
    ):
        print_table(table, console=console)
        print_text("", console=console)
    for url in urls:
        print_text(f"release: {visible_line(url)}", console=console)


def _join_ledgers(manifests: Sequence[Mapping[str, Any]]) -> Ledger:
    """What the layers counted of each source, once, though it may be in the releases of several classes."""
    rows, told = [], set[str]()
    for manifest in manifests:
        rows += [row for row in manifest["ledger"] if row["source"] not in told]
        told |= {*manifest["sources"]}
    return sum_rows(rows)


def count_tails(ledger: Ledger, *, raw: Sequence[Entry]) -> Ledger:
    """The same, where each unreadable tail is one record that was read: a manifest does not say how many."""
    tails = Counter[tuple[str, str]]()
    for entry in raw:
        tails.update(
            {(entry.unit.source, reason): n for reason, n in entry.facts["unreadable_tails"].items()}
        )
    rows = [row for row in ledger.lines if row["documents"] is not None]
    for row in ledger.unknown_tails():
        counted = tails[row["source"], row["reason"]]
        rows.append({**row, "documents": counted})
        rows.append({**row, "documents": counted, "flow": "read", "reason": "", "bytes": 0})
    return sum_rows(rows)


def list_warnings(
    ledger: Ledger, *, job: Job, raw: Sequence[Entry], manifest: Mapping[str, Any]
) -> Iterator[str]:
    """What somebody should look at before using the release, a line each."""
    yield from _null_warnings(raw, job=job)
    for uid, all_reasons in _rejected(ledger).items():
        reasons = Counter({reason: n for reason, n in all_reasons.items() if reason not in NO_FAULTS})
        if not reasons:
            continue
        listed = ", ".join(f"{reason} {n:,}" for reason, n in reasons.most_common())
        yield f"{uid}: records that could not be read: {listed}"
    for uid, source in manifest["sources"].items():
        for role, lost in source["lost_values"].items():
            if name := role.partition("measure.extra.")[2]:
                declared = job.config.measure.extra[name]
                yield f"{uid}: extra.{name} is not of type {declared} in {lost:,} documents, and null there"
        if shared := source["shared_keys"]["keys"]:
            named = source["shared_keys"]["examples"]
            listed = ", ".join([*named, *(["…"] if shared > len(named) else [])])
            yield (
                f"{uid}: {shared:,} id(s) stand for different texts ({listed}), in "
                f"{source['shared_keys']['documents']:,} documents, which are told apart by their texts; "
                f"{describe_cure(job.specs[uid])}"
            )
    if missing := [*job.config.publish.about.missing()]:
        yield f"README.md cannot say {', '.join(missing)}: write them under publish.about of the corpus file"
    if manifest.get("release_class") is None:
        yield from _class_warnings(manifest)
    losses = [Loss(**loss) for loss in manifest["losses"]]
    yield from map(str, losses)
    named = len({loss.name for loss in losses if loss.kind == "site"})
    if (losing := manifest["sites"]["losing"]) > named:
        yield f"{losing - named:,} more sites lost more than {job.config.max_loss:.0%} to one cause"
    told = {(loss.kind, loss.name) for loss in losses}
    rows = [("source", row, 1) for row in _sources(ledger)]
    rows += [
        ("language", row, MIN_DOCUMENTS)
        for row in _languages(ledger, targets=job.config.decide.languages)
        if row.name in job.config.decide.languages
    ]
    for kind, row, least in rows:
        if (kind, row.name) in told:
            continue
        if row.read >= least and row.lost > job.config.max_loss * row.read:
            ((reason, n),) = row.reasons.most_common(1)
            share = f"{row.lost / row.read:.0%} of {row.read:,} documents"
            yield f"{row.name}: lost {share}; the most frequent reason is {reason} ({n:,})"


def _class_warnings(manifest: Mapping[str, Any]) -> Iterator[str]:
    """Licences and tiers in one release that should not stand in one."""
    mixed = conflicts(
        (license, source["access_tier"] or "open")
        for source in manifest["sources"].values()
        for license, amount in source["licenses"].items()
        if amount["documents"]
    )
    if mixed:
        listed = "; ".join(
            f"{name}: {', '.join(sorted({license for license, _ in pairs}))}" for name, pairs in mixed.items()
        )
        yield f"classes in one release whose terms conflict ({listed}); publish.split: class parts them"


def _null_warnings(raw: Sequence[Entry], *, job: Job) -> Iterator[str]:
    """Mapped fields that are empty in too many documents."""
    documents, nulls = Counter[str](), Counter[tuple[str, str]]()
    for entry in raw:
        uid = entry.unit.source
        documents[uid] += sum(part["rows"] for part in entry.facts["parts"])
        nulls.update({(uid, role): n for role, n in entry.facts.get("nulls", {}).items()})
    for (uid, role), n in sorted(nulls.items()):
        if n > MAX_NULL_SHARE * documents[uid]:
            field = job.specs[uid].mapped[role]
            yield f"{uid}: {role} (field {field}) is empty in {n / documents[uid]:.0%} of the documents"


def _rejected(ledger: Ledger) -> dict[str, Counter[str]]:
    """Source → reasons of records that could not be read."""
    rejected: dict[str, Counter[str]] = {}
    for row in ledger.select("raw", "dropped"):
        rejected.setdefault(row["source"], Counter())[row["reason"]] += row["documents"] or 0
    return rejected


def _languages(ledger: Ledger, *, targets: Sequence[str]) -> Iterator[_Amounts]:
    """Languages that occur, targets by name and the others together."""
    yield from _group(ledger, column="lang", names={tag: tag for tag in targets}, other="(other)")


def _with_unread(languages: Iterator[_Amounts], *, sources: Sequence[_Amounts]) -> Iterator[_Amounts]:
    """Languages, and what ended before it had one: both tables then have the same sums."""
    unread = Counter[str]()
    for source in sources:
        unread += source.reasons
    for row in languages:
        unread -= row.reasons
        yield row
    if unread:
        yield _Amounts("(not read)", unread.total(), 0, 0, unread, 0)


def _sources(ledger: Ledger) -> Iterator[_Amounts]:
    """Sources; what was read of them counts records that could not be read, too."""
    rejected = _rejected(ledger)
    rows = {row.name: row for row in _group(ledger, column="source", names={}, other=None)}
    for uid in ledger.sources:
        row = rows.get(uid, _Amounts(uid, 0, 0, 0, Counter(), 0))
        reasons = row.reasons + rejected.get(uid, Counter())
        errors = ledger.by("reason", "documents", "measured", "dropped", source=uid)
        read = ledger.total("documents", "raw", "read", source=uid)
        yield _Amounts(uid, read, row.kept, row.duplicates, reasons + Counter(errors), row.bytes_kept)


def _group(ledger: Ledger, *, column: str, names: Mapping[str, str], other: str | None) -> Iterator[_Amounts]:
    """What decide counted, by a column of the ledger; values without a name count as other."""
    rows: dict[str, dict[str, Any]] = {}
    for line in ledger.select("decisions", "read", "kept", "dropped"):
        value = str(dict(line)[column])
        name = names.get(value, value if other is None else other)
        row = rows.setdefault(name, {"read": 0, "kept": 0, "bytes": 0, "reasons": Counter()})
        documents = line["documents"] or 0
        if line["flow"] == "dropped":
            row["reasons"][line["reason"]] += documents
        else:
            row[line["flow"]] += documents
            row["bytes"] += line["bytes"] if line["flow"] == "kept" else 0
    for name in sorted(rows, key=lambda name: (name == other, name)):
        row = rows[name]
        duplicates = sum(n for reason, n in row["reasons"].items() if reason in DUPLICATE_REASONS)
        yield _Amounts(name, row["read"], row["kept"], duplicates, row["reasons"], row["bytes"])


def _make_table(what: str, *, rows: Sequence[_Amounts]) -> Table:
    table = make_narrow_table()
    table.add_column(what, overflow="fold")
    for name in ("read", "kept", "duplicates", "dropped otherwise", "kept text"):
        table.add_column(name, justify="right", no_wrap=True)
    total = _Amounts(
        "all",
        read=sum(row.read for row in rows),
        kept=sum(row.kept for row in rows),
        duplicates=sum(row.duplicates for row in rows),
        reasons=sum((row.reasons for row in rows), Counter()),
        bytes_kept=sum(row.bytes_kept for row in rows),
    )
    for row in (*rows, total):
        others = row.reasons.total() - row.duplicates
        numbers = (f"{n:,}" for n in (row.read, row.kept, row.duplicates, others))
        table.add_row(visible_line(row.name), *numbers, format_bytes(row.bytes_kept))
    return table


def _make_reason_table(ledger: Ledger) -> Table:
    """Why records and documents were dropped, the first reason of each, and where most of them came from."""
    table = make_narrow_table()
    table.add_column("dropped because", overflow="fold")
    table.add_column("documents", justify="right", no_wrap=True)
    table.add_column("most in", overflow="fold")
    sources: dict[str, Counter[str]] = {}
    for source in _sources(ledger):
        for reason, n in source.reasons.items():
            sources.setdefault(reason, Counter())[source.name] += n
    for reason in sorted(sources, key=lambda reason: (-sources[reason].total(), reason)):
        ((most, _),) = sources[reason].most_common(1)
        table.add_row(visible_line(reason), f"{sources[reason].total():,}", visible_line(most))
    return table
