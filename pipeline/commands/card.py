"""`rhizotron card`: start source cards, check them, say that they were read, compare two."""

import shlex
from datetime import date, datetime
from pathlib import Path

import click

from governance.visible import visible_json, visible_line
from pipeline.commands.options import Command
from pipeline.errors import ConfigError, InputError
from pipeline.terminal.echo import echo

BLOCKS = ("description", "languages", "custodian", "rights", "reservation", "pii", "media", "lineage")
"""As governance.cards.BLOCKS, which a --help need not import."""

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
_DAY = click.DateTime(formats=["%Y-%m-%d"])


class _CardGroup(click.Group):
    command_class = Command


@click.group(cls=_CardGroup)
def card() -> None:
    """Source cards: who holds a text, under which rights, and what nobody knows."""


@card.command()
@click.argument("uid")
@click.option("--to", "folder", default="cards", show_default=True, help="Folder of the card UID.md.")
@click.option("--from", "old", type=_FILE, help="A card whose answers are taken over, of version 1 too.")
@click.option("--from-hub", "name", metavar="OWNER/NAME[@REVISION]", help="What a dataset's README says.")
def new(uid: str, folder: str, old: Path | None, name: str | None) -> None:
    """Write a card that asks every question and answers none; beside each stands what may be answered.

    Nothing is overwritten.
    """
    from pipeline.commands.new import check_uid, write_new

    check_uid(uid, option="UID")
    if old is not None and name is not None:
        raise InputError("--from and --from-hub: give one of them")
    path = Path(folder) / f"{uid}.md"
    write_new({path: _start(uid, old=old, name=name)})
    echo(str(path))


def _start(uid: str, *, old: Path | None, name: str | None) -> str:
    from governance import front_matter
    from governance.cards.carry_over import carry_over
    from governance.cards.draft import draft_card
    from governance.cards.write import write_card

    if name is not None:
        from layers.hub_errors import HubError
        from pipeline.plan.from_hub import describe_dataset

        try:
            return describe_dataset(name, config=None, splits=(), uid=uid).card
        except HubError as error:
            raise InputError(str(error)) from error
    if old is None:
        return draft_card(uid)
    try:
        front, body = front_matter.split(old.read_text(encoding="utf-8"))
        return write_card(carry_over(front_matter.load(front), uid=uid), body=body)
    except ValueError as error:
        raise ConfigError(str(old), problems=[visible_line(str(error))]) from error


@card.command()
@click.argument("path", type=click.Path(exists=True, path_type=Path), metavar="FILE|FOLDER")
@click.option("--bytes", "given", metavar="[UID=]N", multiple=True, help="Bytes of a text; repeatable.")
@click.option("--release", type=click.Path(exists=True), help="A release folder: bytes that it holds.")
@click.option("--today", type=_DAY, help="Day on which the card is checked.  [default: that of the clock]")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def check(
    path: Path, given: tuple[str, ...], release: str | None, today: datetime | None, as_json: bool
) -> None:
    """Print what is wrong with a card, what it leaves open, and the share of answers that are unknown.

    The share of several cards is weighted by the bytes of their texts, as --bytes, a release, or `expected`
    of the card say. Exit code 2 where something is wrong; what is open is no fault.
    """
    from governance.cards.check import check_card, list_cards
    from pipeline.commands import show_card

    paths = list_cards(path)
    if not paths:
        raise InputError(
            f"{path}: no card in this folder; "
            f"`rhizotron card new UID --to {shlex.quote(str(path))}` starts one"
        )
    sizes = show_card.read_sizes(given, release=release, uids=[each.stem for each in paths])
    day = today.date() if today is not None else date.today()
    checked = [check_card(each, today=day, sizes=sizes) for each in paths]
    if as_json:
        echo(visible_json(show_card.describe(checked), indent=1))
    else:
        show_card.print_checked(checked)
    wrong = sum(len(each.problems) for each in checked)
    if wrong:
        click.get_current_context().exit(ConfigError.exit_code)


@card.command()
@click.argument("path", type=_FILE, metavar="FILE")
@click.option(
    "--block", "blocks", type=click.Choice(BLOCKS), multiple=True, required=True, help="Repeatable."
)
@click.option("--by", required=True, metavar="NAME", help="Who read the block against its evidence.")
@click.option("--at", type=_DAY, help="Day of the review.  [default: today]")
def review(path: Path, blocks: tuple[str, ...], by: str, at: datetime | None) -> None:
    """Say that you read blocks of a card against their evidence: name, day and digest, written into FILE.

    An edit of the block afterwards makes it unreviewed by itself. Nothing else in the file changes.
    """
    from governance.cards.check import check_card
    from governance.cards.edit import write_review
    from governance.cards.read import parse_card
    from governance.cards.reviews import review_states

    if not by.strip():
        raise InputError("--by: name who read it")
    day = at.date() if at is not None else date.today()
    if day > date.today():
        raise InputError(f"--at {day}: that day has not come yet")
    checked = check_card(path, today=date.today())
    if checked.problems:
        raise ConfigError(str(path), problems=[visible_line(problem) for problem in checked.problems])
    if checked.card is not None and checked.card.written_version == 1:
        fix = f"`rhizotron card new {checked.uid} --from {shlex.quote(str(path))} --to FOLDER`"
        raise InputError(f"{path}: a card of version 1 has no reviews; {fix} writes it as one of version 2")
    written = write_review(path.read_bytes(), blocks=blocks, by=by.strip(), at=day)
    states = review_states(parse_card(written, uid=checked.uid, place=str(path)))
    assert all(states[block] == "reviewed" for block in blocks), "what was written is a review"
    path.write_bytes(written)
    echo(f"{path}: {', '.join(dict.fromkeys(blocks))} reviewed")
    left = [block for block, state in states.items() if state != "reviewed"]
    if left:
        echo(f"unreviewed: {', '.join(left)}")


@card.command()
@click.argument("old", type=_FILE)
@click.argument("new", type=_FILE)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def diff(old: Path, new: Path, as_json: bool) -> None:
    """Print which answers of a card changed, which reviews fall, and what it means for publication."""
    from governance.cards.difference import compare_cards
    from pipeline.commands import show_card

    found = compare_cards(show_card.read_any(old), show_card.read_any(new))
    if as_json:
        echo(visible_json(found.to_json(), indent=1))
    else:
        show_card.print_difference(found)
