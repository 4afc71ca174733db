"""The command line: parse, call, print. No logic that a test would want to call."""

import os
import signal
import sys
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import click

from layers.stages import NAMES, STAGES
from pipeline.commands.audit import audit
from pipeline.commands.captures import captures
from pipeline.commands.card import card
from pipeline.commands.init import init
from pipeline.commands.inspect import QUESTIONS
from pipeline.commands.lid import lid
from pipeline.commands.new import new
from pipeline.commands.options import Command, add_options, run_options, watch_options
from pipeline.commands.peek import peek, sources
from pipeline.commands.personal_data import personal_data
from pipeline.commands.pull import pull
from pipeline.commands.push import push
from pipeline.commands.remove import apply_removals, remove
from pipeline.commands.reservations import reservations
from pipeline.commands.review import review
from pipeline.commands.sign import sign
from pipeline.commands.verify import verify
from pipeline.commands.withdraw import withdraw
from pipeline.errors import Interrupted, MissingLayer, RunError
from pipeline.terminal.echo import ProgressForm, complain, echo, show_uncaught, start_logging

_F = TypeVar("_F", bound=Callable[..., Any])

RUNNERS = ["local", "prism", "flink", "portable", "spark", "dataflow"]

EXIT_CODES = """\b
Exit codes: 0 done; 1 failed; 2 corpus file, card or command line is wrong; 3 too many bad
records or filter errors; 4 not enough disk; 5 output in use; 6 an earlier stage is missing;
7 units failed after every attempt; 8 the ledger does not balance; 9 a release is not what
its manifest says; 10 an input file is not what was planned; 11 an audit has an answer that
fails; 12 one that warns (--fail-on warn); 129, 130, 143 ended by SIGHUP, Ctrl-C, SIGTERM (run
the same command to resume)."""


class _Group(click.Group):
    """Errors of a run without a traceback, and Ctrl-C with a way back."""

    command_class = Command

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except RunError as error:
            complain(str(error))
            ctx.exit(error.exit_code)
        except KeyboardInterrupt as interrupt:
            from layers import storage

            storage.end_writing()
            ended = interrupt if isinstance(interrupt, Interrupted) else Interrupted(signal.SIGINT)
            what = str(ended) or "nothing is half-written. Run the same command to resume."
            echo("", err=True)
            complain(f"interrupted by {ended.name}; {what}")
            # so that these are the last words: Beam prints how its threads fail that were at work
            sys.stderr = open(os.devnull, "w")  # noqa: SIM115
            ctx.exit(ended.exit_code)
        except (click.ClickException, click.Abort, click.exceptions.Exit):
            raise
        except Exception as error:
            self._explain(error, ctx=ctx)
            raise

    @staticmethod
    def _explain(error: Exception, *, ctx: click.Context) -> None:
        """End with what is to be done where a layer or the disk lacks something; nothing for others."""
        from layers.damage import set_aside
        from layers.layer import MissingEntry
        from layers.refusals_to_write import describe_refusal
        from layers.shards import DamagedFile
        from pipeline.errors import InputError
        from pipeline.inspect.after_release import is_removed
        from pipeline.stages.failures import describe_missing

        if (refusal := describe_refusal(error)) is not None:
            complain(refusal)
            ctx.exit(1)
        if isinstance(error, MissingEntry):
            complain(describe_missing(error))
            ctx.exit(MissingLayer.exit_code)
        if isinstance(error, DamagedFile) and is_removed(error.url):
            complain(
                f"{error.url} was removed by `rhizotron clean --after-release`, as all unmasked text; "
                "`rhizotron run` with another configuration reads the sources again"
            )
            ctx.exit(InputError.exit_code)
        if isinstance(error, DamagedFile):
            set_aside(error)
            complain(f"{error}; it is set aside in damaged/: `rhizotron run` makes it again")
            ctx.exit(1)


@click.group(cls=_Group, epilog=EXIT_CODES, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="rhizotron")
def main() -> None:
    """Curate a multilingual corpus: ingest, measure, decide, publish; every document accounted for."""
    sys.excepthook = show_uncaught


def _run_options(command: _F) -> _F:
    command = add_options(
        command,
        click.argument("beam_args", nargs=-1, type=click.UNPROCESSED),
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
    )
    return run_options(watch_options(command))


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
        log: str | None,
        progress: ProgressForm,
        beam_args: tuple[str, ...],
    ) -> None:
        start_logging(verbose=verbose, log=log)
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
            progress=progress,
        )


_stage_command("run", stages=NAMES, help="Run all stages as one Beam job.")
for _stage in STAGES:
    _stage_command(_stage.name, stages=(_stage.name,), help=_stage.help)


@main.command()
@run_options
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
    from layers.http_ranges import PLAN, at_most
    from pipeline.commands import look, show
    from pipeline.plan.make import make_plan
    from sources.reading.listing import MAX_ASKED_FILES, Asking

    asking = Asking(max_files=MAX_ASKED_FILES, notify=complain)
    with at_most(PLAN):
        made = make_plan(corpus, output=output, limit=limit, looks=True, asking=asking)
    look.print_warnings(made)
    look.print_gates(made)
    if not estimate:
        show.print_plan(made)
        look.print_documents(made)
        if runner is not None and made.job.plugins:
            from pipeline.beam.remote import check_plugins

            check_plugins(made, runner=runner)
        return
    start_logging(verbose=False)
    from pipeline.beam import cost, own_cost
    from pipeline.plan.assumptions import DEFAULT, load_assumptions

    assumed = load_assumptions(assumptions or DEFAULT)
    measured = cost.measure_sample(corpus, documents=sample)
    for line in (
        *own_cost.render(own_cost.estimate_own(measured, plan=made), plan=made),
        *cost.render(measured, hours=hours, assumptions=assumed),
    ):
        echo(line)


@main.command()
@click.option("--limit", type=click.IntRange(min=1), help="Of a corpus file: the trial's output.")
@click.option("--out", "output", help="Of a corpus file: folder or URL of layers and release.")
@click.option(
    "--after-release",
    is_flag=True,
    help="Remove what holds unmasked text: raw/, texts and lines of measured/, and what quotes them.",
)
@click.argument("corpus")
def clean(corpus: str, output: str | None, limit: int | None, after_release: bool) -> None:
    """Remove temporary and superseded files.

    CORPUS is a corpus file, or its output. --after-release removes all texts that are not masked, once the
    release is complete, and says what can no longer be done.
    """
    start_logging(verbose=False, log=None)
    from pipeline.beam.interrupts import interrupt_on_signals
    from pipeline.beam.lock import lock_folder, lock_output
    from pipeline.commands.places import find_corpus, find_output
    from pipeline.inspect.rubbish import clean as remove_rubbish
    from pipeline.plan.make import make_plan

    if after_release:
        from pipeline.inspect.after_release import LOST, clean_after_release

        folder = find_output(corpus, output=output, limit=limit)
        with interrupt_on_signals(), lock_folder(folder):
            cleaned = clean_after_release(folder)
        echo(f"{cleaned.files} file(s) with unmasked text removed, {cleaned.bytes:,} bytes; from now on:")
        for lost in LOST:
            echo(f"- {lost}")
        return
    corpus, output, limit = find_corpus(corpus, output=output, limit=limit)
    made = make_plan(corpus, output=output, limit=limit)
    with interrupt_on_signals(), lock_output(made.job):
        removed = remove_rubbish(made)
    for url in removed:
        echo(url)
    echo(f"{len(removed)} file(s) removed")


@main.command()
@click.option("--out", "output", default="demo-out", show_default=True, help="Folder of layers and release.")
@click.option("--workers", type=click.IntRange(min=1), help="Worker processes of the local runner.")
@watch_options
def demo(output: str, workers: int | None, verbose: bool, log: str | None, progress: ProgressForm) -> None:
    """Run the main job on the bundled corpus: real text in 46 languages, with realistic dirt."""
    start_logging(verbose=verbose, log=log)
    from pipeline.commands import run
    from pipeline.config.bundled import find_bundled

    corpus = str(find_bundled("examples/demo/corpus.yaml"))
    run.execute(corpus, output=output, workers=workers, progress=progress)


for _command in (
    new,
    init,
    card,
    captures,
    sources,
    peek,
    *QUESTIONS,
    review,
    lid,
    verify,
    audit,
    sign,
    remove,
    apply_removals,
    push,
    withdraw,
    pull,
    reservations,
    personal_data,
):
    main.add_command(_command)


if __name__ == "__main__":
    sys.exit(main())
