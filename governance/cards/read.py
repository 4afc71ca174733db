"""Reading a source card: `<uid>.md`, YAML front matter whose scalars are all text, and free prose."""

import hashlib
from typing import Any

from pydantic import ValidationError

from governance import front_matter
from governance.cards import version_1
from governance.cards.blocks import block_digests
from governance.cards.model import CardFields
from layers import storage
from layers.problems import list_problems
from layers.strict_yaml import describe_errors


class CardError(ValueError):
    """A card is missing or wrong; the message lists every problem with its path and a suggestion."""

    def __init__(self, place: str, *, problems: list[str]) -> None:
        super().__init__(list_problems(place, problems))
        self.place = place
        self.problems = problems


class SourceCard(CardFields):
    """A card as read: its fields, its prose, the digest of its file and of what each review covers."""

    body: str
    file_sha256: str
    block_sha256: dict[str, str]
    """Block → the digest of what it says now."""
    written_version: int
    """1: the card was written before cards had reviews."""


def card_url(folder_url: str, uid: str) -> str:
    return storage.join(folder_url, f"{uid}.md")


def read_card(folder_url: str, uid: str) -> SourceCard:
    """The card of a source; raises CardError with every problem, or for a file that it cannot read."""
    place = card_url(folder_url, uid)
    try:
        data = storage.read_bytes(place)
    except FileNotFoundError as error:
        fix = f"no card, no ingest: write {place}, which `rhizotron card new {uid}` starts"
        raise CardError(place, problems=[fix]) from error
    except OSError as error:
        raise CardError(place, problems=[f"cannot be read: {error.strerror or error}"]) from error
    return parse_card(data, uid=uid, place=place)


def parse_card(data: bytes, *, uid: str, place: str) -> SourceCard:
    """Validate a card's bytes; uid is what its file name promises. Raises CardError."""
    try:
        front, body = front_matter.split(data.decode("utf-8"))
        raw = front_matter.load(front)
    except ValueError as error:  # UnicodeDecodeError is one
        raise CardError(place, problems=[str(error)]) from error
    written_version = 2
    if raw.get("schema_version") == version_1.VERSION:
        raw, written_version = version_1.upgrade(raw), 1
    problems: list[str] = []
    if isinstance(raw.get("uid"), str) and raw["uid"] != uid:
        problems.append(f"$.uid: {raw['uid']!r} is not the file's name; write {uid!r} or rename the file")
    try:
        fields = CardFields.model_validate(raw)
    except ValidationError as error:
        problems += describe_errors(error, model=CardFields)
    if problems:
        raise CardError(place, problems=problems)
    extra = {
        "body": body,
        "file_sha256": hashlib.sha256(data).hexdigest(),
        "block_sha256": block_digests(raw),
        "written_version": written_version,
    }
    return SourceCard.model_validate(fields.model_dump() | extra)


def card_digest(card: SourceCard) -> str:
    """SHA-256 of the card's file: what `sha256sum` prints."""
    return card.file_sha256


def front_fields(data: bytes) -> dict[str, Any]:
    """The front matter of a card as it is written, without a check of its fields; raises ValueError."""
    return front_matter.load(front_matter.split(data.decode("utf-8"))[0])
