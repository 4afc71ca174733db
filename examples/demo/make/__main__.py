"""Build the demo corpus in examples/demo from a folder of collected text.

    python -m examples.demo.make INPUT [--out examples/demo]

INPUT holds `docs/<set>.jsonl.zst` (whole documents: id, url, title, text, license, lang) and
`lid/train.parquet` (sentences: lang, source, text). For each source of `examples.demo.make.sources` the
builder takes what its licence lets us pass on, adds dirt (`examples.demo.make.dirt`), and writes it in a
format of its own, with field names and language tags of its own, as real sources have. Beside data/ it
writes CREDITS.tsv, dirt.json and the tables of README.md. The same input and the same versions of the
libraries give the same bytes.
"""

import argparse
import bz2
import csv
import gzip
import json
import lzma
import random
import shutil
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import zstandard

from examples.demo.make.broken_lines import insert_broken_lines
from examples.demo.make.dirt import DirtMap, Record, add_dirt
from examples.demo.make.sources import SOURCES, Input, Source
from filters.languages import TAGS

SEED = 46
TABLES = "<!-- tables: written by examples/demo/make -->"
TRUNCATED = "african_storybook/stories-2.jsonl.gz"


def to_rows(source: Source, records: Sequence[Record]) -> list[dict[str, object]]:
    """Records under the source's own names and tags; a dot in a name makes a nested object."""
    rows = []
    for record in records:
        row: dict[str, object] = {}
        for role, name in source.names.items():
            value = getattr(record, role)
            if role == "lang":
                value = source.tags.get(value, value)
            outer, _, last = name.rpartition(".")
            if outer:
                nested = row.setdefault(outer, {})
                assert isinstance(nested, dict)
                nested[last] = value
            else:
                row[last] = value
        rows.append(row)
    return rows


def to_line(row: object) -> bytes:
    return json.dumps(row, ensure_ascii=False).encode()


def compress(data: bytes, *, suffix: str) -> bytes:
    """data in the codec that the suffix names; without time stamps, so that the bytes repeat."""
    match suffix:
        case ".gz":
            return gzip.compress(data, 9, mtime=0)
        case ".bz2":
            return bz2.compress(data, 9)
        case ".xz":
            return lzma.compress(data, preset=9)
        case ".zst":
            return zstandard.ZstdCompressor(level=19).compress(data)
        case ".jsonl":
            return data
    raise ValueError(f"no codec for {suffix!r}")


def write_text_files(records: Sequence[Record], *, folder: Path) -> None:
    """One plain file a record, named by the last part of its id."""
    for record in records:
        stem = record.id.split("/")[-1].removesuffix(".md")
        (folder / f"{stem}.txt").write_text(record.text + "\n", encoding="utf-8")


def write_table(rows: Sequence[Mapping[str, object]], *, names: Sequence[str], path: Path) -> None:
    """Parquet or Arrow IPC, by the suffix, in several row groups or batches."""
    schema = pa.schema([(name, pa.string()) for name in names])
    table = pa.Table.from_pylist(rows, schema=schema)
    if path.suffix == ".parquet":
        pq.write_table(table, path, compression="zstd", compression_level=19, row_group_size=500)
        return
    options = pa.ipc.IpcWriteOptions(compression=pa.Codec("zstd", 19))
    with pa.ipc.new_file(path, schema, options=options) as writer:
        writer.write_table(table, max_chunksize=250)


def write_source(source: Source, records: Sequence[Record], *, folder: Path, dirt: DirtMap) -> None:
    """Write one source in its format; JSON lines get their broken lines here."""
    path = folder / source.file
    path.parent.mkdir(parents=True)
    rows = to_rows(source, records)
    if path.suffix == ".txt":
        write_text_files(records, folder=path.parent)
    elif path.suffix in (".parquet", ".arrow"):
        write_table(rows, names=list(source.names.values()), path=path)
    else:
        rng = random.Random(f"{SEED} {source.file}")
        lines = [to_line(row) for row in rows]
        lines = insert_broken_lines(
            lines, rows=rows, names=source.names, file=source.file, dirt=dirt, rng=rng
        )
        path.write_bytes(compress(b"\n".join(lines) + b"\n", suffix=path.suffix))


def write_truncated(source: Source, records: Sequence[Record], *, folder: Path, dirt: DirtMap) -> None:
    """A second file of a source that ends inside its gzip stream, as an interrupted download does."""
    whole = compress(b"\n".join(map(to_line, to_rows(source, records))) + b"\n", suffix=".gz")
    (folder / TRUNCATED).write_bytes(whole[: len(whole) * 2 // 3])
    dirt["truncated_file"] = {TRUNCATED: ["tail"]}


def write_credits(corpus: Mapping[str, Sequence[Record]], *, path: Path) -> None:
    """Who wrote and translated what, where a source says so: CC-BY asks for it."""
    with open(path, "w", encoding="utf-8", newline="") as file:
        table = csv.writer(file, delimiter="\t", lineterminator="\n")
        table.writerow(["source", "id", "title", "author", "translator", "original"])
        for uid, records in corpus.items():
            for record in records:
                if record.author or record.translator:
                    table.writerow(
                        [uid, record.id, record.title, record.author, record.translator, record.url]
                    )


def describe(corpus: Mapping[str, Sequence[Record]], *, dirt: DirtMap, folder: Path) -> str:
    """The tables of README.md: sources, languages as declared, dirt."""
    lines = ["", "| source | file | records | MB in the repository |", "| --- | --- | ---: | ---: |"]
    for source in SOURCES:
        size = sum(file.stat().st_size for file in (folder / source.uid).iterdir())
        card = f"[{source.uid}](../../data_cards/sources/{source.uid}.md)"
        lines.append(f"| {card} | `{source.file}` | {len(corpus[source.uid])} | {size / 1e6:.2f} |")
    by_language: dict[str, Counter[str]] = {}
    for uid, records in corpus.items():
        for record in records:
            by_language.setdefault(record.lang, Counter())[uid] += 1
    order = [*TAGS, *sorted(set(by_language) - set(TAGS))]
    lines += ["", "| declared language | records | of them |", "| --- | ---: | --- |"]
    for tag in order:
        counts = by_language[tag]
        parts = ", ".join(f"{uid} {count}" for uid, count in sorted(counts.items()))
        lines.append(f"| {tag} | {counts.total()} | {parts} |")
    lines += ["", "| dirt | records | files |", "| --- | ---: | --- |"]
    for kind, files in sorted(dirt.items()):
        total = sum(len(ids) for ids in files.values())
        lines.append(f"| {kind} | {total} | {', '.join(f'`{name}`' for name in sorted(files))} |")
    return "\n".join(lines) + "\n"


def write_tables(readme: Path, *, tables: str) -> None:
    """Replace what stands between the two marks of README.md."""
    before, _, after = readme.read_text(encoding="utf-8").split(TABLES)
    readme.write_text(f"{before}{TABLES}\n{tables}\n{TABLES}{after}", encoding="utf-8")


def build(source: Input, *, out: Path) -> None:
    """Select, add dirt, write every source, and describe the result."""
    data = out / "data"
    corpus = {item.uid: item.select(source) for item in SOURCES}
    write_credits(corpus, path=out / "CREDITS.tsv")
    storybook = next(item for item in SOURCES if item.file.startswith(TRUNCATED.split("/")[0]))
    held_back = [corpus[storybook.uid].pop(index) for index in range(400, 200, -5)]
    files = {item.uid: item.file for item in SOURCES}
    dirt, originals = add_dirt(corpus, files=files, rng=random.Random(SEED))
    if data.exists():
        shutil.rmtree(data)
    for item in SOURCES:
        write_source(item, corpus[item.uid], folder=data, dirt=dirt)
    write_truncated(storybook, held_back, folder=data, dirt=dirt)
    text = json.dumps({"kinds": dirt, "originals": originals}, ensure_ascii=False, indent=1, sort_keys=True)
    (out / "dirt.json").write_text(text + "\n", encoding="utf-8")
    write_tables(out / "README.md", tables=describe(corpus, dirt=dirt, folder=data))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("input", type=Path, help="folder with docs/ and lid/")
    parser.add_argument("--out", type=Path, default=Path("examples/demo"), help="default: %(default)s")
    arguments = parser.parse_args()
    build(Input(arguments.input), out=arguments.out)


if __name__ == "__main__":
    main()
