"""The pages of docs/reference/ that are made from the code, and what makes each."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path

import filters.languages.page
import filters.page
import governance.cards.page
import governance.reasons
import pipeline.commands.page
import pipeline.config.page
from governance.cards import card_json_schema
from pipeline.cli import main
from tests.docs.pages import DOCS


def _card_schema() -> str:
    return json.dumps(card_json_schema(), indent=1, ensure_ascii=False) + "\n"


REFERENCE: Mapping[Path, Callable[[], str]] = {
    DOCS / "reference" / "cards.md": governance.cards.page.render,
    DOCS.parent / "data_cards" / "card.schema.json": _card_schema,
    DOCS / "reference" / "commands.md": lambda: pipeline.commands.page.render(main),
    DOCS / "reference" / "configuration.md": pipeline.config.page.render,
    DOCS / "reference" / "reasons.md": governance.reasons.render,
    DOCS / "reference" / "removal_request.md": pipeline.config.page.render_request,
    DOCS / "reference" / "removal_request.schema.json": pipeline.config.page.render_request_schema,
    DOCS / "reference" / "signals.md": filters.page.render,
    DOCS / "reference" / "thresholds.md": filters.languages.page.render,
}
