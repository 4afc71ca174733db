"""A: are the files, counts, pages and ids of a release what its manifest says?"""

from collections.abc import Sequence

from governance.audit.answer import Evidence, Figure, Finding, NotAnswerable, listed, share
from governance.audit.ask import Question
from governance.audit.audited import Audited, Fault
from governance.balance import find_failures
from governance.ledger import DUPLICATE_REASONS

KINDS = ("released", "duplicates", "quality", "other")


def a1_files(audited: Audited) -> Finding:
    checks = audited.all_checks()
    faults = _faults(audited, "files")
    text = (
        f"Size, SHA-256 and rows of {checks.files:,} files were computed again; {len(faults):,} are not "
        "as the "
        "manifest says."
    )
    return Finding(len(faults), text, unit="faults", evidence=_evidence(faults, "outputs"))


def a2_conservation(audited: Audited) -> Finding:
    failures = list(find_failures(audited.ledger))
    operations = getattr(audited.manifest, "operations", None) or []
    rows = list(audited.ledger.rows())
    text = (
        f"Read = kept + dropped was computed for every source, language and layer from {len(rows):,} "
        "lines of the "
        f"ledger; {len(failures):,} equations do not hold."
    )
    if operations:
        text += (
            f" The manifest lists {len(operations)} operations, whose sizes were compared with the ledger."
        )
    evidence = [Evidence("manifest.json", failure) for failure in failures]
    evidence.append(Evidence("manifest.json", f"ledger, {len(rows):,} lines"))
    figures = [_funnel(audited), _reasons(audited)]
    return Finding(len(failures), text, unit="broken equations", evidence=listed(evidence), figures=figures)


def _funnel(audited: Audited) -> Figure:
    """Documents assigned to each language, by what became of them."""
    rows: list[tuple[str, str, int]] = []
    for lang in audited.manifest.languages:
        rows += [(lang, kind, count) for kind, count in _fates(audited, lang).items()]
    return Figure(
        name="A2",
        kind="bars",
        title="From read to released",
        description="A bar for each language: documents that were assigned to it, by what became of them.",
        columns=("language", "what became of them", "documents"),
        rows=rows,
        unit="documents",
    )


def _fates(audited: Audited, lang: str) -> dict[str, int]:
    fates = dict.fromkeys(KINDS, 0)
    fates["released"] = audited.ledger.total("documents", "release", "kept", lang=lang)
    for reason, count in audited.ledger.by("reason", "documents", "decisions", "dropped", lang=lang).items():
        is_quality = reason.endswith(("_below_min", "_above_max"))
        kind = "duplicates" if reason in DUPLICATE_REASONS else "quality" if is_quality else "other"
        fates[kind] += count
    return fates


def _reasons(audited: Audited) -> Figure:
    """The whole way of each language, with every reason: a table."""
    rows: list[tuple[str, str, str, int]] = []
    declared = audited.ledger.by("lang_declared", "documents", "raw", "kept")
    for lang in audited.manifest.languages:
        reasons = audited.ledger.by("reason", "documents", "decisions", "dropped", lang=lang)
        rows.append((lang, "read, as declared", "", declared.get(lang, 0)))
        rows.append((lang, "assigned", "", audited.ledger.total("documents", "decisions", "read", lang=lang)))
        ordered = sorted(reasons.items(), key=lambda item: (-item[1], item[0]))
        rows += [(lang, "dropped", reason, -count) for reason, count in ordered]
        rows.append((lang, "released", "", audited.ledger.total("documents", "release", "kept", lang=lang)))
    return Figure(
        name="A2-reasons",
        kind="table",
        title="Each language from read to released, with reasons",
        description="Documents that sources declare in a language, that were assigned to it, dropped, "
        "released.",
        columns=("language", "step", "reason", "documents"),
        rows=rows,
    )


def a3_pages(audited: Audited) -> Finding:
    checks = audited.all_checks()
    if "pages" in checks.left_out:
        raise NotAnswerable(f"the version that wrote the pages ({checks.left_out['pages']})")
    faults = _faults(audited, "pages")
    text = f"README, cards and the other pages were made again from the manifest; {len(faults):,} differ."
    return Finding(len(faults), text, unit="pages", evidence=_evidence(faults, "code"))


def a4_ids(audited: Audited) -> Finding:
    checks = audited.all_checks()
    if "ids" in checks.left_out:
        raise NotAnswerable(f"rows whose columns are known ({checks.left_out['ids']})")
    faults = [*_faults(audited, "ids"), *_faults(audited, "sums")]
    without = sorted(set(audited.manifest.sources) - set(audited.cards))
    faults += [Fault("ids", f"cards/sources/{uid}.md", "there is no such card") for uid in without]
    text = (
        f"Ids of {audited.manifest.total.documents:,} documents: each once, in the same order in every "
        "sidecar, of a "
        f"source with a card. {len(faults):,} faults."
    )
    return Finding(len(faults), text, unit="faults", evidence=_evidence(faults, "languages"))


def a5_pinned(audited: Audited) -> Finding:
    """A digest pins a file; a revision on the card pins a source of which a trial read a part."""
    total = pinned = 0
    rows: list[tuple[str, int, int, str]] = []
    evidence = []
    for uid, source in audited.manifest.sources.items():
        card = audited.cards.get(uid)
        revision = card.procurement.revision if card is not None else "unknown"
        with_digest = sum(file.sha256 is not None for file in source.inputs)
        is_pinned = revision.lower() != "unknown"
        total += len(source.inputs)
        pinned += len(source.inputs) if is_pinned else with_digest
        rows.append((uid, len(source.inputs), with_digest, revision))
        if not is_pinned and with_digest < len(source.inputs):
            evidence.append(
                Evidence("manifest.json", f"sources.{uid}.inputs without sha256, no revision on its card")
            )
    figure = Figure(
        name="A5",
        kind="table",
        title="What pins the inputs of each source",
        description="Files that were read, those with a digest in the manifest, and the revision that "
        "the card names.",
        columns=("source", "files", "with digest", "revision"),
        rows=rows,
    )
    value = share(pinned, of=total, what="inputs in the manifest")
    text = f"{pinned:,} of {total:,} input files have a SHA-256 in the manifest or a revision on their card."
    evidence.append(Evidence("manifest.json", "sources.*.inputs"))
    return Finding(value, text, unit="share of inputs", evidence=listed(evidence), figures=[figure])


def a6_determinism(audited: Audited) -> Finding:
    if audited.compared is None:
        raise NotAnswerable("a second run of the same inputs (--compare)")
    other, own = audited.compared.manifest, audited.manifest
    for name in ("config_sha256", "code", "environment"):
        if getattr(other, name, None) != getattr(own, name, None):
            raise NotAnswerable(f"a second run of the same inputs: the release compared has another {name}")
    inputs = [{uid: source.inputs for uid, source in manifest.sources.items()} for manifest in (own, other)]
    if inputs[0] != inputs[1]:
        raise NotAnswerable("a second run of the same inputs: the release compared read others")
    differ = int(own.merkle_root != other.merkle_root)
    text = (
        "Two runs of the same inputs, configuration and code gave "
        f"{'other bytes' if differ else 'the same bytes'}: merkle roots {own.merkle_root} and "
        f"{other.merkle_root}."
    )
    return Finding(differ, text, unit="runs that differ", evidence=[Evidence("manifest.json", "merkle_root")])


def _faults(audited: Audited, kind: str) -> list[Fault]:
    return [fault for fault in audited.all_checks().faults if fault.kind == kind]


def _evidence(faults: Sequence[Fault], pointer: str) -> list[Evidence]:
    return listed([*(Evidence(f.path, f.detail) for f in faults), Evidence("manifest.json", pointer)])


QUESTIONS = (
    Question("A1", "Has every file the digest and rows that the manifest says?", a1_files),
    Question("A2", "Are documents and bytes conserved at every step?", a2_conservation),
    Question("A3", "Are README, cards and metadata those that the manifest gives?", a3_pages),
    Question("A4", "Is every id unique, once in each sidecar, and of a source with a card?", a4_ids),
    Question("A5", "Can the inputs be fetched again, pinned by digest or revision?", a5_pinned),
    Question("A6", "Do two runs of the same inputs give the same bytes?", a6_determinism),
)
