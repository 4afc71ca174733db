"""The box of README.md: what a re-user must know before anything else."""

from collections.abc import Iterator, Mapping

from governance.attribution import PATH, count_obliged
from governance.cards import GATING_BLOCKS, SourceCard
from governance.licences import NOASSERTION, NONE, possible_answers
from governance.manifest import Manifest
from governance.pages.markdown import code, escape, number, share
from governance.personal_data import sum_shares

_OBLIGATIONS = (
    ("share_alike", "yes", "be passed on under the same licence"),
    ("commercial", "no", "not be used commercially"),
    ("derivatives", "no", "not be changed"),
)


def render_notice(manifest: Manifest, cards: Mapping[str, SourceCard]) -> str:
    """A block quotation, one item a matter."""
    items = [
        ("Licences oblige:", _licenses(manifest)),
        ("Unclear:", _unclear(manifest, cards)),
        ("Benchmarks inside:", _benchmarks(manifest, cards)),
        _personal_data(manifest),
        ("Planted on purpose:", escape(manifest.about.planted or "")),
        ("Not for everybody:", _tiers(manifest)),
        ("Not reviewed:", _reviews(manifest)),
    ]
    lines = [f"- **{head}** {text}" for head, text in items if text]
    return "\n".join(["> **Before you use it**", ">", *(f"> {line}" for line in lines)])


def bytes_of(manifest: Manifest, uids: set[str]) -> int:
    """What the release has from some sources."""
    return sum(amount.bytes for uid in uids for amount in manifest.sources[uid].licenses.values())


def published_uids(manifest: Manifest) -> list[str]:
    """The sources that the release has documents of."""
    return [uid for uid, source in manifest.sources.items() if source.licenses]


def unclear_upstreams(manifest: Manifest, cards: Mapping[str, SourceCard]) -> set[str]:
    """Published sources made from others under terms that do not fit, or of which nobody knows it."""
    return {
        uid
        for uid in published_uids(manifest)
        if cards[uid].type == "unknown"
        or any(origin.license_compatible != "yes" for origin in cards[uid].processed_from)
    }


def benchmarks(manifest: Manifest, cards: Mapping[str, SourceCard]) -> dict[str, list[str]]:
    """Published source → the benchmarks that it is or contains."""
    return {uid: cards[uid].benchmark_names for uid in published_uids(manifest) if cards[uid].benchmark_names}


def _licenses(manifest: Manifest) -> str:
    total = manifest.total.bytes
    if not total:
        return ""
    obliged = count_obliged(manifest.licenses)
    listed = any(output.path == PATH for output in manifest.outputs)
    where = f", listed in [{PATH}]({PATH})" if listed else ""
    said = [f"the authors of {number(obliged)} documents must be named{where}"] if obliged else []
    for question, answer, duty in _OBLIGATIONS:
        size = sum(
            amount.bytes
            for license, amount in manifest.licenses.items()
            if possible_answers(license)[question] == {answer}
        )
        if size:
            said.append(f"{share(size, total=total)} of the bytes must {duty}")
    if _unlicensed_bytes(manifest):
        said.append("without a concluded licence nobody can say what is asked, or whether use is allowed")
    return "; ".join(said) or "no licence here asks for anything"


def _unlicensed_bytes(manifest: Manifest) -> int:
    return sum(
        amount.bytes for license, amount in manifest.licenses.items() if license in (NOASSERTION, NONE)
    )


def _unclear(manifest: Manifest, cards: Mapping[str, SourceCard]) -> str:
    total = manifest.total.bytes
    said = []
    if unlicensed := _unlicensed_bytes(manifest):
        said.append(f"of {share(unlicensed, total=total)} of the bytes no licence could be concluded")
    upstreams = unclear_upstreams(manifest, cards)
    if upstreams:
        size = share(bytes_of(manifest, upstreams), total=total)
        said.append(
            f"{size} of the bytes come from sources that were made from others whose terms are unclear or do "
            f"not fit ({_named(upstreams)})"
        )
    concluded = "; ".join(said) or "every licence was concluded, and no card calls its upstreams unclear"
    answers = sum(source.card_answers for source in manifest.sources.values())
    unknown = sum(len(source.unknown_fields) for source in manifest.sources.values())
    asked = (
        f"{unknown} of {answers} answers on the source cards are unknown ({share(unknown, total=answers)})"
    )
    return f"{concluded}. {asked}"


def _benchmarks(manifest: Manifest, cards: Mapping[str, SourceCard]) -> str:
    inside = benchmarks(manifest, cards)
    unknown = {uid for uid in published_uids(manifest) if cards[uid].benchmark == "unknown"}
    said = []
    if inside:
        listed = ", ".join(f"{escape(', '.join(names))} ({code(uid)})" for uid, names in inside.items())
        size = share(bytes_of(manifest, {*inside}), total=manifest.total.bytes)
        said.append(
            f"{listed}; these sources are {size} of the bytes. Do not evaluate on them what was trained on "
            "this"
        )
    if unknown:
        said.append(f"nobody knows of {len(unknown)} sources ({_named(unknown)})")
    return ". ".join(said) or "the source cards name none"


def _personal_data(manifest: Manifest) -> tuple[str, str]:
    block = manifest.personal_data
    if block is None or not block.looked_for:
        return "Personal data looked for: no.", "Whatever stands in the texts is published as it is"
    kinds = ", ".join(code(kind) for kind in block.looked_for)
    documents = number(sum_shares(block.shares()).documents)
    unseen = [
        lang
        for lang in manifest.published
        if any(block.coverage[kind].get(lang, "none") == "none" for kind in block.looked_for)
    ]
    gap = f"; not every kind in every language ({len(unseen)} of {len(manifest.published)} have gaps)"
    return (
        "Personal data looked for: yes.",
        f"{kinds}; masked in {documents} documents{gap if unseen else ''}. Detectors miss some, "
        "and names of people are not masked",
    )


def _tiers(manifest: Manifest) -> str:
    tiers = {uid: manifest.sources[uid].access_tier for uid in published_uids(manifest)}
    closed = {uid for uid, tier in tiers.items() if tier not in ("open", None)}
    if not closed:
        return ""
    on_request = closed & {*(manifest.removals.gated_sources if manifest.removals else ())}
    said = []
    if closed - on_request:
        said.append(
            f"the cards of {_named(closed - on_request)} ask for a gate, or not to give the text out at all"
        )
    if on_request:
        said.append(f"{_named(on_request)} must be behind a gate, as somebody with a right to it asked")
    return "; ".join(said)


def _reviews(manifest: Manifest) -> str:
    waiting = {
        uid
        for uid in published_uids(manifest)
        if any(manifest.sources[uid].reviews.get(block, "reviewed") != "reviewed" for block in GATING_BLOCKS)
    }
    read = [lang for lang in manifest.published if lang in manifest.reviews]
    said = []
    if waiting:
        said.append(
            f"of {len(waiting)} of {len(manifest.sources)} source cards nobody read rights, personal data "
            "and custodian against the evidence"
        )
    if len(read) < len(manifest.published):
        said.append(
            f"in {len(manifest.published) - len(read)} of {len(manifest.published)} languages no speaker "
            "read a sample"
        )
    return "; ".join(said)


def _named(uids: set[str], *, most: int = 8) -> str:
    named = [code(uid) for uid in sorted(uids)]
    return ", ".join(_shortened(named, most=most))


def _shortened(named: list[str], *, most: int) -> Iterator[str]:
    yield from named[:most]
    if len(named) > most:
        yield f"{len(named) - most} more"
