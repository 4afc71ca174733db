"""One document made again from its place in the source, and compared with layers and release."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from filters.personal_data.mask import mask_texts
from layers import storage
from layers.document import make_place_id
from layers.entries import Entry, Unit
from layers.layer import MissingEntry
from layers.shards import open_unchecked
from layers.storage import InputFile
from pipeline.errors import InputChanged, InputError, RunError
from pipeline.inspect.place import Place, find_place, find_shard
from pipeline.job import Job
from pipeline.stages.count.removal import RepeatedLines
from pipeline.stages.measure.batch import measure_batches
from pipeline.stages.measure.measurer import Measurer
from pipeline.stages.raw_parts import part_name
from pipeline.stages.reading import Reading
from pipeline.stages.remover import Remover
from pipeline.stages.units import PlannedUnit

_OF_SOURCE = "the source changed"
_OF_CODE = "the record is the same: code, options, card or libraries changed"
_PLACE = ("raw_row", "doc_id")
"""Columns of signals that say where a row stands and whose it is."""


@dataclass(frozen=True)
class Step:
    """One thing that was made again: equal, or how it differs."""

    name: str
    is_equal: bool
    told: str


@dataclass
class Rebuilt:
    """What became of one document; nothing is said of steps behind the first that could not be done."""

    doc_id: str
    source: str
    place: str
    """File, first byte (row, in columnar files), bytes and key of the record."""
    steps: list[Step] = field(default_factory=list)

    @property
    def is_equal(self) -> bool:
        """Everything that could be compared is as it was, and everything could be."""
        return all(step.is_equal for step in self.steps)

    def add(self, name: str, problem: str = "", *, told: str = "equal") -> bool:
        """Note a step; True where it has no problem."""
        self.steps.append(Step(name, not problem, problem or told))
        return not problem

    def to_json(self) -> dict[str, Any]:
        return {"equal": self.is_equal, **asdict(self)}


def rebuild(doc_id: str, *, job: Job) -> list[Rebuilt]:
    """Make every row with that id again, from the layers as they lie; raises RunError where there is none.

    doc_id as `find_place` takes it. Files need not be those of a plan: what is gone or changed is told.
    """
    measured = job.measured.entries()
    if not measured:
        raise InputError(f"there is nothing in {job.measured.url}: run the measure stage first")
    decided = {entry.unit: entry for entry in job.decisions.entries()}
    places = find_place(doc_id, measured=measured, decided=decided, job=job)
    return [_rebuild(place, decided=decided.get(place.unit), job=job) for place in places]


def _rebuild(place: Place, *, decided: Entry | None, job: Job) -> Rebuilt:
    measured, raw = job.measured.require(place.unit), job.raw.require(place.unit.whole)
    edited = job.measured.row(measured, "text", place.row)
    signals = job.measured.row(measured, "signals", place.row)
    row = signals["raw_row"][0].as_py()
    stored = job.raw.row(raw, part_name(place.unit.part or 0), row)
    decision = None if decided is None else job.decisions.row(decided, "decisions", place.row)
    origin = {name: stored[name][0].as_py() for name in ("container", "offset", "length", "record_id")}
    doc_id = (stored if decision is None else decision)["doc_id"][0].as_py().hex()
    made = Rebuilt(
        doc_id, place.unit.source, "{container} at {offset}, {length} bytes; key {record_id}".format(**origin)
    )
    again = _read_again(stored, raw=raw, unit=place.unit.whole, made=made, job=job)
    if again is None:
        return made
    why = _compare_record(stored, again=again, made=made)
    remade = _measure_again(again, unit=place.unit, row=row, why=why, made=made, job=job)
    if remade is None:
        return made
    text, measures = remade
    _compare("edited text", _differing(edited, other=text, names=["text"]), why=why, made=made)
    names = [name for name in signals.schema.names if name not in _PLACE]
    _compare("signals", _differing(signals, other=measures, names=names), why=why, made=made)
    keep = None if decision is None else decision["keep"][0].as_py()
    lang = measures["lang"][0].as_py()
    kinds = job.config.masked_kinds(place.unit.source, lang=lang)
    masked = mask_texts(text["text"], spans=measures["personal_data"], kinds=kinds)
    if masked.is_masked[0] and decision is not None and decision["key_id"][0].is_valid:
        # of key and text in the layers, of the place in the release
        where = {name: origin[name] for name in ("container", "offset")}
        doc_id = make_place_id(place.unit.source, **where).hex()
    _compare_released(masked.texts[0].as_py(), doc_id=doc_id, keep=keep, place=place, made=made, job=job)
    return made


def _read_again(
    stored: pa.RecordBatch, *, raw: Entry, unit: Unit, made: Rebuilt, job: Job
) -> pa.RecordBatch | None:
    """The document at the same place of the same file, one row; None where there is none any more."""
    spec, container = job.specs[unit.source], stored["container"][0].as_py()
    url = storage.join(spec.root, container)
    try:
        size, mark = storage.stat_file(url)
    except (FileNotFoundError, NotADirectoryError):
        made.add("source", f"gone: there is no {url}")
        return None
    was: Mapping[str, Any] = next((file for file in raw.facts["inputs"] if file["uri"] == container), {})
    is_as_it_was = (was.get("bytes"), was.get("mark")) == (size, mark)
    made.add("source", told="as it was" if is_as_it_was else "there; its size or time is another one")
    planned = PlannedUnit(
        Unit(unit.source, container, unit.start, unit.stop),
        files=(InputFile(container, size, mark),),
        size_bytes=size,
    )
    offset, key = stored["offset"][0].as_py(), stored["record_id"][0].as_py()
    rejected: list[Mapping[str, Any]] = []
    reading = Reading(
        planned,
        spec=spec,
        write_rejected=lambda rows: rejected.extend(rows.to_pylist()),
        lists=job.url_lists_of(spec.uid),
        terms=job.reservations[spec.uid],
    )
    others: list[str] = []
    try:
        for batch in reading.batches():
            here = batch.filter(pc.equal(batch["offset"], offset))
            same = here.filter(pc.equal(here["record_id"], key))
            if len(same):
                return _apply_removals(same.slice(0, 1), made=made, source=spec.uid, job=job)
            others += here["record_id"].to_pylist()
    except InputChanged as error:
        made.add("record", f"{_OF_SOURCE}: {error}")
        return None
    except (RunError, OSError, ValueError) as error:
        made.add("record", f"cannot be read: {error}")
        return None
    bad = [f"{each['reason']} ({each['detail']})" for each in rejected if each["offset"] == offset]
    told = (
        f"there are: {', '.join(others[:3])}"
        if others
        else f"it is rejected: {bad[0]}"
        if bad
        else "nothing is"
    )
    made.add("record", f"{_OF_SOURCE}: no {key} at {offset} any more; {told} there")
    return None


def _apply_removals(
    document: pa.RecordBatch, *, made: Rebuilt, source: str, job: Job
) -> pa.RecordBatch | None:
    """The document as the ledger of removals leaves it; None where it is to be taken out."""
    kept = Remover.of_job(source, job=job).split(document, part=0, ordinals=np.zeros(1, np.int64))
    if len(kept.batch):
        return kept.batch
    made.add("record", "there, but the ledger of removals names it: the next run takes it out")
    return None


def _compare_record(stored: pa.RecordBatch, *, again: pa.RecordBatch, made: Rebuilt) -> str:
    """Compare the raw record and what was extracted of it → why what follows may differ."""
    before, now = (batch["raw_sha256"][0].as_py().hex() for batch in (stored, again))
    is_same = made.add("record", "" if before == now else f"{_OF_SOURCE}: SHA-256 was {before}, is {now}")
    why = _OF_CODE if is_same else _OF_SOURCE
    _compare("extracted text", _differing(stored, other=again, names=["text"]), why=why, made=made)
    others = [name for name in stored.schema.names if name not in ("text", "raw_sha256")]
    _compare("other fields", _differing(stored, other=again, names=others), why=why, made=made)
    return why


def _measure_again(
    again: pa.RecordBatch, *, unit: Unit, row: int, why: str, made: Rebuilt, job: Job
) -> tuple[pa.RecordBatch, pa.RecordBatch] | None:
    """(the edited document, its signals); None where repeated lines are not known, or a filter fails."""
    measurer = Measurer.from_job(job, source=unit.source)
    errors: list[dict[str, object]] = []
    try:
        repeated = None if measurer.lines is None else RepeatedLines.read(unit, rule=measurer.lines, job=job)
    except MissingEntry as error:
        made.add("edited text", f"repeated lines are not known any more: {error}")
        return None
    rows = measure_batches(
        iter([again]), measurer=measurer, errors=errors, lost=[], first_row=row, repeated=repeated
    )
    for text, signals, _ in rows:
        return text, signals
    made.add("edited text", f"{why}; a filter fails now: {errors[0]['reason']}: {errors[0]['detail']}")
    return None


def _compare_released(
    text: str, *, doc_id: str, keep: bool | None, place: Place, made: Rebuilt, job: Job
) -> None:
    """Compare with the text in the release, where the document should be."""
    if not keep:
        made.add("release", told="not in it, by decision" if keep is False else "not decided yet")
        return
    shard = find_shard(place, lang=_language(place, job=job), job=job)
    released = None if shard is None else next(_released_texts(shard, doc_id=doc_id), None)
    if released is None:
        made.add("release", f"not in it, though it was kept; it was looked for in {shard or job.release}")
    else:
        made.add(
            "release",
            "" if released == text else f"another text stands in {shard}",
            told=f"equal, in {shard}",
        )


def _language(place: Place, *, job: Job) -> str:
    return str(job.measured.row(job.measured.require(place.unit), "signals", place.row)["lang"][0].as_py())


def _released_texts(shard: str, *, doc_id: str) -> Iterator[str]:
    """Texts of a shard of the release with that id; nothing where the shard is gone."""
    try:
        ids, texts = (open_unchecked(shard, columns=[name]) for name in ("doc_id", "text"))
    except FileNotFoundError:
        return
    for index in range(ids.num_record_batches):
        for row in pc.indices_nonzero(pc.equal(ids.get_batch(index)["doc_id"], doc_id)).to_pylist():
            yield texts.get_batch(index)["text"][row].as_py()


def _differing(batch: pa.RecordBatch, *, other: pa.RecordBatch, names: list[str]) -> list[str]:
    """The columns whose value is another one, or that only one of both has."""
    return [
        name
        for name in names
        if name not in other.schema.names or not batch[name].equals(other[name].cast(batch[name].type))
    ]


def _compare(name: str, differing: list[str], *, why: str, made: Rebuilt) -> None:
    what = "" if differing in ([], ["text"]) else f"{', '.join(differing)}: "
    made.add(name, f"{what}differs; {why}" if differing else "")
