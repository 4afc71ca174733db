"""ATTRIBUTION.tsv and top_domains.csv, made again from the rows of a release."""

import hashlib
from collections.abc import Container, Mapping

import numpy as np

from governance import attribution, domains
from governance.cards import SourceCard
from governance.domains import DomainCounts
from governance.manifest import Manifest, sha256
from layers import storage
from layers.columns import column
from layers.shards import read_table
from pipeline.inspect.verify.result import Mismatch, Verification
from pipeline.inspect.verify.shards import DATA, SIGNALS
from pipeline.stages.publish.domains import add_urls

_BOTH = f"the rows of {attribution.PATH} and {domains.PATH}"
_CHECK = "SHA-256, of the rows of the shards"


def check_tables(
    release: str, *, manifest: Manifest, source_cards: Mapping[str, SourceCard], answer: Verification
) -> None:
    """Compare both files with those that whole shards and the source cards give."""
    listed = {output.path: output for output in manifest.outputs}
    if any(each.path.startswith((f"{DATA}/", f"{SIGNALS}/")) for each in answer.mismatches):
        answer.leave_out(_BOTH, reason="a shard is missing or changed")
        return
    lines, counts = hashlib.sha256(attribution.header()), DomainCounts()
    try:
        for path in sorted(path for path in listed if path.startswith(f"{DATA}/")):
            rows = read_table(storage.join(release, path), columns=attribution.COLUMNS)
            for batch in rows.to_batches():
                lines.update(attribution.write_rows(batch, cards=source_cards))
            urls, sizes = column(rows, "url"), _read_sizes(release, path=path, beside=listed)
            add_urls(counts, urls, sizes=sizes, source=listed[path].source or "")
    except attribution.NobodyNamed as error:
        answer.mismatches.append(Mismatch(attribution.PATH, "names", str(error), "a name"))
    except (OSError, ValueError, KeyError) as error:
        reason = f"a shard cannot be read ({error})"
        answer.leave_out(_BOTH, reason=reason)
    else:
        made = {attribution.PATH: lines.hexdigest(), domains.PATH: sha256(counts.to_csv())}
        for path, digest in made.items():
            if path in listed and digest != listed[path].sha256:
                answer.mismatches.append(Mismatch(path, _CHECK, listed[path].sha256, digest))


def _read_sizes(release: str, *, path: str, beside: Container[str]) -> np.ndarray:
    """Bytes of the text of each row of a shard, which says them itself or has its signals beside it."""
    signals = f"{SIGNALS}{path.removeprefix(DATA)}"
    place = storage.join(release, signals if signals in beside else path)
    return column(read_table(place, columns=["text_bytes"]), "text_bytes").to_numpy()
