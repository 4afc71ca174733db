"""The command line: parse, call, print. No logic that a test would want to call."""

import json
import logging
import sys
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

import click

from pipeline.errors import RunError
from pipeline.lid.commands import lid

_F = TypeVar("_F", bound=Callable[..., Any])

EXIT_CODES = """\b
Exit codes: 0 done; 1 failed; 2 corpus file, card or command line is wrong; 3 too many bad
records or filter errors; 4 not enough disk; 5 output in use; 6 an earlier stage is missing;
7 units failed after every attempt; 8 the ledger does not balance; 130 interrupted (run the
same command to resume)."""


class _Group(click.Group):
    """Errors of a run without a traceback, and Ctrl-C with a way back."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except RunError as error:
            click.echo(f"rhizotron: {error}", err=True)
            ctx.exit(error.exit_code)
        except KeyboardInterrupt:
            click.echo(
                "\nrhizotron: interrupted; nothing is half-written. Run the same command to resume.", err=True
            )
            ctx.exit(130)


@click.group(cls=_Group, epilog=EXIT_CODES, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="rhizotron")
def main() -> None:
    """Curate a multilingual corpus: ingest, measure, decide, publish; every document accounted for."""


def _set_log_level(verbose: bool) -> None:
    """Beam's log belongs to -v, from its import on: what a user must know is in the report.

    So do the tracebacks of its threads: when a worker is killed or Ctrl-C is pressed, every
    connection ends with one.
    """
    logging.basicConfig(level=logging.INFO if verbose else logging.CRITICAL)
    threading.excepthook = _log_thread_error


def _log_thread_error(error: threading.ExceptHookArgs) -> None:
    if error.exc_value is not None:
        found = (error.exc_type, error.exc_value, error.exc_traceback)
        logging.getLogger(__name__).info("a thread ended with an error", exc_info=found)


def _corpus_options(command: _F) -> _F:
    for option in (
        click.option(
            "--limit", type=click.IntRange(min=1), help="Trial run: at most N documents per source."
        ),
        click.option(
            "--out", "output", help="Folder or URL of layers and release; default: `output` of the file."
        ),
        click.argument("corpus", type=click.Path(dir_okay=False)),
    ):
        command = option(command)
    return command


def _run_options(command: _F) -> _F:
    for option in (
        click.argument("beam_args", nargs=-1, type=click.UNPROCESSED),
        click.option("-v", "--verbose", is_flag=True, help="Show Beam's log."),
        click.option("--ignore-disk", is_flag=True, help="Start even if the disk seems too small."),
        click.option(
            "--verify-inputs", is_flag=True, help="Hash the inputs again instead of trusting size and date."
        ),
        click.option("--workers", type=click.IntRange(min=1), help="Worker processes of the local runner."),
        click.option(
            "--runner",
            type=click.Choice(["local", "prism", "flink", "portable", "spark", "dataflow"]),
            default="local",
            show_default=True,
            help="portable: a job server of yours, -- --job_endpoint=HOST:PORT.",
        ),
    ):
        command = option(command)
    return _corpus_options(command)


def _stage_command(name: str, *, stages: Sequence[str], help: str) -> None:
    @main.command(name, help=f"{help}\n\nWhat follows -- goes to Beam untouched.")
    @_run_options
    def command(
        corpus: str,
        output: str | None,
        limit: int | None,
        runner: str,
        workers: int | None,
        verify_inputs: bool,
        ignore_disk: bool,
        verbose: bool,
        beam_args: tuple[str, ...],
    ) -> None:
        _set_log_level(verbose)
        from pipeline import driver

        driver.execute(
            corpus,
            stages=stages,
            output=output,
            limit=limit,
            runner=runner,
            workers=workers,
            verify_inputs=verify_inputs,
            ignore_disk=ignore_disk,
            beam_args=beam_args,
        )


_stage_command(
    "run", stages=("ingest", "count", "measure", "decide", "publish"), help="Run all stages as one Beam job."
)
_stage_command("ingest", stages=("ingest",), help="Read the sources into raw/.")
_stage_command("count", stages=("count",), help="Count lines, find those that a source repeats.")
_stage_command("measure", stages=("measure",), help="Edit and measure raw/ into measured/.")
_stage_command("decide", stages=("decide",), help="Decide what stays, from signals and bands alone.")
_stage_command("publish", stages=("publish",), help="Write the release: shards, ledger, cards.")


@main.command()
@_corpus_options
@click.option("--estimate", is_flag=True, help="Run a sample, and print what large corpora would cost.")
@click.option("--sample", type=click.IntRange(min=1), default=2000, show_default=True, help="Per source.")
@click.option(
    "--hours", type=click.FloatRange(min=0.1), default=24.0, show_default=True, help="Of the large run."
)
def plan(
    corpus: str, output: str | None, limit: int | None, estimate: bool, sample: int, hours: float
) -> None:
    """Validate; print stages, units, bytes, memory and disk estimate. Runs nothing without --estimate."""
    from pipeline import reports
    from pipeline.plan import make_plan

    if not estimate:
        reports.print_plan(make_plan(corpus, output=output, limit=limit))
        return
    from pipeline import scaling

    for line in scaling.render(scaling.measure_sample(corpus, documents=sample), hours=hours):
        click.echo(line)


@main.command()
@_corpus_options
def status(corpus: str, output: str | None, limit: int | None) -> None:
    """What is done, what is missing, what failed."""
    from pipeline import reports
    from pipeline.plan import make_plan

    reports.print_status(make_plan(corpus, output=output, limit=limit))


@main.command()
@_corpus_options
def clean(corpus: str, output: str | None, limit: int | None) -> None:
    """Remove temporary and superseded files."""
    from pipeline.cleaning import clean as remove_rubbish
    from pipeline.plan import make_plan
    from pipeline.runners import lock_output

    made = make_plan(corpus, output=output, limit=limit)
    with lock_output(made.job):
        removed = remove_rubbish(made)
    for url in removed:
        click.echo(url)
    click.echo(f"{len(removed)} file(s) removed")


@main.command()
@click.argument("doc_id")
@_corpus_options
@click.option("--json", "as_json", is_flag=True, help="Machine-readable.")
def explain(doc_id: str, corpus: str, output: str | None, limit: int | None, as_json: bool) -> None:
    """The life of one document: origin, changes, language, rules, decision, place in the release."""
    from pipeline import reports
    from pipeline.explain import explain as explain_document
    from pipeline.plan import make_plan

    lives = explain_document(doc_id, plan=make_plan(corpus, output=output, limit=limit))
    if as_json:
        click.echo(json.dumps(lives, ensure_ascii=False, indent=2, default=str))
    else:
        reports.print_lives(lives)


@main.command()
@click.argument("release")
@click.option("--doc", "doc_id", help="doc_id of any document of the cluster.")
@click.option("-n", "count", type=click.IntRange(min=1), default=5, show_default=True, help="Twins to show.")
@click.option("--characters", type=click.IntRange(min=1), default=2000, show_default=True, help="Of a text.")
@click.option("--verify", "pairs", type=click.IntRange(min=1), help="Near duplicates to compare exactly.")
def dups(release: str, doc_id: str | None, count: int, characters: int, pairs: int | None) -> None:
    """Show the duplicates of a document beside the one that was kept, with what differs in brackets.

    With --verify N: the exact Jaccard similarity of N near duplicates with what stayed for them, as JSON.
    RELEASE is the folder of a release; the layers that it was made from must lie beside it.
    """
    if (doc_id is None) == (pairs is None):
        raise click.UsageError("give --doc ID for a cluster, or --verify N for the rate of false positives")
    if pairs is not None:
        from pipeline.duplicates.verify import verify_duplicates

        click.echo(json.dumps(verify_duplicates(release, count=pairs).to_json(), indent=2))
        return
    from pipeline.dups import find_cluster, print_cluster

    assert doc_id is not None
    print_cluster(find_cluster(release, doc_id=doc_id), count=count, characters=characters)


@main.command()
@_corpus_options
@click.option("--stage", type=click.Choice(["ingest", "measure", "decide"]))
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

    from pipeline import reports
    from pipeline.explain import dropped as find_dropped
    from pipeline.plan import make_plan

    made = make_plan(corpus, output=output, limit=limit)
    rows = islice(find_dropped(made, stage=stage, reason=reason, lang=lang), count)
    for row in rows:
        click.echo(json.dumps(row, ensure_ascii=False, default=str)) if as_json else reports.print_dropped(
            row
        )


@main.command()
@click.argument("release", type=click.Path(file_okay=False))
@click.option("--source", help="Only this source.")
@click.option("-n", "count", type=click.IntRange(min=1), default=20, show_default=True)
@click.option("--json", "as_json", is_flag=True, help="One JSON object per line.")
def lines(release: str, source: str | None, count: int, as_json: bool) -> None:
    """The repeated lines that were removed from a release most often."""
    from pipeline import reports
    from pipeline.lines.removed import top_lines

    rows = top_lines(release, count=count, source=source)
    if as_json:
        for row in rows:
            click.echo(json.dumps(row, ensure_ascii=False))
    else:
        reports.print_lines(rows)


@main.command()
@_corpus_options
@click.option("--lang", required=True, help="BCP-47 tag of one of the 46 languages.")
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
    from pipeline import calibrate as calibration
    from pipeline import reports
    from pipeline.plan import make_plan

    made = make_plan(corpus, output=output, limit=limit)
    report = calibration.calibrate(made, lang=lang, reference=reference)
    reports.print_calibration(report)
    for path in calibration.write_calibration(report, folder=folder):
        click.echo(path)


@main.command()
@_corpus_options
@click.option("--markdown", metavar="FILE", help="Write the whole table, too.")
@click.option("--json", "json_file", metavar="FILE", help="Write the numbers, too.")
def fairness(
    corpus: str, output: str | None, limit: int | None, markdown: str | None, json_file: str | None
) -> None:
    """What each limit removes per language; a limit that is far off for one language is named."""
    from pipeline import fairness as comparison
    from pipeline import reports
    from pipeline.layers import storage
    from pipeline.plan import make_plan

    report = comparison.compare(make_plan(corpus, output=output, limit=limit))
    reports.print_fairness(report)
    if markdown is not None:
        storage.write_bytes(markdown, comparison.render(report).encode())
    if json_file is not None:
        storage.write_bytes(json_file, (json.dumps(report, indent=1) + "\n").encode())


@main.command()
@click.option("--out", "output", default="demo-out", show_default=True, help="Folder of layers and release.")
@click.option("--workers", type=click.IntRange(min=1), help="Worker processes of the local runner.")
@click.option("-v", "--verbose", is_flag=True, help="Show Beam's log.")
def demo(output: str, workers: int | None, verbose: bool) -> None:
    """Run the main job on the bundled corpus: real text in 46 languages, with realistic dirt."""
    _set_log_level(verbose)
    from pipeline import driver

    corpus = Path(__file__).parents[1] / "examples" / "demo" / "corpus.yaml"
    if not corpus.exists():
        raise RunError(f"the demo corpus lives in a checkout of the project; {corpus} does not exist")
    driver.execute(str(corpus), output=output, workers=workers)


main.add_command(lid)


if __name__ == "__main__":
    sys.exit(main())
