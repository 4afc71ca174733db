"""Questionnaires of others (a datasheet, forms of law): which of their items the records of a release answer.

`forms.yaml` names for each item the facts that answer it. A fact of the cards counts where cards of at least
MIN_SHARE of the bytes give it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from governance import front_matter
from governance.audit.answer import Figure
from governance.audit.audited import Audited
from governance.cards import answers, unknown_fields

MIN_SHARE = 0.9
PROVIDER, NOBODY = "provider", "nobody"
"""Items that only whoever trains a model can answer, and items that no record asks about."""


@dataclass(frozen=True)
class Item:
    """One item of a form, and the facts that all must be there for an answer."""

    id: str
    text: str
    facts: tuple[str, ...]


@cache
def load_form(name: str) -> tuple[Item, ...]:
    """The items of one form, in its order."""
    raw: Any = front_matter.load(Path(__file__).with_name("forms.yaml").read_text("utf-8"))
    return tuple(Item(each["id"], each["text"], tuple(each["facts"])) for each in raw[name])


def answered(form: tuple[Item, ...], audited: Audited) -> dict[str, str]:
    """Item → answered, unknown, needs the provider, or not asked by any record."""
    states = {}
    for item in form:
        if item.facts in ((PROVIDER,), (NOBODY,)):
            states[item.id] = "needs the provider" if item.facts == (PROVIDER,) else "no record asks"
        else:
            states[item.id] = "answered" if all(has_fact(audited, fact) for fact in item.facts) else "unknown"
    return states


def make_table(name: str, title: str, form: tuple[Item, ...], states: Mapping[str, str]) -> Figure:
    return Figure(
        name=name,
        kind="table",
        title=title,
        description="Each item of the form, whether the release answers it, and which facts would.",
        columns=("item", "question", "state", "facts"),
        rows=[(item.id, item.text, states[item.id], ", ".join(item.facts)) for item in form],
    )


def has_fact(audited: Audited, fact: str) -> bool:
    """Whether the release says something; facts are `card.<path>` or names of _FACTS."""
    if fact.startswith("card."):
        return share_that_says(audited, fact.removeprefix("card.")) >= MIN_SHARE
    return _FACTS[fact](audited)


def share_that_says(audited: Audited, path: str) -> float:
    """Of the bytes of the release (of its sources, where it has none), those whose card answers a path."""
    sizes = audited.source_bytes
    weights = sizes if sum(sizes.values()) else dict.fromkeys(sizes, 1)
    total = sum(weights.values())
    said = sum(
        weight for uid, weight in weights.items() if uid in audited.cards and _says(audited.cards[uid], path)
    )
    return said / total if total else 0.0


def _says(card: Any, path: str) -> bool:
    def is_below(own: str) -> bool:
        return own == path or own.startswith((f"{path}.", f"{path}["))

    given = [own for own, _ in answers(card) if is_below(own)]
    return bool(given) and not any(is_below(own) for own in unknown_fields(card))


_FACTS: Mapping[str, Callable[[Audited], bool]] = {
    "documents": lambda audited: audited.manifest.total.documents > 0,
    "ledger": lambda audited: bool(audited.manifest.ledger),
    "duplicates": lambda audited: bool(audited.manifest.config.get("decide")),
    "outputs": lambda audited: bool(audited.manifest.outputs),
    "inputs": lambda audited: any(source.inputs for source in audited.manifest.sources.values()),
    "code": lambda audited: bool(audited.manifest.code.version),
    "version": lambda audited: bool(audited.manifest.version),
    "released": lambda audited: bool(getattr(audited.manifest, "released", None)),
    "reviews": lambda audited: (
        bool(audited.manifest.published)
        and all(lang in audited.manifest.reviews for lang in audited.manifest.published)
    ),
    "personal_data": lambda audited: bool(
        getattr(getattr(audited.manifest, "personal_data", None), "looked_for", None)
    ),
    "reservations": lambda audited: getattr(audited.manifest, "reservations", None) is not None,
    "removals": lambda audited: getattr(audited.manifest, "removals", None) is not None,
    "hosts": lambda audited: audited.rows is not None and bool(audited.rows.hosts),
    "provenance": lambda audited: any(o.path.startswith("provenance/") for o in audited.manifest.outputs),
    "licenses": lambda audited: bool(audited.manifest.licenses),
    "readme": lambda audited: any(o.path == "README.md" for o in audited.manifest.outputs),
    "contact": lambda audited: bool(_config_words(audited, "contact")),
    "uses": lambda audited: bool(_config_words(audited, "uses", "use", "intended_use")),
    "public_list": lambda audited: audited.public_list is not None,
}


def _config_words(audited: Audited, *names: str) -> Any:
    """What the corpus file says of the release as a whole, under any of these names."""
    release = audited.manifest.config.get("release")
    about = audited.manifest.config.get("about")
    places = [place for place in (audited.manifest.config, release, about) if isinstance(place, Mapping)]
    return next((place[name] for place in places for name in names if place.get(name)), None)
