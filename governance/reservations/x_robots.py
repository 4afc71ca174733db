"""`X-Robots-Tag` and `<meta name="robots">`: `noai` reserves texts, `noimageai` images alone.

A value is a list of rules with commas between them. A rule may begin with the name of an agent and a colon,
and is then, with those behind it, said to that agent alone. Rules of search engines (`noindex`, `none`,
`noarchive`) say nothing about training.
"""

from collections.abc import Iterator

from governance.reservations.signals import Effect, Origin, Place, Question, Signal, shorten

_DISALLOWS = ("noai", "notrain", "noaitrain")
_OTHERS = ("noimageai", "noml")
"""Said about machine learning in general or other works than texts: kept, and read as unknown."""
_WITH_VALUES = ("unavailable_after", "max-snippet", "max-image-preview", "max-video-preview")
META_NAMES = ("robots", "googlebot", "bingbot")
"""Names of `<meta>` whose content is such a list: to everyone, or to the agent of that name."""


def read_value(value: str, *, question: Question, place: Place, origin: Origin) -> list[Signal]:
    """The rules of a value that are about training and said to everyone or to an agent that is asked for."""
    lowered = value.lower()
    if not any(rule in lowered for rule in (*_DISALLOWS, *_OTHERS)):
        return []
    agents = {agent.lower() for agent in question.agents}
    signals = []
    for agent, rule in _split(value):
        effect: Effect | None = "disallow" if rule in _DISALLOWS else "unknown" if rule in _OTHERS else None
        if effect is not None and (agent is None or agent.lower() in agents):
            signals.append(
                Signal(
                    protocol="x_robots",
                    place=place,
                    location=origin.location,
                    raw=shorten(value.strip()),
                    effect="unknown" if question.purpose == "search" else effect,
                    agent=agent,
                    date=origin.date,
                )
            )
    return signals


def _split(value: str) -> Iterator[tuple[str | None, str]]:
    """(agent or None, rule in lower case) of each rule."""
    agent: str | None = None
    for part in value.split(","):
        head, colon, tail = part.partition(":")
        name = head.strip()
        if colon and name.lower() not in _WITH_VALUES:
            agent, part = name, tail
        yield agent, part.strip().lower()
