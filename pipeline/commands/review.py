"""`rhizotron review`: samples for speakers to label, and their labels back."""

import os

import click

from pipeline.commands.options import Command, release_options
from pipeline.errors import InputError
from pipeline.terminal.echo import echo


class _ReviewGroup(click.Group):
    command_class = Command


@click.group(cls=_ReviewGroup)
def review() -> None:
    """Ask speakers of a language what was kept and dropped: draw a blind sample, read the labels back."""


@review.command()
@release_options
@click.option("--to", "folder", default="review", show_default=True, help="Folder of sheets and key.")
@click.option("--lang", "langs", multiple=True, help="Only this target language; repeatable.")
@click.option(
    "--kept", type=click.IntRange(min=0), default=20, show_default=True, help="Kept documents of a language."
)
@click.option(
    "--per-reason",
    type=click.IntRange(min=0),
    default=5,
    show_default=True,
    help="Dropped documents of a language for each first reason.",
)
@click.option("--seed", type=int, default=1, show_default=True, help="Another seed draws other documents.")
def sample(
    release: str,
    output: str | None,
    limit: int | None,
    folder: str,
    langs: tuple[str, ...],
    kept: int,
    per_reason: int,
    seed: int,
) -> None:
    """Write sheets of kept and dropped documents, mixed, that do not say which is which.

    LANG.csv and LANG.html are for a speaker of the language, and show the same; key.json is for `review
    import`, and not for the speaker. RELEASE is the folder of a release, the output that it lies in, or a
    corpus file; the layers that it was made from must lie beside it. Duplicates are not asked about.
    """
    from pipeline.commands import places, show_review
    from pipeline.inspect import review_sample

    release = places.find_release(release, output=output, limit=limit)
    options = review_sample.SampleOptions(kept=kept, per_reason=per_reason, seed=seed)
    drawn, texts = review_sample.draw_sample(release, options=options, langs=langs)
    if not drawn.documents:
        raise InputError("nothing was drawn: no document of these languages was kept, or dropped by a rule")
    paths = [*review_sample.write_sample(drawn, texts=texts, folder=folder)]
    show_review.print_sample(drawn)
    for path in paths:
        echo(path)


@review.command("import")
@click.argument("corpus")
@click.argument("sheets", metavar="SHEET.csv...", nargs=-1, required=True)
@click.option("--key", metavar="FILE", help="Key of the sample; default: key.json beside the first sheet.")
@click.option(
    "--reader",
    default="reader-1",
    show_default=True,
    help="Who read: a short name that is nobody's real one.",
)
def import_sheets(corpus: str, sheets: tuple[str, ...], key: str | None, reader: str) -> None:
    """Read labelled sheets into the folder `reviews` of a corpus file, for the cards of its next release.

    CORPUS is the corpus file, its output, or the release.
    """
    from layers import storage
    from pipeline.commands import places, show_review
    from pipeline.config.read import load_config
    from pipeline.inspect import review_import

    corpus, _, _ = places.find_corpus(corpus, output=None, limit=None)
    folder = load_config(corpus).reviews
    if folder is None:
        raise InputError(f"{corpus} has no folder of reviews: add `reviews: reviews`")
    folder = storage.join(os.path.dirname(os.path.abspath(corpus)), folder)
    if key is None:
        key = storage.join(os.path.dirname(sheets[0]) or ".", "key.json")
    reviews = review_import.read_sheets(sheets, key=key, reader=reader)
    paths = [*review_import.write_reviews(reviews, folder=folder)]
    show_review.print_reviews(reviews)
    for path in paths:
        echo(path)
