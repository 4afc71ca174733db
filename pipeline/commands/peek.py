"""`rhizotron sources` and `rhizotron peek`: which types there are, and what a source looks like as mapped."""

from collections import Counter

import click

from governance.visible import visible_line
from pipeline.commands.options import Command
from pipeline.errors import InputError
from pipeline.terminal.echo import complain, echo, echo_json

MAX_SHOWN_REJECTED = 5
"""Rejected records of each reason."""


@click.command(cls=Command)
@click.argument("corpus", required=False)
def sources(corpus: str | None) -> None:
    """The source types, a line each; with CORPUS those of its plugins too."""
    from layers import plugins
    from pipeline.commands.places import find_corpus
    from pipeline.config.read import load_config
    from sources import load, names

    if corpus is not None:
        load_config(find_corpus(corpus, output=None, limit=None)[0])
    width = max(map(len, names()))
    for name in names():
        meaning = (load(name).__doc__ or "").strip().partition("\n")[0]
        origin = " (plugin)" if name in plugins.names("sources") else ""
        echo(f"{name:<{width}}  {visible_line(meaning)}{origin}")


@click.command(cls=Command)
@click.argument("corpus")
@click.argument("source")
@click.option(
    "-n", "count", type=click.IntRange(min=1, max=100), default=5, show_default=True, help="Documents."
)
@click.option("--json", "as_json", is_flag=True, help="A document or rejected record a line.")
def peek(corpus: str, source: str, count: int, as_json: bool) -> None:
    """The first documents of SOURCE as its fields are mapped, and what the reader dropped, with reasons.

    The beginning of the first, a middle and the last file is read, whatever their size. CORPUS is a corpus
    file, its output, or the release.
    """
    from itertools import islice

    from pipeline.commands.look import describe_row
    from pipeline.commands.places import find_corpus
    from pipeline.plan.peek import peek_into

    corpus, _, _ = find_corpus(corpus, output=None, limit=None)
    seen = peek_into(corpus, uid=source, notify=complain)
    for remark in seen.remarks:
        complain(visible_line(f"warning: {remark}"))
    for sample, row in islice(seen.documents, count):
        if as_json:
            ids = {name: row[name].hex() for name in ("doc_id", "raw_sha256")}
            echo_json({"document": row | ids})
        else:
            for line in describe_row(row, title=f"{source},", format=sample.format):
                echo(line)
    shown = Counter[str]()
    for rejected in seen.rejected:
        shown[rejected["reason"]] += 1
        if as_json:
            echo_json({"rejected": rejected})
        elif shown[rejected["reason"]] <= MAX_SHOWN_REJECTED:
            place = f"{rejected['container']}, {rejected['offset']}"
            echo(visible_line(f"dropped: {place}: {rejected['reason']}: {rejected['detail']}"))
    if not as_json:
        listed = ", ".join(f"{n} as {reason}" for reason, n in sorted(shown.items())) or "none"
        documents, listing = sum(1 for _ in seen.documents), seen.listed.listings.get(source)
        files = 0 if listing is None else len(listing.files)
        echo(f"seen: {documents} documents in {len(seen.samples)} of {files} file(s); dropped: {listed}")
    if not seen.samples or not any(sample.documents for sample in seen.samples):
        raise InputError(f"no document of {source} was seen")
