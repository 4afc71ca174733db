"""Whether the files of a folder give what `format_checks` says of them, each read whole.

    python -m benchmarks.formats FOLDER
    python -m benchmarks.formats FOLDER mediawiki tei

Exits with 1 where one does not. Files that no check is of are listed.
"""

import importlib
import pkgutil
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import click

import sources
from benchmarks import format_checks
from benchmarks.format_checks import Check
from layers.entries import Unit
from layers.storage import InputFile
from sources.base import RecordLog, SourceSpec


def load_checks(names: tuple[str, ...] = ()) -> list[Check]:
    """The checks of all formats, or of some."""
    found = [module.name for module in pkgutil.iter_modules(format_checks.__path__)]
    modules = (importlib.import_module(f"benchmarks.format_checks.{name}") for name in names or found)
    return [check for module in modules for check in module.CHECKS]


def find_faults(path: Path, *, check: Check) -> Iterator[str]:
    """What is not as the check says."""
    spec = SourceSpec(
        "check",
        check.type,
        str(path.parent),
        "NOASSERTION",
        lang=check.lang,
        fields=check.fields,
        options=check.options,
    )
    module = sources.load(check.type)
    documents, rejected = [], Counter[str]()
    for start, stop in module.split(InputFile(path.name, path.stat().st_size, ""), spec=spec):
        log = RecordLog(Unit("check", path.name, start, stop))
        for batch in module.read(log.unit, spec=spec, log=log):
            documents += batch["text"].to_pylist()
        rejected.update(row["reason"] for row in log.rejected)
    text = " ".join("\n".join(documents).split())
    if len(documents) != check.documents and (check.documents is not None or not documents):
        yield f"{len(documents)} documents, not {check.documents}"
    if rejected != check.rejected:
        yield f"rejected are {dict(rejected)}, not {dict(check.rejected)}"
    yield from (f"lacks {quote!r}" for quote in check.holds if " ".join(quote.split()) not in text)
    yield from (f"holds {quote!r}" for quote in check.lacks if " ".join(quote.split()) in text)


@click.command()
@click.argument("folder", type=click.Path(exists=True, path_type=Path))
@click.argument("formats", nargs=-1)
def main(folder: Path, formats: tuple[str, ...]) -> None:
    """Check the files of a folder."""
    checked: set[Path] = set()
    faulty = False
    for check in load_checks(formats):
        paths = sorted(folder.glob(check.paths))
        checked |= {*paths}
        faults = [f"{path}: {fault}" for path in paths for fault in find_faults(path, check=check)]
        faulty |= bool(faults) or not paths
        click.echo("\n".join(faults) or f"{check.paths}: {'as it should be' if paths else 'no such file'}")
    for path in sorted({path for path in folder.rglob("*") if path.is_file()} - checked):
        if not formats or path.parent.name in formats:
            click.echo(f"{path}: no check")
    raise SystemExit(faulty)


if __name__ == "__main__":
    main()
