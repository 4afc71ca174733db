"""The files that a manifest lists: there, of their size and digest, and their rows counted again."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass

import pyarrow as pa

from filters.hashes.exact import Normalisation
from governance.manifest import Output
from layers import storage
from pipeline.inspect.verify.ledger import DROPPED_SIGNALS, LEDGER, check_dropped, check_lines
from pipeline.inspect.verify.personal_data import MaskRules
from pipeline.inspect.verify.result import Mismatch, Part
from pipeline.inspect.verify.rows import LocalFile, Unreadable
from pipeline.inspect.verify.shards import DATA, PROVENANCE, SIGNALS, check_shard, check_signals


@dataclass(frozen=True)
class RowRules:
    """What rows are checked against."""

    normalisation: Normalisation | None
    """Of the exact hashes of texts; None: they are left alone."""
    near_threshold: float
    masks: MaskRules | None = None
    """What must not be left in texts; None: it is not looked for."""


def check_files(
    release: str,
    *,
    outputs: Iterable[Output],
    rules: RowRules | None,
    workers: int,
    advance: Callable[[int], None],
) -> Part:
    """Check listed files that are there, some at a time; rules None: columns are not those of this version.

    advance is given the bytes of each file once it is checked.
    """
    listed = {output.path: output for output in outputs}
    checker = _Checker(release, listed=listed, rules=rules)
    total = Part()
    with ThreadPoolExecutor(max_workers=workers) as pool:
        for part in pool.map(checker.check, _tasks(listed)):
            total.add(part)
            _compare_schemas(part, total=total)
            advance(part.bytes)
    return total


def _tasks(listed: Mapping[str, Output]) -> list[tuple[Output, ...]]:
    """Each shard and each file of the ledger with its sidecars, every other file alone."""
    beside = {path: [listed[each] for each in _sidecars(path) if each in listed] for path in listed}
    paired = {sidecar.path for sidecars in beside.values() for sidecar in sidecars}
    return [(output, *beside[path]) for path, output in listed.items() if path not in paired]


def _sidecars(path: str) -> list[str]:
    """Where provenance and signals of a shard stand, or the signals of dropped rows."""
    kind = _kind(path)
    folders = {DATA: (PROVENANCE, SIGNALS), LEDGER: (DROPPED_SIGNALS,)}.get(kind, ())
    return [f"{folder}{path.removeprefix(kind)}" for folder in folders]


def _compare_schemas(part: Part, *, total: Part) -> None:
    """All files of a kind have the columns of the first, their meanings included."""
    for kind, (path, schema) in part.schemas.items():
        first_path, first = total.schemas[kind]
        if not schema.equals(first, check_metadata=True):
            columns = (_name(schema), _name(first))
            total.mismatches.append(Mismatch(path, "columns", *columns, f"as in {first_path}"))


def _name(schema: pa.Schema) -> str:
    """Columns in short: the whole of a schema with meanings is a page."""
    return ", ".join(f"{field.name} {field.type}" for field in schema)


class _Checker:
    """Checks one task at a time; holds nothing that changes."""

    def __init__(self, release: str, *, listed: Mapping[str, Output], rules: RowRules | None) -> None:
        self._release = release
        self._rules = rules
        self._by_digest = {output.sha256: output.path for output in listed.values()}

    def check(self, outputs: tuple[Output, ...]) -> Part:
        """Digests and rows of one file, or of a shard and its sidecars."""
        part = Part()
        with ExitStack() as stack:
            files: dict[str, LocalFile] = {}
            for output in outputs:
                try:
                    copy = stack.enter_context(storage.fetched(storage.join(self._release, output.path)))
                except FileNotFoundError:
                    part.unread.append(output.path)
                    continue
                part.bytes += copy.bytes
                is_whole = self._check_digest(output, sha256=copy.sha256, size=copy.bytes, part=part)
                files[output.path] = LocalFile(copy.path, is_whole)
            for _ in outputs:  # each may turn out not to be readable, and the others are read without it
                try:
                    part.add(self._check_rows([o for o in outputs if o.path in files], files=files))
                    break
                except Unreadable as error:
                    path = next(path for path, file in files.items() if file.path == error.path)
                    part.mismatches.append(Mismatch(path, "rows", str(error), "rows that can be read"))
                    part.unread.append(path)
                    del files[path]
        return part

    def _check_digest(self, output: Output, *, sha256: str, size: int, part: Part) -> bool:
        twin = self._by_digest.get(sha256, output.path)
        note = "" if twin == output.path else f"that is the content of {twin}"
        if not part.compare(output.path, "bytes", actual=size, expected=output.bytes, note=note):
            return False
        return part.compare(output.path, "sha256", actual=sha256, expected=output.sha256, note=note)

    def _check_rows(self, outputs: Sequence[Output], *, files: Mapping[str, LocalFile]) -> Part:
        """Columns and rows of the files that are there; raises Unreadable."""
        outputs = [output for output in outputs if output.rows is not None]
        schemas = {_kind(o.path): (o.path, files[o.path].schema) for o in outputs}
        part = self._count_rows(outputs, files=files)
        part.schemas = schemas
        return part

    def _count_rows(self, outputs: Sequence[Output], *, files: Mapping[str, LocalFile]) -> Part:
        kind = _kind(outputs[0].path) if outputs and self._rules is not None else ""
        if self._rules is not None and kind == DATA:
            data = files[outputs[0].path]
            provenance, signals = _sidecars(outputs[0].path)
            part = check_shard(
                outputs[0],
                data=data,
                sidecar=provenance,
                provenance=files.get(provenance),
                normalisation=self._rules.normalisation,
                masks=self._rules.masks,
            )
            if signals in files:
                part.add(check_signals(outputs[0], data=data, sidecar=signals, signals=files[signals]))
            return part
        if kind == "ledger/lines":
            return check_lines(outputs[0], file=files[outputs[0].path])
        if self._rules is not None and kind == LEDGER:
            (sidecar,) = _sidecars(outputs[0].path)
            return check_dropped(
                outputs[0],
                file=files[outputs[0].path],
                sidecar=sidecar,
                signals=files.get(sidecar),
                near_threshold=self._rules.near_threshold,
            )
        part = Part()
        for output in outputs:
            rows = files[output.path].count_rows()
            part.compare(output.path, "rows", actual=rows, expected=output.rows)
        return part


def _kind(path: str) -> str:
    """What a file of rows is: data, provenance, ledger, ledger/lines or ledger/signals."""
    nested = next((kind for kind in ("ledger/lines", DROPPED_SIGNALS) if path.startswith(f"{kind}/")), None)
    return nested or path.split("/")[0]
