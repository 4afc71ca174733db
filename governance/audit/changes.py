"""Which documents came, went and changed between two releases of a corpus, and why they went."""

from collections import Counter
from dataclasses import dataclass

from governance.audit.rows import data_outputs, read_beside
from governance.manifest import Manifest
from layers import shards, storage

NOT_READ = "not in the ledger: no source gave it"


@dataclass(frozen=True)
class Changes:
    """Documents, by their ids."""

    added: int
    changed: int
    """Whose text is another one: another digest."""
    unchanged: int
    gone: dict[str, int]
    """Reason in the ledger of the later release → documents."""


def compare_documents(earlier: str, before: Manifest, *, later: str, after: Manifest) -> Changes:
    """Read ids and digests of both releases, folders or URLs; raises OSError, ValueError, KeyError."""
    old, new = _digests(earlier, before), _digests(later, after)
    gone = old.keys() - new.keys()
    changed = sum(1 for doc_id in old.keys() & new.keys() if old[doc_id] != new[doc_id])
    return Changes(
        added=len(new.keys() - old.keys()),
        changed=changed,
        unchanged=len(old.keys() & new.keys()) - changed,
        gone=_causes(later, after, gone=gone),
    )


def _digests(release: str, manifest: Manifest) -> dict[str, bytes | None]:
    found: dict[str, bytes | None] = {}
    for output in data_outputs(manifest):
        table = read_beside(release, output.path, columns=("doc_id",), side=("doc_id", "exact_hash"))
        digests = (
            table["exact_hash"].to_pylist() if "exact_hash" in table.column_names else [None] * len(table)
        )
        found.update(zip(table["doc_id"].to_pylist(), digests, strict=True))
    return found


def _causes(release: str, manifest: Manifest, *, gone: set[str]) -> dict[str, int]:
    causes: Counter[str] = Counter()
    told: set[str] = set()
    for output in manifest.outputs:
        folder, _, name = output.path.partition("/")
        if folder != "ledger" or "/" in name or not name.endswith((".arrow", ".parquet")):
            continue
        table = shards.read_table(storage.join(release, output.path), columns=["doc_id", "reason"])
        for doc_id, reason in zip(table["doc_id"].to_pylist(), table["reason"].to_pylist(), strict=True):
            if doc_id in gone and doc_id not in told:
                told.add(doc_id)
                causes[reason] += 1
    if len(gone) > len(told):
        causes[NOT_READ] = len(gone) - len(told)
    return dict(sorted(causes.items()))
