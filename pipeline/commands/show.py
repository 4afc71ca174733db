"""What the commands print: plans, status, the table at the end of a run, the life of a document."""

import json
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.filesize import decimal as format_bytes
from rich.table import Table
from rich.text import Text

from layers import storage
from layers.plugins import Plugin
from pipeline.inspect.status import Watch
from pipeline.job import Job
from pipeline.plan.estimate import estimate
from pipeline.plan.make import Plan
from pipeline.stages.failures import read_failures

# a file or a pipe has no width: wide enough that no reason is cut
_console = Console(width=None if sys.stdout.isatty() else 140, highlight=False)
_DUPLICATES = ("duplicate_key", "url_duplicate", "exact_duplicate", "near_duplicate")


def print_plan(plan: Plan) -> None:
    """Stages, units, bytes, memory and disk."""
    job, needs = plan.job, estimate(plan)
    table = Table("source", "type", "files", "units", "bytes", title=job.title)
    for uid, spec in sorted(job.specs.items()):
        units = [item for item in plan.units if item.unit.source == uid]
        files = len({item.unit.uri for item in units})
        size = format_bytes(sum(item.size_bytes for item in units))
        table.add_row(uid, spec.type, str(files), str(len(units)), size)
    _console.print(table)
    print_plugins(job.plugins)
    parts = max(len(plan.units), needs.text_bytes // job.config.unit_bytes)
    stages = Table("stage", "tasks", "reads", "writes, estimated")
    stages.add_row(
        "ingest", str(len(plan.units)), format_bytes(plan.input_bytes), format_bytes(needs.disk_bytes["raw"])
    )
    count = [("count", "raw", "line_counts", f"≤ {parts}")] if job.counts_lines else []
    for stage, before, layer, tasks in (
        *count,
        ("measure", "raw", "measured", f"≈ {parts}"),
        ("decide", "measured", "decisions", "1"),
        ("publish", "measured", "release", f"≥ {len(job.config.decide.languages)}"),
    ):
        stages.add_row(
            stage, tasks, format_bytes(needs.disk_bytes[before]), format_bytes(needs.disk_bytes[layer])
        )
    _console.print(stages)
    free = "not known" if needs.free_bytes is None else format_bytes(needs.free_bytes)
    _console.print(
        f"text ≈ {format_bytes(needs.text_bytes)} in ≈ {needs.documents:,} documents; "
        f"disk ≈ {format_bytes(sum(needs.disk_bytes.values()))} (free: {free}); "
        f"memory ≈ {format_bytes(needs.worker_bytes)} per worker, "
        f"≈ {format_bytes(needs.decide_bytes)} for decide"
    )
    _console.print(f"layers and release go to {job.output}")


def print_plugins(plugins: Sequence[Plugin]) -> None:
    """Whose code runs, beside this project's: each plugin, its modules and its digest."""
    if not plugins:
        return
    title = "code of plugins, which runs in this process and in every worker, with your rights"
    table = Table("plugin", "modules", "SHA-256 of its files", title=title)
    for plugin in plugins:
        modules = ", ".join(f"{kind}/{name}" for kind, name in plugin.modules)
        table.add_row(Text(str(plugin)), Text(modules), plugin.digest)
    _console.print(table)


def print_status(plan: Plan) -> None:
    """Units done and missing per stage; failures of the last attempt; the release."""
    table = Table("stage", "done", "of", "documents", "missing, first")
    for name, status in Watch(plan).update().items():
        total = "not known yet" if status.total is None else str(status.total)
        first = str(status.missing[0]) if status.missing else ""
        table.add_row(name, str(len(status.done)), total, f"{status.documents:,}", first)
    _console.print(table)
    for failure in read_failures(plan.job):
        line = f"failed: {failure.stage}: {failure.task}: {failure.message}"
        _console.print(line, markup=False, soft_wrap=True)
    manifest = storage.join(plan.job.release, "manifest.json")
    _console.print(f"release: {plan.job.release}" if storage.exists(manifest) else "release: none yet")


def print_release(job: Job) -> None:
    """The table per language: read, kept, dropped by its main reasons, duplicates, bytes."""
    manifest = json.loads(storage.read_bytes(storage.join(job.release, "manifest.json")))
    _console.print(language_table(manifest["ledger"], targets=job.config.decide.languages))
    rejected = Counter[str]()
    for row in manifest["ledger"]:
        if row["layer"] == "raw" and row["flow"] == "dropped":
            rejected[f"{row['source']}: {row['reason']}"] += row["documents"] or 1
    if rejected:
        listed = ", ".join(f"{what} {n}" for what, n in sorted(rejected.items()))
        _console.print(f"records that could not be read: {listed}", markup=False, soft_wrap=True)
    _console.print(f"release: {job.release}", markup=False, soft_wrap=True)


def print_stored_job(job: Job) -> None:
    """What to do with a job that was stored and not run."""
    _console.print(
        f"the job is stored, nothing has run yet; it will write to {job.output}. It reads the units that "
        "were listed now: store it again when inputs change.",
        markup=False,
        soft_wrap=True,
    )


def print_lines(rows: Sequence[Mapping[str, Any]]) -> None:
    """Removed lines: how often, from how many documents, how many bytes, and what they said."""
    table = Table("lines", "documents", "bytes", "source", "line")
    for row in rows:
        numbers = (f"{row['lines']:,}", f"{row['documents']:,}", format_bytes(row["bytes"]))
        table.add_row(*numbers, row["source"], Text(row["example"]))
    _console.print(table)


def language_table(ledger: Sequence[Mapping[str, Any]], *, targets: Sequence[str]) -> Table:
    """Ledger rows → a printable table with a line per target language, and one for the rest."""
    read, kept, size = Counter[str](), Counter[str](), Counter[str]()
    dropped: dict[str, Counter[str]] = {}
    for row in ledger:
        if row["layer"] != "decisions":
            continue
        lang = row["lang"] if row["lang"] in targets else "(other)"
        documents = row["documents"] or 0
        if row["flow"] == "read":
            read[lang] += documents
        elif row["flow"] == "kept":
            kept[lang] += documents
            size[lang] += row["bytes"]
        elif row["flow"] == "dropped":
            dropped.setdefault(lang, Counter())[row["reason"]] += documents
    table = Table("language", "read", "kept", "duplicates", "dropped, main reasons", "kept text")
    for column in (1, 2, 3, 5):
        table.columns[column].justify = "right"
    table.columns[4].overflow = "fold"
    for lang in [*sorted(targets), "(other)"]:
        reasons = dropped.get(lang, Counter())
        duplicates = sum(reasons[name] for name in _DUPLICATES)
        main = [(reason, n) for reason, n in reasons.most_common() if reason not in _DUPLICATES][:3]
        listed = "\n".join(f"{n:>5} {reason}" for reason, n in main)
        table.add_row(
            lang, str(read[lang]), str(kept[lang]), str(duplicates), listed, format_bytes(size[lang])
        )
    table.add_section()
    table.add_row("all", str(read.total()), str(kept.total()), "", "", format_bytes(size.total()))
    return table


def print_lives(lives: Sequence[Mapping[str, Any]]) -> None:
    """The life of a document, top to bottom."""
    for life in lives:
        _console.rule(life["doc_id"])
        for label, line in describe_life(life):
            _console.print(f"{label:<10}{line}", markup=False, soft_wrap=True)


def describe_life(life: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """(label, line) pairs of what `explain` found."""
    source, origin, changes = life["source"], life["origin"], life["changes"]
    yield "source", f"{source['uid']}: {source['name']}; licence {source['license']} ({source['evidence']})"
    place = f"{origin['file']} at {origin['offset']}, {origin['length']} bytes"
    yield "origin", f"{place}; key {origin['record_id']}"
    yield "", f"url {origin['url']}; date {origin['date']}; title {origin['title']}"
    yield "", f"sha256 of the raw record {origin['raw_sha256']}"
    edits = ", ".join(changes["edits"]) or "none changed it"
    yield "edits", f"{edits}: {changes['bytes_before']} → {changes['bytes_after']} bytes"
    language = life["language"]
    measured = f"{language['lang_status']}, score {language['lang_score']}, script {language['script']}"
    yield "language", f"{language['lang']} ({measured}); declared {origin['lang_declared']}"
    parts = [f"{part['lang']} {part['share']:.0%}" for part in language["lang_segments"]]
    yield "", f"segments {', '.join(parts) or 'none'}"
    candidates = [f"{found['lang']} {found['score']:.3f}" for found in language["lang_candidates"]]
    yield "", f"candidates {', '.join(candidates) or 'none'}"
    for rule in life["rules"]:
        value = "null" if rule["value"] is None else f"{rule['value']:.4g}"
        low, high = ("" if rule[side] is None else rule[side] for side in ("min", "max"))
        yield (
            "rule",
            f"{rule['verdict']:<13} {rule['signal']} = {value} in [{low}, {high}] ({rule['origin']})",
        )
    decision = life["decision"]
    if decision is None:
        yield "decision", "none yet"
    else:
        yield "decision", "kept" if decision["keep"] else f"dropped: {', '.join(decision['reasons'])}"
        cluster = f"{decision['cluster_id']} of {decision['cluster_size']} document(s)"
        yield "cluster", f"{cluster}; kept {decision['kept_doc_id']} of {decision['kept_source']}"
        if decision["duplicate_method"]:
            similarity = decision["kept_similarity"]
            known = "not known" if similarity is None else f"≈ {similarity:.2f}"
            yield "", f"found by {decision['duplicate_method']}; similarity to the kept document {known}"
        if decision["twin_sources"]:
            yield "", f"twins in {', '.join(decision['twin_sources'])}"
    yield "release", life["release"]["shard"] if life["release"] else "not in it"
    yield "text", life["text"]


def print_dropped(row: Mapping[str, Any]) -> None:
    """One dropped record or document."""
    name = row.get("doc_id") or f"{row['container']} at {row['offset']}"
    _console.rule(f"{row['stage']}: {row['reason']}")
    _console.print(f"{row['source']}: {name}", markup=False, soft_wrap=True)
    for key in ("lang", "record_id", "url", "detail", "reasons", "kept_doc_id", "text"):
        if row.get(key):
            _console.print(f"{key:<12} {row[key]}", markup=False, soft_wrap=True)


def print_calibration(report: Mapping[str, Any]) -> None:
    """What each limit removes of a language's documents, and what the guards say."""
    of = report["sampled"]
    table = Table(
        "limit",
        "value",
        "origin",
        "alone",
        "only it",
        "in sequence",
        "guard",
        title=f"{report['lang']}, {of:,}",
    )
    verdicts = {
        (signal["signal"], side): verdict["message"]
        for signal in report["signals"]
        for side, verdict in signal["verdicts"].items()
    }
    for limit in report["limits"]:
        shares = [f"{limit[name] / of:.2%}" for name in ("alone", "only", "in_sequence")]
        guard = verdicts[limit["signal"], limit["side"]]
        table.add_row(limit["reason"], f"{limit['limit']:g}", limit["origin"], *shares, guard)
    _console.print(table)
    _console.print(f"all limits together remove {report['removed'] / of:.2%} of {of:,} documents")


def print_fairness(report: Mapping[str, Any]) -> None:
    """Per limit the median language and the highest, and which languages are far off."""
    table = Table("limit", "languages", "median language", "highest", "far off", title=report["corpus"])
    for limit in report["limits"]:
        off = [each["lang"] for each in report["flagged"] if each["reason"] == limit["reason"]]
        highest = f"{limit['highest']} {limit['highest_share']:.1%}"
        table.add_row(
            limit["reason"], str(limit["languages"]), f"{limit['median']:.2%}", highest, " ".join(off) or "–"
        )
    _console.print(table)
    small = [row["lang"] for row in report["languages"] if not row["compared"]]
    if small:
        _console.print(f"fewer than {report['min_documents']} documents, not compared: {' '.join(small)}")
