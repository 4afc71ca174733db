"""`rhizotron reservations`: what sites say about training, of one URL and of all documents of a release."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pipeline.commands.options import DefaultGroup
from pipeline.errors import InputError
from pipeline.terminal.echo import echo, echo_json

if TYPE_CHECKING:
    from governance.reservations.site_file import SiteFile
    from pipeline.inspect.reservation_check import Answer
    from pipeline.inspect.reservation_recheck import Report
    from sources.reading.site_files import ParsedCopies

_RECHECK = "recheck"
_FILE = click.Path(dir_okay=False, path_type=Path)


class _Group(DefaultGroup):
    """`reservations check …`, and `reservations RELEASE --robots …` without a name of its own."""

    default = _RECHECK


def _read_date(_context: click.Context, _option: click.Parameter, value: str | None) -> str | None:
    from pipeline.config.reservations import check_date

    try:
        return None if value is None else check_date(value)
    except ValueError as error:
        raise click.BadParameter(str(error)) from error


@click.group(cls=_Group, subcommand_metavar="RELEASE_OR_LAYER --robots FOLDER|fetch | check …")
def reservations() -> None:
    """Apply today's robots.txt and other reservations to yesterday's captures, or ask about one URL.

    `rhizotron reservations RELEASE --robots FOLDER` is short for `rhizotron reservations recheck RELEASE
    --robots FOLDER`.
    """


@reservations.command()
@click.option("--robots", type=_FILE, help="A robots.txt.")
@click.option("--headers", type=_FILE, help="Header fields of an HTTP response, one a line.")
@click.option("--page", type=_FILE, help="An HTML page.")
@click.option("--tdmrep", type=_FILE, help="A /.well-known/tdmrep.json.")
@click.option("--rsl", type=_FILE, help="An RSL licence (XML).")
@click.option("--text", type=_FILE, help="A text that may hold a manifest of C2PA.")
@click.option(
    "--agent", "agents", multiple=True, help="Product token, as GPTBot; default: all that train, as listed."
)
@click.option("--url", required=True, help="Of the page.")
@click.option("--purpose", type=click.Choice(["train-ai", "search"]), default="train-ai", show_default=True)
@click.option("--date", callback=_read_date, help="When the files were taken, to stand in the answer.")
@click.option("--json", "as_json", is_flag=True, help="Machine-readable.")
def check(
    agents: tuple[str, ...], url: str, purpose: Any, date: str | None, as_json: bool, **files: Path | None
) -> None:
    """Say whether a URL is reserved: the verdict, and the line that decides.

    allow, disallow or unknown, where nobody says anything. The exit code is 0 for each, and 2 for files that
    cannot be read.
    """
    from governance.reservations.agents import load_agents
    from governance.reservations.signals import Question
    from pipeline.inspect.reservation_check import Given
    from pipeline.inspect.reservation_check import check as check_url

    given = Given(**files)
    if not any(files.values()):
        raise InputError("nothing to check: give --robots, --headers, --page, --tdmrep, --rsl or --text")
    question = Question(url, agents or load_agents().training, purpose)
    answer = check_url(question, given=given, date=date)
    if as_json:
        echo_json(answer.to_json(), indent=2)
    else:
        _print_answer(answer)


def _print_answer(answer: "Answer") -> None:
    by = answer.decided_by
    if by is None:
        echo(f"{answer.verdict}: nothing is said about {answer.question.url}")
    elif not by.raw:
        echo(f"{answer.verdict}: robots: no rule of {by.location} is about it, which allows it (RFC 9309)")
    else:
        echo(f"{answer.verdict}: {by.describe()}")
    for each in answer.signals:
        if each != by and each.raw:
            note = ", superseded" if each.superseded else ""
            echo(f"  {each.effect}{note}: {each.describe()}")


@reservations.command(_RECHECK)
@click.argument("place", metavar="RELEASE_OR_LAYER")
@click.option(
    "--robots",
    required=True,
    metavar="FOLDER|fetch",
    help="Folder of today's robots.txt, tdmrep.json and RSL files by host, or of archives of them; fetch: "
    "ask the sites.",
)
@click.option("--agent", "agents", multiple=True, help="Product token; default: all that train, as listed.")
@click.option("--purpose", type=click.Choice(["train-ai", "search"]), default="train-ai", show_default=True)
@click.option("--date", callback=_read_date, help="When the files of the folder were taken.")
@click.option(
    "--to",
    "list_path",
    type=click.Path(dir_okay=False),
    help="List of what is reserved: .jsonl, .yaml (a removal request) or .txt (for url_lists).",
)
@click.option("--save", type=click.Path(file_okay=False), help="With fetch: folder for what sites answer.")
@click.option("--json", "as_json", is_flag=True, help="Machine-readable.")
def recheck(
    place: str,
    robots: str,
    agents: tuple[str, ...],
    purpose: Any,
    date: str | None,
    list_path: str | None,
    save: str | None,
    as_json: bool,
) -> None:
    """Apply what sites say today to the captures of a release or layer, and report the loss per language.

    RELEASE_OR_LAYER is a release, the output that it lies in, a corpus file, or OUT/raw or OUT/measured.
    Nothing is removed: that today's signals hold for yesterday's captures is a policy of a corpus, which the
    list (--to) puts to work.
    """
    from governance.reservations.agents import load_agents
    from governance.reservations.terms import Terms
    from layers import storage
    from pipeline.inspect import reservation_recheck as rechecking

    place = _find_place(place)
    terms = Terms("honour_all", agents or load_agents().training, purpose=purpose)
    copies, unreachable = _open_copies(robots, place=place, date=date, save=save)
    if list_path is not None:
        rechecking.render_list(rechecking.Report(terms, robots, date), name=list_path)
    from pipeline.inspect.released_urls import read_documents

    report = rechecking.recheck(read_documents(place), copies=copies, terms=terms, signals=robots, date=date)
    report.unreachable = unreachable
    if list_path is not None:
        lines = rechecking.render_list(report, name=list_path)
        storage.write_bytes(list_path, "".join(lines).encode())
    if as_json:
        echo_json(report.to_json(), indent=2)
    else:
        _print_report(report, list_path=list_path)


def _find_place(place: str) -> str:
    """The release that is meant, or the place itself where it has none."""
    from layers import storage
    from pipeline.commands import places

    if not storage.is_remote(place) and storage.local_path(place).is_file():
        return places.find_release(place, output=None, limit=None)
    release = storage.join(place, "release")
    return release if storage.exists(storage.join(release, places.MANIFEST)) else place


def _open_copies(
    robots: str, *, place: str, date: str | None, save: str | None
) -> "tuple[ParsedCopies, dict[str, str]]":
    """(today's files, sites that did not answer); raises InputError for a folder that is none."""
    from layers import storage
    from sources.reading.site_files import FolderCopies, ParsedCopies, TakenFiles

    if robots != "fetch":
        files = storage.list_files(robots)
        if not files:
            raise InputError(f"--robots {robots}: no file below it; name files by host, as example.org.txt")
        return ParsedCopies([FolderCopies(robots, files=files, date=date)]), {}
    from governance.reservations.addresses import find_site
    from pipeline.inspect.released_urls import read_documents
    from pipeline.inspect.site_fetch import SiteFetcher

    sites = {find_site(url) for batch in read_documents(place) for url in batch.urls}
    unreachable: dict[str, str] = {}
    fetched = SiteFetcher().fetch_sites(sorted(filter(None, sites)), unreachable=unreachable)
    return ParsedCopies([TakenFiles(_save(fetched, folder=save))]), unreachable


def _save(files: "Iterable[SiteFile]", *, folder: str | None) -> "Iterator[SiteFile]":
    """The files, each written below the folder of its host where there is one."""
    from layers import storage

    names = {"robots": "robots.txt", "tdmrep": "tdmrep.json", "rsl": "license.xml"}
    for file in files:
        if folder is not None:
            target = storage.join(folder, file.site.replace(":", "_"), names[file.kind])
            storage.write_bytes(target, file.content)
        yield file


def _print_report(report: "Report", *, list_path: str | None) -> None:
    from pipeline.inspect import reservation_recheck as rechecking
    from pipeline.terminal.tables import Table, print_table

    echo(f"policy: {rechecking.POLICY} – {rechecking.NOTE}")
    echo(f"signals: {report.signals}{f', taken {report.date}' if report.date else ''}")
    table = Table("language", "documents", "of checked sites", "reserved", "bytes", "share of bytes")
    total = report.total
    for lang, loss in [*sorted(report.languages.items()), ("all", total)]:
        share = loss.reserved_bytes / loss.bytes if loss.bytes else 0.0
        counts = (loss.documents, loss.checked_documents, loss.reserved_documents, loss.reserved_bytes)
        table.add_row(lang, *(f"{count:,}" for count in counts), f"{share:.1%}")
    print_table(table)
    for protocol, documents in sorted(report.by_protocol.items()):
        echo(f"{documents:>9,}  reserved by {protocol}")
    with_copy = sum(report.sites.values())
    echo(f"{with_copy:,} of {len(report.sites):,} sites have a file; {report.without_url:,} documents no URL")
    for what, named in (("did not answer", report.unreachable), ("cannot be read", report.broken)):
        for name, why in sorted(named.items())[:10]:
            echo(f"  {name} {what}: {why}")
    if list_path is not None:
        echo(f"{total.reserved_documents:,} documents are listed in {list_path}; nothing is removed yet")
