"""H: does a rule take more of one language than of others, what did the run cost, and what changed?"""

from collections import defaultdict
from datetime import datetime
from statistics import median

from governance.audit.answer import Evidence, Figure, Finding, NotAnswerable, listed
from governance.audit.ask import Question
from governance.audit.audited import Audited
from governance.ledger import DUPLICATE_REASONS
from governance.reasons import LANGUAGE
from governance.run_record import record_name

MIN_DOCUMENTS = 50
"""Judged, of a language that is compared: a share of fewer says little."""
MIN_LOSS = 0.01
"""A rule whose greatest loss is less is not compared: the ratio of two trifles says nothing."""
MAX_RULES = 12
"""Rules that are drawn, those that took most; the CSV of the figure has these, too."""


def h1_losses(audited: Audited) -> Finding:
    """The ratio of a language's loss to one rule to the median loss of all languages to it."""
    judged = {
        lang: documents
        for lang, documents in audited.ledger.by("lang", "documents", "decisions", "read").items()
        if lang in audited.manifest.languages and documents >= MIN_DOCUMENTS
    }
    if len(judged) < 2:
        raise NotAnswerable(f"two languages of {MIN_DOCUMENTS} documents or more to compare")
    losses: dict[str, dict[str, float]] = defaultdict(lambda: dict.fromkeys(judged, 0.0))
    for line in audited.ledger.select("decisions", "dropped"):
        lang = line["lang"]
        if lang in judged and line["reason"] not in LANGUAGE:
            rule = "duplicates" if line["reason"] in DUPLICATE_REASONS else line["reason"]
            losses[rule][lang] += (line["documents"] or 0) / judged[lang]
    quality = {lang: sum(losses[rule][lang] for rule in losses if rule != "duplicates") for lang in judged}
    if any(quality.values()):
        losses["all rules on quality"] = quality
    compared = {rule: by for rule, by in losses.items() if max(by.values()) >= MIN_LOSS}
    rows, table, worst = [], [], (0.0, "", "")
    ordered = sorted(compared, key=lambda rule: (-sum(compared[rule].values()), rule))[:MAX_RULES]
    for rule in ordered:
        middle = median(compared[rule].values())
        floor = max(middle, MIN_LOSS)
        for lang, loss in sorted(compared[rule].items()):
            ratio = loss / floor
            rows.append((lang, rule, round(ratio, 2)))
            table.append((lang, rule, round(loss, 4), round(middle, 4), round(ratio, 2)))
            worst = max(worst, (ratio, lang, rule))
    if not rows:
        return Finding(0.0, f"No rule took {MIN_LOSS:.0%} of any language.", unit="times the median")
    figures = [
        Figure(
            name="H1",
            kind="heat",
            title="Loss of each language to each rule, relative to the median",
            description="Rows are languages, columns rules; a cell is the loss of a language over the "
            f"median, of which less than {MIN_LOSS:.0%} counts as {MIN_LOSS:.0%}.",
            columns=("language", "rule", "times the median"),
            rows=rows,
            unit="times the median",
        ),
        Figure(
            name="H1-shares",
            kind="table",
            title="The greatest losses",
            description="Share of the documents of a language that a rule took, beside the median "
            "over all languages.",
            columns=("language", "rule", "share lost", "median", "ratio"),
            rows=sorted(table, key=lambda row: (-row[4], row[0], row[1]))[:40],
        ),
    ]
    text = (
        f"The greatest ratio is that of {worst[1]} under {worst[2]}: {worst[0]:.1f} times the median of "
        f"{len(judged)} languages. What a rule takes differs with what the sources give, too."
    )
    evidence = [Evidence("manifest.json", f"ledger, decisions, dropped, lang {worst[1]}, reason {worst[2]}")]
    return Finding(float(worst[0]), text, unit="times the median", evidence=evidence, figures=figures)


def h2_costs(audited: Audited) -> Finding:
    """Wall-clock time of the run, from the record that lies beside the release and is no part of it."""
    run, told = audited.run, audited.manifest.release_class
    record = record_name(told.name if told else "")
    if run is None:
        raise NotAnswerable(f"{record} beside the release{'s' if told else ''}")
    try:
        started, ended = (datetime.fromisoformat(str(run[name])) for name in ("started", "ended"))
        hours = (ended - started).total_seconds() / 3600
    except (KeyError, ValueError, TypeError) as error:
        raise NotAnswerable(f"`started` and `ended` in {record}") from error
    read = audited.ledger.total("documents", "raw", "read")
    rate = f", {hours * 1_000_000 / read:.2f} hours per million records" if read else ""
    of_this = run.get("manifest_sha256")
    text = (
        f"The last attempt of the run took {hours:.2f} hours{rate}. Energy and cost were not metered: the "
        "machine does not "
        "tell them."
    )
    evidence = [Evidence(f"{'../../' if told else '../'}{record}", f"of the manifest {of_this}")]
    return Finding(round(hours, 4), text, unit="hours", evidence=evidence)


def h3_changes(audited: Audited) -> Finding:
    if audited.compared is None:
        raise NotAnswerable("an earlier release to compare with (--compare)")
    if audited.compared.manifest.name != audited.manifest.name:
        given = audited.compared.manifest.name
        raise NotAnswerable(
            f"an earlier release of the same corpus to compare with: given is that of {given}"
        )
    changes = audited.compared.changes
    if changes is None:
        raise NotAnswerable("the rows of the release compared (only the manifest was read)")
    gone = sum(changes.gone.values())
    other = audited.compared.manifest
    rows: list[tuple[str, str, int]] = [
        ("came", "", changes.added),
        ("changed", "", changes.changed),
        *((f"went: {reason}", "", count) for reason, count in changes.gone.items()),
    ]
    figure = Figure(
        name="H3",
        kind="bars",
        title=f"Changes since {other.name} {other.version}",
        description="A bar for each kind of change: documents that came, changed, or went, with the "
        "reason of the ledger.",
        columns=("change", "", "documents"),
        rows=rows,
        unit="documents",
    )
    text = (
        f"Since {other.name} {other.version} {changes.added:,} documents came, {gone:,} went, "
        f"{changes.changed:,} changed and "
        f"{changes.unchanged:,} stayed as they were."
    )
    evidence = listed(
        [Evidence("data/", "doc_id"), Evidence("provenance/", "exact_hash"), Evidence("ledger/", "reason")]
    )
    return Finding(
        changes.added + gone + changes.changed, text, unit="documents", evidence=evidence, figures=[figure]
    )


QUESTIONS = (
    Question("H1", "Does any rule take far more of one language than of others?", h1_losses),
    Question("H2", "What did the run cost in time, energy and money?", h2_costs),
    Question("H3", "What changed since the last release, and why?", h3_changes),
)
