"""What cards say of human review, and the sheet that a speaker labels."""

from pathlib import Path

from governance.manifest import Manifest
from governance.pages.markdown import code, escape, table
from governance.reviews import LABELS, LanguageReview, Share

NONE = "No human review was done."
_FOLDER = Path(__file__).parent


def render_language_review(manifest: Manifest, lang: str) -> str:
    """What readers found in one language; that nobody read it, where nobody did."""
    review = manifest.reviews.get(lang)
    if review is None:
        return NONE
    rows = [["kept", *_cells(review.kept)], ["dropped by rules", *_cells(review.dropped)]]
    reasons = [[code(reason), *_cells(found)] for reason, found in sorted(review.reasons.items())]
    header = ["Documents", "Read", "Natural text", "Share", "95 % interval"]
    said = ", ".join(f"{label} {n}" for label, n in review.labels.items())
    blocks = [
        f"{_readers(review)} Natural is {LABELS['natural']}; what goes as a duplicate is not asked "
        "about. Shares weigh each reason by the documents that it took; intervals are Wilson's.",
        table(header, rows),
        *([table(["Dropped because", *header[1:]], reasons)] if reasons else []),
        f"Labels given: {said}.",
    ]
    if review.disagreed:
        blocks.append(f"{review.disagreed} documents on which readers were divided are not counted.")
    if not review.is_current:
        blocks.append(
            f"**What was read are decisions of {escape(review.release)} that are not those of this release.**"
        )
    return "\n\n".join(blocks)


def render_reviews(manifest: Manifest) -> str:
    """A row per language that was read, and how many were not."""
    if not manifest.reviews:
        return NONE
    rows = [
        [
            f"[{code(lang)}](cards/{lang}.md)",
            review.kept.read,
            _interval(review.kept),
            review.dropped.read,
            _interval(review.dropped),
            "this release" if review.is_current else escape(review.release),
        ]
        for lang, review in manifest.reviews.items()
    ]
    header = ["Language", "Kept, read", "Natural", "Dropped, read", "Natural", "Decisions of"]
    others = len(manifest.languages) - len(manifest.reviews)
    return "\n\n".join(
        [
            "Speakers read documents without knowing whether they were kept. Shares of natural text with "
            "Wilson's 95 % interval:",
            table(header, rows),
            *([f"No human review was done of the other {others} target languages."] if others else []),
        ]
    )


def _readers(review: LanguageReview) -> str:
    return f"Read blind by {review.readers} {'reader' if review.readers == 1 else 'readers'}."


def _cells(found: Share) -> list[object]:
    between = (
        "–" if found.low is None or found.high is None else f"{_percent(found.low)} to {_percent(found.high)}"
    )
    return [found.read, found.good, "–" if found.share is None else _percent(found.share), between]


def _interval(found: Share) -> str:
    if found.share is None or found.low is None or found.high is None:
        return "–"
    return f"{_percent(found.share)} ({_percent(found.low)} to {_percent(found.high)})"


def _percent(value: float) -> str:
    return f"{100 * value:.1f} %"
