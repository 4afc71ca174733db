"""The sources of a corpus file: cards read, files listed, and everything that is wrong with either."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from governance import cards
from governance.cards import SourceCard
from governance.cards.placeholders import find_placeholders
from governance.licences import NOASSERTION
from layers import hub, storage
from layers.hub_errors import HubError
from pipeline.config.corpus import CorpusConfig
from pipeline.config.declared import source_problems
from pipeline.config.source import SourceConfig
from sources.base import SourceSpec
from sources.reading.listing import EVERY, Asking, SourceListing, list_files
from sources.reading.probe import find_aborting


@dataclass
class Sources:
    """What is known of the sources before any record is read, by uid; problems name place and fix."""

    places: dict[str, str] = field(default_factory=dict)
    """Where in the corpus file each is."""
    specs: dict[str, SourceSpec] = field(default_factory=dict)
    cards: dict[str, SourceCard] = field(default_factory=dict)
    listings: dict[str, SourceListing] = field(default_factory=dict)
    readable: set[str] = field(default_factory=set)
    """Those whose files can be opened."""
    problems: list[str] = field(default_factory=list)


def list_sources(
    config: CorpusConfig,
    *,
    base: str,
    outputs: Sequence[str],
    only: int | None = None,
    with_files: bool = True,
    asking: Asking = EVERY,
) -> Sources:
    """Read the cards and list the files of all sources, or of only one; base is the corpus file's folder.

    Without files none is looked for.
    """
    folder = storage.join(base, config.cards)
    listed = Sources()
    for index, source in enumerate(config.sources):
        if only not in (None, index):
            continue
        place = f"$.sources[{index}]"
        problems = list(source_problems(source, targets=config.decide.languages))
        listed.problems += [f"{place}.{key}: {problem}" for key, problem in problems]
        card, wrong = _read_card(folder, source.card)
        listed.problems += [f"{place}.card: {problem}" for problem in wrong]
        license = NOASSERTION if card is None else card.rights.concluded
        spec = make_spec(source, config=config, base=base, license=license)
        try:
            listing = (
                _list_files(source.paths, spec=spec, outputs=outputs, asking=asking)
                if with_files
                else SourceListing(files=())
            )
        except HubError as error:
            listed.problems.append(f"{place}.root: {error}")
            continue
        except OSError as error:
            listed.problems.append(f"{place}.paths: {error}")
            continue
        listed.places[spec.uid], listed.specs[spec.uid] = place, spec
        listed.listings[spec.uid] = listing
        if card is not None:
            listed.cards[spec.uid] = card
        if not any(key == "fields" for key, _ in problems):
            listed.readable.add(spec.uid)
    files = {uid: listed.listings[uid].files for uid in listed.readable}
    for (uid, uri), problem in find_aborting(files, specs=listed.specs).items():
        listed.problems.append(f"{listed.places[uid]}.paths: {uri}: {problem}")
        listed.readable.discard(uid)
    return listed


def _list_files(
    paths: Sequence[str], *, spec: SourceSpec, outputs: Sequence[str], asking: Asking
) -> SourceListing:
    """The files of a source; raises OSError, HubError also for those that are needed and out of reach."""
    if not hub.is_dataset(spec.root):
        return list_files(paths, spec=spec, outputs=outputs, asking=asking)
    hub.open_dataset(spec.root)
    listing = list_files(paths, spec=spec, outputs=outputs, asking=asking)
    hub.check_cached(spec.root, uris=[file.uri for file in listing.files])
    return listing


def _read_card(folder: str, uid: str) -> tuple[SourceCard | None, list[str]]:
    try:
        card = cards.read_card(folder, uid)
    except cards.CardError as error:
        return None, [f"{error.place}: {problem}" for problem in error.problems]
    return card, [f"{cards.card_url(folder, uid)}: {problem}" for problem in find_placeholders(card)]


def make_spec(source: SourceConfig, *, config: CorpusConfig, base: str, license: str) -> SourceSpec:
    """What a reader needs to know of a source."""
    return SourceSpec(
        uid=source.card,
        type=source.type,
        root=storage.join(base, source.root) if source.root else base,
        license=license,
        lang=source.lang,
        fields=source.single_fields,
        key_fields=source.key_fields,
        extra=source.extra_fields,
        tag_fields=source.tag_fields,
        options=dict(source.options),
        unit_bytes=config.unit_bytes,
    )


def describe_skipped(sources: Sources) -> Iterator[str]:
    """One line per source and reason for which matches are no input."""
    from layers.listing import REASONS

    for uid, listing in sorted(sources.listings.items()):
        for reason, count in listing.count_skipped().items():
            first = next(item.uri for item in listing.skipped if item.reason == reason)
            yield f"{uid}: {count} path(s) not read, {REASONS[reason]}: {first}{' …' if count > 1 else ''}"


def describe_guessed(sources: Sources) -> Iterator[str]:
    """One line per source whose files were not all asked for their size."""
    for uid, listing in sorted(sources.listings.items()):
        if listing.guessed:
            asked = len(listing.files) - listing.guessed
            yield f"{uid}: {listing.guessed:,} files are taken for as large as the mean of {asked:,} others"
