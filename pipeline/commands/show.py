"""What the commands print: plans, status, the life of a document, limits; summary.py has the end of a run."""

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from governance.visible import visible_line
from layers import storage
from layers.plugins import Plugin
from layers.stages import Stage
from pipeline.inspect.status import Watch
from pipeline.job import Job
from pipeline.plan.estimate import estimate
from pipeline.plan.make import Plan
from pipeline.stages.failures import read_failures
from pipeline.stages.publish.classes import class_jobs
from pipeline.terminal.numbers import format_bytes
from pipeline.terminal.tables import Table, print_rule, print_table, print_text

if TYPE_CHECKING:
    from pipeline.inspect.rebuild import Rebuilt


def print_plan(plan: Plan) -> None:
    """Stages, units, bytes, memory and disk."""
    job, needs = plan.job, estimate(plan)
    table = Table("source", "type", "files", "units", "bytes", title=job.title)
    for uid, spec in sorted(job.specs.items()):
        units = [item for item in plan.units if item.unit.source == uid]
        files = len({file.uri for item in units for file in item.files})
        size = format_bytes(sum(item.size_bytes for item in units))
        table.add_row(uid, spec.type, str(files), str(len(units)), size)
    print_table(table)
    print_plugins(job.plugins)
    stages = Table("stage", "tasks", "reads", "writes, estimated")
    for stage in job.stages:
        read = sum(needs.disk_bytes.get(name, 0) for name in stage.reads) if stage.reads else plan.input_bytes
        written = sum(needs.disk_bytes.get(layer.name, 0) for layer in stage.writes)
        stages.add_row(stage.name, _tasks(stage, plan=plan), format_bytes(read), format_bytes(written))
    print_table(stages)
    free = "not known" if needs.free_bytes is None else format_bytes(needs.free_bytes)
    print_text(
        f"text ≈ {format_bytes(needs.text_bytes)} in ≈ {needs.documents:,} documents; "
        f"disk ≈ {format_bytes(sum(needs.disk_bytes.values()))} (free: {free}); "
        f"memory ≈ {format_bytes(needs.worker_bytes)} per worker, "
        f"≈ {format_bytes(needs.decide_bytes)} for decide"
    )
    print_text(f"layers and release go to {job.output}")


def _tasks(stage: Stage, *, plan: Plan) -> str:
    """How many tasks the first step of a stage has, as far as that is known before anything is read."""
    parts = max(len(plan.units), estimate(plan).text_bytes // plan.job.config.unit_bytes)
    numbers = {
        "unit": str(len(plan.units)),
        "part": f"≤ {parts}" if stage.wanted else f"≈ {parts}",
        "one": "1",
        "shard": f"≥ {len(plan.job.config.decide.languages)}",
    }
    return numbers[next(layer.tasks for layer in stage.writes if layer.step)]


def print_plugins(plugins: Sequence[Plugin]) -> None:
    """Whose code runs, beside this project's: each plugin, its modules and its digest."""
    if not plugins:
        return
    title = "code of plugins, which runs in this process and in every worker, with your rights"
    table = Table("plugin", "modules", "SHA-256 of its files", title=title)
    for plugin in plugins:
        modules = ", ".join(f"{kind}/{name}" for kind, name in plugin.modules)
        table.add_row(visible_line(str(plugin)), visible_line(modules), plugin.digest)
    print_table(table)


def print_status(plan: Plan) -> None:
    """Units done and missing per stage; failures of the last attempt; the release."""
    table = Table("stage", "done", "of", "documents", "missing, first")
    for name, status in Watch(plan).update().items():
        total = "not known yet" if status.total is None else str(status.total)
        first = str(status.missing[0]) if status.missing else ""
        table.add_row(name, str(len(status.done)), total, f"{status.documents:,}", first)
    print_table(table)
    for failure in read_failures(plan.job):
        print_text(f"failed: {failure.stage}: {visible_line(failure.task)}: {failure.message}")
    releases = [job.release for job in class_jobs(plan.job)]
    there = [url for url in releases if storage.exists(storage.join(url, "manifest.json"))]
    for url in there:
        print_text(f"release: {url}")
    if not there:
        print_text("release: none yet")


def print_stored_job(job: Job) -> None:
    """What to do with a job that was stored and not run."""
    print_text(
        f"the job is stored, nothing has run yet; it will write to {job.output}. It reads the units that "
        "were listed now: store it again when inputs change.",
    )


def print_lines(rows: Sequence[Mapping[str, Any]]) -> None:
    """Removed lines: how often, from how many documents, how many bytes, and what they said."""
    table = Table("lines", "documents", "bytes", "source", "line")
    for row in rows:
        numbers = (f"{row['lines']:,}", f"{row['documents']:,}", format_bytes(row["bytes"]))
        table.add_row(*numbers, row["source"], visible_line(row["example"]))
    print_table(table)


def print_lives(lives: Sequence[Mapping[str, Any]]) -> None:
    """The life of a document, top to bottom."""
    for life in lives:
        print_rule(life["doc_id"])
        for label, line in describe_life(life):
            print_text(f"{label:<10}{line if label == 'text' else visible_line(line)}")
        if not life["is_current"]:
            print_text("The layers are shown as they lie: sources or the corpus file are not what they were.")


def _describe_personal_data(found: Sequence[Mapping[str, Any]] | None) -> str:
    """Kinds, how often each was found, and whether it is masked."""
    if found is None:
        return "not looked for"
    listed = [f"{each['kind']} {each['values']}{'' if each['masked'] else ' (not masked)'}" for each in found]
    return ", ".join(listed) or "none found"


def describe_life(life: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """(label, line) pairs of what `explain` found."""
    for kind, describe in (("rejected", _describe_rejected), ("removed", _describe_removed)):
        if kind in life:
            yield from describe(life)
            return
    source, origin = life["source"], life["origin"]
    changes = life["changes"]
    yield "source", f"{source['uid']}: {source['name']}; licence {source['license']} ({source['evidence']})"
    place = f"{origin['file']} at {origin['offset']}, {origin['length']} bytes"
    yield "origin", f"{place}; key {origin['record_id']}"
    yield "", f"url {origin['url']}; date {origin['date']}; title {origin['title']}"
    yield "", f"sha256 of the raw record {origin['raw_sha256']}"
    removed = zip(changes["edits"], changes["edit_bytes"], strict=True)
    edits = ", ".join(f"{name} ({-size:+} bytes)" for name, size in removed) or "none changed it"
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
    for failure in life["failed"] or ():
        value = "" if failure["value"] is None else f" = {failure['value']:.6g}, limit {failure['limit']:g}"
        yield "failed", f"{failure['rule']}{value}: {failure['meaning']}"
    decision = life["decision"]
    if decision is None:
        yield "decision", "none yet"
    else:
        if decision["key_id"] is not None:
            yield "key", f"{decision['key_id']}, which the source gives to other texts too"
        yield "decision", "kept" if decision["keep"] else f"dropped: {', '.join(decision['reasons'])}"
        if decision["kept_doc_id"] is not None:
            others = f"{decision['cluster_size']} document(s)"
            yield "cluster", f"{others}; kept {decision['kept_doc_id']} of {decision['kept_source']}"
        if decision["component_size"] > 1:
            yield "", f"compared within {decision['component_size']} document(s) that bands connect"
        if decision["duplicate_method"]:
            similarity = decision["kept_similarity"]
            known = "not known" if similarity is None else f"≈ {similarity:.2f}"
            yield "", f"found by {decision['duplicate_method']}; similarity to the kept document {known}"
        if decision["twin_sources"]:
            yield "", f"twins in {', '.join(decision['twin_sources'])}"
    yield "personal", _describe_personal_data(life["personal_data"])
    yield "release", life["release"]["shard"] if life["release"] else "not in it"
    yield "text", life["text"] or "removed, and not in the release"


def print_rebuilt(made: "Sequence[Rebuilt]") -> None:
    """What was made again of a document, step by step, and what of it differs."""
    for each in made:
        print_rule(each.doc_id)
        print_text(visible_line(f"{each.source}: {each.place}"))
        for step in each.steps:
            print_text(f"{'' if step.is_equal else 'DIFFERS: '}{step.name}: {visible_line(step.told)}")
        print_text("equal" if each.is_equal else "not equal")


def _describe_rejected(life: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    origin, rejected = life["origin"], life["rejected"]
    yield "source", f"{life['source']['uid']}: {life['source']['name']}"
    size = "unknown" if origin["length"] is None else origin["length"]
    yield "origin", f"{origin['file']} at {origin['offset']}, {size} bytes; key {origin['record_id']}"
    yield "dropped", f"{rejected['stage']}: {rejected['reason']}: {rejected['meaning']}"
    yield "", rejected["detail"]


def _describe_removed(life: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    removed = life["removed"]
    yield "source", f"{life['source']['uid']}: {life['source']['name']}"
    copy = ", as a copy of what it is about" if removed["is_twin"] else ""
    kind = f" ({removed['kind']})" if removed["kind"] else ""
    yield "removed", f"{removed['at']}, on request {removed['request_id']}{kind}{copy}: {removed['meaning']}"
    yield "release", f"{removed['release']} and later ones lack it"


def print_dropped(row: Mapping[str, Any]) -> None:
    """One dropped record or document."""
    name = row.get("doc_id") or f"{row['container']} at {row['offset']}"
    print_rule(f"{row['stage']}: {row['reason']}")
    print_text(visible_line(f"{row['source']}: {name}"))
    for key in ("lang", "record_id", "url", "detail", "reasons", "kept_doc_id", "text"):
        if row.get(key):
            value = row[key] if key == "text" else visible_line(str(row[key]))
            print_text(f"{key:<12} {value}")


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
    print_table(table)
    print_text(f"all limits together remove {report['removed'] / of:.2%} of {of:,} documents")


def print_fairness(report: Mapping[str, Any]) -> None:
    """Per limit the median language and the highest, and which languages are far off."""
    table = Table("limit", "languages", "median language", "highest", "far off", title=report["corpus"])
    for limit in report["limits"]:
        off = [each["lang"] for each in report["flagged"] if each["reason"] == limit["reason"]]
        highest = f"{limit['highest']} {limit['highest_share']:.1%}"
        table.add_row(
            limit["reason"], str(limit["languages"]), f"{limit['median']:.2%}", highest, " ".join(off) or "–"
        )
    print_table(table)
    small = [row["lang"] for row in report["languages"] if not row["compared"]]
    if small:
        print_text(f"fewer than {report['min_documents']} documents, not compared: {' '.join(small)}")
