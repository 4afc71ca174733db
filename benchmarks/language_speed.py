"""Language identification beside what others use, in one process: the whole of identify, and kernels alone.

    python -m benchmarks.language_speed DOCUMENTS

Documents as they are, then their lines of 20 to 300 bytes as sentences. MB of all text per CPU-second of one
core, the fastest of several rounds. resiliparse is timed where it is installed.
"""

import importlib
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import click
import fasttext
import numpy as np
import pyarrow as pa

from benchmarks import report
from benchmarks.speed import Work, read_batches, time_rounds
from filters.kernels.script import count_scripts
from filters.language_id import DEFAULT_MODEL, VENDORED, IdentifyOptions, Model, identify, load_model
from filters.language_id import model as models
from filters.language_id.candidates import predict_segments
from filters.language_id.segments import cut, plain_letters, without_links

LIBRARY_MODEL = "lid.176"
SENTENCE_BYTES = range(20, 301)


def find_sentences(texts: pa.LargeStringArray) -> pa.LargeStringArray:
    """The lines of sentence length of the texts."""
    lines = (line.strip() for text in texts.to_pylist() for line in text.splitlines())
    return pa.array([line for line in lines if len(line.encode()) in SENTENCE_BYTES], pa.large_string())


def identifiers(texts: pa.LargeStringArray) -> Iterator[Work]:
    """Our two models, whole and the kernel alone, then others on whole texts."""
    for name in (DEFAULT_MODEL, LIBRARY_MODEL):
        model = load_model(name)
        read = _lines_read(texts, model=model)
        yield Work(f"{name}, identify", partial(identify, texts, declared=_nulls(texts), model=model))
        yield Work(f"{name}, kernel", _predict(read, model=model))
        yield Work(f"{name}, kernel, all classes", partial(model.predict, read, min_score=0.01))
    library = fasttext.load_model(str(models.FOLDER / VENDORED[LIBRARY_MODEL].file))
    spaced = [text.replace("\n", " ") for text in texts.to_pylist()]
    yield Work(f"{LIBRARY_MODEL}, fastText's library", partial(library.predict, spaced))
    try:
        resiliparse = importlib.import_module("resiliparse.parse.lang")
    except ImportError:
        return
    yield Work("resiliparse, detect_fast", lambda: [resiliparse.detect_fast(text) for text in spaced])


def _predict(lines: pa.LargeStringArray, *, model: Model) -> Callable[[], object]:
    """The model as identify asks it: for the languages of a segment's script."""
    letters, _ = count_scripts(lines)
    total = letters.sum(axis=1)
    needed = np.ceil(total * IdentifyOptions().min_script_share)
    return partial(
        predict_segments, lines, model=model, letters=letters, total=total, needed=needed, limits=(0.01, 0.8)
    )


def _nulls(texts: pa.LargeStringArray) -> pa.StringArray:
    return pa.nulls(len(texts), pa.string())


def _lines_read(texts: pa.LargeStringArray, *, model: Model) -> pa.LargeStringArray:
    """What the model reads of the texts."""
    prose, *_ = without_links(cut(texts, options=IdentifyOptions().segments).lines)
    return plain_letters(prose) if model.description.reads_letters_only else prose


@click.command(help=__doc__)
@click.argument("documents", type=click.Path(exists=True, path_type=Path))
@click.option("--max-text-bytes", type=int, default=10_000_000, show_default=True, help="An even sample.")
@click.option("--repeats", type=int, default=3, show_default=True)
def main(documents: Path, max_text_bytes: int, repeats: int) -> None:
    """Print a row for each identifier."""
    columns = [batch["text"] for batch in read_batches(documents, max_text_bytes=max_text_bytes)]
    texts = pa.chunked_array(columns, pa.large_string()).combine_chunks()
    kinds = {"documents": texts, "sentences": find_sentences(texts)}
    click.echo(
        f"{report.heading()}\n\n| | texts | MB | identifier | MB per CPU-second |\n|---|---:|---:|---|---:|"
    )
    for kind, each in kinds.items():
        megabytes = sum(len(text.as_buffer()) for text in each) / report.MEGABYTE
        for work in identifiers(each):
            _, best = time_rounds(work.run, repeats=repeats)
            click.echo(f"| {kind} | {len(each):,} | {megabytes:.1f} | {work.name} | {megabytes / best:.1f} |")


if __name__ == "__main__":
    main()
