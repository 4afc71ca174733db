"""A small corpus with documents that somebody may ask for, and requests about them."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import small_corpus
import yaml
from click.testing import CliRunner, Result

from pipeline.cli import main

PARAGRAPHS = small_corpus.PARAGRAPHS
MIRROR = {
    "id": "mirror",
    "lang": "es",
    "text": PARAGRAPHS["es"][3],
    "url": "http://mirror.example:80/a?b=2&a=1#top",
}
"""The same text as es-3, under another URL; it goes as an exact duplicate of it."""
SECRET = "blue-heron-seven-lanterns"
SPOKEN = {
    "id": "spoken",
    "lang": "en",
    "title": f"Say {SECRET}",
    "text": f"{PARAGRAPHS['en'][10]} Our password is {SECRET}, and nobody else has it.",
    "url": "https://example.org/en/spoken",
}
ROWS = [*small_corpus.records(), MIRROR, SPOKEN]


def rhizotron(*arguments: object) -> Result:
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


def succeed(*arguments: object) -> Result:
    result = rhizotron(*arguments)
    assert result.exit_code == 0, result.output
    return result


def write_corpus(folder: Path, **changes: Any) -> Path:
    """Units and shards are small, so that most of them have nothing to do with a removal."""
    return small_corpus.write_corpus(
        folder, rows=ROWS, changes={"unit_bytes": 12_000, "publish": {"target_bytes": 4_000}} | changes
    )


def request(selectors: Sequence[Mapping[str, Any]], *, number: int = 1, **changes: Any) -> dict[str, Any]:
    """A request that may act."""
    return {
        "request_id": f"01JDT5C3V4W5X6Y7Z8A9B0C1D{number}",
        "received_at": "2026-11-20",
        "channel": "e-mail",
        "kind": "copyright",
        "requester": {
            "name": "A. Author",
            "contact": "a@example.org",
            "relationship": "rights_holder",
            "verified": "domain",
        },
        "selectors": [*selectors],
        "scope": {"languages": "all", "time": "existing_and_future", "derived": True},
        "action": "drop_document",
        "decision": {"state": "accepted", "by": "office", "at": "2026-11-21", "due_at": "2026-12-20"},
        "public": "list",
    } | changes


def write_request(folder: Path, fields: Mapping[str, Any]) -> Path:
    path = folder / f"{fields['request_id']}.yaml"
    path.write_text(yaml.safe_dump(dict(fields), allow_unicode=True, sort_keys=False), encoding="utf-8")
    return path
