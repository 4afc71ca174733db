"""The policy of each source on reservations: its own, else the corpus file's, else its card's."""

from collections.abc import Iterator, Mapping
from dataclasses import replace

from governance.cards import SourceCard
from governance.reservations.signals import PROTOCOLS, Protocol
from governance.reservations.terms import Policy, Terms
from layers import storage
from pipeline.config.corpus import CorpusConfig
from pipeline.config.reservations import ReservationConfig
from pipeline.plan.look import Look
from pipeline.stages.reservations import plan_copies

DEFAULT: Policy = "honour_all"
_STRICTNESS: Mapping[Policy, int] = {"not_applicable": 0, "honour_listed": 1, "honour_all": 2}


def plan_reservations(
    config: CorpusConfig, *, base: str, cards: Mapping[str, SourceCard], look: Look, problems: list[str]
) -> dict[str, Terms]:
    """Source → its terms. What is wrong with folders of copies is added to problems; a policy that is laxer
    than what the source's card says is a warning."""
    terms = {}
    planned: dict[str, Terms] = {}
    for index, source in enumerate(config.sources):
        asked = config.reservations.override(source.reservations)
        made = _make_terms(asked, card=cards.get(source.card))
        look.warnings += _compare(made, card=cards.get(source.card), uid=source.card)
        if asked.robots is not None and made.is_applied:
            folder = storage.join(base, asked.robots)
            try:
                if folder not in planned:
                    planned[folder] = plan_copies(made, folder=folder)
            except OSError as error:
                own = source.reservations is not None and source.reservations.robots is not None
                place = f"$.sources[{index}]" if own else "$"
                problems.append(f"{place}.reservations.robots: {error}")
                continue
            copied = planned[folder]
            made = replace(
                made,
                copies=folder,
                copies_date=asked.robots_date,
                copies_sha256=copied.copies_sha256,
                copies_listing=copied.copies_listing,
            )
        terms[source.card] = made
    return terms


def _make_terms(asked: ReservationConfig, *, card: SourceCard | None) -> Terms:
    if asked.policy is not None:
        return asked.make_terms(policy=asked.policy, protocols=asked.protocols)
    said = _policy_of(card)
    return asked.make_terms(policy=said or DEFAULT, protocols=_honoured(card) if said else ())


def _policy_of(card: SourceCard | None) -> Policy | None:
    """What a card says; None: nothing, or unknown."""
    said = None if card is None or card.reservation is None else card.reservation.policy
    return None if said == "unknown" else said


def _honoured(card: SourceCard | None) -> list[Protocol]:
    """The protocols of a card that machines read; a letter or terms of use are for people."""
    listed = [] if card is None or card.reservation is None else card.reservation.honoured
    return [protocol for protocol in PROTOCOLS if protocol in listed]


def _compare(terms: Terms, *, card: SourceCard | None, uid: str) -> Iterator[str]:
    said = _policy_of(card)
    if said is not None and _STRICTNESS[terms.policy] < _STRICTNESS[said]:
        yield f"{uid}: reservations.policy is {terms.policy}, but its card says {said}"
