"""What `rhizotron review` prints."""

from collections import Counter
from collections.abc import Sequence

from governance.reviews import LABELS, Review, Sample
from governance.visible import visible_line
from pipeline.terminal.tables import Table, print_table


def print_sample(sample: Sample) -> None:
    """Documents drawn per language, and from how many; not which."""
    table = Table("language", "kept, drawn", "of", "dropped, drawn", "of", "reasons", title=sample.release)
    drawn = Counter((document.lang, bool(document.reason)) for document in sample.documents)
    sizes = Counter[tuple[str, bool]]()
    reasons = Counter[str]()
    for stratum in sample.strata:
        sizes[stratum.lang, bool(stratum.reason)] += stratum.documents
        reasons[stratum.lang] += bool(stratum.reason)
    for lang in sorted({lang for lang, _ in drawn}):
        counts = [f"{each[lang, dropped]:,}" for dropped in (False, True) for each in (drawn, sizes)]
        table.add_row(visible_line(lang), *counts, str(reasons[lang]))
    print_table(table)


def print_reviews(reviews: Sequence[Review]) -> None:
    """Labels per language, of kept and of dropped documents."""
    table = Table("language", "documents", "labelled", *(label.replace("_", " ") for label in LABELS))
    for review in reviews:
        for dropped, what in ((False, "kept"), (True, "dropped")):
            said = Counter(label.label for label in review.labels if bool(label.reason) is dropped)
            table.add_row(review.lang, what, str(said.total()), *(str(said[label]) for label in LABELS))
    print_table(table)
