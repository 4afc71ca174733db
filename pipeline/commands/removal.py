"""A removal, step by step: killed after any of them, it is carried on by the same command, or by `run`."""

import os
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from governance.removals.ledger import (
    Executed,
    Tombstone,
    executed_url,
    find_request_file,
    read_ledger,
    request_url,
    version_numbers,
    write_request,
)
from governance.removals.request import ACTIVE, Execution, Match, Request
from governance.removals.rules import Rule, all_rules
from governance.removals.spans import find_changes
from layers import storage, trees
from pipeline.commands.removal_request import Asked, match_in, read_versions
from pipeline.config.read import load_config
from pipeline.errors import ConfigError, InputError, RunError
from pipeline.inspect.gating import find_open
from pipeline.inspect.negative_search import Left, NegativeSearch
from pipeline.inspect.removal_matches import Matched, recall
from pipeline.plan.make import Plan, make_plan
from pipeline.plan.trial import limits_tried, place_output
from pipeline.stages.publish.classes import class_jobs
from pipeline.stages.publish.cut import read_tasks
from pipeline.terminal.echo import ProgressForm

_VERSION = re.compile(r"(?m)^(version:[ \t]*)(['\"]?)(\d+\.\d+\.\d+)\2")
_MAX_LEFT = 20


@dataclass(frozen=True)
class Done:
    """What came of a removal."""

    request_id: str
    matched: Matched
    version: str
    files: int
    trials: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        """For machines."""
        proof = {"searched_files": self.files, "left": 0}
        return {
            "request_id": self.request_id,
            "release": self.version,
            "negative_search": proof,
            "trials": list(self.trials),
            **self.matched.to_json(),
        }


def execute(
    asked: Asked,
    *,
    workers: int | None = None,
    progress: ProgressForm = "auto",
    step: Callable[[str], None] = lambda name: None,
) -> Done:
    """Carry out a request; the old release stands until the new one is complete.

    First the ledger says what goes, then the layers and the release are made without it, then everything is
    searched. step is called before each step. Raises RunError where anything was left.
    """
    request = asked.request
    if request.decision.state not in ACTIVE:
        raise InputError(
            f"$.decision.state: {request.decision.state}: decide first (state: accepted, with by and at)"
        )
    _check_writable(asked.folder)
    _recover(asked)
    ledger = read_ledger(asked.folder)
    known, executed = ledger.requests.get(request.request_id), ledger.executed.get(request.request_id)
    is_begun = executed is not None and (known is None or known.decision.state != "executed")
    if executed is not None and is_begun:  # killed after what goes had been written down
        matched = recall(executed)
    else:
        plan = make_plan(asked.corpus, output=asked.output, workers=workers)
        matched = match_in(plan, asked=asked)
        if executed is not None and not matched.documents:
            return _prove(asked, plan=plan, matched=matched, executed=executed)
        step("freeze")
        _freeze(plan, folder=asked.folder)
        step("tombstones")
        executed = _write_tombstones(asked, matched=matched, before=executed, plan=plan)
    step("request")
    place = _place(asked)
    request = _accepted(request, matched=matched)
    write_request(place, request)
    step("version")
    _set_version(asked, version=executed.release)
    step("run")
    plan = make_plan(asked.corpus, output=asked.output, workers=workers)
    _run(plan, progress=progress)
    step("clean")
    _clean(plan)
    step("search")
    return _prove(replace(asked, request=request), plan=plan, matched=matched, executed=executed, step=step)


def _prove(
    asked: Asked,
    *,
    plan: Plan,
    matched: Matched,
    executed: Executed,
    step: Callable[[str], None] = lambda name: None,
) -> Done:
    """Search everything for what went, and write down the result; raises RunError where anything was left."""
    request, output = asked.request, plan.job.output
    files, left = search(plan, request=request, executed=executed, folder=asked.folder)
    step("record")
    execution = Execution(
        release=executed.release,
        derived_copies=request.execution.derived_copies if request.execution else [],
        verified_at=_now().isoformat(timespec="seconds"),
        verified_by_test=not left,
        searched_files=files,
    )
    decision = request.decision.model_copy(update={"state": "executed"})
    write_request(_place(asked), request.model_copy(update={"execution": execution, "decision": decision}))
    if left:
        named = "".join(f"\n  {each}" for each in left[:_MAX_LEFT])
        raise RunError(f"{len(left)} place(s) of {output} still have what was removed:{named}")
    trials = tuple(f"{output.rstrip('/')}-trial-{limit}" for limit in limits_tried(output))
    return Done(request.request_id, matched, executed.release, files, trials)


def _check_writable(folder: str) -> None:
    """Raise InputError where the private ledger cannot be written, before anything is."""
    probe = storage.join(folder, ".writable")
    try:
        storage.write_bytes(probe, b"")
        storage.remove(probe)
    except OSError as error:
        raise InputError(
            f"the private ledger {folder} cannot be written ({error.strerror or error}): make it so, or "
            "name another in `removals` of the corpus file; nothing was changed"
        ) from error


def _recover(asked: Asked) -> None:
    """Put the old release back where a crash fell between two renames."""
    config, base = load_config(asked.corpus), os.path.dirname(os.path.abspath(asked.corpus))
    given = (config.output, base) if asked.output is None else (asked.output, os.getcwd())
    trees.recover_tree(storage.join(place_output(given[0], base=given[1]), "release"))


def _place(asked: Asked) -> str:
    """Where the request lies in the ledger."""
    request_id = asked.request.request_id
    found = find_request_file(asked.folder, request_id=request_id)
    return found or request_url(asked.folder, request_id=request_id)


def _now() -> datetime:
    epoch = os.environ.get("SOURCE_DATE_EPOCH")
    return datetime.fromtimestamp(int(epoch), UTC) if epoch else datetime.now(UTC)


def _freeze(plan: Plan, *, folder: str) -> None:
    from pipeline.stages.publish.frozen_cut import freeze_cut

    for job in class_jobs(plan.job):
        freeze_cut(read_tasks(job), job=job, folder=folder)


def _write_tombstones(asked: Asked, *, matched: Matched, before: Executed | None, plan: Plan) -> Executed:
    """What goes, beside what went for the request before."""
    request_id, release = asked.request.request_id, _next_version(asked, plan=plan)
    known = before or Executed(request_id, _now().date().isoformat(), release, ())
    executed = known.joined((each.to_tombstone() for each in matched.documents), release=release)
    storage.write_bytes(executed_url(asked.folder, request_id=request_id), executed.to_jsonl())
    return executed


def _accepted(request: Request, *, matched: Matched) -> Request:
    """The request with what was found; what an attempt before found stays."""
    if request.match is not None and not matched.documents and not matched.gated:
        return request
    amounts = [(each.source, each.text_bytes) for each in matched.documents]
    amounts += [(each.source, each.text_bytes) for each in matched.gated]
    found = Match(
        docs=len(matched.documents) + sum(each.documents for each in matched.gated),
        dup_twins=sum(each.is_twin for each in matched.documents),
        sources=sorted({source for source, _ in amounts}),
        shards=list(matched.shards),
        bytes=sum(size for _, size in amounts),
    )
    return request.model_copy(update={"match": found})


def _next_version(asked: Asked, *, plan: Plan) -> str:
    """A removal is a new major version: that of the corpus file, where it is one, else the next."""
    ledger = read_ledger(asked.folder)
    last = max(filter(None, (*read_versions(plan), ledger.min_version)), key=version_numbers)
    version = plan.job.config.version
    is_new = version_numbers(version)[0] > version_numbers(last)[0]
    return version if is_new else f"{version_numbers(last)[0] + 1}.0.0"


def _set_version(asked: Asked, *, version: str) -> None:
    """Write a version into the corpus file, unless it has that or a later one."""
    if version_numbers(load_config(asked.corpus).version) >= version_numbers(version):
        return
    path = Path(asked.corpus)
    changed, count = _VERSION.subn(rf"\g<1>\g<2>{version}\g<2>", path.read_text(encoding="utf-8"), count=1)
    problem = f"$.version: a removal is a new major version: set it to {version} and run the same command"
    if not count:
        raise ConfigError(asked.corpus, problems=[problem])
    try:
        storage.write_bytes(str(path), changed.encode())
    except OSError as error:
        raise ConfigError(asked.corpus, problems=[f"{problem}; it cannot be written: {error}"]) from error


def _run(plan: Plan, *, progress: ProgressForm) -> None:
    from layers.stages import NAMES
    from pipeline.beam import runners
    from pipeline.inspect.displays import make_display
    from pipeline.inspect.progress import show_progress

    with show_progress(plan, display=make_display(progress), stages=NAMES):
        runners.run(plan, stages=NAMES, runner="local")


def _clean(plan: Plan) -> None:
    """Superseded files, and damaged ones that were set aside, hold texts that no entry names."""
    from pipeline.inspect.rubbish import clean

    clean(plan)
    storage.remove(plan.job.place("damaged"))


def search(plan: Plan, *, request: Request, executed: Executed, folder: str) -> tuple[int, list[Left]]:
    """(files of the output that were searched, what was left)."""
    if request.action == "gate_source":
        return find_open(plan.job, sources=[selector.canonical for selector in request.selectors])
    rules = all_rules(request) if request.scope.languages == "all" else []
    rules += _reveal(rules, tombstones=executed.tombstones)
    proof = NegativeSearch(rules=rules, tombstones=executed.tombstones)
    return proof.search(plan.job.output, ledger=folder)


def _reveal(rules: Sequence[Rule], *, tombstones: Iterable[Tombstone]) -> list[Rule]:
    """Spans that were asked for by digest, as texts: what they were is known once they were cut."""
    asked = [rule for rule in rules if rule.type == "span_sha256" and not rule.doc_id]
    cut = {span for each in tombstones for span in each.spans} if asked else set()
    return [
        Rule("span", span[change.start : change.end], rule.request_id, redacts=True)
        for rule in asked
        for span in sorted(cut)
        for change in find_changes(span, rules=[rule])
    ]
