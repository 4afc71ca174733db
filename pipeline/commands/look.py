"""What `plan` and `run` print of the sources: a mapped document of each, and what a person should see."""

from collections.abc import Iterator, Mapping
from typing import Any

from governance.visible import visible_line
from pipeline.plan.listing import describe_guessed, describe_skipped
from pipeline.plan.make import Plan
from pipeline.stages.publish.gates import find_closed
from pipeline.terminal.echo import complain, echo

EXCERPT_CHARS = 200
_RIGHTS = ("url", "date", "retrieved", "license")
_ROLES = ("record_id", "lang_declared", "title", "author", *_RIGHTS, "extra", "text")


def print_documents(plan: Plan) -> None:
    """The first document of each source, as its fields are mapped."""
    for uid in sorted(plan.sources.specs):
        for line in describe_document(plan, uid=uid):
            echo(line)


def describe_document(plan: Plan, *, uid: str) -> Iterator[str]:
    """Role and value a line; nothing where no document was seen."""
    row = plan.look.first_document(uid)
    if row is None:
        return
    format = next(sample.format for sample in plan.look.samples[uid] if sample.documents)
    yield from describe_row(row, title=f"{uid}, first document of", format=format)


def describe_row(row: Mapping[str, Any], *, title: str, format: str) -> Iterator[str]:
    """Role and value a line, of a DOCUMENT row; format: what was detected of its file's."""
    yield f"{title} {visible_line(row['container'])}{format and f' ({visible_line(format)})'}:"
    for role in _ROLES:
        value = row[role]
        yield f"  {role:<14}{'null' if value is None else visible_line(value[:EXCERPT_CHARS])}"


def print_warnings(plan: Plan) -> None:
    """What was skipped and what looks wrong, to standard error."""
    seen = (*describe_skipped(plan.sources), *describe_guessed(plan.sources), *plan.look.warnings)
    lines = [f"warning: {line}" for line in seen]
    if plan.job.limit is not None:
        lines.append(f"a trial of at most {plan.job.limit} documents per source, in {plan.job.output}")
    for line in lines:
        complain(visible_line(line))


def print_gates(plan: Plan) -> None:
    """What would keep the release from being published, to standard error."""
    for line in find_closed(plan.sources.cards, job=plan.job):
        complain(visible_line(f"warning: not to be published: {line}"))
