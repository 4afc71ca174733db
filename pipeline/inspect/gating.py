"""What a request to gate a source is about, and the proof that nothing of the source is open any more."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from governance import front_matter
from governance.cards import read_card
from governance.licences.classes import GATED
from governance.manifest import NAME, README, Manifest
from governance.removals.request import Request
from layers import storage
from layers.problems import suggest
from pipeline.errors import InputError
from pipeline.inspect.negative_search import Left
from pipeline.job import Job
from pipeline.stages.publish.classes import class_jobs
from pipeline.stages.publish.cut import read_tasks

_GATE_FORM = "extra_gated_prompt:"
"""Of the README's head: the form that the Hub shows before it gives files out."""


@dataclass(frozen=True)
class GatedSource:
    """A source that was open, and what the release has of it."""

    source: str
    documents: int
    text_bytes: int
    shards: tuple[str, ...]
    moves: dict[str, str]
    """Class of release → the class that its documents go to; none: there is one release, gated as a whole."""

    def to_json(self) -> dict[str, Any]:
        return {
            "source": self.source,
            "documents": self.documents,
            "text_bytes": self.text_bytes,
            "shards": [*self.shards],
            "moves": self.moves,
        }


def find_gated(request: Request, *, job: Job) -> tuple[GatedSource, ...]:
    """What a request to gate sources is about; raises InputError for one that is no open source."""
    found = []
    for place, selector in enumerate(request.selectors):
        uid = selector.canonical
        if uid not in job.specs:
            hint = suggest(uid, names=[*job.specs])
            raise InputError(f"$.selectors[{place}].value: no source of the corpus is {uid!r}{hint}")
        tier = read_card(job.cards, uid).access_tier
        if tier != "open":
            raise InputError(
                f"$.selectors[{place}].value: {uid} is {tier} by its card, and no request opens it: "
                "nothing is to be done; reject the request with that reason"
            )
        opened = [each for each in class_jobs(job) if _is_open(uid, job=each)]
        if not opened:  # gated on request before
            continue
        tasks = [task for each in opened for task in read_tasks(each) if task.source == uid]
        before = sorted({each.release_class for each in opened} - {""})
        found.append(
            GatedSource(
                uid,
                documents=sum(task.rows for task in tasks),
                text_bytes=sum(task.text_bytes for task in tasks),
                shards=tuple(storage.join(*filter(None, (task.release_class, task.path))) for task in tasks),
                moves={name: f"{GATED}{name.removeprefix(GATED)}" for name in before},
            )
        )
    return tuple(found)


def _read_manifest(job: Job) -> Manifest:
    return Manifest.from_json(storage.read_bytes(storage.join(job.release, NAME)))


def _is_open(uid: str, *, job: Job) -> bool:
    """Whether the release of a job has a source, and without a gate."""
    sources = _read_manifest(job).sources
    return uid in sources and sources[uid].access_tier == "open"


def find_open(job: Job, *, sources: Sequence[str]) -> tuple[int, list[Left]]:
    """(files of releases that were looked at, where one of the sources is still open)."""
    left: list[Left] = []
    files = 0
    for each in class_jobs(job):
        left += _find_open(each, sources=sources)
        files += 2
    return files, left


def _find_open(job: Job, *, sources: Sequence[str]) -> Iterator[Left]:
    """job: of one release."""
    at = storage.join("release", job.release_class) if job.release_class else "release"
    manifest = _read_manifest(job)
    readme = storage.read_bytes(storage.join(job.release, README)).decode()
    front, _ = front_matter.split(readme)
    has_form = any(line.startswith(_GATE_FORM) for line in front.splitlines())
    for uid in sources:
        if uid not in manifest.sources:
            continue
        if (tier := manifest.sources[uid].access_tier) == "open":
            yield Left(storage.join(at, NAME), f"{uid} is {tier}")
        shards = [each.path for each in manifest.outputs if each.source == uid and each.rows]
        if shards and not has_form:
            yield Left(storage.join(at, README), f"no gate, and the release has documents of {uid}")
        if job.release_class and not job.release_class.startswith((GATED, "internal")):
            yield from (Left(storage.join(at, path), f"{uid} in an open class") for path in shards)
