"""The command line: parse, call, print. No logic that a test would want to call."""

import logging
import sys
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

import click

from pipeline.commands.inspect import QUESTIONS
from pipeline.commands.lid import lid
from pipeline.commands.options import corpus_options
from pipeline.errors import RunError

_F = TypeVar("_F", bound=Callable[..., Any])

RUNNERS = ["local", "prism", "flink", "portable", "spark", "dataflow"]

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
            type=click.Choice(RUNNERS),
            default="local",
            show_default=True,
            help="portable: a job server of yours, -- --job_endpoint=HOST:PORT.",
        ),
    ):
        command = option(command)
    return corpus_options(command)


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
        from pipeline.commands import run

        run.execute(
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
@corpus_options
@click.option("--runner", type=click.Choice(RUNNERS), help="Refuse plugins that its workers cannot import.")
@click.option("--estimate", is_flag=True, help="Run a sample; print what this corpus costs, and large ones.")
@click.option("--sample", type=click.IntRange(min=1), default=2000, show_default=True, help="Per source.")
@click.option(
    "--hours", type=click.FloatRange(min=0.1), default=24.0, show_default=True, help="Of the large run."
)
@click.option(
    "--assumptions", type=click.Path(), help="YAML of corpora and prices, as pipeline/plan/assumptions.yaml."
)
def plan(
    corpus: str,
    output: str | None,
    limit: int | None,
    runner: str | None,
    estimate: bool,
    sample: int,
    hours: float,
    assumptions: str | None,
) -> None:
    """Validate; print stages, units, bytes, memory and disk estimate. Runs nothing without --estimate."""
    from pipeline.commands import look, show
    from pipeline.plan.make import make_plan

    made = make_plan(corpus, output=output, limit=limit, looks=True)
    look.print_warnings(made)
    if not estimate:
        show.print_plan(made)
        look.print_documents(made)
        if runner is not None and made.job.plugins:
            from pipeline.beam.runners import check_plugins

            check_plugins(made, runner=runner)
        return
    _set_log_level(verbose=False)
    from pipeline.beam import cost, own_cost
    from pipeline.plan.assumptions import DEFAULT, load_assumptions

    assumed = load_assumptions(assumptions or DEFAULT)
    measured = cost.measure_sample(corpus, documents=sample)
    for line in (
        *own_cost.render(own_cost.estimate_own(measured, plan=made), plan=made),
        *cost.render(measured, hours=hours, assumptions=assumed),
    ):
        click.echo(line)


@main.command()
@corpus_options
def clean(corpus: str, output: str | None, limit: int | None) -> None:
    """Remove temporary and superseded files."""
    from pipeline.beam.runners import lock_output
    from pipeline.inspect.rubbish import clean as remove_rubbish
    from pipeline.plan.make import make_plan

    made = make_plan(corpus, output=output, limit=limit)
    with lock_output(made.job):
        removed = remove_rubbish(made)
    for url in removed:
        click.echo(url)
    click.echo(f"{len(removed)} file(s) removed")


@main.command()
@click.option("--out", "output", default="demo-out", show_default=True, help="Folder of layers and release.")
@click.option("--workers", type=click.IntRange(min=1), help="Worker processes of the local runner.")
@click.option("-v", "--verbose", is_flag=True, help="Show Beam's log.")
def demo(output: str, workers: int | None, verbose: bool) -> None:
    """Run the main job on the bundled corpus: real text in 46 languages, with realistic dirt."""
    _set_log_level(verbose)
    from pipeline.commands import run

    corpus = Path(__file__).parents[1] / "examples" / "demo" / "corpus.yaml"
    if not corpus.exists():
        raise RunError(f"the demo corpus lives in a checkout of the project; {corpus} does not exist")
    run.execute(str(corpus), output=output, workers=workers)


for _command in (*QUESTIONS, lid):
    main.add_command(_command)


if __name__ == "__main__":
    sys.exit(main())
