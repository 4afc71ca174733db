"""A request for removal as it is given: whether it may act, of which corpus it is, and what it is about."""

import os
import shlex
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from governance.manifest import NAME, Manifest
from governance.removals.request import InvalidRequest, Request, check_authority, find_broad, parse_request
from layers import storage
from layers.layer import MissingEntry
from pipeline.config.read import load_config
from pipeline.errors import InputError, MissingLayer
from pipeline.inspect.removal import find
from pipeline.inspect.removal_matches import Matched
from pipeline.plan.make import Plan, make_plan
from pipeline.stages.publish.classes import class_jobs


@dataclass(frozen=True)
class Asked:
    """A request that may act, and what it is about."""

    request: Request
    corpus: str
    output: str | None
    folder: str
    """Of the private ledger."""


def open_request(path: str, *, corpus: str | None, output: str | None, allow_everything: bool) -> Asked:
    """Read a request and find its corpus; raises InputError where it may not act."""
    try:
        request = parse_request(Path(path).read_text(encoding="utf-8"), place=path)
        problems = check_authority(request)
        if allow_everything:
            allowed = [each.model_copy(update={"allow_everything": True}) for each in request.selectors]
            request = request.model_copy(update={"selectors": allowed})
        problems += find_broad(request)
        if request.decision.state == "rejected":
            problems.append("$.decision.state: the request is rejected")
        if problems:
            raise InvalidRequest(path, problems)
    except (InvalidRequest, UnicodeDecodeError) as error:
        raise InputError(str(error)) from error
    except FileNotFoundError as error:
        raise InputError(f"there is no request {path}") from error
    chosen = corpus or _find_corpus(path)
    base = os.path.dirname(os.path.abspath(chosen))
    return Asked(request, chosen, output, storage.join(base, load_config(chosen).removals))


def _find_corpus(request: str) -> str:
    """corpus.yaml in this folder, or in one above the request."""
    folder = Path(request).resolve().parent
    places = [Path.cwd(), folder, *list(folder.parents)[:3]]
    for place in places:
        if (place / "corpus.yaml").is_file():
            return str(place / "corpus.yaml")
    raise InputError("name the corpus file: rhizotron remove REQUEST CORPUS; there is no corpus.yaml near by")


def match(asked: Asked) -> Matched:
    """What a request is about, in the layers as they are; raises MissingLayer where there are none."""
    return match_in(make_plan(asked.corpus, output=asked.output), asked=asked)


def match_in(plan: Plan, *, asked: Asked) -> Matched:
    """The same in the output of a plan."""
    if not read_versions(plan):
        raise MissingLayer(
            f"{plan.job.output} holds no release yet: rhizotron run {shlex.quote(str(asked.corpus))}"
        )
    try:
        matched = find(asked.request, job=plan.job)
    except (MissingEntry, FileNotFoundError) as error:
        raise MissingLayer(f"the layers of {plan.job.output} are not complete: {error}; run first") from error
    _refuse_everything(matched, request=asked.request)
    return matched


def _refuse_everything(matched: Matched, *, request: Request) -> None:
    """Raise InputError where a selector takes the whole release, without having said so."""
    if matched.released_documents < 2:
        return
    counts = Counter(place for each in matched.documents if each.is_released for place in each.selectors)
    for place, count in sorted(counts.items()):
        selector = request.selectors[place]
        if (
            count == matched.released_documents
            and not selector.allow_everything
            and selector.type != "source_uid"
        ):
            raise InputError(
                f"$.selectors[{place}]: it matches all {count:,} documents of the release; if that is meant, "
                "--allow-everything"
            )


def read_versions(plan: Plan) -> list[str]:
    """The versions of the releases that are there: one, or one per class."""
    urls = (storage.join(job.release, NAME) for job in class_jobs(plan.job))
    return [Manifest.from_json(storage.read_bytes(url)).version for url in urls if storage.exists(url)]
