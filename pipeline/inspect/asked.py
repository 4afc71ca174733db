"""What a question must name to have an answer; else the error says what there is."""

from collections import Counter

from layers import storage
from layers.entries import Entry
from layers.problems import suggest
from layers.stages import layer_of, stages_with
from pipeline.errors import InputError
from pipeline.inspect.status import committed
from pipeline.plan.make import Plan
from pipeline.plan.trial import limits_tried, untried


def entries_asked(plan: Plan, *, stage: str) -> list[Entry]:
    """The up-to-date entries of a stage; raises InputError where there are none, naming trials."""
    entries = committed(plan).get(stage, [])
    if not entries:
        layer = storage.join(plan.job.output, layer_of(stage, flow="dropped"))
        raise InputError(f"there is nothing up to date in {layer}; run the {stage} stage first{trials(plan)}")
    return entries


def trials(plan: Plan) -> str:
    """`; …` naming the trials that lie beside the output, if there are others than the one asked for."""
    limits = [limit for limit in limits_tried(untried(plan.job.output)) if limit != plan.job.limit]
    if not limits:
        return ""
    listed = ", ".join(f"--limit {limit}" for limit in limits)
    return f"; beside it lie trials, ask for them with {listed}"


def check_filters(plan: Plan, *, stage: str | None, reason: str | None, lang: str | None) -> str | None:
    """What to say where nothing was dropped so; raises InputError where no document is of that kind."""
    entries_asked(plan, stage="ingest")
    dropped = _count_dropped(plan)
    if not dropped:
        return f"nothing was dropped{trials(plan)}"
    asked = {"stage": stage, "reason": reason, "lang": lang}
    for index, (what, value) in enumerate(asked.items()):
        there: Counter[str] = Counter()
        for key, documents in dropped.items():
            if all(each in (None, part) for each, part in zip([*asked.values()][:index], key, strict=False)):
                there[key[index]] += documents
        if value is not None and value not in there:
            listed = ", ".join(f"{name or 'none'} {n:,}" for name, n in there.most_common())
            answer = f"nothing was dropped with --{what} {value}"
            if what == "stage" or any(key[index] == value for key in dropped) or value in _languages(plan):
                return f"{answer}; there are: {listed}"
            near = suggest(value, names=sorted(filter(None, there)))
            near = near if near.startswith("; did") else ""
            raise InputError(f"{answer}{near}; there are: {listed}{trials(plan)}")
    return None


def _languages(plan: Plan) -> set[str]:
    """The languages of the documents that were decided about."""
    return {count.lang for entry in committed(plan)["decide"] for count in entry.counts}


def _count_dropped(plan: Plan) -> Counter[tuple[str, str, str]]:
    """(stage, reason, language) → documents."""
    dropped: Counter[tuple[str, str, str]] = Counter()
    for name, entries in committed(plan).items():
        counts = (count for entry in entries for count in entry.counts if name in stages_with("dropped"))
        for count in counts:
            if count.flow == "dropped":
                dropped[name, count.reason, count.lang] += 1 if count.documents is None else count.documents
    return dropped
