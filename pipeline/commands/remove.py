"""`rhizotron remove` and `rhizotron apply-removals`."""

from collections import Counter
from typing import TYPE_CHECKING

import click

from pipeline.commands.options import Command
from pipeline.terminal.echo import ProgressForm, complain, echo, echo_json, start_logging

if TYPE_CHECKING:
    from pipeline.inspect.removal_matches import Matched

MAX_SHOWN = 20
"""Twins that are named; --json names all."""


@click.command(cls=Command)
@click.argument("request", type=click.Path(dir_okay=False))
@click.argument("corpus", required=False)
@click.option(
    "--dry-run", "mode", flag_value="dry-run", help="Say what the request is about; change nothing."
)
@click.option("--execute", "mode", flag_value="execute", help="Take it out, of layers and release.")
@click.option("--out", "output", help="Folder or URL of layers and release; default: `output` of the file.")
@click.option("--allow-everything", is_flag=True, help="Take a selector that matches everything.")
@click.option("--workers", type=click.IntRange(min=1), help="Worker processes of the local runner.")
@click.option("--json", "as_json", is_flag=True, help="Machine-readable.")
@click.option(
    "--progress",
    type=click.Choice(["auto", "bars", "lines", "json", "none"]),
    default="auto",
    show_default=True,
    help="Of the run, on standard error.",
)
def remove(
    request: str,
    corpus: str | None,
    mode: str | None,
    output: str | None,
    allow_everything: bool,
    workers: int | None,
    as_json: bool,
    progress: ProgressForm,
) -> None:
    """Take documents or spans out of a corpus, as a REQUEST for removal asks.

    REQUEST is a YAML file (docs/how-to/removal.md). CORPUS is the corpus file, its output, or the release;
    without it, `corpus.yaml` in this folder or in one above the request. Exact copies go too, near duplicates
    are listed. --execute makes the touched units and shards again, as a new major version, and searches
    everything for what was removed.
    """
    from pipeline.commands import places, removal, removal_request
    from pipeline.errors import InputError

    if mode is None:
        raise click.UsageError("say --dry-run or --execute")
    start_logging(verbose=False)
    if corpus is not None:
        corpus, output, limit = places.find_corpus(corpus, output=output, limit=None)
        if limit is not None:
            raise InputError(f"nothing is taken out of a trial (--limit {limit}): remove its folder")
    asked = removal_request.open_request(
        request, corpus=corpus, output=output, allow_everything=allow_everything
    )
    if mode == "dry-run":
        matched = removal_request.match(asked)
        if as_json:
            echo_json({"request_id": asked.request.request_id, **matched.to_json()}, indent=2)
        else:
            _print_matched(matched, title=f"{asked.request.request_id}: {asked.request.action}, dry run")
        return
    done = removal.execute(asked, workers=workers, progress="none" if as_json else progress)
    if as_json:
        echo_json(done.to_json(), indent=2)
    else:
        _print_matched(done.matched, title=f"{asked.request.request_id}: {asked.request.action}, executed")
        is_gate = asked.request.action == "gate_source"
        left = "none of it is open" if is_gate else "nothing of it is left"
        echo(f"release {done.version}; {done.files:,} files searched, {left}")
        for trial in done.trials:
            complain(f"a trial lies in {trial}, which may hold what was removed: remove it")


@click.command("apply-removals", cls=Command)
@click.argument("removal_list", metavar="LIST", type=click.Path(dir_okay=False))
@click.argument("dataset", type=click.Path(file_okay=False))
@click.option("--out", "target", type=click.Path(file_okay=False), help="Write a copy; default: in place.")
@click.option("--without-gated", is_flag=True, help="Remove the documents of gated sources, too.")
@click.option("--json", "as_json", is_flag=True, help="Machine-readable.")
def apply_removals(
    removal_list: str, dataset: str, target: str | None, without_gated: bool, as_json: bool
) -> None:
    """Apply a public LIST of removals to DATASET, a folder of Arrow or Parquet files of anybody's copy.

    Files that hold nothing of it are left alone. Once applied, the same list changes nothing. A source that
    became gated is named with its files: put them behind a gate, or take it out (--without-gated).
    """
    from governance.removals.apply import apply_list
    from governance.removals.request import InvalidRequest
    from pipeline.errors import InputError

    try:
        applied = apply_list(removal_list, dataset=dataset, target=target, without_gated=without_gated)
    except (InvalidRequest, OSError) as error:
        raise InputError(str(error)) from error
    if as_json:
        echo_json(applied.to_json(), indent=2)
        return
    for path, change in sorted(applied.changed.items()):
        echo(f"{path}: {change.documents:,} document(s) removed, {change.spans:,} span(s) cut")
    for doc_id in applied.other_texts[:MAX_SHOWN]:
        complain(f"{doc_id}: its text is not that of the list; its spans were not cut")
    if applied.near_twins:
        echo(f"{applied.near_twins:,} document(s) stay that are near duplicates of what was asked for")
    for path, count in sorted(applied.gated.items())[:MAX_SHOWN]:
        complain(f"{path}: {count:,} document(s) of a source that must be behind a gate, or --without-gated")
    echo(
        f"{applied.documents:,} document(s) removed, {applied.spans:,} span(s) cut in "
        f"{len(applied.changed):,} of {applied.files:,} file(s)"
    )


def _print_matched(matched: "Matched", *, title: str) -> None:
    echo(title)
    for gated in matched.gated:
        moves = ", ".join(f"{old} → {new}" for old, new in gated.moves.items())
        goes = f"to another class: {moves}" if moves else "the release as a whole gets a gate"
        echo(f"{gated.source}: {gated.documents:,} document(s), {gated.text_bytes:,} bytes; {goes}")
    if not matched.documents and matched.gated:
        return
    groups: dict[tuple[str, str], Counter[str]] = {}
    for each in matched.documents:
        counts = groups.setdefault((each.source, each.lang or "-"), Counter())
        counts.update(documents=1, released=each.is_released, twins=each.is_twin, bytes=each.text_bytes)
        counts.update(spans=len(each.spans))
    if groups:
        echo(
            f"{'source':<24} {'language':<9} {'documents':>9} {'released':>9} {'copies':>7} "
            f"{'spans':>6} {'bytes':>12}"
        )
    for (source, lang), n in sorted(groups.items()):
        echo(
            f"{source:<24} {lang:<9} {n['documents']:>9,} {n['released']:>9,} {n['twins']:>7,} "
            f"{n['spans']:>6,} {n['bytes']:>12,}"
        )
    released = sum(each.is_released for each in matched.documents)
    echo(
        f"{len(matched.documents):,} document(s), {released:,} of them in the release; "
        f"{len(matched.units):,} unit(s) and {len(matched.shards):,} shard(s) are touched"
    )
    for source in matched.recounted:
        echo(f"lines that {source} repeats are counted again: other shards of it may change, too")
    back = [twin for twin in matched.returning if not twin.asked_for]
    stay = [twin for twin in matched.returning if twin.asked_for]
    if matched.near:
        echo(f"{len(matched.near):,} near duplicate(s) are not removed:")
    for twin in matched.near[:MAX_SHOWN]:
        echo(f"  {twin.doc_id} ({twin.source}, {twin.lang}) is like {twin.of}{_similarity(twin.similarity)}")
    if back:
        echo(f"{len(back):,} dropped twin(s) may come back, which nobody asked for:")
    for twin in back[:MAX_SHOWN]:
        echo(
            f"  {twin.doc_id} ({twin.source}, {twin.lang}), dropped for {twin.of} by {twin.method}"
            f"{_similarity(twin.similarity)}"
        )
    if stay:
        echo(f"{len(stay):,} dropped twin(s) would come back, but are asked for themselves, and go")


def _similarity(value: float | None) -> str:
    return "" if value is None else f", similarity {value:.2f}"
