"""The command line of language identification: parse, call, print."""

import itertools
import sys
from collections.abc import Iterator
from typing import Any

import click

from pipeline.commands.options import Command
from pipeline.terminal.echo import complain, echo, open_output


class _LidGroup(click.Group):
    """Ctrl-C ends a command on a stream and leaves nothing to resume."""

    command_class = Command

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            ctx.exit(130)


@click.group(cls=_LidGroup)
def lid() -> None:
    """Language identification: name the languages of lines, measure a model."""


_model_option = click.option(
    "--model", metavar="NAME", help="Bundled model, or path of a fastText file; default: that of a run."
)


@lid.command()
@click.argument("file", default="-")
@_model_option
@click.option("--json", "as_json", is_flag=True, help="All columns, one JSON object a line.")
def identify(file: str, model: str | None, as_json: bool) -> None:
    """Print label, tab and score for each line of FILE, or of standard input, in order.

    The label is a BCP-47 tag, or und with score 0.0000 where there is no language to be told. Lines end
    at \\n and may hold any bytes. A FILE that ends in .gz, .bz2, .xz or .zst is decompressed.
    """
    from pipeline.language_id import identify as lines

    standard = lines.read_stream(sys.stdin.buffer, name="standard input")
    chunks: Iterator[bytes] = standard if file == "-" else lines.read_file(file)
    if model is None:  # the bundled one needs no check, and loading it takes a second
        first = next(chunks, None)
        if first is None:
            return
        chunks = itertools.chain([first], chunks)
    loaded = lines.open_model(model)
    write = open_output()
    for answer, cut in lines.label_lines(chunks, model=loaded, as_json=as_json):
        write(answer)
        for number in cut:
            note = f"line {number} is longer than {lines.MAX_LINE_BYTES} bytes; its rest was not read"
            complain(note)


@lid.command("eval")
@click.argument("folder", metavar="DIR")
@_model_option
@click.option("--json", "json_file", metavar="FILE", help="Write the report as JSON; - prints it alone.")
@click.option("--lines", type=click.IntRange(min=1), metavar="N", help="Only the first N texts of each file.")
@click.option("--balanced", is_flag=True, help="In precision and F1, weigh each language the same.")
@click.option(
    "--group",
    "groups",
    multiple=True,
    metavar="TAG=TAG,…",
    help="Count languages as one, such as ar=arz,apc; repeatable.",
)
def evaluate(
    folder: str,
    model: str | None,
    json_file: str | None,
    lines: int | None,
    balanced: bool,
    groups: tuple[str, ...],
) -> None:
    """Measure a model on DIR/<bcp47>.txt, one text a line.

    Prints precision, recall, F1 and confusions of each language, and how many texts in other languages
    are taken for a target. Files may have ISO 639-3 and FLORES names (swh_Latn.txt); text in no language
    is und.txt.
    """
    from pipeline.language_id import evaluation
    from pipeline.language_id import report as lid_report
    from pipeline.language_id.identify import open_model

    report = evaluation.evaluate_folder(
        folder,
        groups=evaluation.parse_groups(groups),
        model=open_model(model),
        max_texts=lines,
        balanced=balanced,
    )
    if json_file != "-":
        lid_report.print_evaluation(report)
    if json_file is not None:
        evaluation.write_report(report, target=json_file)


@lid.command()
@click.argument("lines", metavar="LINES.parquet…", nargs=-1, required=True)
@click.option("--out", required=True, metavar="DIR", help="Folder of the model and its report.")
@click.option("--name", default="model", show_default=True, help="Name of the files.")
@click.option("--recipe", metavar="FILE", help="Another recipe than that of the bundled model.")
@click.option(
    "--jobs", type=click.IntRange(min=1), default=1, show_default=True, help="Models trained at once."
)
def train(lines: tuple[str, ...], out: str, name: str, recipe: str | None, jobs: int) -> None:
    """Train a model on labelled lines: columns lang, source and text.

    Writes NAME.ftz, its description NAME.yaml with a limit of the score for each language, and NAME.json,
    how well lines are named by models that have not seen their source.
    """
    from pipeline.language_id import report as lid_report
    from pipeline.language_id import training

    report = training.train(lines, out=out, name=name, recipe_path=recipe, jobs=jobs, say=complain)
    lid_report.print_evaluation({"blank_lines": 0, "max_texts_per_file": None, **report})


@lid.command()
@click.argument("report", metavar="NAME.json")
@click.option(
    "--recipe", metavar="FILE", help="Recipe that the model was trained by; default: the bundled one."
)
def card(report: str, recipe: str | None) -> None:
    """Print the model card that follows from the report of a training, in Markdown."""
    from pipeline.language_id import card as lid_card

    echo(lid_card.read_card(report, recipe_path=recipe), newline=False)
