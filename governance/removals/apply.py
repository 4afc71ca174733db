"""A public list of removals applied to anybody's copy: Arrow or Parquet files, without layers.

Documents are found by id, by hashed selectors and by the table of twins, where the copy has it. Two passes:
which ids go, over all files; then the files that hold any of them are written anew, one by one, each in one
step.
"""

import json
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from governance.removals.copied_tables import hex_ids, open_table, replace_values, with_column, write_table
from governance.removals.listed_rows import find_rows
from governance.removals.listed_spans import cut_text
from governance.removals.public_list import PublicList, SpanRow, make_salt, parse_list, selector_hash
from governance.removals.request import InvalidRequest
from layers import storage

SALT_KEY = b"removal_salt"
"""Of the metadata of a table of twins."""
TWINS = "twins"
"""Folder of a release, or of each class of one."""
EXACT_METHODS = ("exact_hash", "key", "url")
"""Twins that go with what is asked for; those of minhash stay."""
_HASHES = ("exact_hash", "raw_sha256", "text_sha256")
"""Columns that could give away what was cut."""


@dataclass
class Change:
    """What went of one file."""

    documents: int = 0
    spans: int = 0


@dataclass
class Applied:
    """What came of a list."""

    files: int = 0
    changed: dict[str, Change] = field(default_factory=dict)
    other_texts: list[str] = field(default_factory=list)
    """doc_ids whose text is not that of the list."""
    near_twins: int = 0
    """Documents that stay, near duplicates of what was asked for."""
    gated: dict[str, int] = field(default_factory=dict)
    """File → documents of sources that must be behind a gate."""

    @property
    def documents(self) -> int:
        """Rows with a text that went."""
        return sum(change.documents for change in self.changed.values())

    @property
    def spans(self) -> int:
        return sum(change.spans for change in self.changed.values())

    def to_json(self) -> dict[str, Any]:
        changed = {path: vars(change) for path, change in sorted(self.changed.items())}
        return {
            "files": self.files,
            "files_changed": len(self.changed),
            "documents_removed": self.documents,
            "spans_cut": self.spans,
            "other_texts": sorted(self.other_texts),
            "near_twins": self.near_twins,
            "gated_documents": sum(self.gated.values()),
            "gated": dict(sorted(self.gated.items())),
            "changed": changed,
        }


def apply_list(path: str, *, dataset: str, target: str | None = None, without_gated: bool = False) -> Applied:
    """Apply the list of a file to a folder, in place or to a copy; raises InvalidRequest, OSError.

    Documents of sources that must be behind a gate are counted; without_gated: they go, too.
    """
    listed = parse_list(Path(path).read_bytes(), place=path)
    if without_gated:
        listed = replace(listed, hashes={**listed.hashes, **listed.gated}, gated={})
    root = Path(dataset)
    if not root.is_dir():
        raise InvalidRequest(dataset, ["there is no such folder"])
    files = sorted(p for p in root.rglob("*") if p.is_file() and p.suffix in (".arrow", ".parquet"))
    if not files:
        raise InvalidRequest(dataset, ["it has no .arrow and no .parquet file"])
    _check_salt(root, files=files, listed=listed)
    applied = Applied(files=len(files))
    ids = {*listed.documents, *_find_twins(files, listed=listed, applied=applied)}
    hits = {each: find_rows(each, listed=listed) for each in files}
    if listed.gated:
        gates = PublicList(listed.list_id, listed.salt, hashes=listed.gated)
        counts = {each: _count_documents(each, listed=gates) for each in files}
        applied.gated = {each.relative_to(root).as_posix(): count for each, count in counts.items() if count}
    for own, _ in hits.values():
        ids |= own
    gone = pa.array(sorted(ids), pa.string())
    if target is not None:
        _copy_rest(root, Path(target))
    for each in files:
        relative = each.relative_to(root).as_posix()
        goal = each if target is None else Path(target) / relative
        _rewrite(
            each, goal=goal, gone=gone, rows=hits[each][1], listed=listed, applied=applied, name=relative
        )
    return applied


def _check_salt(root: Path, *, files: Sequence[Path], listed: PublicList) -> None:
    """Raise InvalidRequest where the copy is of another corpus than the list."""
    salts: dict[str, str] = {}
    for manifest in sorted(root.rglob("manifest.json")):
        corpus = _read_corpus(manifest)
        if corpus is not None:
            salts[manifest.relative_to(root).as_posix()] = make_salt(corpus)
    for path in files:
        if path.parent.name == TWINS:
            with open_table(path) as reader:
                salt = (reader.schema.metadata or {}).get(SALT_KEY)
            if salt:
                salts[path.relative_to(root).as_posix()] = salt.decode()
    for place, salt in salts.items():
        if salt != listed.salt:
            raise InvalidRequest(
                str(root),
                [f"{place} is of a corpus whose lists have the salt {salt}; this one has {listed.salt}"],
            )


def _read_corpus(manifest: Path) -> str | None:
    """The corpus that a manifest is of; None: the file is no manifest of ours."""
    try:
        told = json.loads(manifest.read_bytes())
    except ValueError:
        return None
    if not isinstance(told, dict) or "manifest_version" not in told:
        return None
    own = told.get("release_class")
    corpus = own.get("corpus") if isinstance(own, dict) else told.get("name")
    return corpus if isinstance(corpus, str) else None


def _find_twins(files: Sequence[Path], *, listed: PublicList, applied: Applied) -> set[str]:
    """Kept documents that are exact copies of what the list names."""
    named = {selector_hash("doc_id", doc_id, salt=listed.salt) for doc_id in listed.documents}
    named |= listed.hashes.keys()
    wanted = pa.array([bytes.fromhex(each) for each in sorted(named)], pa.binary(32))
    ids: set[str] = set()
    near: set[str] = set()
    for path in files:
        if path.parent.name != TWINS:
            continue
        with open_table(path) as reader:
            for batch in reader.batches():
                if not {"doc_id", "method", "url_hash", "doc_id_hash"} <= {*batch.schema.names}:
                    continue
                hit = pc.or_(
                    *(pc.is_in(batch[name], value_set=wanted) for name in ("url_hash", "doc_id_hash"))
                )
                rows = batch.filter(pc.fill_null(hit, False))
                is_exact = pc.is_in(rows["method"], value_set=pa.array(EXACT_METHODS))
                ids |= {*rows.filter(is_exact)["doc_id"].to_pylist()}
                near |= {*rows.filter(pc.invert(is_exact))["doc_id"].to_pylist()}
    applied.near_twins = len(near - ids - listed.documents)
    return ids


def _count_documents(path: Path, *, listed: PublicList) -> int:
    """Rows with a text that hashed selectors hit."""
    with open_table(path) as reader:
        if "text" not in reader.schema.names:
            return 0
    return sum(len(rows) for rows in find_rows(path, listed=listed)[1])


def _rewrite(
    path: Path,
    *,
    goal: Path,
    gone: pa.Array,
    rows: Sequence[np.ndarray],
    listed: PublicList,
    applied: Applied,
    name: str,
) -> None:
    """Write a file without what goes, unless nothing of it does."""
    change = Change()
    with open_table(path) as reader:
        touched = False
        batches = []
        for number, batch in enumerate(reader.batches()):
            kept, is_changed = _cut_batch(
                batch,
                gone=gone,
                rows=rows[number] if rows else None,
                listed=listed,
                change=change,
                applied=applied,
            )
            touched |= is_changed
            batches.append(kept)
        if touched:
            applied.changed[name] = change
            with storage.atomic_path(str(goal)) as local:
                write_table(batches, local=local, reader=reader, size=path.stat().st_size)
            return
    if goal != path:
        goal.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(path, goal)


def _cut_batch(
    batch: pa.RecordBatch,
    *,
    gone: pa.Array,
    rows: np.ndarray | None,
    listed: PublicList,
    change: Change,
    applied: Applied,
) -> tuple[pa.RecordBatch, bool]:
    """(the batch without what goes, whether that is another)."""
    names = {*batch.schema.names}
    mask = np.zeros(len(batch), bool)
    if rows is not None:
        mask[rows] = True
    is_changed = False
    if "doc_id" in names:
        mask |= pc.fill_null(pc.is_in(hex_ids(batch["doc_id"]), value_set=gone), False).to_numpy(
            zero_copy_only=False
        )
    if mask.any():
        change.documents += int(mask.sum()) if "text" in names else 0
        batch, is_changed = batch.filter(pa.array(~mask)), True
    if "kept_doc_id" in names:
        of_gone = pc.fill_null(pc.is_in(hex_ids(batch["kept_doc_id"]), value_set=gone), False)
        if pc.any(of_gone).as_py():
            nulled = pc.if_else(of_gone, pa.scalar(None, batch["kept_doc_id"].type), batch["kept_doc_id"])
            batch, is_changed = with_column(batch, "kept_doc_id", nulled), True
    if listed.spans and "doc_id" in names:
        batch, is_cut = _cut_spans(batch, spans=listed.spans, change=change, applied=applied)
        is_changed |= is_cut
    return batch, is_changed


def _cut_spans(
    batch: pa.RecordBatch, *, spans: Mapping[str, tuple[SpanRow, ...]], change: Change, applied: Applied
) -> tuple[pa.RecordBatch, bool]:
    ids = hex_ids(batch["doc_id"])
    rows = pc.indices_nonzero(pc.is_in(ids, value_set=pa.array([*spans], pa.string()))).to_pylist()
    cut: dict[int, str] = {}
    for row in rows if "text" in batch.schema.names else ():
        doc_id, text = ids[row].as_py(), batch["text"][row].as_py() or ""
        changed, count, is_other = cut_text(text, spans=spans[doc_id])
        if is_other:
            applied.other_texts.append(doc_id)
        if changed != text:
            cut[row] = changed
            change.spans += count
    is_changed = bool(cut)
    if cut:
        batch = replace_values(batch, "text", cut)
        if "text_bytes" in batch.schema.names:
            batch = replace_values(
                batch, "text_bytes", {row: len(text.encode()) for row, text in cut.items()}
            )
    for name in _HASHES:
        if not rows or name not in batch.schema.names or not batch.schema.field(name).nullable:
            continue
        if batch[name].take(pa.array(rows)).null_count < len(rows):
            batch, is_changed = replace_values(batch, name, dict.fromkeys(rows)), True
    return batch, is_changed


def _copy_rest(root: Path, target: Path) -> None:
    """The files of a copy that no list is about."""
    for path in root.rglob("*"):
        if path.is_file() and path.suffix not in (".arrow", ".parquet"):
            goal = target / path.relative_to(root)
            goal.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(path, goal)
