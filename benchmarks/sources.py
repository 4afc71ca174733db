"""How fast source types read the same documents on one core, beside JSON lines and beside libraries alone.

    python -m benchmarks.sources DOCUMENTS
    python -m benchmarks.sources DOCUMENTS --max-text-bytes 100000000 --repeats 3

DOCUMENTS is a folder of JSON lines (`*.jsonl`, `*.jsonl.zst`) with `text` and, if they have one, `lang`. They
are written in each format first. Speeds are as in `benchmarks.speed`. A library alone parses only: no digest,
no place in the file, no document.
"""

import csv
import json
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import click
import orjson
import pyarrow.csv
import pyarrow.parquet

import sources
from benchmarks import report
from benchmarks.speed import read_batches, time_rounds
from layers.entries import Unit
from sources.base import RecordLog, SourceSpec

Record = Mapping[str, Any]


def write_files(records: Sequence[Record], *, folder: Path) -> dict[str, Path]:
    """The records as one file of each type → its path."""
    paths = {type: folder / f"documents.{type}" for type in ("jsonl", "json", "csv", "parquet")}
    with paths["jsonl"].open("wb") as lines:
        lines.writelines(orjson.dumps(record) + b"\n" for record in records)
    paths["json"].write_text(json.dumps(records, ensure_ascii=False, indent=1), encoding="utf-8")
    with paths["csv"].open("w", encoding="utf-8", newline="") as rows:
        writer = csv.DictWriter(rows, ["id", "text", "lang"])
        writer.writeheader()
        writer.writerows(records)
    table = pyarrow.Table.from_pylist([dict(record) for record in records])
    pyarrow.parquet.write_table(table, paths["parquet"], compression="none")
    return paths


def works(paths: Mapping[str, Path]) -> Iterator[tuple[str, Callable[[], object]]]:
    """(name, what to time), JSON lines first."""
    for type, path in paths.items():
        yield f"source type {type}", partial(read_source, type, path=path)
    yield "json of Python alone, whole file", lambda: json.loads(paths["json"].read_bytes())
    yield "orjson alone, whole file", lambda: orjson.loads(paths["json"].read_bytes())
    yield "csv of Python alone", partial(_read_csv, paths["csv"])
    yield "pyarrow.csv alone, one thread", partial(_read_arrow_csv, paths["csv"])


def read_source(type: str, *, path: Path) -> int:
    """Documents of a file; raises ValueError where a record was rejected."""
    fields = {"text": "text", "id": "id", "lang": "lang"}
    spec = SourceSpec("benchmark", type, str(path.parent), "NOASSERTION", fields=fields)
    log = RecordLog(Unit("benchmark", path.name))
    documents = sum(len(batch) for batch in sources.load(type).read(log.unit, spec=spec, log=log))
    if log.rejected:
        raise ValueError(f"{path}: {log.rejected[0]}")
    return documents


def _read_csv(path: Path) -> None:
    csv.field_size_limit(1 << 30)
    with path.open(encoding="utf-8", newline="") as rows:
        for _ in csv.reader(rows, strict=True):
            pass


def _read_arrow_csv(path: Path) -> None:
    options = pyarrow.csv.ParseOptions(newlines_in_values=True)
    one_thread = pyarrow.csv.ReadOptions(use_threads=False, block_size=64 << 20)
    for _ in pyarrow.csv.open_csv(path, parse_options=options, read_options=one_thread):
        pass


@click.command()
@click.argument("documents", type=click.Path(exists=True, path_type=Path))
@click.option("--max-text-bytes", type=int, default=25_000_000, show_default=True, help="An even sample.")
@click.option("--repeats", type=int, default=5, show_default=True)
def main(documents: Path, max_text_bytes: int, repeats: int) -> None:
    """MB of text per CPU-second of each source type over the documents of a folder."""
    rows = [
        row
        for batch in read_batches(documents, max_text_bytes=max_text_bytes)
        for row in batch.select(["text", "lang"]).to_pylist()
    ]
    records = [{"id": str(number), **row} for number, row in enumerate(rows)]
    megabytes = sum(len(row["text"].encode()) for row in rows) / report.MEGABYTE
    click.echo(f"{report.heading()}\n\n{len(rows):,} documents, {megabytes:.1f} MB, best of {repeats}\n")
    click.echo("| reader | MB per CPU-second | of JSON lines |\n|---|---:|---:|")
    speeds: list[float] = []
    with tempfile.TemporaryDirectory() as folder:
        for name, run in works(write_files(records, folder=Path(folder))):
            speeds.append(megabytes / time_rounds(run, repeats=repeats)[1])
            click.echo(f"| {name} | {speeds[-1]:.0f} | {speeds[-1] / speeds[0]:.2f} |")


if __name__ == "__main__":
    main()
