"""Commands that ask about a run or a release, and change neither."""

import json

import click

from layers.stages import stages_with
from pipeline.commands.options import Command, corpus_options, document_options, release_options
from pipeline.terminal.echo import echo, echo_json


@click.command(cls=Command)
@corpus_options
def status(corpus: str, output: str | None, limit: int | None) -> None:
    """What is done, what is missing, what failed."""
    from pipeline.commands import show
    from pipeline.inspect.asked import trials
    from pipeline.plan.make import make_plan
    from sources.reading.listing import AS_LAST_RUN

    made = make_plan(corpus, output=output, limit=limit, asking=AS_LAST_RUN)
    show.print_status(made)
    echo(f"{made.job.title} in {made.job.output}{trials(made)}")


@click.command(cls=Command)
@document_options
@click.option("--json", "as_json", is_flag=True, help="Machine-readable.")
def explain(doc_id: str, corpus: str, output: str | None, limit: int | None, as_json: bool) -> None:
    """The life of one document: origin, changes, language, rules, decision, place in the release.

    DOC_ID may be cut to its first digits, or be the id that the source itself has for the document. CORPUS is
    a corpus file, its output, or the release; --out OUTPUT is enough.
    """
    from pipeline.commands import show
    from pipeline.errors import ConfigError
    from pipeline.inspect.explain import explain as explain_document
    from pipeline.plan.make import make_plan
    from sources.reading.listing import AS_LAST_RUN

    try:
        plan = make_plan(corpus, output=output, limit=limit, asking=AS_LAST_RUN)
    except ConfigError:  # where the sources are gone, or never were on this machine, the layers still say it
        plan = make_plan(corpus, output=output, limit=limit, with_files=False)
    lives = explain_document(doc_id, plan=plan)
    if as_json:
        echo_json(lives, indent=2)
    else:
        show.print_lives(lives)


@click.command(cls=Command)
@document_options
@click.option("--json", "as_json", is_flag=True, help="Machine-readable.")
def rebuild(doc_id: str, corpus: str, output: str | None, limit: int | None, as_json: bool) -> None:
    """Make one document again from its place in the source, and compare; exit code 9 where anything differs.

    Compared are the raw record, the text as extracted, the text as edited, every signal, and the text in the
    release. CORPUS is a corpus file, its output, or the release; --out OUTPUT is enough.
    """
    from pipeline.commands import show
    from pipeline.errors import DamagedRelease
    from pipeline.inspect.rebuild import rebuild as rebuild_document
    from pipeline.plan.make import make_plan

    plan = make_plan(corpus, output=output, limit=limit, with_files=False)
    made = rebuild_document(doc_id, job=plan.job)
    if as_json:
        echo_json([each.to_json() for each in made], indent=2)
    else:
        show.print_rebuilt(made)
    if not all(each.is_equal for each in made):
        raise DamagedRelease(f"{doc_id} is not made again as it was")


@click.command(cls=Command)
@release_options
@click.argument("doc", metavar="[DOC_ID]", required=False)
@click.option(
    "--doc", "doc_id", help="Any document of the cluster: doc_id, its first digits, or source's id."
)
@click.option("-n", "count", type=click.IntRange(min=1), default=5, show_default=True, help="Twins to show.")
@click.option("--characters", type=click.IntRange(min=1), default=2000, show_default=True, help="Of a text.")
@click.option("--verify", "pairs", type=click.IntRange(min=1), help="Near duplicates to compare exactly.")
def dups(
    release: str,
    output: str | None,
    limit: int | None,
    doc: str | None,
    doc_id: str | None,
    count: int,
    characters: int,
    pairs: int | None,
) -> None:
    """Show the duplicates of a document beside the one that was kept, with what differs in brackets.

    With --verify N: the exact Jaccard similarity of N near duplicates with what stayed for them, as JSON.
    RELEASE is the folder of a release, the output that it lies in, or a corpus file; the layers that it was
    made from must lie beside it.
    """
    from pipeline.commands import places

    if doc is not None:
        doc, release = places.tell_apart(doc, release)
    if doc is not None and doc_id is not None:
        raise click.UsageError(f"one document at a time: {doc} or --doc {doc_id}")
    doc_id = doc_id or doc
    if (doc_id is None) == (pairs is None):
        raise click.UsageError("give a DOC_ID for a cluster, or --verify N for the rate of false positives")
    release = places.find_release(release, output=output, limit=limit)
    if pairs is not None:
        from pipeline.inspect.verify_duplicates import verify_duplicates

        echo_json(verify_duplicates(release, count=pairs).to_json(), indent=2)
        return
    from pipeline.inspect.duplicates import find_cluster, print_cluster

    assert doc_id is not None
    print_cluster(find_cluster(release, doc_id=doc_id), count=count, characters=characters)


@click.command(cls=Command)
@corpus_options
@click.option("--stage", type=click.Choice(stages_with("dropped")))
@click.option("--reason", help="Only this first reason.")
@click.option("--lang", help="Only this language.")
@click.option("-n", "count", type=click.IntRange(min=1), default=5, show_default=True)
@click.option("--json", "as_json", is_flag=True, help="One JSON object per line.")
def dropped(
    corpus: str,
    output: str | None,
    limit: int | None,
    stage: str | None,
    reason: str | None,
    lang: str | None,
    count: int,
    as_json: bool,
) -> None:
    """Show what was dropped, and why."""
    from itertools import islice

    from pipeline.commands import show
    from pipeline.inspect.asked import check_filters
    from pipeline.inspect.dropped import find_dropped
    from pipeline.plan.make import make_plan
    from sources.reading.listing import AS_LAST_RUN

    made = make_plan(corpus, output=output, limit=limit, asking=AS_LAST_RUN)
    if nothing := check_filters(made, stage=stage, reason=reason, lang=lang):
        echo(nothing, err=True)
    rows = islice(find_dropped(made, stage=stage, reason=reason, lang=lang), count)
    for row in rows:
        echo_json(row) if as_json else show.print_dropped(row)


@click.command(cls=Command)
@release_options
@click.option("--source", help="Only this source.")
@click.option("-n", "count", type=click.IntRange(min=1), default=20, show_default=True)
@click.option("--json", "as_json", is_flag=True, help="One JSON object per line.")
def lines(
    release: str, output: str | None, limit: int | None, source: str | None, count: int, as_json: bool
) -> None:
    """The repeated lines that were removed from a release most often.

    RELEASE is the folder of a release, the output that it lies in, or a corpus file.
    """
    from pipeline.commands import places, show
    from pipeline.inspect.removed_lines import top_lines

    release = places.find_release(release, output=output, limit=limit)
    rows = top_lines(release, count=count, source=source)
    if as_json:
        for row in rows:
            echo_json(row)
    else:
        show.print_lines(rows)


@click.command(cls=Command)
@corpus_options
@click.option("--lang", required=True, help="BCP-47 tag of a target language.")
@click.option(
    "--reference", multiple=True, metavar="SOURCE", help="Source whose documents are clean; repeatable."
)
@click.option(
    "--to", "folder", default="calibration", show_default=True, help="Folder of the page and patch."
)
def calibrate(
    corpus: str, output: str | None, limit: int | None, lang: str, reference: tuple[str, ...], folder: str
) -> None:
    """What the limits of a language remove of measured documents, and which limits would fit.

    Writes LANG.html, a page with a slider for each limit, the same as LANG.json, and LANG.patch for the
    language file where a limit is not defensible.
    """
    from pipeline.commands import show
    from pipeline.inspect import calibrate as calibration
    from pipeline.plan.make import make_plan
    from sources.reading.listing import AS_LAST_RUN

    made = make_plan(corpus, output=output, limit=limit, asking=AS_LAST_RUN)
    report = calibration.calibrate(made, lang=lang, reference=reference)
    show.print_calibration(report)
    for path in calibration.write_calibration(report, folder=folder):
        echo(path)


@click.command(cls=Command)
@corpus_options
@click.option("--markdown", metavar="FILE", help="Write the whole table, too.")
@click.option("--json", "json_file", metavar="FILE", help="Write the numbers, too.")
def fairness(
    corpus: str, output: str | None, limit: int | None, markdown: str | None, json_file: str | None
) -> None:
    """What each limit removes per language; a limit that is far off for one language is named."""
    from layers import storage
    from pipeline.commands import show
    from pipeline.inspect import fairness as comparison
    from pipeline.plan.make import make_plan
    from sources.reading.listing import AS_LAST_RUN

    made = make_plan(corpus, output=output, limit=limit, asking=AS_LAST_RUN)
    report = comparison.compare(made)
    show.print_fairness(report)
    if markdown is not None:
        storage.write_bytes(markdown, comparison.render(report).encode())
    if json_file is not None:
        storage.write_bytes(json_file, (json.dumps(report, indent=1) + "\n").encode())


QUESTIONS: tuple[click.Command, ...] = (status, explain, rebuild, dups, dropped, lines, calibrate, fairness)
