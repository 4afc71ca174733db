"""Who may see a release: what its README and its source cards ask of the repository that holds it."""

from collections.abc import Iterator

from governance import front_matter
from governance.manifest import README
from pipeline.delivery.files import LocalRelease
from pipeline.delivery.reading import Gate, State
from pipeline.delivery.readme import read_fields

_CARDS = "cards/sources/"


def wanted_gate(release: LocalRelease) -> Gate | None:
    """The gate that a release asks for: its README has a form to be signed, or a card is not open.

    manual, since nothing in a release says that whoever asks may have it.
    """
    fields = {}
    if README in release.files:
        fields = read_fields((release.folder / README).read_text("utf-8", errors="replace"))
    has_form = any(str(key).startswith("extra_gated_") for key in fields)
    return "manual" if has_form or {*_tiers(release)} - {"open"} else None


def check_openness(
    release: LocalRelease, *, state: State | None, private: bool | None, force: bool
) -> Iterator[str]:
    """What source cards say against open publication forbids a repository that everybody sees."""
    becomes_public = private is False or (private is None and state is not None and not state.private)
    obstacles = [each for source in release.manifest.sources.values() for each in source.obstacles]
    if becomes_public and obstacles and not force:
        named = "; ".join(obstacles[:3]) + (" …" if len(obstacles) > 3 else "")
        yield f"it is not to be public: {named}: keep it --private, or --force"


def _tiers(release: LocalRelease) -> Iterator[str]:
    """`access_tier` of every source card of the release; internal where a card has none that can be read."""
    for path in release.files:
        if path.startswith(_CARDS):
            try:
                card = front_matter.load(front_matter.split((release.folder / path).read_text("utf-8"))[0])
            except ValueError:
                card = {}
            yield str(card.get("access_tier", "internal"))
