"""What `rhizotron card` prints."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from governance.cards.check import CheckedCard, share_unknown
from governance.cards.difference import CardDifference
from governance.cards.gates import describe_review, review_command
from governance.cards.model import GATING_BLOCKS
from governance.cards.read import CardError, SourceCard, front_fields, parse_card
from governance.visible import visible_line
from pipeline.errors import ConfigError, InputError
from pipeline.terminal.echo import echo

_LISTED = 12
"""Open questions of a card that are printed; --json has all."""


def read_sizes(given: Sequence[str], *, release: str | None, uids: Sequence[str]) -> dict[str, int]:
    """Bytes of text by uid, of a release and of --bytes, which wins; raises InputError."""
    sizes = _release_sizes(release) if release is not None else {}
    for each in given:
        uid, _, number = each.rpartition("=")
        if not uid and len(uids) > 1:
            raise InputError(f"--bytes {each}: several cards; write UID={number}")
        if not number.isdigit() or (uid and uid not in uids):
            raise InputError(f"--bytes {each}: write [UID=]N, with the uid of a card and a whole number")
        sizes[uid or uids[0]] = int(number)
    return sizes


def _release_sizes(release: str) -> dict[str, int]:
    from governance.manifest import NAME, Manifest
    from layers import storage

    try:
        manifest = Manifest.from_json(storage.read_bytes(storage.join(release, NAME)))
    except (OSError, ValueError) as error:
        raise InputError(f"--release {release}: {error}") from error
    return {
        uid: sum(amount.bytes for amount in source.licenses.values())
        for uid, source in manifest.sources.items()
    }


def read_any(path: Path) -> SourceCard:
    """A card of a file of any name; raises ConfigError."""
    try:
        data = path.read_bytes()
        return parse_card(data, uid=str(front_fields(data).get("uid")), place=str(path))
    except CardError as error:
        raise ConfigError(str(path), problems=[visible_line(each) for each in error.problems]) from error
    except ValueError as error:
        raise ConfigError(str(path), problems=[visible_line(str(error))]) from error


def describe(checked: list[CheckedCard]) -> dict[str, Any]:
    """All of it, for programs."""
    answers = sum(each.answers for each in checked)
    unknown = sum(len(each.unknown) for each in checked)
    return {
        "cards": [
            {
                "path": each.path,
                "uid": each.uid,
                "problems": each.problems,
                "open_questions": each.open_questions,
                "answers": each.answers,
                "unknown": each.unknown,
                "unknown_share": len(each.unknown) / each.answers if each.answers else None,
                "bytes": each.size_bytes,
                "reviews": each.reviews,
                "obstacles": each.obstacles,
            }
            for each in checked
        ],
        "problems": sum(len(each.problems) for each in checked),
        "unknown_share": unknown / answers if answers else None,
        "unknown_share_by_bytes": share_unknown(checked),
    }


def print_checked(checked: list[CheckedCard]) -> None:
    for each in checked:
        if each.problems:
            echo(f"{each.path}: {len(each.problems)} problem(s)")
        else:
            count = f"{len(each.unknown)} of {each.answers} answers unknown"
            echo(f"{each.path}: valid; {count} ({_percent(len(each.unknown), each.answers)})")
        for line in each.problems:
            echo(visible_line(f"  {line}"))
        for line in each.open_questions[:_LISTED]:
            echo(visible_line(f"  open: {line}"))
        if len(each.open_questions) > _LISTED:
            echo(f"  open: {len(each.open_questions) - _LISTED} more; --json has them")
        _print_gates(each)
    _print_sum(checked)


def _print_gates(each: CheckedCard) -> None:
    """What keeps a source from being published."""
    for obstacle in each.obstacles:
        echo(visible_line(f"  not published: {obstacle.removeprefix(f'{each.uid}: ')}"))
    waiting = [block for block in GATING_BLOCKS if each.card and each.reviews[block] != "reviewed"]
    if each.card is not None and waiting and each.card.written_version > 1:
        reasons = "; ".join(describe_review(each.card, block) for block in waiting)
        echo(visible_line(f"  not published: {reasons}: {review_command(each.path, waiting)}"))


def _print_sum(checked: list[CheckedCard]) -> None:
    said = describe(checked)
    unknown, answers = sum(len(each.unknown) for each in checked), sum(each.answers for each in checked)
    echo(f"{len(checked)} card(s), {said['problems']} problem(s)")
    if answers:
        echo(f"unknown answers: {unknown} of {answers} ({_percent(unknown, answers)})")
    weighed = [each for each in checked if each.card is not None and each.size_bytes is not None]
    share = said["unknown_share_by_bytes"]
    if share is None:
        echo("weighted by bytes: no card says how many; give --bytes, --release, or `expected` in the card")
    else:
        echo(f"weighted by bytes: {share:.1%} (of {len(weighed)} card(s) whose bytes are known)")


def print_difference(found: CardDifference) -> None:
    for path, before, now in found.changed:
        echo(visible_line(f"{path}: {_say(before)} → {_say(now)}"))
    sections: Mapping[str, list[str]] = {
        "review falls": found.fallen_reviews,
        "newly reviewed": found.new_reviews,
        "keeps it from being published now": found.new_obstacles,
        "keeps it from being published no more": found.gone_obstacles,
    }
    for title, lines in sections.items():
        for line in lines:
            echo(visible_line(f"{title}: {line}"))
    before, now = found.release_class
    if before != now:
        echo(f"release class: {before} → {now}")
    if not found.changed and not any(sections.values()):
        echo("the same answers, and the same reviews")


def _percent(part: int, total: int) -> str:
    return f"{part / total:.1%}" if total else "–"


def _say(answer: str | None) -> str:
    return "(nothing)" if answer is None else answer
