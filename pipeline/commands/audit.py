"""`rhizotron audit`: what auditors ask of a release, as JSON and as a page."""

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from pipeline.commands.options import Command, release_options
from pipeline.errors import AuditFailed, AuditWarns, ConfigError, InputError
from pipeline.terminal.echo import echo

FOLDER = "audit"
_DAY = click.DateTime(formats=["%Y-%m-%d"])


@click.command(cls=Command)
@release_options
@click.option(
    "--to",
    "folder",
    help=f"Folder of audit.json, report.html and figures/.  [default: {FOLDER}; with --json none]",
)
@click.option(
    "--thresholds",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="YAML: question → max_pass, max_warn, min_pass, min_warn, in place of the default ones.",
)
@click.option("--compare", metavar="RELEASE", help="An earlier release, or a second run of the same inputs.")
@click.option("--date", "today", type=_DAY, help="Day to count from; without it that of the release.")
@click.option(
    "--manifest-only", is_flag=True, help="Read no rows and check no files: manifest and cards alone."
)
@click.option(
    "--fail-on",
    type=click.Choice(["fail", "warn", "never"]),
    default="fail",
    show_default=True,
    help="The verdict from which on the exit code is 11 (fail) or 12 (warn).",
)
@click.option("--json", "as_json", is_flag=True, help="Print the JSON.")
def audit(
    release: str,
    output: str | None,
    limit: int | None,
    *,
    folder: str | None,
    today: datetime | None,
    as_json: bool,
    fail_on: str,
    **options: Any,
) -> None:
    """Answer 45 questions on a release from itself alone: value, threshold, verdict, evidence.

    RELEASE is the folder or URL of a release, the output that it lies in, or a corpus file. No clock and no
    network is asked: the same release gives the same JSON. What it cannot answer says what is missing.
    """
    from governance.audit.report import to_json
    from pipeline.commands import places
    from pipeline.inspect.audit import audit as audit_release
    from pipeline.terminal.live import show_bytes

    place = places.find_release(release, output=output, limit=limit)
    compare = options["compare"]
    with show_bytes("audit") as advance:
        report = audit_release(
            place,
            limits=_read_limits(options["thresholds"]),
            today=None if today is None else today.date(),
            compare=None if compare is None else places.find_release(compare, output=None, limit=None),
            with_rows=not options["manifest_only"],
            advance=advance,
        )
    target = folder or (None if as_json else FOLDER)
    paths = [] if target is None else _write(Path(target), report)
    if as_json:
        echo(to_json(report), newline=False)
    else:
        _print(report, paths=paths)
    _end(report["summary"]["verdicts"], fail_on=fail_on)


def _read_limits(path: Path | None) -> Any:
    from governance.audit.thresholds import default_limits, override

    if path is None:
        return default_limits()
    try:
        return override(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise ConfigError(str(path), problems=str(error).split("\n")) from error


def _write(folder: Path, report: Mapping[str, Any]) -> list[Path]:
    """The JSON, then the page from the JSON alone, and the numbers of each figure."""
    import json

    from governance.audit.report import to_json
    from governance.pages.audit.page import FIGURES, render_csvs, render_page

    text = to_json(report)
    alone = json.loads(text)
    paths = {folder / "audit.json": text, folder / "report.html": render_page(alone)}
    tables = {folder / FIGURES / name: csv for name, csv in render_csvs(alone).items()}
    try:
        (folder / FIGURES).mkdir(parents=True, exist_ok=True)
        for path, content in {**paths, **tables}.items():
            path.write_text(content, encoding="utf-8", newline="")
    except OSError as error:
        raise InputError(f"--to {folder}: {error.strerror or error}") from error
    return list(paths)


def _print(report: Mapping[str, Any], *, paths: list[Path]) -> None:
    release, summary = report["release"], report["summary"]
    echo(f"{release['name']} {release['version']}")
    for answer in report["answers"]:
        if answer["verdict"] in ("fail", "warn", "not answerable"):
            shown = "" if answer["verdict"] == "not answerable" else f"{answer['verdict']}: "
            echo(f"  {answer['id']}  {shown}{answer['shown']}: {answer['question']}")
    counts = ", ".join(f"{count} {verdict}" for verdict, count in summary["verdicts"].items() if count)
    echo(f"{summary['answered']} of {summary['questions']} questions answered: {counts}")
    for path in paths:
        echo(str(path))


def _end(verdicts: Mapping[str, int], *, fail_on: str) -> None:
    """The exit code of the gravest verdict that counts."""
    if fail_on != "never" and verdicts["fail"]:
        raise AuditFailed(f"{verdicts['fail']} answer(s) fail")
    if fail_on == "warn" and verdicts["warn"]:
        raise AuditWarns(f"{verdicts['warn']} answer(s) warn")
