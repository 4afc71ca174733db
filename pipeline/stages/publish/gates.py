"""Whether the sources of a corpus may be published as their cards stand: before a run, and at its end."""

from collections.abc import Iterator, Mapping

from governance.cards import (
    SourceCard,
    card_url,
    future_dates,
    publication_obstacles,
    review_command,
    unreviewed_gates,
    unreviewed_obstacles,
)
from governance.licences import NOASSERTION, allows
from governance.manifest import Manifest
from pipeline.errors import ConfigError
from pipeline.job import Job


def check_gates(cards: Mapping[str, SourceCard], *, job: Job) -> None:
    """Raise ConfigError that lists, for each source, what keeps it from being published, and the fix."""
    problems = [*find_closed(cards, job=job)]
    if problems:
        raise ConfigError("these sources cannot be published", problems=problems)


def find_closed(cards: Mapping[str, SourceCard], *, job: Job) -> Iterator[str]:
    """One line for each obstacle; a trial, which says that it is one, waits for no review."""
    allowed = job.config.publish.allow_unreviewed
    for uid, card in sorted(cards.items()):
        place = card_url(job.cards, uid)
        for obstacle in publication_obstacles(card):
            if NOASSERTION in obstacle and _names_noassertion(job):
                continue
            yield f"{obstacle}: change {place}, or take the source out of the corpus file"
        released = getattr(job.config, "released", None)
        for problem in future_dates(card, today=released) if released is not None else ():
            yield f"{uid}: {problem} (`released` of the corpus file): change {place}"
        waiting = [] if job.limit is not None else unreviewed_obstacles(card, allowed=allowed)
        if waiting:
            blocks = "; ".join(each.removeprefix(f"{uid}: ") for each in waiting)
            yield (
                f"{uid}: {blocks}. When you have read them: {review_command(place, unreviewed_gates(card))}. "
                f"To publish without: `publish: {{allow_unreviewed: [{uid}]}}` in the corpus file"
            )


def check_licenses(manifest: Manifest, *, cards: Mapping[str, SourceCard], job: Job) -> None:
    """Raise ConfigError where an open source publishes documents of which no licence was concluded."""
    problems = [] if _names_noassertion(job) else [*_find_unlicensed(manifest, cards=cards, job=job)]
    if problems:
        raise ConfigError("these documents cannot be published", problems=problems)


def _find_unlicensed(manifest: Manifest, *, cards: Mapping[str, SourceCard], job: Job) -> Iterator[str]:
    for uid, source in manifest.sources.items():
        amount = source.licenses.get(NOASSERTION)
        if amount is not None and cards[uid].access_tier == "open":
            count = amount.documents
            yield (
                f"{uid}: {count:,} document(s) are {NOASSERTION}, yet access is open: list the licences that "
                f"you allow in `publish.licenses` ({NOASSERTION} among them, if you mean it), or say "
                f"`access_tier: gated` in {card_url(job.cards, uid)}"
            )


def _names_noassertion(job: Job) -> bool:
    licenses = job.config.publish.licenses
    return licenses is not None and allows(NOASSERTION, allowed=licenses)
