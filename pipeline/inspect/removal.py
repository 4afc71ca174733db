"""The search for what a request for removal is about, in the layers and the release of an output."""

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from itertools import chain, islice
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from governance.removals.matching import TEXT_TYPES, Matcher
from governance.removals.request import CUTTING, Request
from governance.removals.rules import Rule, all_rules
from layers.columns import column
from layers.entries import Entry
from layers.index import LayerIndex
from pipeline.inspect.gating import find_gated
from pipeline.inspect.removal_matches import Found, Matched, Twin
from pipeline.inspect.removal_spans import PartKey, cut_spans, part_key, refuse_uncut, resolve_spans
from pipeline.inspect.removal_twins import DECISIONS, find_true, find_twins
from pipeline.job import Job
from pipeline.stages.publish.cut import Indexes, ShardTask, read_tasks
from pipeline.stages.publish.masking import read_place_ids
from pipeline.stages.raw_parts import part_name

_THREADS = 2
"""That decompress and hash side by side."""
_UNITS_AT_ONCE = 64


def find(request: Request, *, job: Job) -> Matched:
    """Look for what a request is about: rows of raw/, what was measured and decided of them, and their twins.

    Raises InputError where a span cannot be cut, or a layer was not gathered yet.
    """
    if request.action == "gate_source":
        gated = find_gated(request, job=job)
        shards = sorted(shard for each in gated for shard in each.shards)
        return Matched((), (), (), (), tuple(shards), 0, gated=gated)
    return _Search(request, job=job).run()


class _Search:
    def __init__(self, request: Request, *, job: Job) -> None:
        self.job = job
        self.raw, self.measured, self.decided = (
            LayerIndex.latest(layer, index=job.indexes) for layer in (job.raw, job.measured, job.decisions)
        )
        self.place_ids = read_place_ids(Indexes(self.measured, self.decided), job=job)
        """Of masked documents whose key several texts have: id in the layers → id in the release."""
        self.request = request = _name_as_in_layers(request, place_ids=self.place_ids)
        self.tasks = read_tasks(job)
        self.rules: list[Rule] = []
        self.selectors: list[int] = []
        """Of each rule, its selector."""
        for place, selector in enumerate(request.selectors):
            own = replace_selectors(request, [selector])
            self.rules += all_rules(own)
            self.selectors += [place] * (len(self.rules) - len(self.selectors))
        self.found: dict[PartKey, dict[int, Found]] = {}
        """By part of raw/ and row of it."""
        self.units: set[str] = set()

    def run(self) -> Matched:
        self._resolve_spans()
        self._scan_raw()
        released = self._scan_measured()
        self._drop_other_languages()
        if self.request.scope.derived:
            self._add_exact_twins()
        if self.request.action in CUTTING:
            rules = [*zip(self.rules, self.selectors, strict=True)]
            cut_spans(self.found, rules=rules, parts=self.measured.entries(), job=self.job)
            refuse_uncut(self._all(), request=self.request)
        near, returning = ((), ()) if self.request.action in CUTTING else self._find_twins()
        back = {twin.shard for twin in returning if not twin.asked_for}
        everything = [*self._all()]
        for each in everything:
            each.doc_id = self._published(each.doc_id)
        near, returning = (tuple(map(self._publish, twins)) for twins in (near, returning))
        documents = tuple(sorted(everything, key=lambda each: (each.source, each.key_id, each.raw_sha256)))
        shards = {each.shard for each in documents if each.shard} | back
        recounted = {each.source for each in documents if self.job.line_rule(each.source)}
        return Matched(
            documents,
            near,
            returning,
            units=tuple(sorted(self.units)),
            shards=tuple(sorted(shards)),
            released_documents=released,
            recounted=tuple(sorted(recounted)),
        )

    def _all(self) -> Iterator[Found]:
        return chain.from_iterable(each.values() for each in self.found.values())

    def _published(self, doc_id: str) -> str:
        return self.place_ids.get(doc_id, doc_id)

    def _publish(self, twin: Twin) -> Twin:
        return replace(twin, doc_id=self._published(twin.doc_id), of=self._published(twin.of))

    def _parts(self) -> Iterator[tuple[int, Entry, Entry]]:
        """(place in the indexes, measured entry, decided entry) of every part."""
        pairs = zip(self.measured.entries(), self.decided.entries(), strict=True)
        for place, (measured, decided) in enumerate(pairs):
            yield place, measured, decided

    def _find_twins(self) -> tuple[Sequence[Twin], Sequence[Twin]]:
        return find_twins([*self._all()], parts=self._parts(), shard_of=self._shard, job=self.job)

    def _resolve_spans(self) -> None:
        """Spans of one document become those of its key, with the value that stands there."""
        pairs = ((measured, decided) for _, measured, decided in self._parts())
        resolved = resolve_spans(self.request, parts=pairs, job=self.job)
        own = [*zip(self.rules, self.selectors, strict=True)]
        own = [pair for pair in own if pair[1] not in resolved]
        own += [(rule, place) for place, rule in resolved.items()]
        self.rules, self.selectors = [rule for rule, _ in own], [place for _, place in own]

    def _scan_raw(self) -> None:
        matcher = Matcher(self.rules)
        columns = sorted({*matcher.columns, "doc_id", "raw_sha256"})
        entries = self.raw.entries()
        with ThreadPoolExecutor(_THREADS) as pool:
            while chunk := [*islice(entries, _UNITS_AT_ONCE)]:
                scan = partial(self._scan_unit, matcher=matcher, columns=columns)
                for entry, found in zip(chunk, pool.map(scan, chunk), strict=True):
                    self.found |= found
                    self.units |= {str(entry.unit)} if found else set()

    def _scan_unit(
        self, entry: Entry, *, matcher: Matcher, columns: list[str]
    ) -> dict[PartKey, dict[int, Found]]:
        """What of a unit of raw/ rules are about, by part and row."""
        found: dict[PartKey, dict[int, Found]] = {}
        for part in range(len(entry.facts["parts"])):
            own: dict[int, Found] = {}
            start = 0
            for batch in self.job.raw.batches(entry, part_name(part), columns=columns):
                hits = matcher.find(batch, source=entry.unit.source)
                for row, rule in zip(hits.rows.tolist(), hits.rules.tolist(), strict=True):
                    if start + row not in own:
                        own[start + row] = _read(batch, row=row, source=entry.unit.source)
                    own[start + row].selectors.add(self.selectors[rule])
                start += len(batch)
            if own:
                found[entry.unit.source, entry.unit.name, part] = own
        return found

    def _scan_measured(self) -> int:
        """Find by released text and id, and say of what was found what was decided → documents released."""
        pairs = [*zip(self.rules, self.selectors, strict=True)]
        of_text = [(rule, s) for rule, s in pairs if rule.type in TEXT_TYPES and not rule.redacts]
        matcher = Matcher([rule for rule, _ in of_text])
        ids = {rule.value: s for rule, s in pairs if rule.type == "doc_id"}
        wanted = pa.array([bytes.fromhex(value) for value in ids], pa.binary(16))
        released = 0
        for place, measured, decided in self._parts():
            decisions = self.job.decisions.table(decided, "decisions", columns=DECISIONS)
            released += pc.sum(decisions["keep"]).as_py() or 0
            signals = self.job.measured.table(
                measured, "signals", columns=["raw_row", "exact_hash", "text_bytes", "edits"]
            )
            rows: dict[int, set[int]] = {}
            edited = pc.indices_nonzero(pc.list_value_length(column(signals, "edits"))) if of_text else []
            if len(edited):  # the others have the text that they have in raw/
                columns = sorted({*matcher.columns, "text"})
                texts = self.job.measured.table(measured, "text", columns=columns).take(edited)
                hits = matcher.find(texts, source=measured.unit.source)
                for row, rule in zip(hits.rows.tolist(), hits.rules.tolist(), strict=True):
                    rows.setdefault(edited[row].as_py(), set()).add(of_text[rule][1])
            if ids:
                for row in find_true(pc.is_in(decisions["doc_id"], value_set=wanted)):
                    rows.setdefault(row, set()).add(ids[decisions["doc_id"][row].as_py().hex()])
            self._describe(place, measured, decisions=decisions, signals=signals, found=rows)
        return released

    def _describe(
        self,
        place: int,
        measured: Entry,
        *,
        decisions: pa.Table,
        signals: pa.Table,
        found: Mapping[int, set[int]],
    ) -> None:
        """Fill in what was decided of documents; found: further rows of the part, with their selectors."""
        unit = measured.unit
        raw_rows = column(signals, "raw_row").to_numpy()
        own = self.found.setdefault(part_key(measured), {}) if found else self.found.get(part_key(measured))
        if own is None:
            return
        for row, selectors in found.items():
            raw_row = int(raw_rows[row])
            if raw_row not in own:
                own[raw_row] = self._read(measured, row=row)
                self.units.add(str(unit.whole))
            own[raw_row].selectors |= selectors
        for row in np.flatnonzero(np.isin(raw_rows, np.array([*own], np.int64))).tolist():
            each = own[int(raw_rows[row])]
            self._fill(each, place=place, measured=measured, decisions=decisions, signals=signals, row=row)

    def _read(self, measured: Entry, *, row: int) -> Found:
        batch = self.job.measured.row(measured, "text", row, columns=["doc_id", "raw_sha256"])
        return _read(batch, row=0, source=measured.unit.source)

    def _fill(
        self, each: Found, *, place: int, measured: Entry, decisions: pa.Table, signals: pa.Table, row: int
    ) -> None:
        each.doc_id = decisions["doc_id"][row].as_py().hex()
        each.has_shared_key = decisions["key_id"][row].is_valid
        each.lang = decisions["lang"][row].as_py()
        each.is_released = decisions["keep"][row].as_py()
        each.kept_doc_id = (decisions["kept_doc_id"][row].as_py() or b"").hex()
        each.text_bytes = signals["text_bytes"][row].as_py()
        each.exact_hash = signals["exact_hash"][row].as_py() or b""
        if each.is_released:
            each.shard = self._shard(place, row, source=each.source, lang=each.lang)

    def _shard(self, place: int, row: int, *, source: str, lang: str) -> str:
        for task in self._tasks_of.get((lang, source), ()):
            if task.holds(place, row):
                return task.path
        return ""

    @property
    def _tasks_of(self) -> dict[tuple[str, str], list[ShardTask]]:
        if not hasattr(self, "_grouped"):
            self._grouped: dict[tuple[str, str], list[ShardTask]] = {}
            for task in self.tasks:
                self._grouped.setdefault((task.lang, task.source), []).append(task)
        return self._grouped

    def _drop_other_languages(self) -> None:
        languages = self.request.scope.languages
        if languages != "all":
            self.found = {
                part: {row: each for row, each in own.items() if each.lang in languages}
                for part, own in self.found.items()
            }

    def _add_exact_twins(self) -> None:
        """Copies of what goes, under any key and URL; a source that goes takes none of others with it."""
        of_source = {
            place for place, selector in enumerate(self.request.selectors) if selector.type == "source_uid"
        }
        wanted = {each.exact_hash for each in self._all() if each.exact_hash and each.selectors - of_source}
        if not wanted:
            return
        hashes = pa.array(sorted(wanted))
        for place, measured, decided in self._parts():
            signals = self.job.measured.table(
                measured, "signals", columns=["raw_row", "exact_hash", "text_bytes"]
            )
            hit = pc.is_in(column(signals, "exact_hash"), value_set=hashes.cast(signals["exact_hash"].type))
            rows = find_true(hit)
            if not rows:
                continue
            decisions = self.job.decisions.table(decided, "decisions", columns=DECISIONS)
            own = self.found.setdefault(part_key(measured), {})
            for row in rows:
                raw_row = signals["raw_row"][row].as_py()
                if raw_row not in own:
                    each = own[raw_row] = self._read(measured, row=row)
                    each.is_twin = True
                    self._fill(
                        each, place=place, measured=measured, decisions=decisions, signals=signals, row=row
                    )
                    self.units.add(str(measured.unit.whole))


def _read(batch: pa.RecordBatch, *, row: int, source: str) -> Found:
    record = batch["raw_sha256"][row].as_py()
    key_id = batch["doc_id"][row].as_py().hex()
    return Found(key_id, source, raw_sha256="" if record is None else record.hex())


def _name_as_in_layers(request: Request, *, place_ids: Mapping[str, str]) -> Request:
    """The request with the ids that documents have in the layers, where the release has others."""
    own = {published: doc_id for doc_id, published in place_ids.items()}
    selectors = []
    for each in request.selectors:
        if each.type == "doc_id":
            each = each.model_copy(update={"value": own.get(each.canonical, each.value)})
        elif each.doc_id:
            each = each.model_copy(update={"doc_id": own.get(each.doc_id.lower(), each.doc_id)})
        selectors.append(each)
    return replace_selectors(request, selectors)


def replace_selectors(request: Request, selectors: Sequence[Any]) -> Request:
    """The same request about other selectors."""
    return request.model_copy(update={"selectors": [*selectors]})
