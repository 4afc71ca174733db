"""The pages of docs/reference/ that are made from the code, and what makes each."""

from collections.abc import Callable, Mapping
from pathlib import Path

import filters.languages.page
import filters.page
import governance.reasons
import pipeline.commands.page
import pipeline.config.page
from pipeline.cli import main
from tests.docs.pages import DOCS

REFERENCE: Mapping[Path, Callable[[], str]] = {
    DOCS / "reference" / "commands.md": lambda: pipeline.commands.page.render(main),
    DOCS / "reference" / "configuration.md": pipeline.config.page.render,
    DOCS / "reference" / "reasons.md": governance.reasons.render,
    DOCS / "reference" / "signals.md": filters.page.render,
    DOCS / "reference" / "thresholds.md": filters.languages.page.render,
}
